"""What the audit of a release says, to the digit."""

from types import SimpleNamespace

import pytest

from tacit.audits.steps.release_words import assumptions, headline
from tacit.core import CheckResult, Estimate


def rate(fpr, value, low):
    settings = {"fpr": fpr}
    return Estimate(
        f"tpr@fpr={fpr:g}", value, low, value + 0.1, 0.95, 90, "by hand", settings=settings
    )


def chosen(*rates, score=True):
    advantage = Estimate("advantage", 0.25, 0.125, 0.375, 0.95, 90, "by hand")
    return CheckResult("nearest", "attack", estimates=(*rates, *((advantage,) if score else ())))


def said(finding, check, detectable=0.2, **given):
    known = {"best": "small cells", "chosen_shown": True} | given
    return headline(finding, check, detectable, **known)


SCORE = " Vulnerability score 0.25 (0.12 to 0.38; 0 is none, 1 is total)."


def test_the_strictest_rate_that_beats_guessing_is_told():
    """At 1 in 1,000 the lower limit is that of guessing; at 1 in 100 it is above."""
    check = chosen(rate(0.001, 0.01, 0.001), rate(0.01, 0.05, 0.011), rate(0.1, 0.4, 0.3))
    assert said("leak", check) == (
        "This release leaks: whoever may be wrong about 1 in 100 non-members finds 5 % of the"
        f" members (1.1 % to 15 %); guessing finds 1 %.{SCORE}"
    )
    strict = chosen(rate(0.001, 0.01, 0.0011), rate(0.01, 0.05, 0.011))
    assert "about 1 in 1,000 non-members finds 1 % of the members" in said("leak", strict)
    loose = chosen(rate(0.1, 0.4, 0.3), score=False)
    assert said("leak", loose).endswith(
        "1 in 10 non-members finds 40 % of the members (30 % to 50 %); guessing finds 10 %."
    )
    better = "This release leaks: members are told from non-members better than by chance."
    assert said("leak", chosen()) == better + SCORE
    assert said("leak", chosen(rate(0.1, 0.2, 0.1))) == better + SCORE


@pytest.mark.parametrize(
    ("finding", "detectable", "begins"),
    [
        ("no leak found", 0.0456, "No leak found in this release. A leak with an advantage of"),
        ("inconclusive", 0.0456, "Whether it leaks is open"),
        ("inconclusive", None, "Inconclusive: there are too few rows to measure anything."),
        ("no leak found", None, "Inconclusive: there are too few rows to measure anything."),
    ],
)
def test_what_would_have_shown_is_told_where_nothing_did(finding, detectable, begins):
    found = said(finding, chosen(), detectable)
    assert found.startswith(begins)
    assert ("0.046" in found) == (detectable is not None)


def test_a_warning_comes_first_and_what_showed_is_named():
    assert said("leak", chosen(), warning="why") == "Inconclusive: why"
    shown = said("leak", chosen(), chosen_shown=False)
    assert shown == "This release leaks: shown by small cells."
    assert said("leak", None).startswith("Whether it leaks is open")


def test_what_is_assumed_depends_on_the_unit_and_the_draw():
    rows = SimpleNamespace(cluster=None, assignment="coin")
    people = SimpleNamespace(cluster=[0, 1], assignment="observed")
    assert assumptions(rows, n_reference=1200)[0].startswith("Rows are independent")
    assert "the 1,200 reference rows" in assumptions(rows, n_reference=1200)[0]
    assert assumptions(people, n_reference=5)[0].startswith("Clusters are independent")
    assert "fair coin" in assumptions(rows, n_reference=5)[2]
    assert "is assumed" in assumptions(people, n_reference=5)[2]
