"""Clusters of unequal size: whole clusters are shuffled, weighted by what they know."""

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import binom

from tacit.metrics import clustered
from tacit.metrics.clustered import clustered_test, intraclass_correlation, learned_p_value
from tacit.metrics.looks import Ranked, cut_look, rank_look
from tacit.metrics.prequential import deal_folds
from tacit.metrics.vulnerability import lower_end


def looks_at(scores, member):
    found = []
    for column in range(scores.shape[1]):
        ranked = Ranked.of(str(column), scores[:, column])
        found += [rank_look(ranked, member), cut_look(ranked, member)]
    return [look for look in found if look is not None]


def world(seed, size, inside, *, gain=0.0, mixed=False):
    """Users of the given sizes, the first `inside` of them members; or each record by a coin."""
    rng = np.random.default_rng([9, seed])
    user = np.repeat(np.arange(len(size)), size)
    member = rng.random(len(user)) < 0.5 if mixed else user < inside
    own = np.repeat(rng.normal(size=(len(size), 1)), size, axis=0)
    score = 0.4 * own + 0.9 * rng.normal(size=(len(user), 2))
    return score + gain * member[:, None], member, user


def pareto(seed, count, shape=0.7):
    rng = np.random.default_rng([8, seed])
    return np.minimum(500, np.ceil(rng.pareto(shape, count) + 1e-4)).astype(int)


def test_the_intraclass_correlation_of_copies_is_one_and_of_noise_about_zero():
    size = np.full(50, 4.0)
    mean = np.random.default_rng(0).normal(size=(50, 1))
    assert intraclass_correlation(size, mean, np.zeros((50, 1)))[0] == 1
    assert intraclass_correlation(size, mean * 0.5, np.full((50, 1), 3.0))[0] < 0.2


def test_users_of_unequal_size_raise_no_more_false_alarms_than_one_in_twenty():
    worlds, found = 150, 0
    for seed in range(worlds):
        score, member, user = world(seed, pareto(seed, 60), 30)
        found += clustered_test(looks_at(score, member), member, user).p_value <= 0.05
    # exact limit: records taken for independent raise more than 25 %
    assert found <= binom.ppf(0.999, worlds, 0.05)


def test_sizes_that_differ_between_the_sides_do_no_harm():
    worlds, found = 150, 0
    for seed in range(worlds):
        size = np.concatenate([3 * pareto(seed, 30), pareto(1000 + seed, 30)])
        score, member, user = world(seed, size, 30)
        found += clustered_test(looks_at(score, member), member, user).p_value <= 0.05
    # exact limit at 8 %: equal weights raise 19 %
    assert found <= binom.ppf(0.999, worlds, 0.08)


def test_a_leak_within_users_is_found_where_each_user_has_both_kinds():
    score, member, user = world(0, pareto(0, 60, 0.9), 0, gain=0.5, mixed=True)
    assert clustered_test(looks_at(score, member), member, user).p_value < 0.001


def test_two_users_that_are_pure_by_chance_do_not_change_the_false_alarms():
    worlds, found = 150, 0
    for seed in range(worlds):
        score, member, user = world(seed, np.full(14, 10), 0, mixed=True)
        member = np.where(user < 2, True, np.where(user < 4, False, member))
        found += clustered_test(looks_at(score, member), member, user).p_value <= 0.05
    # exact limit: without a floor of the variance 20 % are called
    assert found <= binom.ppf(0.999, worlds, 0.05)


def test_neither_the_order_of_records_nor_the_names_of_users_matter():
    score, member, user = world(3, pareto(3, 40), 20, gain=0.3)
    p = clustered_test(looks_at(score, member), member, user).p_value
    mixed = np.random.default_rng(0).permutation(len(user))
    names = np.random.default_rng(1).permutation(40)
    again = clustered_test(looks_at(score[mixed], member[mixed]), member[mixed], names[user][mixed])
    assert again.p_value == pytest.approx(p)


