"""What a clustered sample is worth."""

import numpy as np
import pytest

from tacit.metrics.clusters import effective_size


def test_copies_count_once():
    rng = np.random.default_rng(1)
    hit = np.repeat(rng.random(200) < 0.3, 10)
    assert effective_size(hit, np.repeat(np.arange(200), 10)) == pytest.approx(200, rel=0.05)


def test_independent_records_count_each():
    rng = np.random.default_rng(2)
    sizes = [
        effective_size(rng.random(2000) < 0.3, np.repeat(np.arange(200), 10)) for _ in range(50)
    ]
    assert max(sizes) <= 2000
    assert 1700 < np.mean(sizes) < 2000


def test_a_known_correlation_shows_in_the_design_effect():
    """Beta-binomial hits with correlation rho: design effect 1 + (size - 1) rho."""
    rng = np.random.default_rng(3)
    rho, n_clusters, size = 0.2, 3000, 8
    rate = np.repeat(rng.beta(0.4 * (1 / rho - 1), 0.6 * (1 / rho - 1), n_clusters), size)
    worth = effective_size(
        rng.random(n_clusters * size) < rate, np.repeat(np.arange(n_clusters), size)
    )
    assert worth == pytest.approx(n_clusters * size / (1 + (size - 1) * rho), rel=0.05)


def test_where_few_clusters_are_hit_each_counts_once():
    hit = np.zeros(1000, bool)
    hit[:9] = True
    assert effective_size(hit, np.repeat(np.arange(100), 10)) == 100


def test_a_giant_cluster_leaves_little():
    cluster = np.concatenate([np.zeros(900, int), np.arange(1, 101)])
    assert effective_size(np.zeros(1000, bool), cluster) == pytest.approx(1000**2 / (900**2 + 100))
