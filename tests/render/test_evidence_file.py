"""The 19 items in every format; no verdict that is not tacit's to give."""

import itertools
import json
import re
from dataclasses import replace

import pytest

from tacit.core import AtMost, Estimate, Note, NotRefuted
from tacit.core.attack_class import CLASSES
from tacit.core.evidence_file import KEYS, EvidenceFile
from tacit.core.filing import ITEMS, Filing
from tacit.render import LANGUAGES, notebook, rendered
from tacit.render.language import language

VERDICTS = re.compile(
    r"\b(anonym(ous|ised|ized|isiert|e|es)?|compliant|compliance|conform(e|es)?|konform"
    r"|safe(ly)?|sicher(es|er)?|sûre?)\b",
    re.IGNORECASE,
)


@pytest.fixture
def filing(leaking, claim):
    return Filing((leaking, claim), EvidenceFile(model="scorer", measures=("dropout",)))


@pytest.mark.parametrize("suffix", [".html", ".md", ".txt"])
@pytest.mark.parametrize("code", LANGUAGES)
def test_all_items_are_in_every_format_and_language(filing, suffix, code):
    text = rendered(filing, suffix=suffix, lang=code).replace("\\", "").replace("&#39;", "'")
    for number, (key, _) in enumerate(ITEMS, 1):
        assert f"{number}. {language(code).sentences[f'item.{key}']}" in text


def test_all_items_are_in_the_json(filing):
    plain = json.loads(rendered(filing, suffix=".json"))
    assert [item["key"] for item in plain["items"]] == [key for key, _ in ITEMS]
    assert set(plain["statements"]) == set(KEYS)


def test_what_nobody_stated_is_not_stated_and_never_invented(leaking):
    text = rendered(Filing(leaking), suffix=".md")
    assert text.count("not stated") >= 18
    stated = rendered(Filing(leaking, dict.fromkeys(("owner", "dpia"), "said so")), suffix=".md")
    assert stated.count("not stated") < text.count("not stated")


def test_every_kind_of_attack_is_tested_or_says_why_not(filing):
    text = rendered(filing, suffix=".md")
    sentences = language("en").sentences
    for kind in CLASSES:
        assert sentences[f"class.{kind}"] in text
    coverage = text[text.index("What was tested") : text.index("What was found")]
    assert coverage.count("| not tested |") == 7


def test_each_report_keeps_its_pictures_under_its_own_name(filing):
    text = rendered(filing, suffix=".html")
    assert 'data-chart="r1-roc"' in text
    assert len(text.encode()) < 500_000


def test_the_digest_is_the_last_line_of_every_document(filing, leaking):
    for document in (filing, leaking):
        for suffix in (".md", ".txt"):
            last = rendered(document, suffix=suffix).strip().splitlines()[-1]
            assert last.startswith("Digest of the JSON: blake2b-128:")
        page = rendered(document, suffix=".html")
        assert page.index('class="digest"') > page.index("</main>")


def test_a_notebook_shows_the_file(filing):
    assert "<script" not in notebook(filing)


def every_combination(leaking, claim):
    """Reports of each finding, verdict, attribution, size and kind; files of each."""
    leaking, claim = replace(leaking, figures={}), replace(claim, figures={})
    findings = ("leak", "no leak found", "inconclusive")
    verdicts = ("pass", "fail", "inconclusive")
    for finding, verdict in itertools.product(findings, verdicts):
        for attributable, detectable in ((True, 0.05), (False, None)):
            yield replace(
                leaking,
                finding=finding,
                verdict=verdict,
                attributable=attributable,
                detectable=detectable,
                headline="As the audit wrote it.",
            )
        bound = Estimate("epsilon", 0.5, 0.5, float("inf"), 0.95, 99, "by hand")
        yield replace(claim, finding=finding, verdict=verdict, verdicts=(NotRefuted(1.0)(bound),))
        yield replace(leaking, finding=finding, verdict=verdict, score=None, checks=(), chosen="")


def test_no_combination_makes_a_renderer_give_a_legal_verdict(leaking, claim):
    stated = EvidenceFile(owner="A. Example", decision="Released to internal users.")
    for report in every_combination(leaking, claim):
        for code in LANGUAGES:
            for document in (report, Filing(report, stated)):
                text = rendered(document, suffix=".md", lang=code)
                found = [m.group() for m in VERDICTS.finditer(text)]
                assert found == [], (code, report.finding, report.verdict, found)


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_sentence_of_any_language_holds_a_legal_verdict(code):
    for key, text in language(code).sentences.items():
        assert not VERDICTS.search(text), key


@pytest.mark.parametrize("code", LANGUAGES)
def test_not_found_stands_beside_what_would_have_been_found(quiet, code):
    said = language(code).sentences["finding.no leak found"]
    for suffix in (".txt", ".md", ".html"):
        for document in (quiet, Filing(quiet)):
            text = " ".join(rendered(document, suffix=suffix, lang=code).split())
            places = [found.start() for found in re.finditer(re.escape(said), text)]
            assert places
            for place in places:
                near = text[max(0, place - 40) : place + 400]
                quoted = text[place - 1] in "„“«\u00a0"
                assert quoted or "0.049" in near or "0,049" in near, near


def test_a_claim_that_could_not_be_judged_has_its_reason_in_words(claim):
    note = Note("epsilon", "this audit could not refute the claim")
    verdict = replace(claim.verdicts[0], outcome="inconclusive", note=note)
    text = rendered(replace(claim, verdict="inconclusive", verdicts=(verdict,)), suffix=".md")
    assert "This audit could not refute the claim" in text


def test_a_limit_that_was_not_measured_says_so(leaking):
    verdict = replace(AtMost("tpr@fpr=0.001", 0.01)(leaking.score), estimate=None)
    text = rendered(replace(leaking, verdicts=(verdict,)), suffix=".md")
    assert "Members found, 1 in 1,000 wrong was not measured" in text.replace("\u00a0", " ")


def test_what_the_model_says_of_itself_fills_the_file(leaking):
    from dataclasses import replace

    known = {"architecture": "sklearn.MLPClassifier", "parameters": 48_210, "n_members": 2000}
    report = replace(leaking, environment={**leaking.environment, **known})
    filing = Filing([report])
    assert filing.items()[0]["facts"]["read_parameters"] == 48_210
    assert filing.ratio == 2000 / 48_210
    text = rendered(filing, suffix=".txt")
    assert "48,210 (read from the model)" in " ".join(text.replace("\u00a0", " ").split())
    assert "sklearn.MLPClassifier (read from the model)" in " ".join(text.split())


def test_a_statement_that_the_model_contradicts_is_shown_with_both(leaking):
    from dataclasses import replace

    report = replace(leaking, environment={**leaking.environment, "parameters": 10})
    filing = Filing([report], EvidenceFile(parameters=12))
    text = " ".join(rendered(filing, suffix=".md").split())
    assert "stated 12; the model itself has 10" in text


def test_reports_that_disagree_about_the_model_say_nothing_of_it(leaking):
    from dataclasses import replace

    two = [replace(leaking, environment={**leaking.environment, "parameters": n}) for n in (10, 12)]
    assert Filing(two).read_from_model("parameters") is None
