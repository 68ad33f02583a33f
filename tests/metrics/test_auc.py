"""AUC by hand, by theory and by contract."""

from itertools import combinations

import numpy as np
import pytest

from tacit.core import Evidence, InvalidInput, Membership, NotEnoughData, Signals, collect
from tacit.metrics import auc, no_leak_p_value
from tacit.testing import ClusteredShift, GaussianShift, check_metric


def paper(members, others, cluster=None):
    scores = np.concatenate([np.asarray(members), np.asarray(others)])
    member = np.arange(len(scores)) < len(members)
    return Evidence(scores, member, cluster, "observed", "by hand", np.arange(len(scores)))


def play(game):
    return collect(lambda signals: signals.target[:, 0], game.signals, game.membership)


def test_auc_counts_pairs_and_half_the_ties():
    assert auc(paper([2.0, 3.0], [1.0, 2.0])).value == (1 + 0.5 + 1 + 1) / 4


def test_delong_variance_matches_the_published_formula():
    rng = np.random.default_rng(0)
    x, y = rng.normal(0.7, 1, 40).round(1), rng.normal(0, 1, 60).round(1)
    pairs = (x[:, None] > y) + 0.5 * (x[:, None] == y)
    variance = pairs.mean(1).var(ddof=1) / 40 + pairs.mean(0).var(ddof=1) / 60
    from tacit.metrics.auc import _delong

    spread = _delong(paper(x, y))
    assert spread.value == pytest.approx(pairs.mean())
    assert spread.variance == pytest.approx(variance)


def test_complete_separation_leaves_room_below_one():
    estimate = auc(paper(np.arange(10.0) + 100, np.arange(10.0)))
    assert estimate.value == 1 == estimate.high
    assert 0.6 < estimate.low < 0.95
    mirrored = auc(paper(np.arange(10.0), np.arange(10.0) + 100))
    assert (mirrored.low, mirrored.high) == pytest.approx((0, 1 - estimate.low))


def test_infinite_scores_tie_with_each_other():
    estimate = auc(paper([np.inf, np.inf, 0.0], [np.inf, -np.inf, -np.inf]))
    assert estimate.value == pytest.approx((0.5 + 2 + 0.5 + 2 + 0 + 2) / 9)


def test_equal_scores_show_nothing():
    estimate = auc(paper(np.zeros(30), np.zeros(20)))
    assert estimate.value == 0.5
    assert estimate.p_value == 1
    assert estimate.low < 0.5 < estimate.high


@pytest.mark.parametrize("seed", range(4))
def test_small_p_values_count_out_every_split_ties_included(seed):
    rng = np.random.default_rng(seed)
    n1, n0 = (4, 6) if seed % 2 else (6, 3)
    scores = rng.integers(0, 4, n1 + n0).astype(float)

    def wins(inside):
        return sum((a > b) + 0.5 * (a == b) for a in scores[inside] for b in scores[~inside])

    observed, at_least = wins(np.arange(n1 + n0) < n1), []
    for chosen in combinations(range(n1 + n0), n1):
        inside = np.isin(np.arange(n1 + n0), chosen)
        at_least.append(wins(inside) >= observed - 1e-9)
    assert no_leak_p_value(paper(scores[:n1], scores[n1:])) == pytest.approx(np.mean(at_least))


def test_p_values_agree_with_scipy():
    from scipy.stats import fisher_exact, mannwhitneyu

    rng = np.random.default_rng(1)
    x, y = rng.normal(0.3, 1, 15), rng.normal(0, 1, 15)
    assert no_leak_p_value(paper(x, y)) == pytest.approx(
        mannwhitneyu(x, y, alternative="greater", method="exact").pvalue
    )
    x, y = rng.normal(0.1, 1, 400), rng.normal(0, 1, 400)
    assert no_leak_p_value(paper(x, y)) == pytest.approx(
        mannwhitneyu(x, y, alternative="greater").pvalue, rel=1e-6
    )
    x, y = (rng.random(300) < 0.4) * 1.0, (rng.random(500) < 0.35) * 1.0
    table = [[x.sum(), y.sum()], [300 - x.sum(), 500 - y.sum()]]
    assert no_leak_p_value(paper(x, y)) == pytest.approx(
        fisher_exact(table, alternative="greater")[1]
    )


