"""Runs of one name: the training is the unit, and the intervals hold for the next training."""

import numpy as np
import pytest
from scipy.stats import binom, ttest_ind

from tacit.audits.compare import compare, paying
from tacit.audits.steps.differences import Measured, difference, unpaired
from tacit.audits.steps.replicates import grouped
from tacit.audits.steps.runs import difference_of_runs, over_runs
from tacit.core import Comparison, Estimate, InvalidInput, Report
from tacit.core.comparison import Point


def audit(name, score, accuracy, finding="leak", verdict="pass"):
    measured = Estimate("advantage", score, score - 0.01, score + 0.01, 0.95, 500, "x")
    accuracies = {
        "nonmember": accuracy,
        "nonmember_low": accuracy - 0.01,
        "nonmember_high": accuracy + 0.01,
    }
    return Report(finding, verdict, "", score=measured, accuracy=accuracies, title=name)


@pytest.fixture
def compared():
    wide = [audit("wide", score, 0.9) for score in (0.30, 0.36, 0.33)]
    small = [audit("small", score, 0.89, verdict="fail") for score in (0.10, 0.12, 0.14)]
    return compare([*wide, *small])


def test_runs_of_one_name_are_one_point_with_the_run_as_the_unit(compared):
    wide, small = compared.points
    assert (wide.name, wide.runs, wide.score.n) == ("wide", 3, 3)
    assert wide.score.value == pytest.approx(0.33)
    assert wide.score.high - wide.score.value == pytest.approx(4.302653 * 0.03 / 3**0.5, rel=1e-5)
    assert wide.accuracy_low == wide.accuracy_high == pytest.approx(0.9)
    assert small.verdict == "fail"


def test_differences_are_between_names(compared):
    (found,) = compared.differences
    assert (found.first, found.second) == ("wide", "small")
    by_hand = ttest_ind([0.30, 0.36, 0.33], [0.10, 0.12, 0.14], equal_var=False)
    assert found.p_value == pytest.approx(by_hand.pvalue)
    ends = by_hand.confidence_interval(0.95)
    assert (found.estimate.low, found.estimate.high) == pytest.approx((ends.low, ends.high))
    assert compared.recommended == "small"


def test_a_comparison_of_runs_travels_as_json_and_an_old_one_is_read(compared):
    assert Comparison.from_json(compared.to_json()).to_json() == compared.to_json()
    plain = compared.to_dict()
    for point in plain["points"]:
        for name in ("runs", "accuracy_low", "accuracy_high"):
            del point[name]
    assert Comparison.from_dict(plain).points[0].runs == 1


def test_the_price_of_the_choice_is_larger_where_runs_are_few():
    score = Estimate("advantage", 0.1, 0.0, 0.2, 0.95, 3, "x")
    alone = paying(Point("a", "a", None, 0.9, score), 10)
    of_three = paying(Point("a", "a", None, 0.9, score, runs=3), 10)
    # 14.0890 and 4.3027 are the 0.9975 and 0.975 quantiles of t with two degrees of freedom
    assert of_three.score.high == pytest.approx(0.1 + 0.1 * 14.0890 / 4.3027, abs=1e-3)
    assert alone.score.high < of_three.score.high


@pytest.mark.parametrize("runs", [3, 10])
def test_the_least_vulnerable_of_30_equal_recipes_is_as_vulnerable_as_it_says(runs):
    rng, worlds = np.random.default_rng(0), 500
    own = held = 0
    for _ in range(worlds):
        scores = rng.normal(0.3, 0.04, (30, runs))
        least = over_runs(scores[scores.mean(axis=1).argmin()], level=0.95, name="advantage")
        paid = paying(Point("a", "a", None, 0.9, least, runs=runs), 30).score
        own += least.low <= 0.3 <= least.high
        held += paid.low <= 0.3 <= paid.high
    # without the payment 80 and 58 %
    assert own < 0.9 * worlds
    assert held >= binom.ppf(0.001, worlds, 0.95)


def test_runs_of_one_name_alone_are_nothing_to_compare():
    with pytest.raises(InvalidInput, match="runs of one name"):
        compare([audit("a", 0.1, 0.9), audit("a", 0.2, 0.9)])


