"""Learned attackers graded on folds that they had not seen."""

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import binom

from tacit.metrics.joint import joint_test
from tacit.metrics.prequential import deal_folds, learned_looks, rank_chances


def test_folds_are_equal_and_do_not_depend_on_the_order_of_records():
    score = np.random.default_rng(0).normal(size=103)
    fold = deal_folds(np.argsort(score))
    assert (
        np.bincount(fold).tolist() == sorted(np.bincount(fold), reverse=True)
        or np.ptp(np.bincount(fold)) <= 1
    )
    mixed = np.random.default_rng(1).permutation(103)
    assert np.array_equal(deal_folds(np.argsort(score[mixed])), fold[mixed])


def test_five_neighbours_go_to_five_folds():
    fold = deal_folds(np.arange(50))
    assert all(len(set(fold[start : start + 5])) == 5 for start in range(0, 50, 5))


def test_clusters_are_dealt_whole():
    cluster = np.repeat(np.arange(25), 4)
    fold = deal_folds(np.random.default_rng(0).permutation(100), cluster=cluster)
    assert all(len(set(fold[cluster == unit])) == 1 for unit in range(25))
    assert np.bincount(fold).tolist() == [20] * 5


def test_the_law_of_a_rank_sum_counts_subsets():
    rank = np.array([-3, -1, -1, 2, 3])
    chance, low = rank_chances(rank, 2)
    sums = [a + b for a, b in combinations(rank, 2)]
    expected = [sums.count(low + i) / 10 for i in range(len(chance))]
    assert chance == pytest.approx(expected)


def test_two_folds_of_three_are_counted_out():
    # in each fold the only member scores highest: chance 1/3 each, and 1/9 of both
    score = np.array([0.0, 0, 1, 2, 3, 1, 2, 3])
    fold = np.array([0, 0, 1, 1, 1, 2, 2, 2], np.int8)
    member = np.array([1, 0, 0, 0, 1, 0, 0, 1], bool)
    rank, _ = learned_looks("a", score, fold, member)
    assert rank.p_value[0] == pytest.approx(1 / 9)
    assert rank.least[0] == pytest.approx(1 / 9)
    assert rank.rows.weight.tolist() == [0, 0, -2, 0, 2, -2, 0, 2]


def nearest_neighbour(x, member, told, asked):
    """A guesser that remembers everything it was told."""
    distance = ((x[asked][:, None] - x[told][None]) ** 2).sum(axis=-1)
    return member[told][distance.argmin(axis=1)] - 1e-3 * distance.min(axis=1)


def test_a_guesser_that_remembers_everything_is_no_better_than_chance_on_noise():
    worlds, found = 1000, 0
    for seed in range(worlds):
        rng = np.random.default_rng([3, seed])
        x = rng.normal(size=(60, 2))
        member = rng.permutation(np.arange(60) % 2 == 0)
        fold, score = deal_folds(np.argsort(x[:, 0])), np.zeros(60)
        for number in range(1, 5):
            score[fold == number] = nearest_neighbour(x, member, fold < number, fold == number)
        found += joint_test(learned_looks("nn", score, fold, member), member).p_value <= 0.05
    # exact limits: cross-fitting, which is not valid, finds 10 to 16 %
    assert binom.ppf(0.001, worlds, 0.035) <= found <= binom.ppf(0.999, worlds, 0.05)


def test_a_learner_that_sees_a_leak_is_seen():
    rng = np.random.default_rng(0)
    member = rng.permutation(np.arange(400) % 2 == 0)
    x = rng.normal(size=(400, 1)) + member[:, None]
    fold = deal_folds(np.argsort(x[:, 0]))
    score = np.where(fold > 0, x[:, 0], 0)
    test = joint_test(learned_looks("x", score, fold, member), member)
    assert test.p_value < 1e-6
    assert test.shuffles is None


def two_folds(n, seed=0):
    rng = np.random.default_rng(seed)
    fold = np.repeat([0, 1, 2], n).astype(np.int8)
    member = rng.random(3 * n) < 0.4
    return rng.normal(size=3 * n) + 0.3 * member, fold, member


def test_folds_of_fifty_are_summed_as_normal_numbers():
    """Doubled ranks: variance of a sum over m of n is m (n - m) / (n (n - 1)) of the squares; half
    a step, which is one here, is taken off.
    """
    from scipy.stats import norm, rankdata

    score, fold, member = two_folds(50)
    total = variance = 0.0
    for number in (1, 2):
        inside = member[fold == number]
        rank = 2 * rankdata(score[fold == number]) - 51
        total += rank[inside].sum()
        m = inside.sum()
        variance += m * (50 - m) / (50 * 49) * (rank**2).sum()
    look, _ = learned_looks("a", score, fold, member)
    assert look.p_value[0] == pytest.approx(norm.sf((total - 1) / variance**0.5))
    assert look.least[0] == 0
    small, fold, member = two_folds(49)
    assert learned_looks("a", small, fold, member)[0].least[0] > 0, "49 are counted out"


def test_the_tops_of_folds_are_counted_out():
    """The highest 3 of 30 in each of two folds: two hypergeometric counts, convolved."""
    from scipy.stats import hypergeom

    score, fold, member = two_folds(30, seed=1)
    hits, chance = 0, np.ones(1)
    for number in (1, 2):
        inside = member[fold == number]
        hits += inside[np.argsort(score[fold == number])[-3:]].sum()
        chance = np.convolve(chance, hypergeom(30, inside.sum(), 3).pmf(np.arange(4)))
    _, look = learned_looks("a", score, fold, member)
    assert look.p_value[0] == pytest.approx(chance[hits:].sum())
    assert look.least[0] == pytest.approx(chance[6])
    high = look.rows.weight[fold == 1]
    assert np.sort(np.unique(high)) == pytest.approx([-0.1, 0.9])
    assert (look.rows.weight[fold == 0] == 0).all()


