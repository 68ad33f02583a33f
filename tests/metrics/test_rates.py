"""TPR at low FPR and the worth of an accusation, by hand, by theory and by contract."""

import math
from functools import partial

import numpy as np
import pytest
from scipy.stats import binom

from tacit.core import Evidence, InvalidInput, NotEnoughData, collect
from tacit.metrics import guaranteed_threshold, partial_auc, ppv, tpr_at_fpr, tpr_at_guaranteed_fpr
from tacit.testing import ClusteredShift, GaussianShift, check_metric


def paper(members, others, cluster=None):
    scores = np.concatenate([np.asarray(members, float), np.asarray(others, float)])
    member = np.arange(len(scores)) < len(members)
    return Evidence(scores, member, cluster, "observed", "by hand", np.arange(len(scores)))


def play(game):
    return collect(lambda signals: signals.target[:, 0], game.signals, game.membership)


def test_tpr_is_the_largest_whose_fpr_is_allowed():
    evidence = paper([5, 6, 7, 8], range(10))
    assert tpr_at_fpr(evidence, 0.1).value == 0.0
    assert tpr_at_fpr(evidence, 0.2).value == 1 / 4
    assert tpr_at_fpr(evidence, 0.25).value == 1 / 4
    assert tpr_at_fpr(evidence, 0.5).value == 1.0


def test_equal_scores_are_accused_together():
    evidence = paper([3, 3, 2, 1], [3, 3, 2, 1, 1, 1, 1, 1, 1, 1])
    assert tpr_at_fpr(evidence, 0.1).value == 0.0
    assert tpr_at_fpr(evidence, 0.2).value == 2 / 4
    assert tpr_at_fpr(evidence, 0.3).value == 3 / 4


@pytest.mark.parametrize("seed", range(4))
def test_tpr_agrees_with_trying_every_threshold(seed):
    rng = np.random.default_rng(seed)
    evidence = paper(rng.integers(2, 30, 70), rng.integers(0, 28, 100))
    cuts = np.append(np.unique(evidence.score), np.inf)
    fpr = np.array([(evidence.nonmember_scores >= cut).mean() for cut in cuts])
    tpr = np.array([(evidence.member_scores >= cut).mean() for cut in cuts])
    for share in (0.01, 0.05, 0.1, 0.33, 0.9):
        assert tpr_at_fpr(evidence, share).value == tpr[fpr <= share + 1e-12].max()


def test_low_fpr_needs_enough_nonmembers():
    with pytest.raises(
        NotEnoughData, match=r"TPR at FPR 0.001 needs 1,000 independent non-members, got 500"
    ) as caught:
        tpr_at_fpr(play(GaussianShift(1.0).draw(500, 500, seed=1)), 0.001)
    assert (caught.value.needed, caught.value.got, caught.value.unit) == (1000, 500, "non-members")
    tpr_at_fpr(play(GaussianShift(1.0).draw(10, 100, seed=1)), 0.01)


def test_few_nonmembers_above_the_threshold_leave_the_low_end_at_nothing():
    """With one non-member expected above the threshold, none may be: then nothing is known of the
    threshold's height.
    """
    estimate = tpr_at_fpr(play(GaussianShift(2.0).draw(1000, 100, seed=2)), 0.01)
    assert estimate.low == 0
    assert estimate.high > estimate.value


def test_threshold_noise_is_in_the_interval():
    """The naive interval looks at members only; with few non-members it is far too narrow."""
    from tacit.metrics.intervals import clopper_pearson

    game, naive, ours = GaussianShift(1.5), 0, 0
    for seed in range(150):
        evidence = play(game.draw(5000, 500, seed=seed))
        estimate = tpr_at_fpr(evidence, 0.02)
        low, high = clopper_pearson(estimate.value * 5000, 5000, level=0.95)
        naive += low <= game.tpr(0.02) <= high
        ours += estimate.low <= game.tpr(0.02) <= estimate.high
    # exact limits, 1 in 1,000: the naive one holds in fewer than 7 of 10, ours in 19 of 20
    assert naive <= binom.isf(0.999, 150, 0.7)
    assert ours >= binom.ppf(0.001, 150, 0.95)


