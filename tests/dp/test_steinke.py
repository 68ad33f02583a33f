"""The p-value of Steinke, Nasr and Jagielski against the definition and against jax-privacy."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from scipy.stats import binom

from tacit.dp.steinke import steinke_bound, steinke_p_value


def by_definition(m, r, v, p, delta):
    """Theorem 5.2 in exact fractions, with p = e^epsilon / (1 + e^epsilon)."""
    law = [comb(r, k) * p**k * (1 - p) ** (r - k) for k in range(r + 1)]
    tail = [sum(law[k:], Fraction(0)) for k in range(r + 1)]
    gain = max((tail[v - i] - tail[v]) / i for i in range(1, v + 1))
    return min(Fraction(1), tail[v] + 2 * m * delta * gain)


@pytest.mark.parametrize(("m", "r", "v"), [(10, 10, 9), (40, 20, 18), (40, 40, 31), (12, 3, 3)])
@pytest.mark.parametrize("delta", [Fraction(0), Fraction(1, 1000), Fraction(1, 100)])
def test_the_p_value_is_the_definition(m, r, v, delta):
    p = Fraction(2, 3)  # epsilon = log 2
    found = steinke_p_value(m, r, v, float(np.log(2)), float(delta))
    assert found == pytest.approx(float(by_definition(m, r, v, p, delta)), rel=1e-9)


# jax_privacy.auditing._one_run_p_value(m, n_guess, n_correct, eps, delta) of jax-privacy 2.0.0,
# run on 2026-11-25; m delta in place of 2 m delta would halve all but the tails
RECORDED = [
    ((10, 10, 9, 1.0, 0.01), 0.25712189268358854),
    ((200, 200, 137, 0.5, 0.01), 0.21019793561149908),
    ((1000, 1000, 982, 3.0, 0.01), 0.4783576976060444),
    ((1000, 300, 250, 1.0, 0.01), 0.44921528099403263),
    ((1000, 100, 100, 2.0, 0.01), 1.0),
    ((1000, 1000, 982, 3.0, 0.001), 0.047836294059430545),
    ((5000, 5000, 3700, 0.8, 0.0001), 0.0031298207031712263),
]


@pytest.mark.parametrize(("given", "p_value"), RECORDED)
def test_the_p_value_is_that_of_jax_privacy(given, p_value):
    assert steinke_p_value(*given) == pytest.approx(p_value, rel=1e-7)


# _epsilon_one_run of the same, without its first argument (m, n_guess, n_correct, delta, alpha)
BOUNDS = [
    ((200, 200, 160, 0.0, 0.05), 1.0866504657279061),
    ((1000, 1000, 982, 1e-5, 0.05), 3.5983500288772547),
    ((1000, 300, 270, 1e-3, 0.05), 1.4349799171307602),
]


@pytest.mark.parametrize(("given", "epsilon"), BOUNDS)
def test_the_bound_is_that_of_jax_privacy(given, epsilon):
    assert steinke_bound(*given) == pytest.approx(epsilon, abs=2e-4)


@pytest.mark.parametrize("r", [10, 100, 1000])
def test_all_right_reach_the_ceiling(r):
    # p^r = alpha: log(.05^(1/r) / (1 - .05^(1/r))) = 1.05, 3.49, 5.81
    p = 0.05 ** (1 / r)
    assert steinke_bound(r, r, r, 0.0, 0.05) == pytest.approx(np.log(p / (1 - p)), abs=2e-4)


def test_the_maximum_is_looked_for_far_enough():
    for m, v, epsilon in ((50_000, 26_000, 0.0), (50_000, 49_000, 3.2), (3000, 2990, 0.0)):
        p = 1 / (1 + np.exp(-epsilon))
        i = np.arange(1, v + 1)
        beta = binom.sf(v - 1, m, p)
        whole = beta + 2 * m * 1e-7 * np.max((binom.sf(v - i - 1, m, p) - beta) / i)
        assert steinke_p_value(m, m, v, epsilon, 1e-7) == pytest.approx(min(1, whole), rel=1e-6)


def test_no_right_guess_is_no_evidence():
    assert steinke_p_value(10, 10, 0, 0.0, 0.0) == 1.0
    assert steinke_p_value(10, 10, 1, 0.0, 0.0) == pytest.approx(1 - 2**-10)
    assert steinke_p_value(10, 10, 1, 0.0, 0.4) == 1.0
    assert steinke_bound(10, 10, 1, 0.0, 0.05) == 0.0


@pytest.mark.parametrize("r", [1, 2, 3, 7])
def test_every_number_of_right_guesses_of_a_few_has_the_p_value_of_the_definition(r):
    for v in range(1, r + 1):
        wanted = float(by_definition(10, r, v, Fraction(2, 3), Fraction(1, 50)))
        assert steinke_p_value(10, r, v, float(np.log(2)), 0.02) == pytest.approx(wanted, rel=1e-9)


def test_one_right_guess_of_one_is_a_coin_and_what_delta_adds():
    # beta = 1/2; the only term is (1 - 1/2) / 1; 1/2 + 2 * 10 * .01 * 1/2
    assert steinke_p_value(10, 1, 1, 0.0, 0.01) == pytest.approx(0.6)


def test_no_right_guess_refutes_nothing():
    assert steinke_p_value(10, 4, 0, 0.0, 0.01) == 1.0
    assert steinke_p_value(10, 4, 0, 0.0, 0.0) == 1.0


@pytest.mark.parametrize("delta", [0.0, 1e-6, 1e-3, 0.02])
@pytest.mark.parametrize(("m", "r"), [(10, 10), (50, 20), (300, 300), (4000, 400)])
def test_the_p_value_is_the_formula_over_all_i(m, r, delta):
    """beta + 2 m delta max (P(W >= v - i) - beta) / i, with every i from 1 to v."""
    for epsilon in (0.0, 0.7, 3.0):
        p = 1 / (1 + np.exp(-epsilon))
        for v in {0, 1, 2, r // 2, int(r * p), int(r * p) + 3, r - 1, r}:
            if not 0 <= v <= r:
                continue
            beta = binom.sf(v - 1, r, p)
            i = np.arange(1, v + 1)
            more = np.max((binom.sf(v - i - 1, r, p) - beta) / i, initial=0.0)
            known = min(1.0, beta + 2 * m * delta * more)
            assert steinke_p_value(m, r, v, epsilon, delta) == pytest.approx(known, rel=1e-9)
