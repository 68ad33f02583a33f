import numpy as np
import pytest

from tacit.core import InvalidInput
from tacit.dp.bands import (
    crossing_probability,
    ell_band,
    local_level,
    lower_limits,
    ranks,
    upper_limits,
)


def test_crossing_probability_of_one_uniform_is_the_complement_of_its_bound():
    assert crossing_probability(1, np.array([1]), np.array([0.9])) == pytest.approx(0.1, abs=2e-6)


def test_crossing_probability_of_two_uniforms_by_hand():
    # P(U1 <= a, U2 <= b) for order statistics with a < b: 2 a b - a^2
    a, b = 0.6, 0.9
    assert crossing_probability(2, np.array([1, 2]), np.array([a, b])) == pytest.approx(
        1 - (2 * a * b - a * a), abs=2e-6
    )


def test_daniels_line_crossing():
    # F_n(t) stays above c t everywhere but at 0 with chance ... P(sup F_n(t)/t <= 1/c) = 1 - c
    # (Daniels 1945), by reflection
    n, c = 200, 0.7
    i = np.arange(1, n + 1)
    bound = 1 - c * (n - i + 1) / n  # 1 - U_(n+1-i) <= bound <=> U_(j) >= c j / n
    assert crossing_probability(n, i, bound) == pytest.approx(c, abs=3e-6)


@pytest.mark.parametrize("n", [1, 7, 60, 800])
def test_ell_band_is_exact(n):
    alpha = 0.1
    rank, bound = ell_band(n, alpha)
    draws = np.sort(np.random.default_rng(n).random((4000, n)), axis=1)
    miss = np.mean((draws[:, rank - 1] > bound).any(axis=1))
    assert abs(miss - alpha) < 4 * np.sqrt(alpha * (1 - alpha) / 4000)


def test_sparse_ranks_are_valid_and_lose_little():
    n, alpha = 20_000, 0.05
    rank, bound = ell_band(n, alpha)
    assert len(rank) < n / 5
    draws = np.random.default_rng(3).exponential(size=(400, n + 1)).cumsum(axis=1)
    uniform = draws[:, :-1] / draws[:, -1:]
    assert np.mean((uniform[:, rank - 1] > bound).any(axis=1)) < alpha + 4 * np.sqrt(alpha / 400)
    assert local_level(n, alpha) > 0.5 * local_level(5000, alpha)


def test_ranks_of_ten_million_stay_few_and_symmetric():
    rank = ranks(10_000_000)
    assert len(rank) < 8000
    np.testing.assert_array_equal(rank, 10_000_001 - rank[::-1])


@pytest.mark.parametrize("band", ["ell", "dkw", "bonferroni"])
def test_limits_hold_at_all_thresholds_with_ties(band):
    n, alpha, worlds = 150, 0.1, 1500
    values = np.arange(6)
    mass = np.array([0.5, 0.2, 0.15, 0.1, 0.04, 0.01])
    truth = np.cumsum(mass[::-1])[::-1]
    count = (
        np.random.default_rng(0).multinomial(n, mass, size=worlds)[:, ::-1].cumsum(axis=1)[:, ::-1]
    )
    for limits, wrong in ((upper_limits, np.less), (lower_limits, np.greater)):
        limit = limits(count, n, alpha=alpha, band=band)
        assert limit.shape == (worlds, len(values))
        assert np.mean(wrong(limit, truth - 1e-12 * np.sign(1)).any(axis=1)) < alpha + 4 * np.sqrt(
            alpha / worlds
        )


def test_ell_is_narrower_than_bonferroni_in_the_tail():
    count = np.arange(0, 50)
    assert np.all(
        upper_limits(count, 500, alpha=0.025)
        < upper_limits(count, 500, alpha=0.025, band="bonferroni")
    )


def test_all_scores_above_gives_one_and_none_gives_a_positive_limit():
    assert upper_limits(np.array([10]), 10, alpha=0.05)[0] == 1
    assert lower_limits(np.array([0]), 10, alpha=0.05)[0] == 0
    assert 0 < upper_limits(np.array([0]), 10, alpha=0.05)[0] < 1


def test_bad_input_is_named():
    with pytest.raises(InvalidInput, match="`band`"):
        upper_limits(np.array([1]), 10, alpha=0.05, band="two")
    with pytest.raises(InvalidInput, match="`count`"):
        upper_limits(np.array([11]), 10, alpha=0.05)
    with pytest.raises(InvalidInput, match="`alpha`"):
        upper_limits(np.array([1]), 10, alpha=0.0)
    with pytest.raises(InvalidInput, match="`n`"):
        local_level(0, 0.05)


def test_one_order_statistic_exceeds_its_bound_as_the_binomial_says():
    # the smallest, the middle and the largest of three uniforms above .5: 1/8, 4/8, 7/8
    for rank, wanted in ((1, 1 / 8), (2, 4 / 8), (3, 7 / 8)):
        found = crossing_probability(3, np.array([rank]), np.array([0.5]))
        assert found == pytest.approx(wanted, abs=2e-6)
    # of two uniforms, both keep their bounds: P(both <= .6) - P(both in (.2, .6]) = .36 - .16
    found = crossing_probability(2, np.array([1, 2]), np.array([0.2, 0.6]))
    assert found == pytest.approx(1 - 0.2, abs=2e-6)


def test_a_long_convolution_is_the_direct_one():
    from tacit.dp.bands import DIRECT, convolved

    rng = np.random.default_rng(0)
    first, second = rng.random(700), rng.random(640)
    assert len(first) * len(second) > DIRECT
    np.testing.assert_allclose(convolved(first, second), np.convolve(first, second), rtol=1e-9)


@pytest.mark.parametrize(("n", "alpha"), [(20, 0.05), (60, 0.01)])
def test_the_band_fails_as_often_as_allowed_and_no_more(n, alpha):
    rank, bound = ell_band(n, alpha)
    found = crossing_probability(n, rank, bound)
    assert 0.99 * alpha < found <= alpha