def test_effect_over_spread_is_the_statistic_and_equal_users_weigh_the_same():
    size = np.full(20, 5)
    score, member, user = world(1, size, 10, gain=1.0)
    test = clustered_test(looks_at(score, member), member, user)
    look = test.looks[1]
    top = np.argsort(-score[:, 0])[: look.n_top[0]]
    hit = np.isin(np.arange(len(user)), top)
    share = hit[member].mean() - hit[~member].mean()
    # the statistic counts its own variance, so that it equals the difference up to that
    assert test.effect[test.places(look)][0] == pytest.approx(share, rel=0.4)
    assert np.all(test.spread > 0)


def test_the_effect_is_the_difference_and_not_the_statistic():
    user = np.repeat(np.arange(80), 3)
    member = user < 40
    noise = np.random.default_rng(0).normal(size=(240, 1))
    score = np.where(member, 10.0, 0.0)[:, None] + noise
    test = clustered_test(looks_at(score, member), member, user)
    # complete separation: the AUC is 1, so the rank look alone rules out an advantage below .5
    assert 0.4 < lower_end(test) <= 1.0
    rank = next(look for look in test.looks if look.kind == "rank")
    here = test.places(rank)
    assert (rank.unit * test.effect[here])[0] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("mixed", [False, True])
def test_a_limit_touches_nothing_just_where_the_statistic_is_critical(mixed):
    score, member, user = world(3, np.full(40, 6), 0 if mixed else 20, gain=0.6, mixed=mixed)
    test = clustered_test(looks_at(score, member), member, user)
    z = -ndtri(test.p_value_each)
    found = (z > 0) & (test.effect > 0) & np.isfinite(z)
    np.testing.assert_allclose(test.effect[found], z[found] * test.error[found], rtol=1e-6)


def test_the_moments_of_one_side_by_hand():
    """Weights 1 and 3 of -1 and 2: mean 5/4; variance (1 * 2.25^2 + 9 * .75^2) / 16, or what the
    weights foretell, usual / 4, if that is more.
    """
    from tacit.metrics.clustered import _moments

    w, d = np.array([1.0, 3]), np.array([-1.0, 2])
    sums = np.array([w.sum(), w @ d, w @ w, w**2 @ d, w**2 @ d**2]).reshape(1, 5, 1)
    mean, variance = _moments(sums, np.array([2.5]))
    assert mean[0, 0] == pytest.approx(1.25)
    assert variance[0, 0] == pytest.approx((2.25**2 + 9 * 0.75**2) / 16)
    assert _moments(sums, np.array([2.6]))[1][0, 0] == pytest.approx(2.6 / 4)


def test_folds_of_clusters_are_summed_by_stouffer():
    """Two folds of the same records: normal scores z and z give 2 z / sqrt 2."""
    from scipy.special import ndtr, ndtri

    from tacit.metrics.clustered import learned_p_value

    score, member, user = world(2, np.full(20, 3), 10, gain=0.8)
    score = score[:, 0]
    one = learned_p_value([score], np.ones(len(user), np.int8), member, user)
    fold = np.repeat([1, 2], len(user)).astype(np.int8)
    twice = learned_p_value(
        [np.tile(score, 2)], fold, np.tile(member, 2), np.concatenate([user, user + 20])
    )
    assert 0 < one < 0.45
    assert twice == pytest.approx(ndtr(2**0.5 * ndtri(one)))
    nobody = np.zeros(len(user), np.int8)
    assert learned_p_value([score], nobody, member, user) == 1


def of_zeros_and_ones(hit, member, user):
    """The test of one rank look at scores 0 and 1: doubled ranks that differ by the records."""
    look = rank_look(Ranked.of("hit", np.asarray(hit, float)), member)
    return clustered_test([look], member, user)


