"""AUC by hand, by theory and by contract."""

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import binom

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
    # exact limit, 1 in 1,000; a test that is wrong twice as often passes 6 times in 100
    assert np.sum(alarms) <= binom.isf(0.001, 600, 0.05)


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


def interval_by_hand(x, y, level):
    """From all pairs: DeLong's parts, Welch's degrees of freedom, the variance of exponential
    scores (mean over both ways round), their ratio drawn to 1 by four pairs, and the ends by root
    finding.
    """
    from scipy.optimize import brentq
    from scipy.stats import t

    n1, n0 = len(x), len(y)
    pairs = (x[:, None] > y) + 0.5 * (x[:, None] == y)
    area = pairs.mean()
    parts = np.array([pairs.mean(1).var(ddof=1) / n1, pairs.mean(0).var(ddof=1) / n0])
    freedom = np.array([n1 - 1, n0 - 1])
    df = max(freedom.min(), parts.sum() ** 2 / (parts**2 / freedom).sum())

    def usual(a):
        q1, q2 = a / (2 - a), 2 * a**2 / (1 + a)
        ways = [
            a * (1 - a) + (n - 1) * (q1 - a**2) + (m - 1) * (q2 - a**2)
            for n, m in ((n1, n0), (n0, n1))
        ]
        return np.mean(ways) / (n1 * n0)

    rare = min(area, 1 - area)
    known = rare * n1 * n0
    ratio = (parts.sum() / usual(area) * known + 4) / (known + 4)
    ratio = max(ratio, 0.7 * min(1, 40 / (2 * min(n1, n0) * rare)))
    reach = t.ppf((1 + level) / 2, df) ** 2 * ratio
    ends = [
        brentq(lambda a: (area - a) ** 2 - reach * usual(a), edge, area, xtol=1e-12)
        for edge in (1e-9, 1 - 1e-9)
    ]
    return area, *ends


@pytest.mark.parametrize(
    ("n1", "n0", "shift", "level"),
    [(30, 50, 0.7, 0.95), (60, 12, 1.5, 0.9), (12, 9, 2.0, 0.99), (40, 40, -0.5, 0.95)],
)
def test_the_score_interval_by_hand(n1, n0, shift, level):
    rng = np.random.default_rng(n1)
    x, y = rng.normal(shift, 1, n1).round(1), rng.normal(0, 2, n0).round(1)
    estimate = auc(paper(x, y), level=level)
    expected = interval_by_hand(x, y, level)
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx(expected, abs=1e-7)


def test_a_small_variance_is_not_believed():
    """Members between two halves of the non-members: every member beats half of them, and DeLong's
    part of the members is 0. Of the usual variance at least .7 * 40 / 60 is kept.
    """
    x, y = np.linspace(0, 0.1, 60), np.concatenate([np.full(30, -1.0), np.full(30, 1.0)])
    flat = auc(paper(x, x))
    spread = auc(paper(x, y))
    assert spread.value == flat.value == 0.5
    expected = interval_by_hand(x, y, 0.95)
    assert (spread.low, spread.high) == pytest.approx(expected[1:], abs=1e-7)
    level = auc(paper(np.zeros(60), np.zeros(60)))
    # equal scores: variance 0, known 3600/2 pairs; ratio 4 / 1804, so the least .7 * 40 / 60
    from scipy.stats import t

    from tacit.metrics.auc import exponential_variance

    reach = t.ppf(0.975, 59) ** 2 * 0.7 * 40 / 60
    low = level.low
    assert (0.5 - low) ** 2 == pytest.approx(reach * exponential_variance(low, 60, 60), rel=1e-6)


def test_at_complete_separation_the_low_end_is_that_of_exponential_scores():
    """No pair is out of order: the ratio is 1, the degrees of freedom those of the smaller side."""
    from scipy.optimize import brentq
    from scipy.stats import t

    from tacit.metrics.auc import exponential_variance

    estimate = auc(paper(np.arange(8.0) + 100, np.arange(20.0)))
    reach = t.ppf(0.975, 7) ** 2
    expected = brentq(
        lambda a: (1 - a) ** 2 - reach * exponential_variance(a, 8, 20), 0.01, 1 - 1e-9
    )
    assert estimate.low == pytest.approx(expected, abs=1e-7)


