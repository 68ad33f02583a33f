"""The report as SARIF 2.1.0, which code-scanning services show beside other findings."""

import json
from hashlib import sha256
from typing import Any

from tacit.core import Report, Verdict
from tacit.render.bibliography import PAPERS
from tacit.render.blocks import Document
from tacit.render.clean import clean, sentence
from tacit.render.text import section_lines
from tacit.render.words import SPACE

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
# SARIF 2.1.0, 3.27.9 and 3.27.10: "open" is "not enough evidence to decide"; only "fail" may carry
# a level
KINDS = {
    "pass": ("pass", "none"),
    "fail": ("fail", "error"),
    "inconclusive": ("open", "none"),
    "skipped": ("notApplicable", "none"),
}
ARTIFACT = "tacit-report.json"


def sarif(report: Report, document: Document) -> str:
    """One result a rule of the policy (passes too), and one note for a leak that no rule names.

    The sections that reach everywhere are the run's property `sections`.

    Paths stand in no source file; every result points at the report's own artifact and at the model
    by name.
    """
    rules: list[dict[str, Any]] = []
    results = [_result(verdict, report, rules) for verdict in report.verdicts]
    if report.finding == "leak" and not any(
        verdict.outcome == "fail" for verdict in report.verdicts
    ):
        results.append(_finding(report, rules))
    driver = {
        "name": "tacit",
        "version": _version(report),
        "semanticVersion": _version(report),
        "rules": rules,
    }
    run = {
        "tool": {"driver": driver},
        "results": results,
        "columnKind": "unicodeCodePoints",
        "properties": {
            "finding": report.finding,
            "verdict": report.verdict,
            "headline": sentence(report.headline),
            "sections": {
                section.key: section_lines(section, document).replace(SPACE, " ")
                for section in document.sections
                if section.everywhere
            },
        },
    }
    return json.dumps(
        {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]},
        indent=1,
        ensure_ascii=False,
        allow_nan=False,
    )


def _result(verdict: Verdict, report: Report, rules: list[dict[str, Any]]) -> dict[str, Any]:
    name = clean(verdict.rule)
    kind, level = KINDS[verdict.outcome]
    return _entry(
        name, f"Privacy policy: {name}", kind, level, sentence(verdict.reason), report, rules
    )


def _finding(report: Report, rules: list[dict[str, Any]]) -> dict[str, Any]:
    return _entry(
        "leak",
        "A membership leak was found",
        "review",
        "none",
        sentence(report.headline),
        report,
        rules,
    )


def _entry(
    name: str,
    about: str,
    kind: str,
    level: str,
    message: str,
    report: Report,
    rules: list[dict[str, Any]],
) -> dict[str, Any]:
    rule_id = f"tacit/{sha256(name.encode('utf8')).hexdigest()[:8]}"
    index = next((place for place, rule in enumerate(rules) if rule["id"] == rule_id), len(rules))
    if index == len(rules):
        help_text = f"{about}. See: {PAPERS['carlini']}"
        rules.append(
            {
                "id": rule_id,
                "name": "Privacy",
                "shortDescription": {"text": about},
                "help": {"text": help_text},
            }
        )
    model = clean(report.title)
    place = {
        "physicalLocation": {"artifactLocation": {"uri": ARTIFACT}, "region": {"startLine": 1}},
        "logicalLocations": [{"name": model, "kind": "object"}],
    }
    mark = sha256(f"{rule_id}\n{model}".encode()).hexdigest()
    return {
        "ruleId": rule_id,
        "ruleIndex": index,
        "kind": kind,
        "level": level,
        "message": {"text": message},
        "locations": [place],
        "partialFingerprints": {"tacit/v1": mark},
    }


def _version(report: Report) -> str:
    versions = report.environment.get("versions")
    found = versions.get("tacit") if isinstance(versions, dict) else None
    return (
        clean(found)
        if found
        and all(part.isdigit() for part in str(found).split("."))
        and str(found).count(".") == 2
        else "0.0.0"
    )
