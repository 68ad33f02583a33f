"""JUnit, SARIF, model card and HTML hold what their readers need."""

import functools
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tacit import render
from tacit.core import Verdict
from tacit.render import FORMATS, rendered
from tacit.render.reading import Reading
from tacit.render.sections import sections_of
from tacit.render.words import Words


def cases(report):
    root = ElementTree.fromstring(rendered(report, suffix=".xml"))
    return root, root.findall(".//testcase")


def test_junit_fails_what_failed_and_errs_what_could_not_be_judged(leaking, starved, quiet):
    root, found = cases(leaking)
    assert [case.find("failure") is not None for case in found] == [True, True]
    assert root.get("failures") == "2"
    root, found = cases(starved)
    assert root.get("errors") == "1"
    assert root.get("failures") == "0"
    assert found[0].find("error").get("type") == "inconclusive"
    root, found = cases(quiet)
    assert root.get("errors") == root.get("failures") == "0"
    assert len(found[0]) == 0


def test_junit_of_a_policy_without_rules_does_not_pass(quiet):
    root, _ = cases(replace(quiet, verdicts=()))
    assert root.get("errors") == "1"


def test_junit_carries_the_numbers_as_properties(leaking):
    root, _ = cases(leaking)
    names = {item.get("name"): item.get("value") for item in root.iter("property")}
    assert names["tacit.finding"] == "leak"
    assert names["tacit.score"].startswith("advantage = 0.34")


def sarif(report):
    return json.loads(rendered(report, suffix=".sarif"))


def test_sarif_kinds_follow_the_verdicts(leaking, starved, quiet):
    assert [(r["kind"], r["level"]) for r in sarif(leaking)["runs"][0]["results"]] == [
        ("fail", "error")
    ] * 2
    assert sarif(starved)["runs"][0]["results"][0]["kind"] == "open"
    assert sarif(quiet)["runs"][0]["results"][0]["kind"] == "pass"


def test_sarif_notes_a_leak_that_no_rule_names(leaking):
    report = replace(leaking, verdict="pass", verdicts=(Verdict("pass", "auc", "at most", 0.9),))
    kinds = [result["kind"] for result in sarif(report)["runs"][0]["results"]]
    assert kinds == ["pass", "review"]


def test_sarif_has_what_the_standard_requires(every_report):
    """The required properties of SARIF 2.1.0, written by hand; the schema itself is asked below
    where it can be had.
    """
    for report in every_report:
        log = sarif(report)
        assert log["version"] == "2.1.0"
        run = log["runs"][0]
        rules = run["tool"]["driver"]["rules"]
        assert run["tool"]["driver"]["name"] == "tacit"
        assert len({rule["id"] for rule in rules}) == len(rules)
        for result in run["results"]:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
            assert result["message"]["text"]
            assert (result["level"] == "none") == (result["kind"] != "fail")
            assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]


@functools.cache
def sarif_schema():
    """The SARIF 2.1.0 schema as Microsoft's npm package @microsoft/jest-sarif carries it; it is no
    part of tacit.
    """
    cache = Path(
        os.environ.get("TACIT_TEST_CACHE", Path(tempfile.gettempdir()) / "tacit-test-cache")
    )
    cache.mkdir(parents=True, exist_ok=True)
    packed = sorted(cache.glob("microsoft-jest-sarif-*.tgz"))
    if not packed:
        if shutil.which("npm") is None:
            pytest.skip("npm is not installed, so the SARIF schema cannot be fetched")
        done = subprocess.run(
            ["npm", "pack", "@microsoft/jest-sarif@1.0.0-beta.0"],
            cwd=cache,
            capture_output=True,
            timeout=60,
        )
        packed = sorted(cache.glob("microsoft-jest-sarif-*.tgz"))
        if done.returncode or not packed:
            pytest.skip("npm cannot fetch @microsoft/jest-sarif, which carries the SARIF schema")
    with tarfile.open(packed[-1]) as archive:
        name = next(item for item in archive.getnames() if "sarif-2.1.0" in item)
        return json.load(archive.extractfile(name))


@pytest.mark.slow
def test_sarif_validates_against_the_schema(every_report):
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.validators.validator_for(sarif_schema())(sarif_schema())
    for report in every_report:
        assert [error.message for error in validator.iter_errors(sarif(report))] == []