@pytest.mark.parametrize(("fpr", "needed"), [(0.01, 299), (0.001, 2995), (0.0001, 29_956)])
def test_a_guarantee_takes_as_many_nonmembers_as_the_first_order_statistic(fpr, needed):
    with pytest.raises(NotEnoughData) as caught:
        tpr_at_guaranteed_fpr(paper([1, 2], range(needed - 1)), fpr)
    assert caught.value.needed == needed
    assert guaranteed_threshold(paper([1, 2], range(needed)), fpr) == needed - 1


def test_a_guarantee_uses_the_best_order_statistic():
    from scipy.special import betaincinv

    evidence = paper(np.arange(5000) + 0.5, range(5000))
    rank = 5000 - int(guaranteed_threshold(evidence, 0.01))
    assert betaincinv(rank, 5000 - rank + 1, 0.95) <= 0.01 < betaincinv(rank + 1, 5000 - rank, 0.95)
    assert tpr_at_guaranteed_fpr(evidence, 0.01).value == rank / 5000


def test_a_guarantee_counts_a_cluster_once():
    evidence = play(ClusteredShift(1.0, rho=0.1).draw(50, 200, seed=3))
    with pytest.raises(NotEnoughData, match="needs 299 independent non-members, got 200"):
        tpr_at_guaranteed_fpr(evidence, 0.01)
    assert tpr_at_guaranteed_fpr(evidence, 0.05).n == 250


def test_ppv_is_bayes_rule():
    evidence = paper([5, 6, 7, 8], range(10))
    estimate = ppv(evidence, prior=0.01, threshold=7)
    assert estimate.value == pytest.approx(0.01 * 0.5 / (0.01 * 0.5 + 0.99 * 0.3))
    assert ppv(paper([5, 6, 7, 8], range(10)), prior=0.5, fpr=0.2).value == pytest.approx(
        0.25 / (0.25 + 0.2)
    )


def test_nobody_accused_has_no_ppv():
    with pytest.raises(NotEnoughData, match="somebody accused"):
        ppv(paper([5, 6], [1, 2]), prior=0.1, threshold=100)


def test_no_false_accusation_does_not_make_an_accusation_certain():
    estimate = ppv(paper([5, 6, 7, 8], range(5)), prior=0.01, threshold=5)
    assert estimate.value == 1 == estimate.high
    assert estimate.low < 0.05


def test_ppv_takes_one_operating_point():
    with pytest.raises(InvalidInput, match="give one of them"):
        ppv(paper([5, 6], [1, 2]), prior=0.1, threshold=1, fpr=0.1)
    with pytest.raises(InvalidInput, match="`prior`"):
        ppv(paper([5, 6], [1, 2]), prior=0)


@pytest.mark.parametrize("decimals", [1, 6])
@pytest.mark.parametrize("max_fpr", [0.05, 0.1, 0.5])
def test_partial_auc_agrees_with_scikit_learn_ties_included(decimals, max_fpr):
    from sklearn.metrics import roc_auc_score

    evidence = play(GaussianShift(1.0).draw(400, 300, seed=4))
    rounded = Evidence(
        evidence.score.round(decimals), evidence.member, None, "observed", "", evidence.row
    )
    expected = roc_auc_score(rounded.member, rounded.score, max_fpr=max_fpr)
    assert partial_auc(rounded, max_fpr).value == pytest.approx(expected, abs=1e-9)


def test_partial_auc_lies_amid_its_interval_where_the_limit_cuts_a_block_of_equal_scores():
    estimate = partial_auc(play(GaussianShift(1.0, 1.0).draw(5000, 5000, seed=8)), 0.1)
    assert 0.3 < (estimate.value - estimate.low) / (estimate.high - estimate.low) < 0.7


def test_partial_auc_is_reproducible_and_needs_enough_nonmembers():
    evidence = play(GaussianShift(1.0).draw(400, 300, seed=5))
    assert partial_auc(evidence, 0.1) == partial_auc(evidence, 0.1)
    with pytest.raises(NotEnoughData, match=r"needs 1,000 independent non-members, got 300"):
        partial_auc(evidence, 0.001)


