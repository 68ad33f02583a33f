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


def crossed(n, rank, bound):
    """The same chance by the binomial laws of the counts below each bound, one after the other."""
    from scipy.stats import binom

    alive, before = {0: 1.0}, 0.0
    for i, b in zip(rank, bound):
        share, new = (b - before) / (1 - before), {}
        for c, p in alive.items():
            for k in range(n - c + 1):
                if c + k >= i:  # the i-th smallest is at most b
                    new[c + k] = new.get(c + k, 0.0) + p * binom.pmf(k, n - c, share)
        alive, before = new, b
    return 1 - sum(alive.values())


@pytest.mark.parametrize(
    ("n", "rank", "bound"),
    [
        (4, [1, 2, 3, 4], [0.5, 0.7, 0.9, 0.97]),
        (5, [2, 5], [0.6, 0.95]),
        (12, [1, 3, 4, 9, 12], [0.3, 0.32, 0.6, 0.9, 0.99]),
        (30, [1, 7, 20, 30], [0.1, 0.4, 0.8, 0.999]),
    ],
)
def test_crossing_chances_are_those_of_binomial_steps(n, rank, bound):
    found = crossing_probability(n, np.array(rank), np.array(bound))
    known = crossed(n, rank, bound)
    # a millionth is added for rounding, never taken away
    assert known <= found <= known + 1.001e-6


def test_a_bound_that_nobody_keeps_is_crossed_for_sure():
    assert crossing_probability(50, np.array([50]), np.array([1e-6])) == 1.0
    assert crossing_probability(400, np.array([390]), np.array([0.01])) == 1.0


@pytest.mark.parametrize("mean", [0.0, 0.3, 7.0, 400.0, 90_000.0])
def test_poisson_masses_are_those_of_the_law_and_nothing_is_left_out(mean):
    from scipy.stats import poisson

    from tacit.dp.bands import _poisson

    first, mass = _poisson(mean)
    k = np.arange(first, first + len(mass))
    np.testing.assert_allclose(mass, poisson.pmf(k, mean), rtol=1e-9, atol=1e-300)
    left_out = poisson.cdf(first - 1, mean) + poisson.sf(first + len(mass) - 1, mean)
    assert left_out < 1e-16
    # no more than about nine deviations either way are kept, and some fifteen counts
    assert len(mass) <= 2 * (8.5 * mean**0.5 + 15) + 2


@pytest.mark.parametrize(("n", "alpha"), [(1, 0.05), (7, 0.3), (200, 0.01), (6001, 0.05)])
def test_the_local_level_is_solved_to_a_five_hundredth_and_from_below(n, alpha):
    """With one score the level is alpha itself."""
    from scipy.special import betaincinv

    eta, rank = local_level(n, alpha), ranks(n)
    found = crossing_probability(n, rank, betaincinv(rank, n - rank + 1, 1 - eta))
    assert 0.998 * alpha <= found <= alpha
    if n == 1:
        assert eta == pytest.approx(alpha, rel=2e-3)
    band_rank, bound = ell_band(n, alpha)
    np.testing.assert_array_equal(band_rank, rank)
    np.testing.assert_allclose(bound, betaincinv(rank, n - rank + 1, 1 - eta))


def test_limits_of_the_plain_bands_in_closed_form():
    """Massart: k / n + sqrt(log(1 / alpha) / 2 n), whose alpha is no more than a half; Clopper and
    Pearson: with none of n 1 - alpha ** (1 / n), Bonferroni at alpha / n.
    """
    from scipy.stats import beta

    count = np.array([0, 3, 19, 20])
    root = (np.log(1 / 0.05) / 40) ** 0.5
    found = upper_limits(count, 20, alpha=0.05, band="dkw")
    assert found == pytest.approx([root, 0.15 + root, 1, 1])
    half = (np.log(2) / 40) ** 0.5
    assert upper_limits(count, 20, alpha=0.9, band="dkw")[0] == pytest.approx(half)
    fixed = upper_limits(count, 20, alpha=0.05, band="fixed")
    assert fixed == pytest.approx([1 - 0.05**0.05, beta.ppf(0.95, 4, 17), 0.95**0.05, 1])
    every = upper_limits(count, 20, alpha=0.05, band="bonferroni")
    assert every[0] == pytest.approx(1 - 0.0025**0.05)
    assert every[1] == pytest.approx(beta.ppf(1 - 0.0025, 4, 17))
    assert lower_limits(20 - count, 20, alpha=0.05, band="bonferroni") == pytest.approx(1 - every)


