"""Every sentence that an audit writes is known in every language: shown by reports of every kind of
audit, and by the sentences in the code itself.
"""

import ast
import re
import runpy
import string
import warnings
from pathlib import Path

import pytest

from tacit import render
from tacit.render import LANGUAGES, rendered
from tacit.render.blocks import Original
from tacit.render.language import language
from tacit.render.words import Words

AUDITS = runpy.run_path(str(Path(__file__).parent / "audits.py"))
SOURCE = Path(__file__).parents[2] / "src" / "tacit"
OTHERS = [code for code in LANGUAGES if code != "en"]
ROOMS = ("audits", "metrics", "dp")
# what says a sentence to a programmer, and never to the reader of a report
FOR_PROGRAMMERS = ("InvalidInput", "AssumptionError", "MissingDependency", "TypeError")
# a literal of so many words is a sentence, not a name or a part of one
SENTENCE = 8
# headlines that every language makes from the fields of a report, and parts that others contain
FROM_FIELDS = (
    "This training shows an",
    "The claim is refuted: an {} is",
    "The claim of epsilon",
    "No leak found by these attacks",
    "Inconclusive: no leak was shown, but this few records",
    "Inconclusive: there are too few records",
    "This model leaks on some records",
    "an attacker who may be wrong",
    "an attacker tells members from",
    "They make a leak look smaller",
    "all numbers of guesses at once",
    # what is wrong with a report that contradicts itself, which is an error
    "it has no check",
    "it passes under a headline",
    "it says {} of the rule",
    "the rule {} was judged",
    # the recommendation of a comparison
    ", and no",
    ", and none",
    "{} is the most accurate",
)
# these end with a part that may be empty
WITH_ENDS = (
    "members stand out, but no more",
    "This release leaks:",
    "{} lowers the vulnerability of",
    "{} looked least vulnerable, but",
    "{} are independent of one another",
    "{}, and members and non-members",
    "AUC on the audited model by",
    "{} {} %) have a near-duplicate",
)
# the English that no German or French sentence of a report contains
ENGLISH = re.compile(r"\b(the|of|and|with|are|is|from|that|not|which|than|their|they)\b")
# titles of papers, names of variants and code keep their words
KEPT = re.compile(r"`[^`]*`|: [A-Z][^.|]*\.|\bnow\b")
# how an attack is written in code is no sentence
AS_CODE = ("Der Angriff, als Programmtext", "L'attaque, telle que le code l'écrit")


@pytest.fixture(scope="module", params=AUDITS["KINDS"])
def reports(request):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(AUDITS["KINDS"][request.param]())


def originals(part):
    """Sentences of a document that are marked as English."""
    if isinstance(part, Original):
        return [str(part)]
    if isinstance(part, (tuple, list)):
        return [text for item in part for text in originals(item)]
    if hasattr(part, "__dataclass_fields__"):
        return originals([getattr(part, name) for name in part.__dataclass_fields__])
    return []


@pytest.mark.parametrize("code", OTHERS)
def test_nothing_that_an_audit_wrote_stays_english(reports, code):
    assert reports
    found = [text for report in reports for text in originals(document(report, code))]
    assert sorted(set(found)) == []


def document(report, code):
    return render._document_of(report, Words.of(code))


@pytest.mark.parametrize("code", OTHERS)
def test_no_english_word_is_left_in_the_text(reports, code):
    found = set()
    for report in reports:
        text = rendered(report, suffix=".md", lang=code)
        body = re.sub(r"^#+ (Quellen|Références|Literatur).*", "", text, flags=re.M | re.S)
        for line in body.splitlines():
            if not re.match(r"\d+\. ", line) and not any(words in line for words in AS_CODE):
                found |= {line for _ in ENGLISH.findall(KEPT.sub("", line))}
    assert sorted(found) == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_hole_of_a_sentence_is_left_open(reports, code):
    for report in reports:
        text = rendered(report, suffix=".txt", lang=code)
        assert re.findall(r"\{\w+\}", text) == []


def literals(path):
    """Texts of a module that are no docstrings and no errors of programmers; holes as ``{}``."""
    tree = ast.parse(path.read_text(encoding="utf8"))
    left_out = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            left_out.add(body[0].value)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in FOR_PROGRAMMERS:
            left_out |= set(ast.walk(node))
        if isinstance(node, ast.JoinedStr):
            left_out |= set(ast.walk(node)) - {node}
    for node in ast.walk(tree):
        if node in left_out:
            continue
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                getattr(part, "value", "{}") if isinstance(part, ast.Constant) else "{}"
                for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("code", OTHERS)
def test_no_sentence_in_the_code_of_the_audits_is_missing(code):
    missing = []
    for room in ROOMS:
        for path in sorted((SOURCE / room).rglob("*.py")):
            for text in literals(path):
                plain = text.strip()
                if len(re.findall(r"[A-Za-z]{2,}", plain)) < SENTENCE or " et al." in plain:
                    continue
                if plain.startswith((*FROM_FIELDS, *WITH_ENDS)) or not re.match(r"[\w{`(]", plain):
                    continue
                filled = re.sub(r"\{\w*\}", "7", plain)
                if language(code).translated(filled) is None:
                    missing.append(f"{path.name}: {plain}")
    assert missing == []


@pytest.mark.parametrize("code", OTHERS)
def test_every_translation_carries_over_what_its_sentence_holds(code):
    lost = []
    for english, said in language(code).written.items():
        holes = (
            {name for _, name, _, _ in string.Formatter().parse(english) if name}
            if "{" in english
            else set()
        )
        kept = {name for _, name, _, _ in string.Formatter().parse(said) if name}
        # what an attacker who learns may be told is advice for programmers
        if holes - {"advice"} != kept:
            lost.append(english)
    assert lost == []


def test_numbers_of_a_sentence_take_the_form_of_the_language():
    german, french = language("de"), language("fr")
    said = "threshold at the 12-th largest non-member, exact limits"
    assert german.translated(said) == "Schwelle beim Nichtmitglied auf Platz 12, exakte Grenzen"
    said = "AUC up to FPR 0.001 needs 3,800 independent non-members, got 500."
    assert "0,001 braucht 3.800 unabhängige" in german.translated(said)
    assert "0,001 demande 3\u202f800 non-membres" in french.translated(said)
    assert german._catalogue.localised("-0.5 and 12.5 % of v1.2 at mu=1.0") == (
        "−0,5 and 12,5\u00a0% of v1.2 at mu=1.0"
    )


def test_a_sentence_inside_a_sentence_is_translated_too():
    inside = "a guesser who never sees the model tells members from non-members with AUC 0.93"
    whole = f"Inconclusive: the split itself is a giveaway: {inside} (0.9 to 0.95; 0.5 is chance)."
    said = language("de").translated(
        whole + " Members and non-members come from different populations, so these numbers"
        " measure the split and not the model. Draw both from one pool at random."
    )
    assert said.startswith("Nicht entscheidbar: die Aufteilung selbst verrät sich: ein Rater")
    assert "0,93" in said


def test_a_hole_that_holds_an_unknown_sentence_leaves_the_whole_as_it_was():
    unknown = "Inconclusive: somebody wrote quite another sentence here that nobody has translated."
    assert language("de").translated(unknown) is None
    assert isinstance(Words.of("de").written(unknown), Original)
