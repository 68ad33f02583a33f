"""Every sentence in every language, with the same things filled in, and numbers in its form."""

import re
import string
from pathlib import Path

import pytest

from tacit.core import Comparison, Estimate, InvalidInput, Note
from tacit.core.comparison import Point
from tacit.render import LANGUAGES, rendered
from tacit.render.language import language
from tacit.render.words import SPACE, Words

SOURCE = Path(__file__).parents[2] / "src" / "tacit" / "render"
OTHERS = [code for code in LANGUAGES if code != "en"]


def filled(sentence):
    return sorted(name for _, name, _, _ in string.Formatter().parse(sentence) if name)


@pytest.mark.parametrize("code", OTHERS)
def test_no_sentence_is_missing_and_each_fills_in_the_same(code):
    english, other = language("en").sentences, language(code).sentences
    assert set(other) == set(english)
    assert {key: filled(text) for key, text in other.items()} == {
        key: filled(text) for key, text in english.items()
    }
    assert all(text.strip() or not english[key].strip() for key, text in other.items())


@pytest.mark.parametrize("code", OTHERS)
def test_a_sentence_is_translated_and_not_copied(code):
    english, other = language("en").sentences, language(code).sentences
    long = [key for key, text in english.items() if len(text.split()) > 4]
    assert [key for key in long if english[key] == other[key]] == []


def test_every_key_that_the_code_says_is_a_sentence():
    said = set()
    for path in SOURCE.rglob("*.py"):
        text = path.read_text(encoding="utf8")
        said |= set(re.findall(r"\bsay\(\s*\"([^\"{}]+)\"", text))
    assert (
        said
        - set(language("en").sentences)
        - {"digest", "read first", "left out"}
        - {
            "and more",
            "thousands",
            "decimal",
            "page",
        }
        == set()
    )


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("suffix", [".txt", ".html", ".md"])
def test_every_report_can_be_told_in_every_language(every_report, claim, code, suffix):
    for report in (*every_report, claim):
        assert rendered(report, suffix=suffix, lang=code)


@pytest.mark.parametrize(
    ("code", "share", "count", "number"),
    [
        ("en", "4.8 %", "12,345", "−0.30"),
        ("de", "4,8 %", "12.345", "−0,30"),
        ("fr", "4,8 %", "12\u202f345", "−0,30"),
    ],
)
def test_numbers_have_the_form_of_the_language(code, share, count, number):
    words = Words.of(code)
    assert words.share(0.048).replace(SPACE, " ") == share
    assert words.count(12345) == count
    assert words.number(-0.3) == number


def test_the_page_says_its_language_and_marks_what_stays_english(leaking):
    text = rendered(leaking, suffix=".html", lang="de")
    assert '<html lang="de">' in text
    assert '<span lang="en">' in text
    assert "0,34" in text
    assert '<span lang="en">' not in rendered(leaking, suffix=".html")


def test_no_french_line_begins_with_a_mark(leaking):
    text = rendered(leaking, suffix=".html", lang="fr")
    assert re.findall(r"\w [;:?!»]", re.sub(r"<(script|style).*?</\1>", "", text, flags=re.S)) == []


def test_an_unknown_language_names_those_there_are(leaking):
    with pytest.raises(InvalidInput, match="en, de, fr"):
        rendered(leaking, suffix=".txt", lang="xx")


def test_every_language_knows_the_same_sentences_of_audits():
    known = [set(language(code).written) for code in OTHERS]
    assert known[0] == known[1]
    assert known[0]


def test_a_sentence_that_an_audit_wrote_is_translated_where_it_is_known():
    words = Words.of("de")
    assert words.written("records are independent").startswith("die Datensätze")
    assert words.written("Records of another kind.") == "Records of another kind."
    assert Words.of("en").written("records are independent") == "records are independent"


def test_too_few_records_are_told_from_the_numbers_of_the_note():
    note = Note("auc", "Nobody translated this.", 30, 4, "members")
    assert Words.of("de").reason(note) == "Zu wenige Mitglieder."
    assert Words.of("fr").reason(note) == "Trop peu de membres."
    assert Words.of("en").reason(note) == "Nobody translated this."


def test_capitals_and_a_full_stop_make_no_other_sentence():
    words = Words.of("fr")
    said = words.written("Records are independent.")
    assert said == words.written("records are independent")
    assert said == "les enregistrements sont indépendants"


def test_a_recommendation_is_told_from_the_fields_of_the_comparison():
    points = (Point("net", "net", None, 0.9, Estimate("advantage", 0.2, 0.1, 0.3, 0.95, 9, "x")),)
    comparison = Comparison(points, (), "net", "As the comparison wrote it.")
    text = rendered(comparison, suffix=".txt", lang="de")
    assert "Empfohlen: net; Genauigkeit 90,0 %, Gefährdungswert 0,20 (0,10–0,30)." in text
    assert "As the comparison wrote it." in rendered(comparison, suffix=".txt")
    none = Comparison(points, (), "", "As the comparison wrote it.")
    assert "kein Modell empfehlen" in rendered(none, suffix=".txt", lang="de")