@pytest.mark.parametrize("n", [3, 40])
def test_of_the_exact_band_a_count_has_the_bound_of_the_next_rank(n):
    """k of n at or above: the (k + 1)-th smallest of n uniforms is the first that may be above."""
    rank, bound = ell_band(n, 0.05)
    assert rank.tolist() == list(range(1, n + 1))
    found = upper_limits(np.arange(n + 1), n, alpha=0.05)
    assert found.tolist() == [*bound.tolist(), 1.0]


def test_between_sparse_ranks_the_bound_of_the_next_one_holds():
    rank, bound = ell_band(6000, 0.05)
    gap = int(np.flatnonzero(np.diff(rank) > 1)[0])
    inside = np.arange(rank[gap], rank[gap + 1])
    assert set(upper_limits(inside, 6000, alpha=0.05)) == {bound[gap + 1]}
    assert upper_limits(np.array([rank[gap] - 1]), 6000, alpha=0.05)[0] == bound[gap]


@pytest.mark.parametrize("n", [4999, 5000, 5001, 80_001, 1_000_000])
def test_ranks_are_as_far_apart_as_their_spread_allows(n):
    """Up to 5,000 all; beyond it a quarter of the square root, or .4 %, of the rank below them."""
    rank = ranks(n)
    assert (rank[0], rank[-1]) == (1, n)
    if n <= 5000:
        assert rank.tolist() == list(range(1, n + 1))
        return
    half = rank[rank <= n // 2].astype(float)
    wide = np.maximum(1.0, np.maximum(0.25 * half**0.5, 0.004 * half))
    step = np.diff(half)
    # whole parts of steps that add up: at most one away
    assert (np.abs(step - wide[:-1]) <= 1.01 + 0.004 * wide[:-1]).all()
    # the two halves meet in the middle
    assert np.diff(rank).max() <= 2 + 2.01 * wide[-1]
    assert abs(np.sum(step[200:] / wide[200:-1]) - len(step[200:])) < 2 + 0.01 * len(step)


@pytest.mark.parametrize(("first", "second"), [(1, 5), (400, 1000), (401, 1000), (900, 900)])
def test_both_roads_to_a_convolution_give_the_same(first, second):
    from tacit.dp.bands import convolved

    rng = np.random.default_rng(first)
    one, other = rng.random(first), np.exp(-rng.random(second) * 300)
    found = convolved(one, other)
    np.testing.assert_allclose(found, np.convolve(one, other), rtol=1e-9, atol=1e-12)
    assert (found >= 0).all()


def test_the_local_level_is_found_in_a_handful_of_looks(monkeypatch):
    """A look at 5,000 ranks takes a second. At .025, where most audits stand, the table of ratios
    starts within an eighth of the answer, and four looks are enough; six elsewhere.
    """
    from tacit.dp import bands

    looks = []
    monkeypatch.setattr(
        bands,
        "crossing_probability",
        lambda *given: looks.append(1) or crossing_probability(*given),
    )
    for alpha, most in ((0.025, 4), (0.2, 6)):
        for n in (1, 10, 100, 500, 1000):
            looks.clear()
            bands.local_level.cache_clear()
            eta = local_level(n, alpha)
            assert len(looks) <= most, (n, alpha)
            if alpha == 0.025:
                start = float(np.interp(np.log(n), bands.START_LOG_N, bands.START_RATIO))
                assert alpha / eta == pytest.approx(start, rel=0.125)
    assert np.all(np.diff(bands.START_LOG_N) > 0)
    assert np.all(np.diff(bands.START_RATIO) > 0)


def test_no_more_paths_are_followed_than_can_still_matter(monkeypatch):
    """Counts up to 8.5 deviations (and 15) above what the bound leads to expect, and no more than
    there are: at bounds of .2 and .6 of 2,000, 400 + 152 + 15 and 1,200 + 186 + 15.
    """
    from tacit.dp import bands

    lengths, plain = [], bands.convolved
    monkeypatch.setattr(
        bands, "convolved", lambda one, other: lengths.append(len(one)) or plain(one, other)
    )
    crossing_probability(2000, np.array([1, 2, 3]), np.array([0.2, 0.6, 0.61]))
    assert lengths[0] == 1
    # from the rank itself, or the least count that has any mass, up to the highest
    first = [max(i, int(2000 * b - 8.5 * (2000 * b) ** 0.5 - 15)) for i, b in ((1, 0.2), (2, 0.6))]
    assert lengths[1] <= 567 - first[0] + 2
    assert lengths[2] <= 1401 - first[1] + 300
    lengths.clear()
    crossing_probability(10, np.array([3, 9]), np.array([0.5, 0.9]))
    # of ten at least 3 lie below the first bound: counts of 3 to 10
    assert lengths == [1, 8]
