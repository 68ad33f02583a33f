"""What a clustered sample is worth."""

import numpy as np
import pytest
from scipy.stats import binom

from tacit.core import Evidence
from tacit.metrics import auc
from tacit.metrics.clusters import Weighted, effective_size


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


def test_weights_go_from_one_a_record_to_one_a_cluster():
    unit = np.array([0, 0, 0, 1])
    assert Weighted.of(unit, 0.0).share.tolist() == [0.75, 0.25]
    assert Weighted.of(unit, 1.0).share.tolist() == [0.5, 0.5]
    # three records correlated .5 are worth 3 / (1 + 2 * .5)
    assert Weighted.of(unit, 0.5).share == pytest.approx([0.6, 0.4])


def test_degrees_of_freedom_are_one_over_the_sum_of_squared_shares():
    equal = Weighted.of(np.repeat(np.arange(8), 3), 0.0)
    assert equal.df == 7
    unequal = Weighted.of(np.repeat([0, 1], [9, 1]), 0.0)
    assert unequal.df == 1
    one_giant = Weighted.of(np.concatenate([np.zeros(90, int), np.arange(1, 11)]), 0.0)
    assert one_giant.df == pytest.approx(1 / (0.9**2 + 10 * 0.01**2))


def test_totals_give_back_what_a_cluster_took_from_the_mean():
    side = Weighted.of(np.array([0, 0, 1, 1]), 0.0)
    # values 0 and 2 about their mean 1, each with half of the weight: -.5 / .5 and .5 / .5
    totals = side.totals(np.array([0.0, 0, 2, 2]))
    assert totals == pytest.approx([-1, 1])
    assert side.variance(totals) == pytest.approx(1.0)


@pytest.mark.parametrize("sides", [(60, 60), (20, 200)])
def test_an_auc_over_users_of_very_unequal_size_is_covered(sides):
    worlds, held = 200, 0
    for seed in range(worlds):
        rng = np.random.default_rng([5, seed])
        size = np.clip(np.ceil(rng.pareto(0.7, sum(sides))), 1, 500).astype(int)
        user = np.repeat(np.arange(sum(sides)), size)
        own = np.repeat(rng.normal(size=sum(sides)), size)
        score = 0.55 * own + 0.84 * rng.normal(size=len(user))
        area = auc(Evidence(score, user < sides[0], user))
        held += area.low <= 0.5 <= area.high
    # exact limit at 94 %: record weights and c - 1 degrees of freedom cover 77 to 80 %
    assert held >= binom.ppf(0.001, worlds, 0.94)
