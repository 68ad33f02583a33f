"""The residual risk and its interval."""

import numpy as np
import pytest
from scipy.stats import binom

from tacit import InvalidInput, NotEnoughData
from tacit.metrics.excess import relative_excess
from tacit.metrics.risks import correlation, residual_risk, risk_limits


def hits(k, n):
    return np.arange(n) < k


def test_it_is_one_minus_the_ratio_of_failure_rates():
    risk = residual_risk(hits(30, 100), hits(20, 100))
    assert risk.value == pytest.approx((0.3 - 0.2) / (1 - 0.2))
    assert risk.low < risk.value < risk.high


def test_the_limits_equal_worked_numbers():
    # by hand with z = 1.96: q1 = .7, Wilson .6042 to .7811; q0 = .8, Wilson .7112 to .8666
    risk = residual_risk(hits(30, 100), hits(20, 100))
    # least ratio: (.56 - sqrt(.56^2 - .6042 (1.4 - .6042) .8666 (1.6 - .8666))) / (.8666 * .7334)
    assert 1 - risk.high == pytest.approx(0.74026, abs=2e-5)
    # most: (.56 + sqrt(.56^2 - .7811 (1.4 - .7811) .7112 (1.6 - .7112))) / (.7112 * .8888)
    assert 1 - risk.low == pytest.approx(1.02759, abs=2e-5)


def test_the_excess_and_the_risk_are_one_number():
    one, other = hits(30, 100), hits(20, 100)
    risk, excess = residual_risk(one, other), relative_excess(one, other)
    assert (excess.value, excess.low, excess.high) == (risk.value, risk.low, risk.high)


def test_the_limit_has_no_step_where_few_guesses_fail():
    # 1 and 2 failures of 100 lie on both sides of "twice q0 is its upper limit"
    tops = [risk_limits((1, k), (100, 100), level=0.95)[1] for k in np.arange(2.5, 5, 0.01)]
    assert np.abs(np.diff(tops)).max() < 0.01


def test_a_risk_below_zero_is_shown_as_it_is():
    assert residual_risk(hits(10, 100), hits(20, 100)).value == pytest.approx(-0.125)


def test_a_value_that_everybody_has_leaves_nothing_to_tell():
    with pytest.raises(NotEnoughData, match="membership can add nothing"):
        residual_risk(hits(50, 50), hits(50, 50))


def test_pairs_need_as_many_on_both_sides():
    with pytest.raises(InvalidInput, match="same number"):
        residual_risk(hits(5, 50), hits(5, 40), paired=True)


def covered(counts, n, risk, *, cells):
    """Coverage in `counts` (k, 2) failures, each cell worked out once."""
    pairs, times = np.unique(counts[counts[:, 1] > 0], axis=0, return_counts=True)
    ends = np.array([cells(tuple(pair), (n, n)) for pair in pairs])
    inside = (ends[:, 0] <= risk + 1e-9) & (ends[:, 1] >= risk - 1e-9)
    return np.average(inside, weights=times), times.sum()


def limits(pair, n):
    return risk_limits(pair, n, level=0.95)


def propagated(pair, n):
    """Limits by propagating errors, as published: they do not cover where few controls fail."""
    q1, q0 = pair[0] / n[0], pair[1] / n[1]
    error = 1.96 * np.sqrt(q1 * (1 - q1) / n[0] / q0**2 + q1**2 * (1 - q0) / q0**3 / n[1])
    return 1 - q1 / q0 - error, 1 - q1 / q0 + error


@pytest.mark.parametrize("n", [100, 500])
@pytest.mark.parametrize("p0", [0.02, 0.3, 0.7, 0.95])
@pytest.mark.parametrize("risk", [0.0, 0.3])
def test_the_interval_covers(n, p0, risk):
    rng = np.random.default_rng(7)
    counts = rng.binomial(n, [(1 - p0) * (1 - risk), 1 - p0], (4000, 2))
    share, worlds = covered(counts, n, risk, cells=limits)
    # exact limits of a simulation of 94.5 to 98.5 %
    assert binom.cdf(share * worlds, worlds, 0.945) > 0.001
    assert binom.sf(share * worlds - 1, worlds, 0.985) > 0.001


def test_propagated_errors_would_fail_the_same_simulation():
    rng = np.random.default_rng(7)
    counts = rng.binomial(100, [0.05, 0.05], (4000, 2))
    share, worlds = covered(counts, 100, 0.0, cells=propagated)
    assert binom.cdf(share * worlds, worlds, 0.945) < 0.001


def paired_coverage(*, linked):
    """Coverage where 6 of 10 pairs share their fate."""
    rng = np.random.default_rng(5)
    good, worlds = 0, 1500
    for _ in range(worlds):
        first = rng.random(200)
        second = np.where(rng.random(200) < 0.6, first, rng.random(200))
        inside, outside = first < 0.3, second < 0.3
        link = correlation(inside, outside) if linked else 0.0
        failed = (int((~inside).sum()), int((~outside).sum()))
        low, high = risk_limits(failed, (200, 200), link=link, level=0.95)
        good += low <= 1e-9 and high >= -1e-9
    return good, worlds


