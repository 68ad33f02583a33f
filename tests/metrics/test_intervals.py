"""Intervals of shares, against their definitions."""

import numpy as np
import pytest
from scipy.special import betainc, betaincinv

from tacit.metrics.intervals import (
    clopper_pearson,
    confidence_nodes,
    melded_quantile,
    mixture_limits,
    share_difference,
)


def test_exact_limits_are_clopper_and_pearson_s():
    from scipy.stats import binomtest

    for hits, n in [(0, 10), (3, 10), (10, 10), (1, 1), (480, 500)]:
        expected = binomtest(hits, n).proportion_ci(0.95, method="exact")
        assert clopper_pearson(hits, n, level=0.95) == pytest.approx(
            (expected.low, expected.high), abs=1e-9
        )


def test_exact_limits_take_arrays_and_effective_counts():
    low, high = clopper_pearson([0.0, 2.5, 7.3], [7.3, 7.3, 7.3], level=0.9)
    assert low[0] == 0
    assert high[2] == 1
    assert (np.diff(low) > 0).all()
    assert (np.diff(high) > 0).all()


def test_a_mixture_of_one_count_is_the_exact_interval():
    hits = np.array([[0.0], [7.0], [40.0]])
    low, high = mixture_limits(hits, hits, 40, np.ones((3, 1)), level=0.95)
    expected = clopper_pearson(hits[:, 0], 40, level=0.95)
    np.testing.assert_allclose(low, expected[0], rtol=2e-3, atol=1e-8)
    np.testing.assert_allclose(high, expected[1], rtol=2e-3, atol=1e-8)
    assert (low <= expected[0] + 1e-12).all()
    assert (high >= expected[1] - 1e-12).all()


def test_a_mixture_has_the_mass_it_claims():
    counts, weight = np.array([[3.0, 5.0, 12.0]]), np.array([[0.2, 0.5, 0.3]])
    low, high = mixture_limits(counts, counts, 30, weight, level=0.9)
    assert (weight * betainc(counts, 30 - counts + 1, low[:, None])).sum() == pytest.approx(
        0.05, rel=0.02
    )
    assert (weight * betainc(counts + 1, 30 - counts, high[:, None])).sum() == pytest.approx(
        0.95, rel=0.002
    )


def test_a_count_that_may_be_none_leaves_the_low_end_at_none():
    low, high = mixture_limits(
        np.array([[0.0, 9.0]]), np.array([[4.0, 30.0]]), 30, np.array([[0.04, 0.96]]), level=0.95
    )
    assert low[0] == 0
    assert high[0] == 1


def test_melding_one_known_rate_is_the_other_s_interval():
    first = confidence_nodes(8, 13)
    assert melded_quantile(first[:, None] - np.zeros((1, len(first))), 0.975) == pytest.approx(
        betaincinv(8, 13, 0.975), abs=0.01
    )
    assert set(confidence_nodes(0, 5)) == {0.0}
    assert set(confidence_nodes(5, 0)) == {1.0}


def test_the_difference_of_swapped_groups_is_the_mirror_image():
    for hits, n in [((3, 9), (10, 20)), ((20, 0), (20, 30)), ((0, 30), (20, 30))]:
        low, high = share_difference(hits, n, level=0.95)
        assert share_difference(hits[::-1], n[::-1], level=0.95) == pytest.approx((-high, -low))
        assert -1 <= low <= hits[0] / n[0] - hits[1] / n[1] <= high <= 1
