"""Reconstruction against what a privacy claim allows."""

from math import exp, log

import numpy as np
import pytest
from scipy.special import ndtr, ndtri
from scipy.stats import binom

from tacit.core import InvalidInput
from tacit.dp.mechanisms import ApproxDP, Gaussian
from tacit.dp.reconstruction import reconstruction_bound, reconstruction_epsilon, reconstruction_mu


def identified(sigma, candidates, trials, rng):
    """Which of orthogonal records was released under Gaussian noise? The best guess, marked."""
    truth = rng.integers(0, candidates, trials)
    noisy = sigma * rng.normal(size=(trials, candidates))
    noisy[np.arange(trials), truth] += 1
    return noisy.argmax(axis=1) == truth


@pytest.mark.parametrize(
    ("sigma", "candidates", "success", "bound"),
    [(1, 10, 0.347, 0.389), (1, 100, 0.084, 0.092), (2, 10, 0.198, 0.217), (0.5, 10, 0.671, 0.764)],
)
def test_the_best_guess_in_a_gaussian_game_stays_below_its_bound(sigma, candidates, success, bound):
    # against the empty release the records are 1 / sigma apart, which is what bounds the game
    limit = reconstruction_bound(Gaussian(1 / sigma), chance=1 / candidates)
    rate = identified(sigma, candidates, 20_000, np.random.default_rng(0)).mean()
    assert limit == pytest.approx(bound, abs=1e-3)
    assert rate == pytest.approx(success, abs=0.012)
    assert rate < limit


def test_the_bounds_are_those_of_the_formulas():
    assert reconstruction_bound(Gaussian(1.5), chance=0.01) == pytest.approx(
        float(ndtr(ndtri(0.01) + 1.5))
    )
    assert reconstruction_bound(ApproxDP(1.0, 1e-5), chance=0.05) == pytest.approx(
        exp(1) * 0.05 + 1e-5
    )
    # where chance is large the failures bound more tightly
    assert reconstruction_bound(ApproxDP(1.0), chance=0.8) == pytest.approx(1 - exp(-1) * 0.2)
    assert reconstruction_bound(ApproxDP(1.0, 0.01), chance=0.0) == pytest.approx(0.01)


@pytest.mark.parametrize(("mu", "chance"), [(0.5, 0.1), (1.0, 0.01), (2.0, 0.3)])
def test_a_true_gaussian_is_refuted_in_no_more_than_one_world_of_twenty(mu, chance):
    rng = np.random.default_rng(1)
    bound = reconstruction_bound(Gaussian(mu), chance=chance)
    n, n_worlds = 200, 4000
    hits = rng.binomial(n, bound, n_worlds)
    refuted = sum(reconstruction_mu(int(k), n, chance=chance).low > mu for k in hits)
    assert refuted <= binom.ppf(0.999, n_worlds, 0.05)


def test_a_true_epsilon_is_exceeded_in_no_more_than_one_world_of_twenty():
    rng = np.random.default_rng(2)
    for epsilon, delta, chance in ((1.0, 0.0, 0.1), (2.0, 1e-3, 0.05), (1.0, 0.0, 0.7)):
        bound = reconstruction_bound(ApproxDP(epsilon, delta), chance=chance)
        hits = rng.binomial(150, bound, 3000)
        over = sum(
            reconstruction_epsilon(int(k), 150, chance=chance, delta=delta).low > epsilon
            for k in hits
        )
        assert over <= binom.ppf(0.999, 3000, 0.05)


def test_a_release_in_the_clear_shows_what_its_number_of_targets_can_show():
    found = reconstruction_epsilon(100, 100, chance=0.01, delta=0.0)
    lower = 0.05 ** (1 / 100)
    assert found.low == pytest.approx(max(log(lower / 0.01), log(0.99 / (1 - lower))))
    assert reconstruction_epsilon(0, 100, chance=0.01, delta=0.0).low == 0


def test_bad_input_is_named():
    with pytest.raises(InvalidInput, match="`chance`"):
        reconstruction_bound(Gaussian(1), chance=1.0)
    with pytest.raises(InvalidInput, match="`hits`"):
        reconstruction_epsilon(5, 4, chance=0.1, delta=0)
    with pytest.raises(InvalidInput, match="`delta`"):
        reconstruction_epsilon(1, 4, chance=0.1, delta=1)
    with pytest.raises(InvalidInput, match="above 0"):
        reconstruction_mu(1, 4, chance=0)


def test_epsilon_from_hits_and_from_misses_by_hand():
    """8 of 10 at chance .1: log((g - delta) / .1); 199 of 200 at chance .5: from the misses."""
    from scipy.stats import beta

    rate = beta.ppf(0.05, 8, 3)
    found = reconstruction_epsilon(8, 10, chance=0.1, delta=0.01)
    assert found.low == pytest.approx(np.log((rate - 0.01) / 0.1))
    assert found.value == pytest.approx(np.log((0.8 - 0.01) / 0.1))
    rate = beta.ppf(0.05, 199, 2)
    found = reconstruction_epsilon(199, 200, chance=0.5, delta=0.01)
    assert found.low == pytest.approx(np.log((1 - 0.01 - 0.5) / (1 - rate)))
    assert found.value == pytest.approx(np.log(0.49 / 0.005))
    # all of 20: the point stands at half a miss
    found = reconstruction_epsilon(20, 20, chance=0.5, delta=0.0)
    assert found.value == pytest.approx(np.log(0.5 * 40))
    assert found.low == pytest.approx(np.log(0.5 / (1 - 0.05 ** (1 / 20))))


def test_what_the_best_guess_or_delta_explain_bounds_nothing():
    assert reconstruction_epsilon(3, 10, chance=0.5, delta=0.01).low == 0
    assert reconstruction_epsilon(0, 10, chance=0.1, delta=0.01).low == 0
    # chance and delta leave nothing for the misses; one target is a target
    assert reconstruction_epsilon(10, 10, chance=0.9, delta=0.2).low == 0
    assert reconstruction_epsilon(1, 1, chance=0.1, delta=0.0).low == 0
    assert reconstruction_epsilon(5, 10, chance=0.0, delta=0.0).low == np.inf


def test_mu_by_hand():
    from scipy.stats import beta, norm

    found = reconstruction_mu(8, 10, chance=0.1)
    assert found.low == pytest.approx(norm.ppf(beta.ppf(0.05, 8, 3)) - norm.ppf(0.1))
    assert found.value == pytest.approx(norm.ppf(0.8) - norm.ppf(0.1))
    none = reconstruction_mu(0, 10, chance=0.01)
    assert none.low == 0
    assert none.value == pytest.approx(norm.ppf(1 / 20) - norm.ppf(0.01))
    everyone = reconstruction_mu(10, 10, chance=0.1)
    assert everyone.value == pytest.approx(norm.ppf(19 / 20) - norm.ppf(0.1))