def test_within_users_the_difference_and_its_spread_by_hand():
    """Two users of both kinds: 4 records with rates 1 and 0, 6 records with rates 1/2 and 1/4.

    Each counts m (n - m) / n: 1 and 4/3. The difference is (1 * 1 + 4/3 * 1/4) / (7/3) = 4/7. The
    sums of squares are 1 and 4/3, so the variance of the sum over members is 1 * 1 / 3 + 4/3 * 4/3
    / 5 = 31/45.
    """
    user = np.repeat([0, 1], [4, 6])
    member = np.array([1, 1, 0, 0, 1, 1, 0, 0, 0, 0], bool)
    hit = [1, 1, 0, 0, 1, 0, 1, 0, 0, 0]
    test = of_zeros_and_ones(hit, member, user)
    assert test.effect[0] == pytest.approx(10 * 4 / 7)
    assert test.spread[0] == pytest.approx(10 * np.sqrt(31 / 45) / (7 / 3))


def test_users_of_one_kind_are_weighted_by_what_their_size_and_likeness_tell():
    """Rates 3/4 of 4 and 0 of 2 against 1/3 of 3 and 0 of 3, all numbers by hand."""
    user = np.repeat([0, 1, 2, 3], [4, 2, 3, 3])
    member = user < 2
    hit = [1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0]
    between = (4 * (5 / 12) ** 2 + 2 / 9 + 3 / 9) / 3
    within = (3 / 4 + 2 / 3) / (12 - 4)
    typical = (12 - (16 + 4 + 9 + 9) / 12) / 3
    rho = (between - within) / (between + (typical - 1) * within)
    assert rho == pytest.approx(0.31483, abs=1e-5)
    four, two = 4 / (1 + 3 * rho), 2 / (1 + rho)
    difference = 0.75 * four / (four + two) - 1 / 6
    assert of_zeros_and_ones(hit, member, user).effect[0] == pytest.approx(12 * difference)


def test_the_p_value_counts_the_labellings_of_users():
    """Three users against three: all 20 labellings, with the statistic written out."""
    from itertools import combinations

    size = np.array([9, 2, 4, 3, 6, 5])
    hits = np.array([9, 0, 3, 1, 1, 2])
    user = np.repeat(np.arange(6), size)
    hit = np.concatenate([np.arange(n) < k for n, k in zip(size, hits)])
    test = of_zeros_and_ones(hit, user < 3, user)
    mean = hits / size
    rho = intraclass_correlation(
        size.astype(float), mean[:, None], (size * mean * (1 - mean))[:, None]
    )
    w = size / (1 + (size - 1) * rho[0])
    usual = w @ (mean - w @ mean / w.sum()) ** 2 / 5

    def moments(side):
        centre = w[side] @ mean[side] / w[side].sum()
        own = np.sum(w[side] ** 2 * (mean[side] - centre) ** 2) / w[side].sum() ** 2
        return centre, max(own, usual / w[side].sum())

    found = []
    for chosen in combinations(range(6), 3):
        inside, rest = list(chosen), [unit for unit in range(6) if unit not in chosen]
        (mean1, variance1), (mean0, variance0) = moments(inside), moments(rest)
        found.append((mean1 - mean0, variance1 + variance0))
    apart, variance = np.array(found).T
    t = apart / np.sqrt(variance)
    exact = np.mean(t >= t[0] - 1e-9)
    assert 0.1 <= exact <= 0.3
    # 9,999 shuffles: four standard errors
    assert test.p_value == pytest.approx(exact, abs=0.018)


def test_users_that_agree_by_chance_have_the_usual_variance():
    """Three users at rate 1/2 against three at 1/4: no variance at all in one of 20 labellings."""
    user = np.repeat(np.arange(6), 4)
    hit = np.concatenate([[1, 1, 0, 0]] * 3 + [[1, 0, 0, 0]] * 3)
    test = of_zeros_and_ones(hit, user < 3, user)
    # each user is 1/8 from the middle: 6 / 64 / 5 is the variance of one, a third that of a side
    t = 0.25 / np.sqrt(2 * (6 / 64 / 5) / 3)
    assert -ndtri(test.p_value_each[0]) == pytest.approx(t, rel=0.02)
    assert test.p_value == pytest.approx(1 / 20, abs=0.009)


