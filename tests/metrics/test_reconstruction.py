"""Rates of reconstruction, and the guess that needs no model."""

import numpy as np
import pytest
from scipy.stats import binom

from tacit.core import InvalidInput, NotEnoughData
from tacit.metrics.reconstruction import best_guess, reconstruction_rate


def test_the_p_value_is_the_binomial_tail():
    found = reconstruction_rate(np.arange(20) < 6, chance=0.1)
    assert found.p_value == pytest.approx(binom.sf(5, 20, 0.1))
    assert reconstruction_rate(np.zeros(20, bool), chance=0.1).p_value == 1


def test_the_interval_covers():
    rng = np.random.default_rng(0)
    hits = rng.binomial(80, 0.07, 2000)
    found = [reconstruction_rate(np.arange(80) < k, chance=0.01) for k in hits]
    assert np.mean([item.low <= 0.07 <= item.high for item in found]) >= 0.95


def test_the_best_guess_of_a_sample_is_not_taken_for_less_than_the_populations():
    """The largest of many shares is optimistic about itself, and its limit must not be."""
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(500):
        truth = rng.integers(0, 30, 200)
        held += best_guess(truth[:, None] == np.arange(30)).high >= 1 / 30
    assert held / 500 >= 0.95
    skewed = rng.random((500, 60)) < np.linspace(0.1, 0.3, 60)
    assert best_guess(skewed).high >= 0.3


def test_bad_input_is_named():
    with pytest.raises(NotEnoughData, match="at least 1 target"):
        reconstruction_rate([], chance=0.1)
    with pytest.raises(InvalidInput, match="`chance`"):
        reconstruction_rate([True], chance=-0.1)
    with pytest.raises(NotEnoughData, match="records and guesses"):
        best_guess(np.zeros((0, 3), bool))


def test_the_rate_and_its_exact_limits_by_hand():
    from scipy.stats import beta

    found = reconstruction_rate(np.arange(20) < 6, chance=0.1, level=0.9)
    assert found.value == 0.3
    assert (found.low, found.high) == pytest.approx((beta.ppf(0.05, 6, 15), beta.ppf(0.95, 7, 14)))
    assert reconstruction_rate(np.ones(3, bool), chance=0.0).p_value == 0
    for chance in (1.0, 1.5, -0.1):
        with pytest.raises(InvalidInput):
            reconstruction_rate(np.ones(3, bool), chance=chance)


def test_the_best_guess_pays_for_all_guesses():
    """12 of 20 and two others: the one-sided limit of 12 of 20 at .05 / 3."""
    from scipy.stats import beta

    truth = np.repeat([0, 1, 2], [12, 5, 3])
    found = best_guess(truth[:, None] == np.arange(3))
    assert (found.value, found.low) == (0.6, 0.6)
    assert found.high == pytest.approx(beta.ppf(1 - 0.05 / 3, 13, 8))
    one = best_guess((truth == 0)[:, None])
    assert one.high == pytest.approx(beta.ppf(0.95, 13, 8))
