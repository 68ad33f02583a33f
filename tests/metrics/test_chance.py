"""How small the best look gets by chance, against counts and closed forms."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from tacit.metrics.chance import Copula, Shuffles


def counted(smallest, every, ratio):
    """Shuffles as extreme; the truth is one of all labellings, and one more of a sample."""
    count = sum(value <= ratio * (1 + 1e-5) for value in smallest)
    return max(count, 1) / len(smallest) if every else (count + 1) / (len(smallest) + 1)


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_the_critical_ratio_is_the_largest_one_that_is_rare_enough(seed, every):
    """With ties: all values tried, one by one; a level that is just reached counts as reached."""
    rng = np.random.default_rng(seed)
    smallest = np.sort(rng.integers(1, 30, 59) / 7)
    shuffles = Shuffles(smallest, every)
    alphas = [0.001, 0.02, *(np.arange(1, 13) / 60), *(np.arange(1, 13) / 59), 0.31, 0.97, 1.0]
    for alpha in alphas:
        rare = [v for v in smallest if counted(smallest, every, v) <= alpha * (1 + 1e-12)]
        assert shuffles.critical(alpha) == max(rare, default=0.0)
    for ratio in [0.01, *smallest, 3.3, 99.0]:
        assert shuffles.corrected(ratio) == counted(smallest, every, ratio)


def test_sums_that_differ_in_their_last_digits_tie():
    """Sums of float32: one part in 1e5 more is the same, two parts are not."""
    smallest = np.array([1.0, 1.000008, 2.0, 3.0])
    assert Shuffles(smallest, True).corrected(1.0) == 2 / 4
    assert Shuffles(np.array([1.0, 1.00002, 2.0, 3.0]), True).corrected(1.0) == 1 / 4
    # at 1 / 4 only one may lie below, and two tie
    assert Shuffles(smallest, True).critical(0.25) == 0.0
    assert Shuffles(np.array([1.0, 1.00002, 2.0, 3.0]), True).critical(0.25) == 1.0


@pytest.mark.parametrize("r", [-0.6, 0.0, 0.3, 0.9])
@pytest.mark.parametrize("levels", [(0.05, 0.01), (1e-4, 1e-5), (0.3, 0.4)])
def test_the_chance_of_two_looks_is_that_of_the_bivariate_normal(r, levels):
    """1 - P(both stay below); the smaller error of a hundredth is that of 2,000 draws."""
    covariance = np.array([[1, r], [r, 1]])
    below = norm.isf(levels)
    # inclusion and exclusion: so nothing small is lost against 1
    both = multivariate_normal(cov=covariance).cdf(-below)
    found = Copula(covariance).p_value(np.array(levels))
    assert found == pytest.approx(sum(levels) - both, rel=0.012)


def test_only_looks_that_can_be_significant_enter_whatever_their_place():
    three = Copula(np.array([[1, 0.5, 0.9], [0.5, 1, 0.9], [0.9, 0.9, 1]]))
    two = Copula(np.array([[1, 0.5], [0.5, 1]]))
    found = three.p_value(np.array([0.05, 0.02, 0.0]))
    assert found == pytest.approx(two.p_value(np.array([0.05, 0.02])), rel=0.01)
    assert three.p_value(np.array([0.0, 0.02, 0.0])) == pytest.approx(0.02)


def test_the_draws_have_the_correlation_of_the_looks():
    wanted = np.array([[1, 0.5, -0.5], [0.5, 1, 0.2], [-0.5, 0.2, 1]])
    draws = Copula(wanted).normals
    assert draws.shape == (3, 2000)
    # four standard errors of a correlation of 2,000 draws
    np.testing.assert_allclose(np.corrcoef(draws), wanted, atol=0.09)
    np.testing.assert_allclose(draws.std(axis=1), 1, atol=0.065)


def test_the_uniform_numbers_stand_in_the_middle_of_equal_parts():
    from tacit.metrics.chance import _uniforms

    found = _uniforms()
    assert np.sort(found) == pytest.approx((np.arange(2000) + 0.5) / 2000)
    assert np.abs(np.corrcoef(found, np.arange(2000))[0, 1]) < 0.1


def test_a_look_that_is_always_reached_makes_the_chance_one():
    copula = Copula(np.array([[1, 0.3], [0.3, 1]]))
    assert copula.p_value(np.array([1.0, 0.01])) == 1.0
    assert copula.p_value(np.array([0.01, 1.0])) == 1.0
    assert copula.p_value(np.array([0.9, 0.9])) < 1.0
    # and where no look can be reached it is none
    assert copula.p_value(np.zeros(2)) == 0.0


def plainly(copula, level):
    """The p-value of `Copula`, every look of every draw worked out."""
    from scipy.special import ndtri

    from tacit.metrics.chance import N_DRAWS, _uniforms

    able = np.flatnonzero(level > 0)
    chance = level[able]
    share = (np.arange(N_DRAWS) + 0.5) / N_DRAWS
    drawn = np.searchsorted(np.cumsum(chance) / chance.sum(), share)
    normals, correlation = copula.normals.T[:, able], copula.correlation[np.ix_(able, able)]
    row = np.arange(N_DRAWS)
    beyond = -ndtri(chance[drawn] * _uniforms())
    scores = normals + correlation[drawn] * (beyond - normals[row, drawn])[:, None]
    scores[row, drawn] = beyond
    count = np.count_nonzero(scores >= -ndtri(chance), axis=1)
    return min(1.0, chance.sum(), chance.sum() * float(np.mean(1 / count)))


@pytest.mark.parametrize("size", [1, 3, 40])
@pytest.mark.parametrize("largest", [0.2, 1e-3, 1e-12])
def test_looks_that_no_draw_can_reach_are_left_out_and_change_nothing(size, largest):
    """Correlations of both signs, levels far apart, one look that cannot be significant."""
    rng = np.random.default_rng(size)
    sums = rng.normal(size=(size, 3)) @ rng.normal(size=(3, 500)) + rng.normal(size=(size, 500))
    copula = Copula(np.atleast_2d(np.corrcoef(sums)))
    level = largest * rng.random(size) ** 4 / size
    level[1::7] = 0
    assert copula.p_value(level) == pytest.approx(plainly(copula, level), rel=1e-12)


def test_looks_that_fall_when_another_rises_are_reached_by_draws_that_move_down():
    """At levels of .9 the look that is drawn is often moved down, and the other one up."""
    copula = Copula(np.array([[1.0, -0.9], [-0.9, 1.0]]))
    for level in (np.array([0.9, 0.01]), np.array([0.6, 0.02]), np.array([0.95, 0.3])):
        assert copula.p_value(level) == pytest.approx(plainly(copula, level), rel=1e-12)
