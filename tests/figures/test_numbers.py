"""The numbers behind the pictures, by hand."""

from dataclasses import replace

import numpy as np
import pytest

from tacit.core import CheckResult, Comparison, Estimate, Evidence, InvalidInput, Report
from tacit.core.comparison import Point
from tacit.figures import (
    ParetoFigure,
    RocCurve,
    RocFigure,
    ScoresFigure,
    SliceRow,
    SlicesFigure,
    TrendFigure,
)
from tacit.figures.epsilon import DELTAS
from tacit.figures.pareto import accuracy_ends
from tacit.figures.slices import NO_LEAK
from tacit.figures.trend import errors

SCORE = Estimate("advantage", 0.2, 0.1, 0.3, 0.95, 100, "by hand")


def curve(smallest):
    fpr = np.array([0.0, smallest, 1.0])
    return RocCurve("a", fpr, fpr, fpr, fpr)


def test_where_nothing_leaks_the_advantage_is_0_and_the_area_a_half():
    assert NO_LEAK == {"advantage": 0.0, "auc": 0.5}


def test_deltas_are_the_powers_of_ten_from_a_billionth_to_a_tenth():
    np.testing.assert_allclose(np.sort(DELTAS), [10.0**-power for power in range(9, 0, -1)])


def test_counts_become_shares_of_each_side():
    found = ScoresFigure.from_dict(
        {"edges": [0.0, 1.0, 2.0, 3.0], "member": [1, 2, 5], "nonmember": [3, 1, 0]}
    )
    assert found.member.tolist() == [1 / 8, 2 / 8, 5 / 8]
    assert found.nonmember.tolist() == [3 / 4, 1 / 4, 0]
    # the largest of both sides, whichever it is on
    assert found.top == 0.75
    turned = ScoresFigure("a", found.edges, found.nonmember, found.member)
    assert turned.top == 0.75


@pytest.mark.parametrize(
    ("smallest", "floor"),
    [((0.02, 0.5), 0.01), ((0.5, 0.02), 0.01), ((0.9,), 0.1), ((1e-9,), 1e-7)],
)
def test_axes_begin_at_the_power_of_ten_below_the_smallest_rate_of_any_curve(smallest, floor):
    figure = RocFigure(tuple(curve(rate) for rate in smallest))
    assert figure.floor == pytest.approx(floor)


def test_a_curve_without_rates_between_has_the_smallest_rate_one():
    ends = np.array([0.0, 1.0])
    assert RocCurve("a", ends, ends, ends, ends).smallest_rate == 1.0
    none = np.zeros(2)
    assert RocCurve("a", none, none, none, none).smallest_rate == 1.0


def test_only_points_with_accuracy_and_score_are_drawn_in_the_order_of_epochs():
    points = (
        Point("a2", "a", 2.0, 0.7, SCORE),
        Point("a0", "a", None, 0.8, SCORE),
        Point("a.5", "a", 0.5, 0.9, SCORE),
        Point("b", "b", None, None, SCORE),
        Point("c", "c", None, 0.9, None),
    )
    figure = ParetoFigure.from_comparison(Comparison(points, (), (), "a2", "", 0.95, ""))
    assert [point.name for point in figure.points] == ["a2", "a0", "a.5"]
    assert [point.name for point in figure.lines()["a"]] == ["a0", "a.5", "a2"]


def estimate(value, low, high, name="advantage"):
    return Estimate(name, value, low, high, 0.95, 100, "by hand")


def test_whiskers_are_as_long_as_the_interval_and_an_infinite_end_has_none():
    scores = [estimate(0.3, 0.1, 0.9), estimate(2.0, 1.5, np.inf), estimate(1.0, -np.inf, 1.25)]
    below, above = errors(scores)
    np.testing.assert_allclose(below, [0.2, 0.5, 0.0])
    np.testing.assert_allclose(above, [0.6, 0.0, 0.25])


def part(name, found, p_adjusted):
    check = CheckResult(name=name, role="slice", n_members=4, n_nonmembers=5, estimates=found)
    return replace(check, p_value=p_adjusted, p_adjusted=p_adjusted)


