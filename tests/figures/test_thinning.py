"""Fewer points by hand: equal steps along a curve in both pictures, and stairs."""

import numpy as np
import pytest

from tacit.figures.thinning import cornered, thinned


def by_hand(x, y, n):
    """The walk in words: each picture is one unit long, and each of n - 1 steps keeps its last."""

    def logs(v):
        least = min(a for a in v if a > 0)
        return [np.log(max(a, least)) for a in v]

    place = np.zeros(len(x))
    for a, b in ((x, y), (logs(x), logs(y))):
        steps = [abs(a[i + 1] - a[i]) + abs(b[i + 1] - b[i]) for i in range(len(x) - 1)]
        place += np.r_[0.0, np.cumsum(steps)] / sum(steps)
    part = [min(n - 2, int(p / place[-1] * (n - 1))) for p in place]
    kept = [i for i in range(len(x)) if i + 1 == len(x) or part[i + 1] > part[i]]
    return sorted({0, *kept})


@pytest.mark.parametrize("n", [2, 5, 17, 60])
def test_equal_steps_of_the_walk_keep_their_last_points(n):
    rng = np.random.default_rng(0)
    x = np.r_[0.0, np.sort(rng.random(98)) ** 3, 1.0]
    y = np.r_[0.0, np.sort(rng.random(98)) ** 0.5, 1.0]
    found = thinned(x, y, n=n)
    assert found.tolist() == by_hand(x, y, n)
    assert len(found) <= n
    assert {0, 99} <= set(found.tolist())


def test_a_curve_that_is_short_enough_stays_as_it_is():
    x = np.linspace(0, 1, 10)
    assert thinned(x, x, n=10).tolist() == list(range(10))
    assert len(thinned(x, x, n=9)) <= 9
    assert thinned(np.zeros(5), np.zeros(5), n=2).tolist() == [0, 4]


def test_no_point_of_a_roc_is_far_from_the_drawn_one():
    """Three of 560 pixels, in the plain picture and over five decades."""
    rng = np.random.default_rng(1)
    x = np.r_[0.0, np.sort(10 ** -(5 * rng.random(20_000)))]
    y = np.clip(x**0.4, 0, 1)
    kept = thinned(x, y, n=400)
    assert np.abs(np.interp(x, x[kept], y[kept]) - y).max() < 3 / 560
    logs = [np.log10(np.maximum(v, 1e-5)) / 5 for v in (x, y)]
    drawn = np.interp(logs[0], logs[0][kept], logs[1][kept])
    assert np.abs(drawn - logs[1]).max() < 3 / 560


def test_a_wide_step_has_a_corner_and_the_lower_height_holds_up_to_it():
    """From .1 to .2 is wide, from .2 to .205 (2.5 %) is not; 3 % exactly is not either."""
    x, low, high = cornered(
        np.array([0.1, 0.2, 0.205]), np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])
    )
    assert x.tolist() == [0.1, 0.2, 0.2, 0.205]
    assert low.tolist() == [1, 1, 2, 3]
    assert high.tolist() == [4, 4, 5, 6]
    assert cornered(np.array([1.0, 1.03]), np.array([1.0, 2.0]))[0].tolist() == [1.0, 1.03]
    assert cornered(np.array([1.0, 1.031]), np.array([1.0, 2.0]))[1].tolist() == [1, 1, 2]
    # from no accusation to the first one is wide
    assert cornered(np.array([0.0, 1e-9, 1.0]), np.array([1.0, 2.0, 3.0]))[1].tolist() == [
        1,
        1,
        2,
        2,
        3,
    ]