@pytest.mark.parametrize(("members", "others"), [(20, 1), (1, 20), (20, 3)])
def test_sides_whose_users_have_many_records_and_few_do_no_harm(monkeypatch, members, others):
    """By the variance of each side alone 54, 55 and 25 % of these worlds were called a leak."""
    monkeypatch.setattr(clustered, "MOST_SHUFFLES", 499)
    monkeypatch.setattr(clustered, "FEWEST_SHUFFLES", 499)
    size = np.repeat([members, others], 40)
    worlds, found = 60, 0
    for seed in range(worlds):
        score, member, user = world(seed, size, 40)
        found += clustered_test(looks_at(score[:, :1], member), member, user).p_value <= 0.05
    assert found <= binom.ppf(0.999, worlds, 0.05)


def test_two_looks_share_the_error_over_all_labellings():
    """Three users against three, two looks at half of the error each: the smaller p counts."""
    from itertools import combinations

    size = np.full(6, 4)
    user = np.repeat(np.arange(6), size)
    hits = np.array([[3, 2, 4, 1, 0, 2], [1, 3, 0, 2, 2, 1]])
    member = user < 3
    looks = [
        rank_look(Ranked.of(str(i), np.tile(np.arange(4), 6) < np.repeat(row, 4)), member)
        for i, row in enumerate(hits)
    ]
    test = clustered_test(looks, member, user)
    found = []
    for chosen in combinations(range(6), 3):
        inside, rest = list(chosen), [unit for unit in range(6) if unit not in chosen]
        rate = hits / 4
        apart = rate[:, inside].mean(axis=1) - rate[:, rest].mean(axis=1)
        usual = rate.var(axis=1) * 6 / 5
        sides = [np.maximum(rate[:, side].var(axis=1), usual) / 3 for side in (inside, rest)]
        found.append((apart, sides[0] + sides[1]))
    apart, variance = np.moveaxis(np.array(found), 1, 0)
    t = apart / np.sqrt(variance)
    largest = t.max(axis=1)
    exact = np.mean(largest >= largest[0] - 1e-9)
    assert 0.05 < exact < np.mean(t[:, 0] >= t[0, 0] - 1e-9) + 0.2
    assert np.mean(t.min(axis=1) >= t[0].min() - 1e-9) != exact
    assert test.p_value == pytest.approx(exact, abs=0.018)


def test_within_users_all_labellings_count():
    """Two members of 4 and two of 6: 90 labellings, the sum over members of the differences."""
    from itertools import combinations

    user = np.repeat([0, 1], [4, 6])
    member = np.array([1, 1, 0, 0, 1, 1, 0, 0, 0, 0], bool)
    hit = np.array([1, 0, 1, 0, 1, 1, 0, 0, 0, 1])
    sums = [
        hit[list(one)].sum() + hit[[4 + place for place in other]].sum()
        for one in combinations(range(4), 2)
        for other in combinations(range(6), 2)
    ]
    exact = np.mean(np.array(sums) >= hit[member].sum())
    assert of_zeros_and_ones(hit, member, user).p_value == pytest.approx(exact, abs=0.02)


def test_users_of_both_kinds_count_on_both_sides():
    from tacit.metrics.clustered import _Clusters, _sides

    user = np.repeat(np.arange(9), 2)
    member = np.repeat([True, False, False], 6)
    member[[12, 14, 16]] = True  # three of each kind and three of both
    rows = rank_look(Ranked.of("a", np.arange(18.0)), member).rows
    assert _sides(_Clusters.of([rows], member, user)) == (6, 6)
    member[0:2] = False
    assert _sides(_Clusters.of([rows], member, user)) == (5, 7)


