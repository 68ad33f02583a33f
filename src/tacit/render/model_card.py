"""A section for a model card, with the metadata that the Hugging Face Hub reads (`model-index`)."""

import json
from typing import Any

from tacit.core import Estimate, Report
from tacit.render.blocks import Document
from tacit.render.clean import clean
from tacit.render.markdown import escaped, section_text
from tacit.render.meaning import tail_rate
from tacit.render.words import SPACE, metric_name

SECTIONS = ("rules", "meaning", "assumed", "unknown", "made")


def model_card(report: Report, document: Document) -> str:
    """YAML front matter and a Markdown section "Privacy".

    The results are marked as not verified: the Hub's own mark is for results that the Hub made.
    """
    body = [
        f"## Privacy\n\n**{escaped(document.verdict)}** ·"
        f" {escaped(document.finding)}\n\n{escaped(document.headline)}\n"
    ]
    body += [f"> **Read this first.** {escaped(text)}\n" for text in document.caution]
    body += [
        section_text(section, depth=3) for section in document.sections if section.key in SECTIONS
    ]
    return f"---\n{_front_matter(report)}---\n\n" + "\n".join(body)


def _front_matter(report: Report) -> str:
    rate = tail_rate(report)
    estimates = [item for item in (report.score, rate) if item is not None]
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
            "      name: training records and others of the same kind",
            "    metrics:",
        ]
        for item in estimates:
            lines += _metric(item)
    return "\n".join(lines) + "\n"


def _metric(estimate: Estimate) -> list[str]:
    interval = {
        "low": _finite(estimate.low),
        "high": _finite(estimate.high),
        "level": estimate.level,
        "n": estimate.n,
    }
    return [
        f"    - type: {_quoted(f'tacit-{estimate.name}')}",
        f"      name: {_quoted(metric_name(estimate.name))}",
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