def code_quality(report):
    return json.loads(rendered(report, suffix=".gitlab.json"))


def test_gitlab_gets_what_its_schema_requires(every_report):
    """The fields of GitLab's code-quality reports, with the values that it knows."""
    for report in every_report:
        found = code_quality(report)
        for entry in found:
            assert set(entry) == {
                "description",
                "check_name",
                "fingerprint",
                "severity",
                "location",
            }
            assert entry["severity"] in ("info", "minor", "major", "critical", "blocker")
            assert entry["description"].isprintable()
            assert entry["check_name"].startswith("tacit/")
            assert not Path(entry["location"]["path"]).is_absolute()
            assert entry["location"]["lines"]["begin"] == 1
        assert len({entry["fingerprint"] for entry in found}) == len(found)


def test_gitlab_shows_what_did_not_pass_and_nothing_else(leaking, starved, quiet):
    assert [entry["severity"] for entry in code_quality(leaking)] == ["critical"] * 2
    assert ": fail: " in code_quality(leaking)[0]["description"]
    assert [entry["severity"] for entry in code_quality(starved)] == ["critical"]
    assert ": inconclusive: " in code_quality(starved)[0]["description"]
    assert code_quality(quiet) == []
    assert code_quality(replace(quiet, verdicts=()))[0]["check_name"] == "tacit/rules"
    passed = replace(leaking, verdict="pass", verdicts=(Verdict("pass", "auc", "at most", 0.9),))
    assert [entry["severity"] for entry in code_quality(passed)] == ["minor"]


def test_a_fingerprint_stays_while_the_numbers_change(leaking):
    worse = replace(leaking, headline="Another sentence.")
    assert [e["fingerprint"] for e in code_quality(worse)] == [
        e["fingerprint"] for e in code_quality(leaking)
    ]
    other = replace(leaking, title="another model")
    assert code_quality(other)[0]["fingerprint"] != code_quality(leaking)[0]["fingerprint"]


def test_a_format_is_told_by_a_name_or_by_a_double_suffix(leaking, tmp_path):
    by_suffix = leaking.save(tmp_path / "r.gitlab.json")
    by_name = leaking.save(tmp_path / "gl-code-quality-report.json", format="gitlab")
    assert by_suffix.read_text() == by_name.read_text()
    assert json.loads(by_name.read_text())[0]["severity"] == "critical"
    assert leaking.save(tmp_path / "plain", format="junit").read_text().startswith("<?xml")


def test_model_card_metadata_follows_the_hub(leaking, nasty):
    yaml = pytest.importorskip("yaml")
    for report in (leaking, nasty):
        _, front, body = rendered(report, suffix=".card.md").split("---\n", 2)
        model = yaml.safe_load(front)["model-index"][0]
        metrics = model["results"][0]["metrics"]
        assert [metric["type"] for metric in metrics] == ["tacit-advantage", "tacit-tpr@fpr=0.001"]
        assert metrics[0]["value"] == pytest.approx(0.34)
        assert metrics[0]["verified"] is False
        assert metrics[0]["args"]["low"] == pytest.approx(0.30)
        assert {"type"} <= set(model["results"][0]["task"])
        assert {"type", "name"} <= set(model["results"][0]["dataset"])
        assert "## Privacy" in body


def test_model_card_without_numbers_has_no_results(starved):
    assert "model-index" not in rendered(starved, suffix=".card.md")


def test_html_is_one_small_file_that_loads_nothing(every_report):
    for report in every_report[:3]:
        text = rendered(report, suffix=".html")
        assert len(text.encode("utf8")) < 500_000
        assert "http://" not in text.replace("http://www.w3.org/", "")
        assert "https://" not in text
        assert "@import" not in text
        assert "default-src 'none'" in text


def test_html_says_the_verdict_and_the_headline_before_anything_else(leaking):
    text = rendered(leaking, suffix=".html")
    body = text[text.index("<body") :]
    places = [
        body.index(part)
        for part in (
            "overfitted network",
            "<strong>Fail</strong>",
            "This model leaks",
            "Against the policy",
        )
    ]
    assert places == sorted(places)


def test_saving_by_suffix_writes_each_format(leaking, tmp_path):
    for name in ("r.txt", "r.json", "r.html", "r.md", "r.xml", "r.sarif", "r.card.md"):
        assert leaking.save(tmp_path / name).stat().st_size > 1000
    assert (tmp_path / "r.card.md").read_text(encoding="utf8").startswith("---\n")


