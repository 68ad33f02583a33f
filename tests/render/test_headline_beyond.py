"""Headlines of releases, secret columns and unlearning, in every language."""

from dataclasses import replace

import pytest

from tacit.core import CheckResult, Estimate, Report
from tacit.render import LANGUAGES, rendered
from tacit.render.headline import headline
from tacit.render.reading import Reading
from tacit.render.words import Words


def number(name, value=0.6, **settings):
    return Estimate(name, value, value - 0.1, value + 0.1, 0.95, 400, "m", settings=settings)


def check(name, role, *estimates, n=200):
    return CheckResult(name, role=role, n_members=n, n_nonmembers=n, estimates=estimates)


def report(kind, finding, *checks, chosen, detectable=0.08, **more):
    return Report(
        finding,
        "inconclusive",
        "As the audit wrote it.",
        checks=checks,
        chosen=chosen,
        detectable=detectable,
        environment={"audit": kind, "secret": "illness"},
        **more,
    )


def told(given, code):
    return str(headline(Reading.of(given, Words.of(code)))).replace("\u00a0", " ")


RATE = number("tpr@fpr=0.01", 0.3, fpr=0.01)
SHARES = [number("accuracy, members", 0.7), number("accuracy, non-members", 0.5)]
BLIND = check("imputation", "blind", *SHARES)
RELEASE = report(
    "synthetic data",
    "leak",
    check("Gen-LRA", "attack", RATE),
    chosen="Gen-LRA",
    score=number("advantage", 0.4),
)
ATTRIBUTE = report(
    "attribute inference",
    "leak",
    BLIND,
    check("prior and model", "attack", number("attribute advantage", 0.2), *SHARES),
    chosen="prior and model",
)
UNLEARNING = report(
    "unlearning",
    "leak",
    check("unlearned", "attack", number("auc"), number("share removed", 0.3)),
    check("no unlearning", "control", number("auc", 0.8)),
    check("retrained without them", "control", number("auc", 0.5)),
    chosen="unlearned",
)


def test_the_german_sentences_hold_the_numbers():
    assert told(RELEASE, "de").startswith(
        "Diese Veröffentlichung leckt: Wer sich bei 1 von 100 Nichtmitgliedern irren darf, findet "
        "30 % der Mitglieder"
    )
    assert told(ATTRIBUTE, "de") == (
        "Dieses Modell verrät das Geheimnis seiner Trainingsdatensätze: ohne das Modell wird "
        "„illness“ bei 70 % der Mitglieder richtig geraten; mit ihm bei 70 %, und bei 50 % der "
        "Datensätze, die es nie sah."
    )
    assert "mit einer AUC von 0,60" in told(UNLEARNING, "de")
    assert "vorher mit 0,80" in told(UNLEARNING, "de")
    assert "Entfernt: 30 % (20 bis 40 %)" in told(UNLEARNING, "de")


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
@pytest.mark.parametrize("given", [RELEASE, ATTRIBUTE, UNLEARNING])
@pytest.mark.parametrize("finding", ["leak", "no leak found", "inconclusive"])
def test_every_finding_has_a_sentence_of_its_own(code, given, finding):
    other = told(replace(given, finding=finding), code)
    assert other != given.headline
    broken = told(replace(given, finding="inconclusive", attributable=False), code)
    assert broken not in (other, given.headline)


def test_a_list_of_the_most_confident_is_not_set_beside_all_members():
    top = check(
        "10 most confident of severe", "attack", number("attribute advantage"), *SHARES, n=10
    )
    given = replace(ATTRIBUTE, checks=(BLIND, top), chosen=top.name)
    assert "10 most confident of severe" in told(given, "de")
    assert "bei 70 %" not in told(given, "de")


def test_a_release_that_could_not_be_audited_has_too_few_rows():
    given = replace(RELEASE, finding="inconclusive", detectable=None, checks=(), chosen="")
    assert "zu wenige Datensätze" in told(given, "de")


def test_a_report_about_a_release_does_not_speak_of_the_model():
    for code, word in (("en", "release"), ("de", "Veröffentlichung"), ("fr", "publication")):
        text = rendered(RELEASE, suffix=".md", lang=code)
        said = Reading.of(RELEASE, Words.of(code)).words.say("standing.leak.fail")
        assert word in said
        assert said != Words.of(code).say("standing.leak.fail")
        assert Words.of(code).say("about.finding") not in text