def test_slices_are_ordered_by_their_lower_end_and_significant_up_to_the_error():
    """At a level of .95: p = .05 is significant, .0501 is not; one slice more than are shown."""
    alpha = 1 - 0.95
    checks = (
        part("low", (estimate(0.3, 0.1, 0.5, "auc"),), alpha + 1e-4),
        part("high", (estimate(0.6, 0.4, 0.8, "auc"),), alpha),
        part("same", (estimate(0.7, 0.4, 0.8, "auc"),), None),
        part("empty", (), 0.001),
    )
    report = Report("leak", "fail", "", score=estimate(0.3, 0.2, 0.4), checks=checks)
    figure = SlicesFigure.from_report(report)
    assert [row.name for row in figure.rows] == ["same", "high", "low"]
    assert [row.significant for row in figure.rows] == [False, True, False]
    assert (figure.n_significant, figure.left_out) == (1, 0)
    assert (figure.metric, figure.no_leak, figure.overall) == ("auc", 0.5, None)
    assert SlicesFigure.from_report(report, max_slices=2).left_out == 1
    assert SlicesFigure.from_report(replace(report, score=None)).n_significant == 1


def test_slices_of_another_metric_start_at_nothing():
    checks = (part("a", (estimate(2.0, 1.0, 3.0, "bits"),), 0.5),)
    figure = SlicesFigure.from_report(Report("leak", "fail", "", checks=checks))
    assert (figure.metric, figure.no_leak) == ("bits", 0.0)


def test_an_epoch_without_a_score_is_no_dot():
    first = Report("leak", "fail", "", score=SCORE, title="a", environment={"epoch": 3})
    reports = [
        first,
        replace(first, environment={"epoch": 1}, accuracy={"nonmember": 0.7}),
        replace(first, score=None),
        replace(first, environment={}),
    ]
    ((name, steps),) = TrendFigure.from_reports(reports).models
    assert name == "a"
    assert [(step.epoch, step.accuracy) for step in steps] == [(1.0, 0.7), (3.0, None)]


def test_a_curve_of_a_report_keeps_each_column_in_its_place():
    plain = {
        "attack": "loss",
        "fpr": [0.0, 0.1, 1.0],
        "tpr": [0.2, 0.5, 1.0],
        "low": [0.1, 0.4, 0.9],
        "high": [0.3, 0.6, 1.0],
    }
    found = RocCurve.from_dict(plain)
    assert found.attack == "loss"
    for name in ("fpr", "tpr", "low", "high"):
        assert getattr(found, name).tolist() == plain[name]
    # without a band the curve is its own
    bare = RocCurve.from_dict({"fpr": [0.0, 1.0], "tpr": [0.5, 1.0]})
    assert (bare.low.tolist(), bare.high.tolist()) == ([0.5, 1.0], [0.5, 1.0])
    assert bare.attack == "attack"
    assert RocCurve.from_dict(plain, max_points=2).fpr.tolist() == [0.0, 1.0]
    long = {"fpr": np.linspace(0, 1, 900), "tpr": np.linspace(0, 1, 900) ** 0.5}
    assert 300 < len(RocCurve.from_dict(long).fpr) <= 400
    many = {f"c{i}": 0 for i in range(3)}
    report = Report("leak", "fail", "", figures={"roc": [plain | {"attack": n} for n in many]})
    assert [c.attack for c in RocFigure.from_report(report).curves] == list(many)


@pytest.mark.parametrize(
    ("smallest", "floor"),
    [(0.1, 0.1), (0.099, 0.01), (0.01, 0.01), (0.001, 0.001), (1e-7, 1e-7), (1e-8, 1e-7), (1, 0.1)],
)
def test_a_rate_that_is_a_power_of_ten_is_where_the_axis_begins(smallest, floor):
    assert RocFigure((curve(smallest),)).floor == pytest.approx(floor, rel=1e-12)


