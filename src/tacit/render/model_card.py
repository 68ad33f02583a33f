"""A section for a model card, with the metadata that the Hugging Face Hub reads (`model-index`)."""

import json
from typing import Any

from tacit.core import Estimate
from tacit.render.blocks import Document
from tacit.render.clean import clean
from tacit.render.markdown import cautions_text, escaped, section_text
from tacit.render.reading import Reading
from tacit.render.words import SPACE, Words


def model_card(reading: Reading, document: Document) -> str:
    """YAML front matter and a Markdown section "Privacy" of the sections that reach everywhere.

    The results are marked as not verified: the Hub's own mark is for results that the Hub made.
    """
    body = [
        f"## Privacy\n\n**{escaped(document.verdict)}** ·"
        f" {escaped(document.finding)}\n\n{escaped(document.headline)}\n"
    ]
    body += cautions_text(document)
    body += [
        section_text(section, document, depth=3)
        for section in document.sections
        if section.everywhere
    ]
    made = ", ".join(filter(None, ("tacit", document.created, document.say("digest"))))
    return f"---\n{_front_matter(reading)}---\n\n" + "\n".join([*body, f"{escaped(made)}\n"])


def _front_matter(reading: Reading) -> str:
    report = reading.report
    estimates = [item for item in (report.score, reading.rate) if item is not None]
    lines = ["tags:", "- privacy", "- membership-inference"]
    if estimates:
        lines += ["model-index:", f"- name: {_quoted(report.title)}", "  results:", "  - task:"]
        lines += [
            "      type: membership-inference",
            "      name: Membership inference audit",
            "    dataset:",
        ]
        lines += [
            "      type: private",
            "      name: members and non-members",
            "    metrics:",
        ]
        for item in estimates:
            lines += _metric(item, reading.words)
    return "\n".join(lines) + "\n"


def _metric(estimate: Estimate, words: Words) -> list[str]:
    interval = {
        "low": _finite(estimate.low),
        "high": _finite(estimate.high),
        "level": estimate.level,
        "n": estimate.n,
    }
    return [
        f"    - type: {_quoted(f'tacit-{estimate.name}')}",
        f"      name: {_quoted(words.metric_name(estimate.name))}",
        f"      value: {json.dumps(_finite(estimate.value))}",
        f"      args: {json.dumps(interval)}",
        "      verified: false",
    ]


def _finite(value: float) -> float | None:
    return value if abs(value) < float("inf") else None


def _quoted(text: Any) -> str:
    """A double-quoted YAML scalar (every JSON string is one) without a tag or a template."""
    quoted = json.dumps(clean(text, limit=120).replace(SPACE, " "), ensure_ascii=False)
    return "".join(
        f"\\u{ord(character):04x}" if character in "<>{}&" else character for character in quoted
    )
