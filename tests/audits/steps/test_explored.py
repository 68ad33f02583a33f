"""What an exploration says: variants, differences and the one claim, by hand."""

from types import SimpleNamespace

import pytest

from tacit.audits.steps import explored as steps
from tacit.audits.steps.explored import comparison_of
from tacit.audits.steps.runs import difference_of_runs
from tacit.audits.steps.trials import Trials
from tacit.core import Estimate
from tacit.core.comparison import Confirmed

TODAY = Trials("today", (0.4, 0.42, 0.44), (0.9, 0.91, 0.92), (1.0, 2.0, 6.0), 0.75)
SMALL = Trials("small", (0.2, 0.23, 0.24), (0.88, 0.9, 0.92), (1.0, 1.0, 1.0), 0.75)
NOISY = Trials("noisy", (0.1, 0.4, 0.8), (), (2.0, 2.0, 2.0), 0.75)


def bench(**more):
    known = {"level": 0.75, "models": {("today", 0): 3, ("small", 0): 4}, "failed": {}}
    return SimpleNamespace(**(known | {"untried": []} | more))


def compare(*variants, winner="small", confirmed=None, **more):
    return comparison_of(
        {item.name: item for item in variants},
        bench(**more),
        baseline="today",
        winner=winner,
        confirmed=confirmed,
        title="t",
    )


def change(value, low, high, name="advantage difference"):
    return Estimate(name, value, low, high, 0.75, 10, "by hand")


def confirmed(low, price=None):
    return Confirmed(change(0.2, low, 0.3), price, 5)


def test_every_variant_is_a_point_with_the_run_as_its_unit():
    found = compare(TODAY, SMALL, NOISY)
    first, second, third = found.points
    assert (first.name, first.runs, first.seconds) == ("today", 3, 3.0)
    assert first.accuracy == pytest.approx(0.91)
    assert first.accuracy_low < 0.91 < first.accuracy_high
    assert first.score.value == pytest.approx(0.42)
    assert (third.accuracy, third.accuracy_low, third.accuracy_high) == (None, None, None)
    # the winner alone pays for having been chosen of three, with its upper end
    assert second.score.high > SMALL.score.high
    assert second.score.low == SMALL.score.low
    assert first.score == TODAY.score
    assert third.score == NOISY.score


def test_variants_differ_from_the_baseline_where_the_corrected_p_value_says_so():
    found = compare(TODAY, SMALL, NOISY)
    assert [(item.first, item.second) for item in found.differences] == [
        ("small", "today"),
        ("noisy", "today"),
    ]
    near, far = found.differences
    own = difference_of_runs(SMALL.scores, TODAY.scores, level=0.75, name="advantage")
    assert near.estimate == own
    assert near.p_adjusted == pytest.approx(2 * own.p_value)
    assert near.real
    assert not far.real
    assert near.accuracy.value == pytest.approx(-0.01)
    assert near.accuracy.name == "accuracy difference"
    assert far.accuracy is None


@pytest.mark.parametrize(("p_adjusted", "real"), [(0.25, True), (0.26, False), (None, False)])
def test_a_difference_is_real_at_exactly_the_error(monkeypatch, p_adjusted, real):
    from dataclasses import replace

    monkeypatch.setattr(
        steps,
        "with_adjusted",
        lambda found: [replace(item, p_adjusted=p_adjusted) for item in found],
    )
    assert compare(TODAY, SMALL).differences[0].real == real


def test_the_winner_is_recommended_where_it_was_confirmed_and_not_else():
    for given, name in ((None, "today"), (confirmed(0.0), "today"), (confirmed(0.01), "small")):
        assert compare(TODAY, SMALL, confirmed=given).recommended == name


def test_the_headline_claims_what_was_confirmed():
    price = change(-0.0123, -0.02, 0.005, "accuracy difference")
    assert compare(TODAY, SMALL, confirmed=confirmed(0.1, price)).recommendation == (
        "“small” lowers the vulnerability of “today” by 0.200 (0.100 to 0.300), confirmed on 5"
        " fresh trainings of each. Its accuracy changes by -1.2 points (-2.0 to +0.5)."
    )
    assert compare(TODAY, SMALL, confirmed=confirmed(0.1)).recommendation.endswith("of each.")
    assert compare(TODAY, SMALL, confirmed=confirmed(-0.1)).recommendation == (
        "“small” looked least vulnerable, but on 5 fresh trainings of each it is not shown to be"
        " less vulnerable than “today” (by 0.200, -0.100 to 0.300)."
    )
    assert "was not confirmed on fresh trainings" in compare(TODAY, SMALL).recommendation
    none = compare(TODAY, SMALL, winner="today").recommendation
    assert none == "No variant within the tolerance was less vulnerable than “today”."


def test_notes_count_models_and_name_who_is_missing():
    found = compare(TODAY, SMALL, NOISY, failed={"big": "no memory"}, untried=["x", "y"]).notes
    assert found[0].startswith("7 models were trained")
    assert found[2:] == (
        "Without an accuracy, so they could not win: noisy.",
        "big failed and was left out: “no memory”.",
        "Not tried, as the time was up: x, y.",
    )
    assert len(compare(TODAY, SMALL).notes) == 2
    base = Trials("today", (0.4, 0.5), (), (1.0, 1.0), 0.75)
    (note,) = compare(base, NOISY, winner="noisy").notes[2:]
    assert note.startswith("No accuracy is known")


def test_variants_that_no_other_beats_in_both_are_on_the_front():
    """today is more accurate than small, poor is worse than both in both."""
    poor = Trials("poor", (0.6, 0.62, 0.64), (0.5, 0.52, 0.54), (1.0, 1.0, 1.0), 0.75)
    found = compare(TODAY, SMALL, poor)
    assert [point.front for point in found.points] == [True, True, False]
