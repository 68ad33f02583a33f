"""The numbers behind the pictures, by hand."""

import numpy as np
import pytest

from tacit.core import Comparison, Estimate
from tacit.core.comparison import Point
from tacit.figures import ParetoFigure, RocCurve, RocFigure, ScoresFigure
from tacit.figures.epsilon import DELTAS
from tacit.figures.slices import NO_LEAK

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