def test_rare_high_scores_in_the_smaller_side_do_not_raise_false_alarms():
    rng = np.random.default_rng(2)
    alarms = []
    for _ in range(600):
        scores = np.where(rng.random(1000) < 0.95, 0, rng.random(1000))
        alarms.append(no_leak_p_value(paper(scores[:91], scores[91:])) <= 0.05)
    assert np.mean(alarms) < 0.05 + 2.5 * (0.05 * 0.95 / 600) ** 0.5


def test_records_of_a_cluster_count_as_less_than_as_many_records():
    evidence = play(ClusteredShift(1.0, rho=0.9).draw(40, 40, seed=3))
    together = auc(evidence)
    apart = auc(Evidence(evidence.score, evidence.member, None, "observed", "", evidence.row))
    assert together.value == pytest.approx(apart.value)
    assert together.high - together.low > 2 * (apart.high - apart.low)
    assert together.n == 80
    assert together.assumes == ("clusters are independent",)


def test_clusters_of_one_record_change_next_to_nothing():
    evidence = play(GaussianShift(1.0).draw(300, 200, seed=4))
    alone = auc(evidence)
    single = auc(
        Evidence(evidence.score, evidence.member, np.arange(500), "observed", "", evidence.row)
    )
    assert (single.low, single.high) == pytest.approx((alone.low, alone.high), abs=2e-3)
    assert np.log(single.p_value) == pytest.approx(np.log(alone.p_value), rel=0.6)


def test_a_cluster_with_members_and_non_members_counts_its_covariance():
    rng = np.random.default_rng(5)
    shared = rng.normal(size=100)
    score = np.concatenate(
        [shared + 0.1 * rng.normal(size=100) + 0.2, shared + 0.1 * rng.normal(size=100)]
    )
    evidence = paper(score[:100], score[100:], np.tile(np.arange(100), 2))
    apart = auc(paper(score[:100], score[100:]))
    assert auc(evidence).high - auc(evidence).low < 0.6 * (apart.high - apart.low)


def test_too_few_clusters_say_how_many_it_takes():
    evidence = play(ClusteredShift(1.0).draw(4, 30, seed=6))
    with pytest.raises(NotEnoughData, match="needs 5 clusters of members, got 4") as caught:
        auc(evidence)
    assert (caught.value.needed, caught.value.got) == (5, 4)


def test_one_member_is_too_few():
    with pytest.raises(NotEnoughData, match="needs 2 members, got 1"):
        auc(paper([1.0], [0.0, 2.0]))


@pytest.mark.parametrize("level", [0, 1, 95, "0.95"])
def test_a_level_is_a_share(level):
    with pytest.raises(InvalidInput, match="`level`"):
        auc(paper([1.0, 2.0], [0.0, 2.0]), level=level)


def test_wider_levels_give_wider_intervals():
    evidence = play(GaussianShift(1.0).draw(100, 100, seed=7))
    widths = [
        auc(evidence, level=level).high - auc(evidence, level=level).low
        for level in (0.5, 0.9, 0.99, 0.9999)
    ]
    assert widths == sorted(widths)


def test_auc_keeps_the_contract_of_metrics():
    check_metric(auc)


def test_float32_scores_give_the_same_answer_as_their_float64_copies():
    evidence = collect(
        lambda s: s.target[:, 0].astype(np.float32),
        Signals.of(np.arange(9.0)),
        Membership(np.arange(9) % 2),
    )
    double = Evidence(
        evidence.score.astype(float),
        evidence.member,
        None,
        "observed",
        evidence.attack,
        evidence.row,
    )
    assert auc(evidence) == auc(double)