def test_perfect_scores_reach_one():
    evidence = paper(np.arange(50) + 1000, range(200))
    assert partial_auc(evidence, 0.1).value == pytest.approx(1)
    assert tpr_at_fpr(evidence, 0.1).value == 1 == tpr_at_fpr(evidence, 0.1).high
    assert 0.85 < tpr_at_fpr(evidence, 0.1).low < 1


def test_clusters_widen_the_interval():
    evidence = play(ClusteredShift(1.0, rho=0.9).draw(200, 200, seed=6))
    apart = Evidence(evidence.score, evidence.member, None, "observed", "", evidence.row)
    for metric in (
        partial(tpr_at_fpr, fpr=0.1),
        partial(partial_auc, max_fpr=0.1),
        partial(ppv, prior=0.1, fpr=0.1),
    ):
        together, alone = metric(evidence), metric(apart)
        assert together.value == alone.value
        assert together.high - together.low > 1.5 * (alone.high - alone.low)
        assert together.n == 400


def test_simultaneous_levels_widen_the_interval():
    evidence = play(GaussianShift(1.0).draw(300, 300, seed=7))
    widths = [tpr_at_fpr(evidence, 0.1, level=level) for level in (0.8, 0.95, 0.999, 0.99999)]
    assert [e.high - e.low for e in widths] == sorted(e.high - e.low for e in widths)


@pytest.mark.parametrize("fpr", [0, 1, -0.1, math.nan])
def test_an_fpr_is_a_share(fpr):
    with pytest.raises(InvalidInput, match="`fpr`"):
        tpr_at_fpr(paper([1, 2], [0, 1]), fpr)


def test_rates_keep_the_contract_of_metrics():
    for metric in (
        partial(tpr_at_fpr, fpr=0.01),
        partial(ppv, prior=0.01),
        partial(partial_auc, max_fpr=0.05),
    ):
        check_metric(metric)
    check_metric(partial(tpr_at_guaranteed_fpr, fpr=0.01), same_at_any_size=False)
    check_metric(lambda evidence: ppv(evidence, prior=0.1, threshold=1.0), monotone=False)


def limits_by_hand(members, others, fpr, level):
    """The number of others above the population's threshold is Binomial(n0, fpr); given that it is
    k, the rate lies between the exact limits from the members above the k-th and (k + 1)-th.
    """
    from scipy.optimize import brentq
    from scipy.stats import beta, binom

    n1, n0 = len(members), len(others)
    falling = np.sort(others)[::-1]
    above = [0, *(int((members > cut).sum()) for cut in falling), n1]
    chance = binom.pmf(np.arange(n0 + 1), n0, fpr)

    def low_mass(x):
        each = [beta.cdf(x, a, n1 - a + 1) if a else 1.0 for a in above[:-1]]
        return chance @ each - (1 - level) / 2

    def high_mass(x):
        each = [beta.cdf(x, a + 1, n1 - a) if a < n1 else 0.0 for a in above[1:]]
        return chance @ each - (1 + level) / 2

    low = 0.0 if low_mass(0.0) > 0 else brentq(low_mass, 0, 1, xtol=1e-9)
    return low, 1.0 if high_mass(1.0 - 1e-9) < 0 else brentq(high_mass, 0, 1 - 1e-9, xtol=1e-9)


@pytest.mark.parametrize(("n0", "fpr", "level"), [(40, 0.2, 0.95), (25, 0.5, 0.8), (60, 0.1, 0.9)])
def test_the_interval_mixes_exact_limits_over_a_binomial_threshold(n0, fpr, level):
    rng = np.random.default_rng(n0)
    members, others = rng.normal(1.0, 1, 50), rng.normal(size=n0)
    estimate = tpr_at_fpr(paper(members, others), fpr, level=level)
    low, high = limits_by_hand(members, others, fpr, level)
    assert 0 < low < estimate.value < high < 1
    assert estimate.low == pytest.approx(low, rel=1e-3)
    assert estimate.high == pytest.approx(high, rel=1e-3)