def test_runs_without_spread_have_no_doubt():
    assert difference_of_runs([0.2, 0.2], [0.1, 0.1], level=0.95, name="x").p_value == 0.0
    assert over_runs([0.2], level=0.95, name="x") is None


@pytest.mark.parametrize(("first", "second"), [(3, 3), (3, 8), (5, 2)])
def test_the_interval_of_a_difference_covers_in_19_of_20_worlds(first, second):
    worlds, rng = 2000, np.random.default_rng(first + second)
    held = 0
    for _ in range(worlds):
        found = difference_of_runs(
            rng.normal(0.2, 0.03, first), rng.normal(0.1, 0.06, second), level=0.95, name="x"
        )
        held += found.low <= 0.1 <= found.high
    assert held >= binom.ppf(0.001, worlds, 0.95)


def test_the_interval_of_a_mean_covers_in_19_of_20_worlds():
    worlds, rng = 2000, np.random.default_rng(1)
    found = [over_runs(rng.normal(0.2, 0.05, 3), level=0.95, name="x") for _ in range(worlds)]
    held = sum(item.low <= 0.2 <= item.high for item in found)
    assert binom.ppf(0.0005, worlds, 0.95) <= held <= binom.ppf(0.9995, worlds, 0.95)


def test_two_runs_of_a_name_are_joined_by_hand():
    """Accuracies .8 and .9: mean .85, error .05, Student's t with one degree of freedom."""
    from scipy.stats import t

    def run(score, accuracy, n, finding):
        measured = Estimate("advantage", score, score - 0.01, score + 0.01, 0.9, n, "x")
        point = Point("a", "a", None, accuracy, measured, finding, "pass", n)
        return Measured(point)

    (joined,) = grouped([run(0.1, 0.8, 500, "inconclusive"), run(0.3, 0.9, 400, "leak")])
    half = t.ppf(0.95, 1) * 0.05
    assert joined.point.accuracy == pytest.approx(0.85)
    assert joined.point.accuracy_low == pytest.approx(0.85 - half)
    assert joined.accuracy_error == pytest.approx(half)
    assert (joined.point.score.value, joined.point.score.level) == (pytest.approx(0.2), 0.9)
    assert joined.scores == (0.1, 0.3)
    assert (joined.point.finding, joined.point.n, joined.point.runs) == ("leak", 400, 2)
    alone = run(0.1, 0.8, 500, "leak")
    assert grouped([alone]) == [alone]


def run_of(score, accuracy, finding="", verdict="", *, n=9, level=0.9, name="a", epoch=None):
    measured = None
    if score is not None:
        measured = Estimate("advantage", score, score - 0.01, score + 0.01, level, n, "x")
    return Measured(Point(name, name, epoch, accuracy, measured, finding, verdict, n))


def test_runs_that_were_not_scored_are_joined_by_their_accuracy():
    """Of three runs two have a score and two an accuracy; without any score at 95 %."""
    from scipy.stats import t

    (found,) = grouped([run_of(0.1, None), run_of(None, 0.8), run_of(0.3, 0.9)])
    assert (found.point.score.value, found.point.score.n) == (pytest.approx(0.2), 2)
    assert found.scores == (0.1, 0.3)
    assert found.point.accuracy == pytest.approx(0.85)
    assert found.accuracy_error == pytest.approx(t.ppf(0.95, 1) * 0.05)
    (bare,) = grouped([run_of(None, 0.8), run_of(None, 0.9)])
    assert (bare.point.score, bare.scores, bare.point.runs) == (None, (), 2)
    assert bare.accuracy_error == pytest.approx(t.ppf(0.975, 1) * 0.05)
    one = run_of(0.1, 0.8)
    (alone,) = grouped([one, run_of(None, None)])
    assert alone.point.score is one.point.score
    assert (alone.scores, alone.accuracy_error) == ((), None)
    assert (alone.point.accuracy, alone.point.accuracy_low) == (0.8, None)
    (nothing,) = grouped([run_of(None, None), run_of(None, None)])
    assert (nothing.point.accuracy, nothing.accuracy_error) == (None, None)


