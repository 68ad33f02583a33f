"""The numbers behind the pictures, by hand."""

from dataclasses import replace

import numpy as np
import pytest

from tacit.core import CheckResult, Comparison, Estimate, Report
from tacit.core.comparison import Point
from tacit.figures import (
    ParetoFigure,
    RocCurve,
    RocFigure,
    ScoresFigure,
    SlicesFigure,
    TrendFigure,
)
from tacit.figures.epsilon import DELTAS
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
        Point("a2", "a", 2.0, 0.9, SCORE),
        Point("a0", "a", None, 0.8, SCORE),
        Point("a.5", "a", 0.5, 0.8, SCORE),
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