def test_pairs_that_share_their_fate_are_told_by_their_correlation():
    good, worlds = paired_coverage(linked=True)
    assert binom.cdf(good, worlds, 0.945) > 0.001
    assert binom.sf(good - 1, worlds, 0.985) > 0.001
    wide, _ = paired_coverage(linked=False)
    assert binom.sf(wide - 1, worlds, 0.985) < 0.001


def test_the_p_value_of_pairs_is_exact():
    inside, outside = np.zeros(50, bool), np.zeros(50, bool)
    inside[:8] = True
    outside[7:10] = True
    # 7 pairs favour the member, 2 the other: P(X >= 7), X ~ Bin(9, 1/2)
    assert residual_risk(inside, outside, paired=True).p_value == pytest.approx(46 / 512)


def test_two_guesses_a_side_are_enough_and_all_are_counted():
    found = residual_risk([True, False], [False, False, True])
    assert found.n == 5
    assert found.value == pytest.approx(1 - (1 / 2) / (2 / 3))
    with pytest.raises(NotEnoughData):
        residual_risk([True], [False, False, True])


def test_unpaired_guesses_are_tested_by_fisher_and_paired_ones_by_mcnemar():
    """3 of 4 against 1 of 4: 17 of 70 tables; pairs 3 to 1: (4 + 1) / 16 of the coins."""
    member, nonmember = np.array([1, 1, 1, 0], bool), np.array([0, 0, 0, 1], bool)
    risk = residual_risk(member, nonmember)
    assert risk.p_value == pytest.approx(17 / 70)
    assert residual_risk(member, nonmember, paired=True).p_value == pytest.approx(5 / 16)
    assert (risk.value, risk.n) == (pytest.approx(1 - 0.25 / 0.75), 8)
    # 6 of 8 against 2 of 5, by hand: (C(8,6) C(5,2) + C(8,7) C(5,1) + C(8,8) C(5,0)) / C(13, 8)
    uneven = residual_risk(hits(6, 8), hits(2, 5))
    assert uneven.p_value == pytest.approx((28 * 10 + 8 * 5 + 1) / 1287)
    assert uneven.value == pytest.approx(1 - (2 / 8) / (3 / 5))


@pytest.mark.parametrize("link", [0.0, 0.4, -0.3])
def test_the_limits_of_two_linked_rates_solve_their_equation(link):
    """A ratio r is a limit where q1 - r q0 equals the root of d1^2 + (r d0)^2 - 2 link d1 r d0,
    with the distances of the ends that matter (Donner, Zou 2012).
    """
    from tacit.metrics.intervals import wilson

    failures, n = (30.0, 45.0), (80.0, 90.0)
    (q1, q0), (l1, l0), (u1, u0) = (
        np.array(failures) / n,
        *wilson(np.array(failures), np.array(n), level=0.9),
    )
    low, high = risk_limits(failures, n, link=link, level=0.9)
    for ratio, d1, d0, sign in ((1 - high, q1 - l1, u0 - q0, 1), (1 - low, u1 - q1, q0 - l0, -1)):
        apart = d1**2 + (ratio * d0) ** 2 - 2 * link * d1 * ratio * d0
        assert sign * (q1 - ratio * q0) == pytest.approx(apart**0.5)


def test_the_correlation_of_two_columns_is_pearsons():
    one, other = np.array([1, 1, 0, 0, 1, 0, 1], bool), np.array([1, 0, 0, 1, 1, 0, 1], bool)
    assert correlation(one, other) == pytest.approx(np.corrcoef(one, other)[0, 1])
    assert correlation(one, np.ones(7, bool)) == 0.0


def test_one_guess_that_differs_is_one_coin():
    """One pair favours the member and none the other: 1/2; one against one: 3/4; none: 1."""
    none, one, two = np.zeros(3, bool), np.array([1, 0, 0], bool), np.array([0, 1, 0], bool)
    found = [residual_risk(*pair, paired=True).p_value for pair in ((one, none), (one, two))]
    assert found == pytest.approx([1 / 2, 3 / 4])
    assert residual_risk(one, one, paired=True).p_value == 1.0
    assert residual_risk(none, one, paired=True).p_value == 1.0


def test_limits_of_paired_rates_share_the_distances_that_matter():
    """MOVER with a correlation (Zou and Donner): the lower limit of q1 / q0 has the way down of q1
    and the way up of q0, the upper one the way up of q1 and the way down of q0.
    """
    from tacit.metrics.intervals import wilson

    failures, n, link = np.array([20.0, 70.0]), np.array([100.0, 100.0]), 0.6
    (l1, l0), (u1, u0) = wilson(failures, n, level=0.95)
    q1, q0 = 0.2, 0.7

    def limit(end1, end0, sign):
        middle = q1 * q0 - link * abs(end1 - q1) * abs(end0 - q0)
        below = end0 * (2 * q0 - end0)
        root = np.sqrt(middle**2 - end1 * (2 * q1 - end1) * below)
        return (middle + sign * root) / below

    low, high = risk_limits((20, 70), (100, 100), link=link, level=0.95)
    assert high == pytest.approx(1 - limit(l1, u0, -1))
    assert low == pytest.approx(1 - limit(u1, l0, 1))