def test_the_smallest_rate_is_that_above_zero():
    fpr = np.array([0.0, 0.0, 0.02, 0.5, 1.0])
    tpr = np.array([0.01, 0.1, 0.2, 0.7, 1.0])
    assert RocCurve("a", fpr, tpr, tpr, tpr).smallest_rate == 0.02


def test_the_intervals_of_an_accuracy_hold_it():
    def ends(low, high, accuracy=0.8):
        return accuracy_ends(
            Point("a", "a", None, accuracy, None, accuracy_low=low, accuracy_high=high)
        )

    assert ends(0.75, 0.85) == (0.75, 0.85)
    assert ends(0.81, 0.85) == (0.8, 0.85)
    assert ends(0.7, 0.79) == (0.7, 0.8)
    for low, high in ((None, 0.9), (0.7, None), (None, None)):
        assert ends(low, high) == (0.8, 0.8)
    assert ends(None, None, accuracy=None) == (0.0, 0.0)


def test_a_histogram_that_is_empty_on_one_side_is_drawn_as_zeros():
    found = ScoresFigure.from_dict(
        {"edges": [0.0, 1.0, 2.0], "member": [0, 0], "nonmember": [2, 6]}
    )
    assert found.member.tolist() == [0, 0]
    assert found.nonmember.tolist() == [0.25, 0.75]
    assert found.attack == "attack"
    assert (
        ScoresFigure.from_dict(
            {"edges": [0.0, 1.0], "member": [1], "nonmember": [1], "attack": "mine"}
        ).attack
        == "mine"
    )


def test_members_and_nonmembers_of_a_histogram_are_not_exchanged():
    """Members at 3 and 4, non-members at 1, 1 and 2: three bins of width one."""
    evidence = Evidence.of([4.0, 3.0, 1.0, 1.0, 2.0], [True, True, False, False, False])
    found = ScoresFigure.from_evidence(evidence, bins=3, name="by hand")
    np.testing.assert_allclose(found.edges, [1, 2, 3, 4], atol=0.05)
    assert found.member.tolist() == [0, 0, 1]
    np.testing.assert_allclose(found.nonmember, [2 / 3, 1 / 3, 0])
    assert found.attack == "by hand"
    assert len(ScoresFigure.from_evidence(evidence).member) == 60
    report = Report(
        "leak", "fail", "", figures={"scores": [{"edges": [0, 1], "member": [1], "nonmember": [3]}]}
    )
    assert ScoresFigure.from_report(report).nonmember.tolist() == [1.0]


def test_a_histogram_without_a_bin_is_refused():
    with pytest.raises(InvalidInput, match="edges do not fit"):
        ScoresFigure("a", np.array([1.0]), np.array([]), np.array([]))
    with pytest.raises(InvalidInput, match="edges do not fit"):
        ScoresFigure("a", np.array([1.0, 2.0]), np.array([1.0]), np.array([1.0, 2.0]))


def test_a_row_of_a_slice_says_how_large_each_side_is_and_what_makes_it():
    check = replace(
        part("age = 40", (estimate(0.3, 0.1, 0.5),), 0.01), slice="age", value="40", n_members=7
    )
    other = part("b", (estimate(0.1, 0.0, 0.5, "auc"), estimate(0.2, -0.1, 0.5)), None)
    report = Report("leak", "fail", "", score=SCORE, checks=(other, check))
    figure = SlicesFigure.from_report(report)
    # the advantage where any slice has one, whatever stands first
    assert figure.metric == "advantage"
    assert figure.overall == SCORE
    first = figure.rows[0]
    assert (first.name, first.n_members, first.n_nonmembers) == ("age = 40", 7, 5)
    assert (first.column, first.value, first.p_adjusted) == ("age", "40", 0.01)
    assert [row.estimate.value for row in figure.rows] == [0.3, 0.2]
    bare = SliceRow("a", SCORE)
    assert (bare.n_members, bare.n_nonmembers, bare.significant, bare.p_adjusted) == (
        0,
        0,
        False,
        None,
    )
    assert SlicesFigure((bare,)).n_significant == 0