@pytest.mark.parametrize(
    ("given", "worst"),
    [
        (("no leak found", "leak", "inconclusive"), "leak"),
        (("no leak found", "inconclusive", ""), "inconclusive"),
        (("", "no leak found"), "no leak found"),
        (("", ""), ""),
        (("own words", "own words"), "own words"),
    ],
)
def test_the_worst_finding_of_a_name_is_said_of_it(given, worst):
    (found,) = grouped([run_of(0.1, 0.8, finding) for finding in given])
    assert found.point.finding == worst


@pytest.mark.parametrize(
    ("given", "worst"),
    [
        (("pass", "fail", "inconclusive"), "fail"),
        (("pass", "inconclusive"), "inconclusive"),
        (("", "pass"), "pass"),
    ],
)
def test_the_worst_verdict_of_a_name_is_said_of_it(given, worst):
    (found,) = grouped([run_of(0.1, 0.8, "leak", verdict) for verdict in given])
    assert found.point.verdict == worst


def test_runs_of_other_names_and_epochs_stay_apart_in_their_order():
    given = [
        run_of(0.1, 0.8, name="b"),
        run_of(0.2, 0.8, epoch=1.0),
        run_of(0.3, 0.8, epoch=2.0),
        run_of(0.4, 0.8, name="b"),
        run_of(0.6, 0.8, epoch=2.0, n=5),
    ]
    found = grouped(given)
    assert [(item.point.model, item.point.epoch, item.point.runs) for item in found] == [
        ("b", None, 2),
        ("a", 1.0, 1),
        ("a", 2.0, 2),
    ]
    assert found[1] is given[1]
    assert [item.point.n for item in found] == [9, 9, 5]


def test_what_is_not_joined_is_that_of_the_first_run():
    from dataclasses import replace

    first, second = (run_of(0.1, 0.8).point for _ in range(2))
    given = (replace(first, name="a 1", seconds=3.0), replace(second, name="a 2", seconds=5.0))
    (found,) = grouped([Measured(point) for point in given])
    assert (found.point.name, found.point.seconds) == ("a 1", 3.0)


def cut_off(value, low, high, name="a"):
    measured = Estimate("advantage", value, low, high, 0.95, 500, "x")
    return Measured(Point(name, name, None, 0.9, measured, "inconclusive", "pass", 500))


def test_scores_that_were_cut_off_at_nought_do_not_say_that_nothing_is_unknown():
    """Two runs of 0 have no spread; of 0, .04 and .05 the middle one was not cut off."""
    (none,) = grouped([cut_off(0.0, 0.0, 0.1), cut_off(0.0, 0.0, 0.2)])
    assert (none.point.score.low, none.point.score.high) == pytest.approx((0.0, 0.15))
    values = [(0.0, 0.0, 0.1), (0.04, 0.01, 0.9), (0.05, 0.03, 0.8)]
    (some,) = grouped([cut_off(*value) for value in values])
    plain = over_runs([0.0, 0.04, 0.05], level=0.95, name="advantage")
    assert some.point.score.low == pytest.approx(plain.low)
    assert some.point.score.high == pytest.approx(0.6)
    (whole,) = grouped([cut_off(*value) for value in values[1:]])
    assert whole.point.score.high == over_runs([0.04, 0.05], level=0.95, name="advantage").high


def test_runs_that_all_answer_alike_are_compared_by_their_own_intervals():
    """Training without chance, twice each: .1 and .2 are not apart for certain."""
    first, second = (
        [cut_off(value, value - 0.08, value + 0.08, name)] * 2
        for value, name in ((0.1, "a"), (0.2, "b"))
    )
    one, other = grouped([*first, *second])
    found = difference(one, other, level=0.95)
    by_hand = unpaired(one.point.score, other.point.score)
    assert (found.p_value, found.estimate.low) == (by_hand.p_value, by_hand.low)
    assert 0.05 < found.p_value < 0.1
    # where one of them varies, the run is the unit
    varied = grouped([cut_off(0.2, 0.1, 0.3, "b"), cut_off(0.3, 0.1, 0.4, "b")])[0]
    assert difference(one, varied, level=0.95).estimate.method.startswith("Welch")
