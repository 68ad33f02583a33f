"""TPR at low FPR and the worth of an accusation, by hand, by theory and by contract."""

import math
from functools import partial

import numpy as np
import pytest

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
    assert naive / 150 < 0.6
    assert ours / 150 > 0.94 - 2 * (0.05 * 0.95 / 150) ** 0.5


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