def test_the_correlation_of_columns_is_pearsons():
    from tacit.metrics.clustered import _correlation

    scores = np.random.default_rng(0).normal(size=(50, 3))
    scores[:, 1] += scores[:, 0]
    found = _correlation(np.column_stack([scores, np.ones(50)]))
    np.testing.assert_allclose(found[:3, :3], np.corrcoef(scores.T))
    assert found[3].tolist() == [0, 0, 0, 1]


@pytest.mark.slow
def test_attackers_that_learn_over_users_of_unequal_size_keep_their_level():
    """A guesser by the direction between the members and the others that it was told, and 500
    worlds without a leak: 25 had p <= .05 and 3 p <= .005.
    """
    worlds, called = 500, np.zeros(2)
    for seed in range(worlds):
        rng = np.random.default_rng([9, seed])
        user = np.repeat(np.arange(60), np.clip(np.ceil(rng.pareto(1.2, 60)), 1, 60).astype(int))
        member = (rng.permutation(60) < 30)[user]
        own = rng.normal(size=(60, 3))[user]
        x = own + 0.5 * rng.normal(size=own.shape)
        fold = deal_folds(np.argsort(x[:, 0]), cluster=user)
        score = np.zeros(len(user))
        for number in range(1, 5):
            told, here = fold < number, fold == number
            inside = x[told & member]
            if len(inside) and len(inside) < told.sum():
                score[here] = x[here] @ (inside.mean(axis=0) - x[told & ~member].mean(axis=0))
        p = learned_p_value([score], fold, member, user)
        called += [p <= 0.05, p <= 0.005]
    assert called[0] <= binom.ppf(0.999, worlds, 0.05)
    assert called[1] <= binom.ppf(0.999, worlds, 0.005)


@pytest.mark.slow
def test_few_users_against_many_keep_their_level(monkeypatch):
    """20 users of Pareto sizes against 200, without a leak: 136 of 3,000 worlds are called one."""
    monkeypatch.setattr(clustered, "MOST_SHUFFLES", 999)
    worlds, called = 3_000, 0
    for seed in range(worlds):
        rng = np.random.default_rng([77, seed])
        size = np.clip(np.ceil(rng.pareto(0.7, 220)), 1, 500).astype(int)
        user = np.repeat(np.arange(220), size)
        score = 0.5 * np.repeat(rng.normal(size=220), size) + rng.normal(size=len(user))
        member, ranked = user < 20, Ranked.of("a", score)
        looks = [rank_look(ranked, member), cut_look(ranked, member)]
        called += clustered_test(looks, member, user).p_value <= 0.05
    assert called <= binom.ppf(0.999, worlds, 0.05)


def test_looks_that_do_not_vary_within_or_between_users_have_no_precision_out_of_rounding():
    """A cut that holds all records of the mixed users and all but four users of one kind."""
    user = np.repeat(np.arange(300), 3)
    rng = np.random.default_rng(0)
    member = np.where(user < 200, np.arange(900) % 3 == 0, user % 2 == 0)
    score = rng.normal(size=900)
    score[user < 200] += 50
    score[np.isin(user, [10, 11])] -= 200
    test = clustered_test(looks_at(score[:, None], member), member, user)
    seen = test.spread[test.spread > 0]
    # an advantage is known to no better than a record in nine hundred
    cut = next(look for look in test.looks if look.kind == "cut")
    assert np.all(test.spread[test.places(cut)] > 1e-4)
    assert len(seen) >= len(test.spread) - 1


def test_the_levels_of_looks_over_users_are_those_asked_for():
    score, member, user = world(2, np.full(40, 5), 20)
    test = clustered_test(looks_at(score, member), member, user)
    # whole users are shuffled: the table of counts of records in a cut does not apply
    np.testing.assert_allclose(test.levels(0.02), 0.02 * test.weight)