def test_tops_of_very_many_records_are_a_normal_number():
    """50,000 in one fold: the hypergeometric mean and variance, and half a record off."""
    from scipy.stats import norm

    n = 50_000
    rng = np.random.default_rng(3)
    fold = np.repeat([0, 1], [100, n]).astype(np.int8)
    member = rng.random(n + 100) < 0.5
    score = rng.normal(size=n + 100) + 0.01 * member
    inside = member[100:]
    hits = inside[np.argsort(score[100:])[-5000:]].sum()
    m = inside.sum()
    mean, variance = 0.1 * m, 5000 * 45_000 * m * (n - m) / (n**2 * (n - 1))
    _, look = learned_looks("a", score, fold, member)
    expected = norm.sf((hits - 0.5 - mean) / variance**0.5)
    assert look.p_value[0] == pytest.approx(expected, rel=1e-9)
    assert look.least[0] == 0


def test_the_top_of_one_fold_alone_is_a_hypergeometric_count():
    """4 of the 5 highest of 50, 25 of them members: a single fold, so nothing is convolved."""
    from scipy.stats import hypergeom

    fold = np.repeat([0, 1], [10, 50]).astype(np.int8)
    member = np.zeros(60, bool)
    member[10:] = np.isin(np.arange(50), [*range(21), 46, 47, 48, 49])
    _, look = learned_looks("a", np.arange(60.0), fold, member)
    assert look.p_value[0] == pytest.approx(hypergeom.sf(3, 50, 25, 5))
    assert look.least[0] == pytest.approx(hypergeom.sf(4, 50, 25, 5))
    rank, _ = learned_looks("a", np.arange(60.0), fold, member)
    # an area of 1 / 50 is half of a doubled rank in a fold of 50
    assert rank.unit[0] == pytest.approx(0.5 / 50)


def test_a_fold_in_which_all_score_the_same_has_no_top():
    fold = np.repeat([0, 1], [5, 20]).astype(np.int8)
    rank, top = learned_looks("a", np.zeros(25), fold, np.arange(25) % 2 == 0)
    assert rank.p_value[0] == top.p_value[0] == 1
    assert (top.rows.weight == 0).all()


def test_the_top_of_a_fold_is_cut_where_its_score_changes():
    """7 of 40 score high and 5 of them are members: that is the only cut there is."""
    from scipy.stats import hypergeom

    fold = np.repeat([0, 1], [10, 40]).astype(np.int8)
    score = np.r_[np.zeros(10), np.zeros(33), np.ones(7)]
    member = np.r_[np.zeros(10, bool), np.arange(40) < 15]
    member[-7:-2] = True
    _, top = learned_looks("a", score, fold, member)
    assert top.p_value[0] == pytest.approx(hypergeom.sf(4, 40, 20, 7))
    assert top.unit[0] == 1.0


@pytest.mark.parametrize("seed", range(5))
def test_both_looks_count_all_labellings_of_all_folds(seed):
    """Folds of 4 and 5 records, most of them members, with ties: every labelling of either fold
    that has as many members. The top of a fold is the cut on a step that is nearest to a tenth.
    """
    from itertools import product

    rng = np.random.default_rng(seed)
    fold = np.repeat([0, 1, 2], [3, 4, 5]).astype(np.int8)
    score = rng.integers(0, 4 + seed, 12).astype(float)
    member = np.r_[True, False, True, rng.permutation(4) < 3, rng.permutation(5) < 4]
    look, top = learned_looks("a", score, fold, member)
    sums, tops, found = [], [], np.zeros(2)
    for number in (1, 2):
        own, inside = score[fold == number], member[fold == number]
        rank = np.array([(own < s).sum() - (own > s).sum() for s in own])
        sizes = [(own >= cut).sum() for cut in np.unique(own)[1:]]
        n_top = min(sizes, key=lambda k: abs(np.log(k / (0.1 * len(own)))), default=0)
        high = own >= np.sort(own)[len(own) - n_top] if n_top else np.zeros(len(own), bool)
        labels = [list(c) for c in combinations(range(len(own)), int(inside.sum()))]
        sums.append([rank[c].sum() for c in labels])
        tops.append([high[c].sum() for c in labels])
        found += [rank[inside].sum(), high[inside].sum()]
        assert look.rows.weight[fold == number].tolist() == rank.tolist()
        assert top.rows.weight[fold == number] == pytest.approx(high - n_top / len(own))
    for one, parts, own in ((look, sums, found[0]), (top, tops, found[1])):
        totals = np.array([sum(pair) for pair in product(*parts)])
        assert one.p_value[0] == pytest.approx(np.mean(totals >= own))
        assert one.least[0] == pytest.approx(np.mean(totals == totals.max()))
    assert look.unit[0] == 0.5 / 5


def test_where_nobody_was_scored_nothing_is_found():
    fold, member = np.zeros(6, np.int8), np.arange(6) < 3
    rank, top = learned_looks("a", np.arange(6.0), fold, member)
    assert (rank.p_value[0], top.p_value[0]) == (1.0, 1.0)
    assert (rank.unit[0], top.unit[0]) == (0.5, 1.0)
    assert (rank.rows.weight == 0).all()
