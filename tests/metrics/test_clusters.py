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


def test_the_size_of_twenty_clusters_by_hand():
    """Half of 20 clusters of 5 have 4 hits and half 1: share 1/2; each adds +-1.5 / 100 to its
    error, over 19/20 (jackknife); variance 19/20 of their squares; (1.960 / 2.093)^2 for what 19
    degrees of freedom can know.
    """
    hit = np.concatenate([np.tile([1, 1, 1, 1, 0], 10), np.tile([1, 0, 0, 0, 0], 10)]) > 0
    variance = 20 * (1.5 / 100 / 0.95) ** 2 * 0.95
    expected = (1.959964 / 2.093024) ** 2 * 0.25 / variance
    found = effective_size(hit, np.repeat(np.arange(20), 5))
    assert found == pytest.approx(expected, rel=1e-5)


def test_hits_in_ten_clusters_are_enough_to_know_how_alike_records_are():
    """In nine they are not: then 40 clusters of 5 are worth 40. Misses count as hits do."""
    cluster = np.repeat(np.arange(40), 5)
    for turned in (False, True):
        for n_hit, known in ((9, False), (10, True)):
            hit = (np.arange(200) % 5 == 0) & (cluster < n_hit)
            assert (effective_size(hit ^ turned, cluster) > 40) == known


def test_over_clusters_the_p_value_of_an_auc_is_student_s_with_the_fewer_degrees():
    """30 and 12 clusters of equal size: 11 degrees, and the variance of both sides."""
    from scipy.stats import t

    from tacit.metrics.auc import _obuchowski

    rng = np.random.default_rng(0)
    cluster = np.repeat(np.arange(42), 3)
    score = rng.normal(size=42)[cluster] + rng.normal(size=126) + 0.7 * (cluster < 30)
    evidence = Evidence(score, cluster < 30, cluster)
    spread = _obuchowski(evidence)
    area = auc(evidence)
    expected = t.sf((area.value - 0.5) / spread.variance**0.5, 11)
    assert area.p_value == pytest.approx(expected)


def test_clusters_with_a_record_of_each_side_count_their_covariance_twice():
    """20 pairs: each adds (a - mean) / 19 of its member's and of its other's placement; variances
    are 19/20 of the squares, and twice the products come on top.
    """
    from tacit.metrics.auc import _obuchowski

    rng = np.random.default_rng(1)
    own = rng.normal(size=20)
    x, y = own + 0.5 * rng.normal(size=20) + 0.3, own + 0.5 * rng.normal(size=20)
    pairs = (x[:, None] > y) * 1.0
    first, second = ((part - part.mean()) / 19 for part in (pairs.mean(1), pairs.mean(0)))
    expected = 0.95 * (first @ first + second @ second) + 2 * first @ second
    evidence = Evidence(np.r_[x, y], np.arange(40) < 20, np.tile(np.arange(20), 2))
    assert _obuchowski(evidence).variance == pytest.approx(expected)


def test_complete_separation_of_clusters_is_no_more_sure_than_five_coins():
    cluster = np.repeat(np.arange(12), 2)
    member = cluster < 6
    assert auc(Evidence(member * 1.0, member, cluster)).p_value == 1 / 32
    assert auc(Evidence(-1.0 * member, member, cluster)).p_value == 1


def test_the_typical_size_of_unequal_clusters_is_smaller_than_their_mean():
    """One record at 0 and three about 2: grand mean 1.5, between 2.25 + .75 = 3, within 2 / 2 = 1.
    Typical (4 - 10 / 4) / 1 = 1.5 and not 2: (3 - 1) / (3 + .5) = 4 / 7.
    """
    from tacit.metrics.clusters import intraclass_correlation

    found = intraclass_correlation(
        np.array([1.0, 3.0]), np.array([[0.0], [2.0]]), np.array([[0.0], [2.0]])
    )
    assert found[0] == pytest.approx(4 / 7)


def test_one_over_a_number_and_nothing_over_nothing():
    from tacit.metrics.clusters import inverse

    found = inverse(np.array([0.0, 0.25, 1.0, 4.0, -1.0]))
    assert found.tolist() == [0.0, 4.0, 1.0, 0.25, 0.0]


def test_one_cluster_or_clusters_of_one_record_have_no_likeness():
    from tacit.metrics.clusters import intraclass_correlation

    two = np.array([[1.0, 2.0]])
    assert intraclass_correlation(np.array([5.0]), two, two).tolist() == [0.0, 0.0]
    three = np.array([[1.0], [2.0], [4.0]])
    assert intraclass_correlation(np.ones(3), three, 0 * three).tolist() == [0.0]