def test_the_variance_of_exponential_scores_by_hand():
    """Area .8: Q1 = .8 / 1.2, Q2 = 1.28 / 1.8 (Hanley and McNeil, eq. 1 and 2)."""
    from tacit.metrics.auc import exponential_variance

    q1, q2 = 0.8 / 1.2 - 0.64, 1.28 / 1.8 - 0.64
    one = 0.16 + 9 * q1 + 19 * q2
    other = 0.16 + 19 * q1 + 9 * q2
    assert exponential_variance(0.8, 10, 20) == pytest.approx((one + other) / 2 / 200)
    assert exponential_variance(0.5, 10, 20) == pytest.approx((10 + 20 + 1) / 12 / 200, rel=0.01)


@pytest.mark.parametrize(
    "scores",
    [
        [0, 0, 0, 1, 2, 3, 3, 4, 4, 4],
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 8],
        [0, 0, 0, 0, 0, 0, 1, 1, 2, 3],
    ],
)
@pytest.mark.parametrize("n1", [3, 5])
def test_the_moments_under_random_membership_are_exact(scores, n1):
    """Mean, variance and skewness of the count over all splits, ties included, give the gamma's."""
    from scipy.stats import pearson3

    from tacit.metrics.auc import _skewed_tail

    scores = np.array(scores, float)
    n = len(scores)
    counts = []
    for chosen in combinations(range(n), n1):
        x, y = scores[list(chosen)], np.delete(scores, chosen)
        counts.append(((x[:, None] > y) + 0.5 * (x[:, None] == y)).sum())
    counts = np.array(counts)
    variance, third = counts.var(), ((counts - counts.mean()) ** 3).mean()
    assert counts.mean() == pytest.approx(n1 * (n - n1) / 2)
    skew = third / variance**1.5
    if abs(skew) < 1e-9:
        skew = 0.0
    new = paper(scores[:n1], scores[n1:]).step
    for excess in (-2.0, 0.5, 3.0, 6.0):
        expected = pearson3(skew).sf(excess / variance**0.5)
        assert _skewed_tail(new, n1, n - n1, excess) == pytest.approx(expected, rel=1e-6)


def test_many_records_take_half_a_pair_off():
    """45 and 45 without ties: a Gaussian of variance n1 n0 (n + 1) / 12, half a pair off. Exact
    (SciPy) is within .5 %; without the half it would be 1.2 % away.
    """
    from scipy.stats import mannwhitneyu, norm

    rng = np.random.default_rng(3)
    x, y = rng.normal(0.4, 1, 45), rng.normal(0, 1, 45)
    wins = (x[:, None] > y).sum()
    expected = norm.sf((wins - 45 * 45 / 2 - 0.5) / np.sqrt(45 * 45 * 91 / 12))
    found = no_leak_p_value(paper(x, y))
    assert found == pytest.approx(expected, rel=1e-9)
    exact = mannwhitneyu(x, y, alternative="greater", method="exact").pvalue
    assert found == pytest.approx(exact, rel=0.005)


@pytest.mark.parametrize(("n1", "n0"), [(8, 30), (30, 8)])
def test_the_exact_count_serves_either_smaller_side(n1, n0):
    from scipy.stats import mannwhitneyu

    rng = np.random.default_rng(4)
    x, y = rng.normal(0.3, 1, n1), rng.normal(0, 1, n0)
    exact = mannwhitneyu(x, y, alternative="greater", method="exact").pvalue
    assert no_leak_p_value(paper(x, y)) == pytest.approx(exact, rel=1e-9)


def test_two_distinct_scores_are_fisher_s_table():
    """3 of 4 members and 1 of 4 others high: 17/70. Only others high: 1. Only members: 1/14."""
    p_value = no_leak_p_value
    assert p_value(paper([1, 1, 1, 0.0], [0, 0, 0, 1.0])) == pytest.approx(17 / 70)
    assert p_value(paper([0, 0, 0, 0.0], [0, 0, 0, 1.0])) == 1
    assert p_value(paper([0, 1, 1, 1.0], [0, 0, 0, 0.0])) == pytest.approx(1 / 14)


