"""The report as a code-quality report, which GitLab shows beside a merge request."""

import json
from hashlib import sha256
from typing import Any

from tacit.core import Report, Verdict
from tacit.render.clean import clean, sentence

# what GitLab calls each outcome; a pass is no entry, as every entry is a fault. Too little data is
# as grave as a limit that is broken: it does not pass either
SEVERITIES = {"fail": "critical", "inconclusive": "critical", "skipped": "major"}
# a leak that breaks no limit
FINDING = "minor"
# the path is that of the report itself: nothing stands in a source file
ARTIFACT = "tacit-report.json"


def gitlab(report: Report) -> str:
    """A JSON list with one entry a rule that did not pass, and one for a leak that no rule names.

    The fingerprint of an entry is that of its rule and model, so that a merge request shows what
    its branch changed.
    """
    found = [
        _entry(clean(verdict.rule), SEVERITIES[verdict.outcome], _reason(verdict), report)
        for verdict in report.verdicts
        if verdict.outcome != "pass"
    ]
    if not report.verdicts:
        found.append(_entry("rules", SEVERITIES["inconclusive"], "the policy sets no rule", report))
    if report.finding == "leak" and not any(item.outcome == "fail" for item in report.verdicts):
        found.append(_entry("leak", FINDING, sentence(report.headline), report))
    return json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False)


def _reason(verdict: Verdict) -> str:
    rule = clean(verdict.rule)
    return f"Privacy policy: {rule}: {verdict.outcome}: {sentence(verdict.reason)}"


def _entry(rule: str, severity: str, text: str, report: Report) -> dict[str, Any]:
    model = clean(report.title)
    return {
        "description": f"{model}: {text}",
        "check_name": f"tacit/{rule}",
        "fingerprint": sha256(f"{rule}\n{model}".encode()).hexdigest(),
        "severity": severity,
        "location": {"path": ARTIFACT, "lines": {"begin": 1}},
    }
