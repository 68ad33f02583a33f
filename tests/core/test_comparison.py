"""Several audits side by side: what is read off them."""

import pytest

from tacit.core import Estimate, InvalidInput
from tacit.core.comparison import Comparison, Confirmed, Difference, Point
from tacit.core.exploration import Exploration


def estimate(value, low=None, high=None):
    low, high = (value if end is None else end for end in (low, high))
    return Estimate("score", value, low, high, 0.95, 40, "by hand")


def point(name, value=0.1):
    return Point(name, name, None, 0.9, estimate(value))


def test_a_point_is_one_run_of_no_records_unless_it_says_more():
    bare = Point("a", "a", None, None, None)
    assert (bare.n, bare.runs, bare.front) == (0, 1, False)


@pytest.mark.parametrize(("low", "better"), [(-0.01, False), (0.0, False), (0.01, True)])
def test_a_winner_is_better_only_where_the_whole_interval_says_so(low, better):
    confirmed = Confirmed(estimate(0.1, low, 0.3), None, 8)
    assert confirmed.better is better


@pytest.mark.parametrize(
    ("gone", "base", "share"),
    [(0.1, 0.4, 0.25), (0.5, 0.4, 1.0), (-0.1, 0.4, -0.25), (0.1, 0.0, None), (0.1, -0.1, None)],
)
def test_the_share_that_is_gone_is_of_what_the_baseline_shows(gone, base, share):
    confirmed = Confirmed(estimate(gone), None, 8, baseline_score=estimate(base))
    assert confirmed.share == (None if share is None else pytest.approx(share))
    assert Confirmed(estimate(gone), None, 8).share is None


def test_a_comparison_finds_its_points_and_goes_through_json():
    comparison = Comparison(
        (point("a"), point("b", 0.2)),
        (Difference("a", "b", estimate(-0.1, -0.2, 0.0), 0.04, 0.08, accuracy=estimate(0.02)),),
        "a",
        "take a",
        baseline="b",
        confirmed=Confirmed(estimate(0.1), estimate(0.0), 8, estimate(0.2), estimate(0.1)),
    )
    assert comparison.point("b").score.value == 0.2
    with pytest.raises(InvalidInput, match=r"no point 'c'\. It has: a, b"):
        comparison.point("c")
    assert comparison.level == 0.95
    plain = comparison.to_dict()
    assert (plain["kind"], plain["schema"]) == ("tacit comparison", 1)
    again = Comparison.from_json(comparison.to_json())
    assert again.to_dict() == plain
    assert again.points == comparison.points
    assert again.differences == comparison.differences
    assert again.confirmed == comparison.confirmed


def test_an_exploration_trains_nothing_unless_it_says_so():
    comparison = Comparison((point("a"),), (), "", "")
    found = Exploration(comparison, {"a": {}}, "a", "a")
    assert (found.n_models, found.n_trained) == (0, 0)
    for baseline, winner in (("a", "b"), ("b", "a")):
        with pytest.raises(InvalidInput, match="no variant 'b'"):
            Exploration(comparison, {"a": {}}, baseline, winner)
