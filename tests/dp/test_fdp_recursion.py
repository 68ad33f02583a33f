"""The f-DP recursion against a linear program, a published table and mechanisms at its boundary."""

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.stats import binom

from tacit.dp.fdp_recursion import failing, fdp_bound, fdp_parameter, fdp_refuted
from tacit.dp.mechanisms import ApproxDP, Gaussian


def largest_chance(m, r, v, epsilon, delta):
    """The largest P(at least v of r right) that (epsilon, delta)-DP allows, by a linear program.

    Variables are the chances p_0..p_r of each number of right guesses and the parts s_1..s_r of
    delta that they use: i p_i <= e^epsilon (r - i + 1) p_{i-1} + m s_i, sum s <= delta.
    """
    allowed = np.zeros((r + 1, 2 * r + 1))
    for i in range(1, r + 1):
        allowed[i, i] = i / m
        allowed[i, i - 1] = -np.exp(epsilon) * (r - i + 1) / m
        allowed[i, r + i] = -1
    allowed[0, r + 1 :] = 1
    wanted = np.zeros(2 * r + 1)
    wanted[v : r + 1] = -1
    one = np.zeros((1, 2 * r + 1))
    one[0, : r + 1] = 1
    limits = np.concatenate([[delta], np.zeros(r)])
    return -linprog(wanted, A_ub=allowed, b_ub=limits, A_eq=one, b_eq=[1], method="highs").fun


def first_refuted(m, r, mechanism, alpha=0.05):
    return next((v for v in range(r + 1) if fdp_refuted(m, r, v, mechanism, alpha)), None)


@pytest.mark.parametrize(("m", "r"), [(40, 40), (60, 20)])
@pytest.mark.parametrize("epsilon", [0.0, 1.0])
@pytest.mark.parametrize("delta", [0.0, 1e-3, 1e-2, 2e-2])
def test_what_is_refuted_is_what_the_linear_program_forbids(m, r, epsilon, delta):
    # valid: the refuted count is forbidden. Sharp: two fewer are allowed (the recursion rounds
    # up by one count at most). m delta for delta, or r - i for r - i + 1, fails here.
    v = first_refuted(m, r, ApproxDP(epsilon, delta))
    if v is None:
        assert largest_chance(m, r, r - 1, epsilon, delta) > 0.05
        return
    assert largest_chance(m, r, v, epsilon, delta) <= 0.05 + 1e-9
    assert largest_chance(m, r, v - 2, epsilon, delta) > 0.05


@pytest.mark.parametrize(("epsilon", "first"), [(0.5, 137), (1.0, 158), (2.0, 185)])
def test_first_rejection_of_200_guesses(epsilon, first):
    # within one count of the binomial law: 137, 157, 184
    assert first_refuted(200, 200, ApproxDP(epsilon)) == first
    p = 1 / (1 + np.exp(-epsilon))
    assert binom.sf(first - 1, 200, p) <= 0.05 < binom.sf(first - 3, 200, p)


@pytest.mark.parametrize(("m", "delta"), [(300, 0.02), (1000, 0.01)])
def test_a_mechanism_that_tells_many_coins_at_once_stays_just_below_the_level(m, delta):
    # (0, delta)-DP: with chance c each coin is told with chance delta / c. Exact for every c:
    # P(v or more right) is c P(Binomial(m, 1/2 + delta / 2c) >= v)
    # + (1 - c) P(Binomial(m, 1/2) >= v)
    v = first_refuted(m, m, ApproxDP(0.0, delta))
    c = np.linspace(delta, 0.5, 400)
    told = c * binom.sf(v - 1, m, 0.5 + delta / (2 * c)) + (1 - c) * binom.sf(v - 1, m, 0.5)
    assert told.max() <= 0.05
    # sharp: with half of delta the first refuted count would be broken by the same mechanism
    half = first_refuted(m, m, ApproxDP(0.0, delta / 2))
    broken = c * binom.sf(half - 1, m, 0.5 + delta / (2 * c)) + (1 - c) * binom.sf(half - 1, m, 0.5)
    assert broken.max() > 0.05