def test_the_level_of_a_slice_is_that_of_the_score():
    checks = (part("a", (estimate(0.3, 0.1, 0.5),), 0.08),)
    ninety = Estimate("advantage", 0.2, 0.1, 0.3, 0.9, 100, "by hand")
    for score, real in ((ninety, True), (SCORE, False), (None, False)):
        report = Report("leak", "fail", "", score=score, checks=checks)
        assert SlicesFigure.from_report(report).rows[0].significant is real


def test_the_number_of_all_records_is_that_of_the_chosen_check():
    whole = CheckResult(name="mine", role="attack", estimates=(estimate(0.7, 0.6, 0.8, "auc"),))
    checks = (whole, part("a", (estimate(0.9, 0.8, 1.0, "auc"),), None))
    report = Report("leak", "fail", "", checks=checks, chosen="mine")
    assert SlicesFigure.from_report(report).overall.value == 0.7
    assert SlicesFigure.from_report(replace(report, chosen="")).overall is None


def test_twenty_four_slices_are_shown_and_the_others_counted():
    checks = tuple(part(str(i), (estimate(0.3, 0.1, 0.5),), 0.01) for i in range(30))
    figure = SlicesFigure.from_report(Report("leak", "fail", "", score=SCORE, checks=checks))
    assert (len(figure.rows), figure.left_out, figure.n_significant) == (24, 6, 30)


def test_the_trend_of_a_report_is_in_the_order_of_the_epochs():
    points = [
        {"epoch": epoch, "score": replace(SCORE, value=epoch / 100).to_dict(), "accuracy": 0.5}
        for epoch in (20, 3, 11)
    ]
    report = Report("leak", "fail", "", title="t", figures={"trend": [{"points": points}]})
    ((name, steps),) = TrendFigure.from_report(report).models
    assert name == "t"
    assert [(step.epoch, step.score.value, step.accuracy) for step in steps] == [
        (3.0, 0.03, 0.5),
        (11.0, 0.11, 0.5),
        (20.0, 0.2, 0.5),
    ]
    named = Report("leak", "fail", "", figures={"trend": [{"model": "m", "points": points}]})
    assert TrendFigure.from_report(named).models[0][0] == "m"


def test_a_curve_of_one_point_can_be_drawn_and_one_of_none_cannot():
    one = np.array([1.0])
    assert RocCurve("a", one, one, one, one).smallest_rate == 1.0
    with pytest.raises(InvalidInput, match="one length above 0"):
        RocCurve("a", one[:0], one[:0], one[:0], one[:0])


def test_a_curve_is_named_or_called_by_its_attack():
    evidence = replace(Evidence.of([2.0, 1.0], [True, False]), attack="Threshold()")
    assert RocFigure.from_evidence(evidence, name="mine").curves[0].attack == "mine"
    assert RocFigure.from_evidence(evidence).curves[0].attack == "Threshold()"
    assert ScoresFigure.from_evidence(evidence).attack == "Threshold()"


def test_only_slices_are_rows():
    whole = CheckResult(name="mine", role="attack", estimates=(SCORE,))
    figure = SlicesFigure.from_report(
        Report("leak", "fail", "", checks=(whole, part("a", (SCORE,), None)))
    )
    assert [row.name for row in figure.rows] == ["a"]
    assert (SlicesFigure(figure.rows).left_out, SlicesFigure(figure.rows).overall) == (0, None)


def test_what_is_sure_comes_before_what_is_large_and_p_values_are_corrected():
    wide = replace(part("wide", (estimate(0.9, 0.1, 1.0),), 0.01), p_adjusted=0.2)
    sure = replace(part("sure", (estimate(0.4, 0.3, 0.5),), 0.2), p_adjusted=0.01)
    figure = SlicesFigure.from_report(Report("leak", "fail", "", score=SCORE, checks=(wide, sure)))
    assert [(row.name, row.significant, row.p_adjusted) for row in figure.rows] == [
        ("sure", True, 0.01),
        ("wide", False, 0.2),
    ]