def test_equal_scores_of_many_records_have_p_value_one():
    assert no_leak_p_value(paper(np.zeros(300), np.zeros(300))) == 1


def test_the_least_ratio_of_variances_counts_units_and_not_records():
    """Forty units a side that are a tenth of the records: .7 / 10 where no variance was seen."""
    from tacit.metrics.auc import _obuchowski, _Spread, _variance_ratio

    few = _Spread(0.5, 0.0, 0.0, 40, 40, (39, 39), 0.1)
    assert _variance_ratio(few) == pytest.approx(0.07)
    member, cluster = np.arange(80) < 30, np.arange(80) // 5
    paper = Evidence(np.random.default_rng(0).normal(size=80), member, cluster)
    assert _obuchowski(paper).shrink == pytest.approx(16 / 80)


def test_users_that_all_agree_are_as_sure_as_so_many_coins():
    """Six users above seven without any spread: 2 ** -5 at the least, never 0; reversed, 1."""
    member, cluster = np.arange(26) < 12, np.arange(26) // 2
    score = member.astype(float)
    assert auc(Evidence(score, member, cluster)).p_value == 2.0**-5
    assert auc(Evidence(-score, member, cluster)).p_value == 1.0
    assert no_leak_p_value(Evidence(score, member, cluster)) == 2.0**-5


def test_scores_that_are_all_equal_are_no_leak_whatever_the_weights_of_users_round_to():
    """A third of such samples had p-values near 0: weights sum to 1 but for 1e-16."""
    for seed in range(40):
        rng = np.random.default_rng(seed)
        size = rng.integers(1, 9, 24)
        user = np.repeat(np.arange(24), size)
        paper = Evidence(np.zeros(len(user)), user < 12, user)
        found = auc(paper)
        assert found.p_value == no_leak_p_value(paper) == 1.0
        assert found.low < 0.5 < found.high


def test_how_alike_ranks_of_users_are_is_an_analysis_of_variance():
    """Users of 2, 3 and 4 records, with a tie: ranks as shares of all below, ties half, and Donner
    and Koval's formula written out.
    """
    from tacit.metrics.auc import rank_correlation, share_below

    assert share_below(np.array([0, 2, 3.0]), np.array([1, 2, 2, 4.0])).tolist() == [0, 0.5, 0.75]
    score = np.array([5.0, 7, 1, 2, 2, 8, 9, 6, 9.5])
    user = np.repeat([4, 0, 9], [2, 3, 4])
    rank = np.array([((score < s).sum() + (score == s).sum() / 2) / 9 for s in score])
    groups = [rank[user == name] for name in (4, 0, 9)]
    between = sum(len(g) * (g.mean() - rank.mean()) ** 2 for g in groups) / 2
    within = sum(((g - g.mean()) ** 2).sum() for g in groups) / (9 - 3)
    typical = (9 - (4 + 9 + 16) / 9) / 2
    known = (between - within) / (between + (typical - 1) * within)
    assert 0.3 < known < 0.95
    evidence = Evidence(score, np.arange(9) % 2 == 0, user, "observed", "x", np.arange(9))
    assert rank_correlation(evidence) == pytest.approx(known)


def test_the_p_value_of_users_is_student_s_with_the_fewer_degrees_of_freedom():
    """Six users with members and nine without, one record each: 5 and 8 degrees."""
    from scipy.stats import t

    rng = np.random.default_rng(3)
    x, y = rng.normal(0.8, 1, 6), rng.normal(0, 1, 9)
    pairs = x[:, None] > y
    variance = pairs.mean(1).var(ddof=1) / 6 + pairs.mean(0).var(ddof=1) / 9
    found = auc(paper(x, y, cluster=np.arange(15)))
    assert found.p_value == pytest.approx(t.sf((pairs.mean() - 0.5) / variance**0.5, 5), rel=1e-9)