@pytest.mark.parametrize(("n", "p"), [(12, 0.3), (40, 0.01), (30.7, 0.5)])
def test_few_counts_stand_for_themselves(n, p):
    """Every count is its own node, with its own binomial chance."""
    from scipy.stats import binom

    from tacit.metrics.rates import _binomial_nodes

    count, weight = _binomial_nodes(n, p)
    size = math.floor(n)
    chance = np.bincount(count[weight > 0].astype(int), weight[weight > 0], minlength=size + 1)
    np.testing.assert_allclose(chance, binom.pmf(np.arange(size + 1), size, p), atol=1e-12)


def test_many_counts_are_grouped_about_their_middle():
    """Mean and variance of the groups are those of Binomial(10,000, .2), 2,000 and 1,600."""
    from tacit.metrics.rates import _binomial_nodes

    count, weight = _binomial_nodes(10_000, 0.2)
    assert weight.sum() == pytest.approx(1)
    assert weight @ count == pytest.approx(2000, abs=0.6)
    assert weight @ (count - 2000) ** 2 == pytest.approx(1600, rel=0.02)
    assert weight.max() < 0.12


def test_members_above_a_rank_by_hand():
    from tacit.metrics.rates import members_above

    evidence = paper([1, 3, 3, 5], [0, 3, 4])
    found = members_above(evidence, np.array([-1, 0, 1, 2, 3, 4, 9]))
    assert found.tolist() == [0, 0, 1, 1, 4, 4, 4]
    assert members_above(paper([1, 3], [2, 2]), np.array([2, 3])).tolist() == [1, 2]


def test_a_guarantee_has_exact_limits_above_its_threshold():
    from scipy.stats import binomtest

    members = np.arange(300) + 0.5
    estimate = tpr_at_guaranteed_fpr(paper(members, range(299)), 0.01)
    assert estimate.value == 2 / 300, "298.5 and 299.5 lie above the largest of 299"
    expected = binomtest(2, 300).proportion_ci(0.95, method="exact")
    assert (estimate.low, estimate.high) == pytest.approx((expected.low, expected.high))


def test_a_guarantee_takes_the_largest_of_as_many_records_as_a_cluster_is_worth():
    """299 users of ten equal records: the largest user's score, not the largest record but one."""
    user = np.arange(299)
    scores = np.repeat(user, 10).astype(float)
    cluster = np.concatenate([1000 + np.arange(20), np.repeat(user, 10)])
    evidence = paper(np.full(20, 7.0), scores, cluster)
    assert guaranteed_threshold(evidence, 0.01) == 298.0
    more = np.arange(473)  # 473 suffice for the second largest, 472 do not
    for n, expected in ((473, 471.0), (472, 471.0)):
        users = more[:n]
        evidence = paper(
            np.full(20, 7.0),
            np.repeat(users, 10).astype(float),
            np.concatenate([1000 + np.arange(20), np.repeat(users, 10)]),
        )
        assert guaranteed_threshold(evidence, 0.01) == expected


def test_unequal_clusters_are_worth_less_than_their_number():
    """Users of 1 and of 9 records, 250 each: (250 + 2,250)^2 / (250 + 250 * 81) = 304.9."""
    size = np.tile([1, 9], 250)
    user = np.repeat(np.arange(500), size)
    cluster = np.concatenate([1000 + np.arange(10), user])
    evidence = paper(np.zeros(10), np.arange(2500.0), cluster)
    with pytest.raises(NotEnoughData) as caught:
        guaranteed_threshold(evidence, 0.009)
    assert (caught.value.needed, caught.value.got) == (332, 304)
    # one of 304.9 stands for floor(2500 / 304.9) = 8 records
    assert guaranteed_threshold(evidence, 0.0099) == 2500 - 8


def test_clusters_are_worth_what_the_hits_above_the_threshold_say():
    from tacit.metrics.clusters import effective_size
    from tacit.metrics.rates import operating_sizes

    rng = np.random.default_rng(3)
    cluster = np.concatenate([np.repeat(np.arange(40), 5), 40 + np.repeat(np.arange(50), 4)])
    score = rng.normal(size=90)[cluster] + 0.5 * rng.normal(size=400)
    evidence = paper(score[:200], score[200:], cluster)
    # a share .1 of 200 non-members: exactly 20 of them lie above the cut
    cut = np.sort(score[200:])[-21]
    assert (score[200:] > cut).sum() == 20
    assert operating_sizes(evidence, 0.1) == (
        effective_size(score[:200] > cut, cluster[:200]),
        effective_size(score[200:] > cut, cluster[200:] - 40),
    )


