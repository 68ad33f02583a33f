"""Trends and moderated variances: by hand, and on variances of a known prior."""

import numpy as np
import pytest
from scipy.special import digamma, polygamma

from tacit.attacks.reference.moderated import Trend, VariancePrior, _inverse_trigamma

FLAT = Trend(np.array([0.0]), np.array([np.log(2.0)]))


def test_a_trend_goes_through_the_means_of_equal_bins():
    """Two bins of 25, means 12 and 37 and their doubles; straight between, flat beyond."""
    x = np.arange(50.0)
    trend = Trend.of(x, 2 * x)
    np.testing.assert_allclose(trend.x, [12, 37])
    np.testing.assert_allclose(trend(np.array([-9.0, 12.0, 24.5, 99.0])), [24, 24, 49, 74])


@pytest.mark.parametrize(("n", "bins"), [(1, 1), (49, 1), (50, 2), (999, 39), (5000, 40)])
def test_bins_hold_25_records_and_are_at_most_40(n, bins):
    assert len(Trend.of(np.arange(float(n)), np.zeros(n)).x) == bins


def test_equal_variances_need_no_record_of_their_own():
    """Squares equal to freedom times .7: no more scatter than chi-square explains, so the prior is
    worth infinitely many observations, and its level corrects the mean of a log of chi-square.
    """
    freedom = np.full(100, 4.0)
    prior = VariancePrior.of(np.zeros(100), 0.7 * freedom, freedom)
    variance, total = prior.moderated(np.zeros(2), np.array([0.0, 9.0]), np.array([0.0, 4.0]))
    assert prior.freedom == np.inf
    np.testing.assert_array_equal(total, np.inf)
    np.testing.assert_allclose(variance, 0.7 * 2 / np.exp(digamma(2)))


def test_a_moderated_variance_is_a_weighted_mean_by_hand():
    """Prior 2 worth 4, own squares 6 of 3: (4 * 2 + 6) / 7; without own models the prior itself."""
    prior = VariancePrior(FLAT, 4.0)
    variance, freedom = prior.moderated(np.zeros(2), np.array([6.0, 0.0]), np.array([3.0, 0.0]))
    np.testing.assert_allclose(variance, [2.0, 2.0])
    other, _ = prior.moderated(np.zeros(1), np.array([13.0]), np.array([3.0]))
    np.testing.assert_allclose(other, [3.0])
    np.testing.assert_allclose(freedom, [7, 4])


def test_the_prior_of_simulated_variances_is_found():
    """Scaled inverse chi-square of 8 degrees at level 3: both come back within their error."""
    rng = np.random.default_rng(0)
    n, freedom = 20_000, 3.0
    variance = 3.0 * 8 / rng.chisquare(8, n)
    squares = variance * rng.chisquare(freedom, n)
    prior = VariancePrior.of(rng.normal(size=n), squares, np.full(n, freedom))
    assert prior.freedom == pytest.approx(8, rel=0.1)
    assert np.exp(prior.log_level(np.zeros(1)))[0] == pytest.approx(3.0, rel=0.05)


def test_the_moments_of_log_variances_by_hand():
    """Log variances -1, 0, 1 of 3 degrees, 20 each: their sum of squares over 60 - 1, less the
    trigamma of 3/2, is the trigamma of half of the prior's freedom; the means of the logs of both
    chi-squares are taken off the level.
    """
    freedom = np.full(60, 3.0)
    logs = 2.5 * np.repeat([-1.0, 0.0, 1.0], 20)
    prior = VariancePrior.of(np.zeros(60), 3 * np.exp(logs), freedom)
    excess = 40 * 2.5**2 / 59 - polygamma(1, 1.5)
    assert polygamma(1, prior.freedom / 2) == pytest.approx(excess, rel=1e-6)
    half = prior.freedom / 2
    level = -digamma(1.5) + np.log(1.5) + digamma(half) - np.log(half)
    assert prior.log_level(np.zeros(1))[0] == pytest.approx(level)


def test_each_bin_of_the_trend_costs_a_degree():
    """Two bins with log variances -1 and 1 about 0 and about 5: 50 - 2 degrees."""
    freedom, centre = np.full(50, 3.0), np.arange(50.0)
    logs = 3.0 * (-1.0) ** np.arange(50) + 5 * (centre >= 25)
    # 25 alternating values have mean +-3/25 in their bin
    squares = 2 * (25 * 9 - 25 * (3 / 25) ** 2)
    prior = VariancePrior.of(np.where(centre < 25, 0.0, 1.0), 3 * np.exp(logs), freedom)
    excess = squares / 48 - polygamma(1, 1.5)
    assert polygamma(1, prior.freedom / 2) == pytest.approx(excess, rel=1e-6)


@pytest.mark.parametrize("value", [1e-7, 1e-3, 0.3, 1.0, 40.0, 1e8])
def test_the_inverse_of_trigamma(value):
    assert float(polygamma(1, _inverse_trigamma(value))) == pytest.approx(value, rel=1e-3)


def test_a_variance_of_zero_counts_as_a_share_of_1e_minus_8_of_the_mean():
    """Variances 0 and 6, 30 each, of one degree: logs of 3e-8 and 6, half their gap about both."""
    freedom = np.ones(60)
    squares = np.repeat([0.0, 6.0], 30)
    prior = VariancePrior.of(np.zeros(60), squares, freedom)
    half = (np.log(6) - np.log(3e-8)) / 2
    excess = 60 * half**2 / 59 - polygamma(1, 0.5)
    assert polygamma(1, prior.freedom / 2) == pytest.approx(excess, rel=1e-6)


def test_two_records_have_one_degree_left():
    """Log variances -3 and 3 of 3 degrees: squares 18 over max(2 - 1, 1) = 1; one record: over 1.

    One record has no scatter, and a prior worth infinitely many.
    """
    freedom = np.full(2, 3.0)
    prior = VariancePrior.of(np.zeros(2), 3 * np.exp([-3.0, 3.0]), freedom)
    assert polygamma(1, prior.freedom / 2) == pytest.approx(18 - polygamma(1, 1.5), rel=1e-6)
    assert VariancePrior.of(np.zeros(1), np.ones(1), np.ones(1)).freedom == np.inf