def test_every_section_title_is_in_every_long_format(leaking):
    pages = [rendered(leaking, suffix=suffix) for suffix in (".html", ".md")]
    for title in (
        "What it means",
        "Which attack did it",
        "Who is most exposed",
        "What was assumed",
        "What could not be known",
    ):
        assert all(title in page for page in pages)
    for title in (
        "How to lower it",
        "How each number was found",
        "How this report was made",
        "References",
    ):
        assert all(title in page for page in pages)


def test_ten_thousand_slices_stay_a_small_page(leaking):
    part = next(check for check in leaking.checks if check.role == "slice")
    many = tuple(replace(part, name=f"city = {i}", value=str(i)) for i in range(10_000))
    report = replace(leaking, checks=(*leaking.checks, *many))
    text = rendered(report, suffix=".html")
    assert len(text) < 500_000
    assert "more are in the JSON report" in text


def test_a_control_is_not_taken_for_a_guesser_without_the_model(leaking):
    base = leaking.checks[0]
    control = replace(
        base,
        name="shadow models as targets",
        role="control",
        remarks=("with a quarter of the models: AUC 0.7",),
    )
    text = rendered(replace(leaking, checks=(*leaking.checks, control)), suffix=".md")
    split, controls = text.index("Could it be the split"), text.index("## Controls")
    assert split < controls < text.index("shadow models as targets", split)
    assert "With a quarter of the models" in text
    assert "## Controls" not in rendered(leaking, suffix=".md")


def test_a_section_reaches_every_format_that_its_reach_names(leaking):
    """One rule for all formats: "everywhere", "short" or "long"."""
    reading = Reading.of(leaking, Words.of("en"))
    texts = {suffix: rendered(leaking, suffix=suffix) for suffix in FORMATS.values()}
    output = next(ElementTree.fromstring(texts[".xml"]).iter("system-out")).text
    noted = json.loads(texts[".sarif"])["runs"][0]["properties"]["sections"]
    for section in sections_of(reading):
        in_long = [section.title in texts[suffix] for suffix in (".html", ".md")]
        assert in_long == [True, True]
        assert (section.title in texts[".txt"]) == section.brief
        assert (section.title in texts[".card.md"]) == section.everywhere
        assert (section.title in output) == section.everywhere
        assert (section.key in noted) == section.everywhere
        assert not section.everywhere or noted[section.key]


def test_no_code_of_an_attack_stands_in_the_text_for_people(leaking):
    for suffix in (".txt", ".card.md"):
        assert "GradientBoosting()" not in rendered(leaking, suffix=suffix)
    text = rendered(leaking, suffix=".md")
    assert text.count("GradientBoosting()") == 1
    assert text.index("How each number was found") < text.index("GradientBoosting()")


def test_one_quantity_has_one_value(leaking):
    base = leaking.checks[0]
    twice = replace(base.estimates[0], name="balanced_accuracy", value=0.67, low=0.65, high=0.69)
    chosen = replace(base, estimates=(*base.estimates, twice))
    text = rendered(replace(leaking, checks=(chosen, *leaking.checks[1:])), suffix=".md")
    assert "Guesses that are right" not in text


def test_a_precision_that_is_not_shown_to_beat_guessing_is_not_quoted(leaking):
    base = leaking.checks[0]
    estimates = tuple(
        replace(item, low=0.0, high=0.97) if item.name == "ppv@prior=0.5" else item
        for item in base.estimates
    )
    chosen = replace(base, estimates=estimates)
    text = rendered(replace(leaking, checks=(chosen, *leaking.checks[1:])), suffix=".md")
    assert "not shown to beat guessing (0 to 97 %)" in text
    assert "95 % (0" not in text


def test_nothing_in_render_reads_a_sentence_back():
    """Patterns are for cleaning and escaping text from outside, and for looking sentences up in
    another language, where nothing is decided from them.
    """
    source = Path(render.__file__).parent
    for path in source.rglob("*.py"):
        text = path.read_text(encoding="utf8")
        if path.name not in ("clean.py", "markdown.py", "catalogue.py"):
            assert "import re\n" not in text, path
        assert 'partition(": ")' not in text, path