def test_guesses_that_all_say_the_same_use_half_of_delta():
    assert failing("both", 0.01) == 0.01
    assert failing("top", 0.01) == failing("bottom", 0.01) == 0.005
    # "member" for r canaries of which a share delta / c is told if they are in, with chance c:
    # right with chance 1/2 + delta / 4c
    m, r, delta = 1000, 300, 0.01
    v = first_refuted(m, r, ApproxDP(0.0, failing("top", delta)))
    c = np.linspace(2 * delta, 0.5, 400)
    # the r guesses are those told first, so that r holds all that are told
    told = np.minimum(1.0, delta / c * m / r / 2)
    chance = c * binom.sf(v - 1, r, told + (1 - told) / 2) + (1 - c) * binom.sf(v - 1, r, 0.5)
    assert chance.max() <= 0.05


def test_the_bound_is_where_the_refutation_ends():
    for m, r, v, delta in ((1000, 1000, 982, 0.01), (1000, 100, 75, 1e-3), (200, 60, 55, 0.0)):
        bound = fdp_bound(m, r, v, delta, 0.05)
        assert fdp_refuted(m, r, v, ApproxDP(bound, delta), 0.05)
        assert not fdp_refuted(m, r, v, ApproxDP(bound + 2e-4, delta), 0.05)
        assert fdp_bound(m, r, v, delta, 0.05, at_least=7.0) == 7.0
    assert fdp_bound(1000, 100, 50, 0.0, 0.05) == 0.0


def test_a_family_is_refuted_by_any_of_its_looks():
    alone = [fdp_parameter(1000, [mark], Gaussian, 0.025) for mark in ((300, 280), (100, 70))]
    assert alone[0] > alone[1] > 0
    assert fdp_parameter(1000, [(300, 280), (100, 70)], Gaussian, 0.025) == alone[0]


def test_no_right_guess_refutes_nothing():
    assert not fdp_refuted(100, 50, 0, ApproxDP(0.0), 0.05)
    assert not fdp_refuted(100, 50, 25, ApproxDP(0.0), 0.05)
    assert fdp_refuted(100, 50, 50, ApproxDP(0.0), 0.05)


@pytest.mark.parametrize(
    ("marks", "m", "delta", "epsilon"),
    [((200, 160), 200, 1e-5, 2.2702226851314515), ((40, 36), 100, 1e-3, 1.7287061893535298)],
)
def test_the_gaussian_bound_is_that_of_jax_privacy(marks, m, delta, epsilon):
    # jax_privacy.auditing._epsilon_one_run_fdp of jax-privacy 2.0.0, run on 2026-11-25
    mu = fdp_parameter(m, [marks], Gaussian, 0.05)
    assert Gaussian(mu).epsilon(delta) == pytest.approx(epsilon, abs=2e-3)


def refuted_in_full(m, r, v, inverse, alpha):
    """Algorithm 3 of Mahloujifar et al. to its end, in their letters (r_i, h_i)."""
    right, wrong = alpha * v / m, alpha * (r - v) / m
    for i in range(v - 1, -1, -1):
        more = max(wrong, inverse(min(right, 1.0)))
        right += i / (r - i) * (more - wrong)
        wrong = more
    return right + wrong > r / m


@pytest.mark.parametrize(("m", "r"), [(200, 200), (200, 30), (1000, 300)])
def test_stopping_early_changes_no_decision(m, r):
    for mechanism in (ApproxDP(1.0, 1e-3), ApproxDP(0.0, 1e-2), Gaussian(1.0)):
        for v in range(r // 2, r + 1, max(1, r // 60)):
            for alpha in (0.05, 0.01):
                found = fdp_refuted(m, r, v, mechanism, alpha)
                assert found == refuted_in_full(m, r, v, mechanism.inverse_blowup, alpha)