def test_clusters_must_be_worth_enough_non_members():
    """30 users of 10 equal records each are 30 non-members, not 300."""
    cluster = np.concatenate([100 + np.arange(30), np.repeat(np.arange(30), 10)])
    evidence = paper(np.arange(30), np.repeat(np.arange(30), 10), cluster)
    with pytest.raises(NotEnoughData, match="needs 100 independent non-members, got 30"):
        tpr_at_fpr(evidence, 0.01)


def test_ppv_at_a_rate_is_bayes_rule_of_the_ends():
    evidence = play(GaussianShift(1.0).draw(200, 200, seed=3))
    rate, estimate = tpr_at_fpr(evidence, 0.05), ppv(evidence, prior=0.2, fpr=0.05)
    for end in ("value", "low", "high"):
        found = 0.2 * getattr(rate, end)
        assert getattr(estimate, end) == pytest.approx(found / (found + 0.8 * 0.05))
    assert ppv(evidence, prior=0.2).value == ppv(evidence, prior=0.2, fpr=0.01).value


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_ppv_at_a_threshold_melds_both_rates(level):
    """Against a million draws of both confidence distributions, Beta(x, n - x + 1) and
    Beta(x + 1, n - x), the ones that speak against the claim at each end.
    """
    members = np.concatenate([np.ones(12), np.zeros(28)])
    others = np.concatenate([np.ones(5), np.zeros(55)])
    estimate = ppv(paper(members, others), prior=0.1, threshold=1, level=level)
    rng = np.random.default_rng(0)

    def right(tpr, fpr, p):
        return np.quantile(0.1 * tpr / (0.1 * tpr + 0.9 * fpr), p)

    low = right(rng.beta(12, 29, 10**6), rng.beta(6, 55, 10**6), (1 - level) / 2)
    high = right(rng.beta(13, 28, 10**6), rng.beta(5, 56, 10**6), (1 + level) / 2)
    assert estimate.value == pytest.approx(0.1 * 0.3 / (0.1 * 0.3 + 0.9 / 12))
    assert estimate.low == pytest.approx(low, rel=0.01)
    assert estimate.high == pytest.approx(high, rel=0.01)


def test_no_right_accusation_is_known_to_be_wrong_sometimes():
    estimate = ppv(paper(np.zeros(20), [1.0, 0, 0, 0]), prior=0.5, threshold=1)
    assert (estimate.value, estimate.low) == (0, 0)
    assert 0 < estimate.high < 1


def test_as_many_right_as_wrong_accusations_are_known_about():
    estimate = ppv(paper([1, 0, 0], [1, 0, 0]), prior=0.25, threshold=1)
    assert estimate.value == pytest.approx(0.25)
    assert estimate.low < 0.25 < estimate.high


def test_of_equal_scores_only_those_above_the_cut_tell_what_clusters_are_worth():
    """Whole numbers: members that tie with the cut are not accused."""
    from tacit.metrics.clusters import effective_size
    from tacit.metrics.rates import operating_sizes

    rng = np.random.default_rng(4)
    cluster = np.concatenate([np.repeat(np.arange(40), 5), 40 + np.repeat(np.arange(50), 4)])
    score = np.round(rng.normal(size=90)[cluster] + 0.5 * rng.normal(size=400))
    evidence = paper(score[:200], score[200:], cluster)
    cut = np.sort(score[200:])[-41]
    assert (score[:200] == cut).sum() > 20
    found = operating_sizes(evidence, 0.2)
    assert found == (
        effective_size(score[:200] > cut, cluster[:200]),
        effective_size(score[200:] > cut, cluster[200:] - 40),
    )
    assert found[0] != effective_size(score[:200] >= cut, cluster[:200])
