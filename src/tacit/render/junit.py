"""The report as JUnit XML: a test case a rule, so that any CI shows it."""

from xml.etree import ElementTree

from tacit.core import Note, Report, Verdict
from tacit.render.blocks import Document
from tacit.render.clean import clean, sentence
from tacit.render.text import plain_text
from tacit.render.words import SPACE

NO_RULE = Verdict(
    "inconclusive", "a rule to judge by", "", note=Note("rule", "the policy sets no rule")
)


def junit(report: Report, document: Document) -> str:
    """One `testcase` a rule of the policy and of the checks; what was measured are `properties`.

    The sections that reach everywhere are the `system-out`.

    A rule that failed is a `failure`. A rule that could not be judged is an `error`, not a
    `skipped`: most CI systems show skipped as green, and too little data is no pass.
    """
    cases = [("policy", verdict) for verdict in report.verdicts]
    cases += [
        (f"check {clean(check.name)}", verdict)
        for check in report.checks
        for verdict in check.verdicts
    ]
    failures = sum(verdict.outcome == "fail" for _, verdict in cases)
    errors = sum(verdict.outcome in ("inconclusive", "skipped") for _, verdict in cases)
    if not cases:
        cases, errors = [("policy", NO_RULE)], 1
    counts = {"tests": str(len(cases)), "failures": str(failures), "errors": str(errors)}
    root = ElementTree.Element("testsuites", counts | {"name": "tacit"})
    suite = ElementTree.SubElement(
        root, "testsuite", counts | {"name": f"tacit: {clean(report.title)}", "skipped": "0"}
    )
    _properties(suite, report)
    for group, verdict in cases:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            {"classname": f"tacit.{group}", "name": clean(verdict.rule), "time": "0"},
        )
        if verdict.outcome != "pass":
            kind = "failure" if verdict.outcome == "fail" else "error"
            reason = sentence(verdict.reason)
            ElementTree.SubElement(
                case, kind, {"message": reason, "type": verdict.outcome}
            ).text = reason
    ElementTree.SubElement(suite, "system-out").text = plain_text(document)
    ElementTree.indent(root)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        + ElementTree.tostring(root, encoding="unicode").replace(SPACE, " ")
        + "\n"
    )


def _properties(suite: ElementTree.Element, report: Report) -> None:
    properties = ElementTree.SubElement(suite, "properties")
    pairs = [
        ("finding", report.finding),
        ("verdict", report.verdict),
        ("policy", clean(report.policy)),
        ("headline", sentence(report.headline)),
    ]
    estimates = [] if report.score is None else [("score", report.score)]
    estimates += [
        (f"{check.name}: {item.name}", item)
        for check in report.checks
        if check.role == "attack"
        for item in check.estimates
    ]
    pairs += [(clean(name, limit=120), clean(item, limit=200)) for name, item in estimates]
    for name, value in pairs:
        ElementTree.SubElement(properties, "property", {"name": f"tacit.{name}", "value": value})
