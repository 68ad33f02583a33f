"""Differences on the same records."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from tacit.core import Evidence, InvalidInput, NotEnoughData, collect
from tacit.metrics import (
    auc,
    paired_advantage_difference,
    paired_auc_difference,
)
from tacit.testing import ClusteredShift, GaussianShift


def play(game):
    return collect(lambda signals: signals.target[:, 0], game.signals, game.membership)


def noisier(evidence, seed, noise=1.0):
    return replace(
        evidence,
        score=evidence.score + noise * np.random.default_rng(seed).normal(size=len(evidence.score)),
    )


def test_an_attack_does_not_differ_from_itself():
    evidence = play(GaussianShift(1.0).draw(100, 200, seed=2))
    for estimate in (
        paired_auc_difference(evidence, evidence),
        paired_advantage_difference(evidence, evidence, (0.5, 0.5)),
    ):
        assert estimate.value == 0
        assert estimate.p_value == 1
        assert estimate.low <= 0 <= estimate.high


def test_a_paired_difference_uses_the_correlation():
    first = play(GaussianShift(1.0).draw(500, 500, seed=3))
    second = noisier(first, 4, noise=0.3)
    paired = paired_auc_difference(first, second)
    one, other = auc(first), auc(second)
    assert paired.value == pytest.approx(one.value - other.value)
    assert paired.high - paired.low < 0.6 * np.hypot(one.high - one.low, other.high - other.low)


def test_the_paired_p_value_matches_delong_s_test():
    first = play(GaussianShift(1.0).draw(80, 90, seed=5))
    second = noisier(first, 6)
    gains = []
    for evidence in (first, second):
        x, y = evidence.score[evidence.member], evidence.score[~evidence.member]
        pairs = (x[:, None] > y) + 0.5 * (x[:, None] == y)
        gains.append((pairs.mean(1), pairs.mean(0)))
    parts = [gains[0][side] - gains[1][side] for side in (0, 1)]
    variance = parts[0].var(ddof=1) / 80 + parts[1].var(ddof=1) / 90
    from scipy.stats import t

    expected = 2 * t.sf(abs(parts[0].mean()) / variance**0.5, 79)
    assert paired_auc_difference(first, second).p_value == pytest.approx(expected)


def test_records_are_matched_by_their_row():
    first = play(GaussianShift(1.0).draw(60, 60, seed=7))
    second = noisier(first, 8)
    shuffled = second.take(np.random.default_rng(9).permutation(120))
    assert paired_auc_difference(first, shuffled) == paired_auc_difference(first, second)
    thresholds = (0.5, 0.5)
    assert paired_advantage_difference(first, shuffled, thresholds) == paired_advantage_difference(
        first, second, thresholds
    )


def test_different_records_cannot_be_compared():
    first = play(GaussianShift(1.0).draw(60, 60, seed=7))
    with pytest.raises(InvalidInput, match="same records, got 120 and 60"):
        paired_auc_difference(first, first.take(np.arange(60)))
    with pytest.raises(InvalidInput, match="rows or members differ"):
        paired_auc_difference(first, replace(first, member=~first.member))


def test_paired_clusters_widen_the_interval():
    first = play(ClusteredShift(1.0, rho=0.9).draw(30, 30, seed=10))
    shared = np.repeat(np.random.default_rng(11).normal(size=60), 10)
    second = replace(first, score=first.score + shared)
    for ask in (paired_auc_difference, lambda a, b: paired_advantage_difference(a, b, (0.5, 0.5))):
        together = ask(first, second)
        apart = ask(replace(first, cluster=None), replace(second, cluster=None))
        assert together.high - together.low > 1.5 * (apart.high - apart.low)
        assert together.n == 60
    few = play(ClusteredShift(1.0).draw(3, 30, seed=12))
    with pytest.raises(NotEnoughData, match="5 clusters"):
        paired_auc_difference(few, few)


def test_a_difference_near_complete_separation_keeps_its_level():
    game, held = GaussianShift(3.0), 0
    weak = GaussianShift(2.5 / 1.25**0.5)
    for seed in range(120):
        first = play(game.draw(40, 40, seed=seed))
        rng = np.random.default_rng([seed, 1])
        second = replace(first, score=first.score - 0.5 * first.member + 0.5 * rng.normal(size=80))
        estimate = paired_auc_difference(first, second)
        held += estimate.low <= game.auc - weak.auc <= estimate.high
    # exact limit, 1 in 1,000; an interval that holds in 85 of 100 passes 2 times in 10
    assert held >= binom.ppf(0.001, 120, 0.95)


def test_users_of_unequal_size_do_not_make_differences_out_of_nothing():
    worlds, found = 150, 0
    for seed in range(worlds):
        rng = np.random.default_rng([6, seed])
        size = np.clip(np.ceil(rng.pareto(0.7, 80)), 1, 500).astype(int)
        user = np.repeat(np.arange(80), size)
        member = user < 40
        papers = []
        for _ in range(2):
            own = np.repeat(rng.normal(size=80), size)
            papers.append(Evidence(0.55 * own + rng.normal(size=len(user)), member, user))
        found += paired_auc_difference(*papers).p_value <= 0.05
    # exact limit at 7 %: counting clusters alike for the degrees of freedom gave 15 % and more
    assert found <= binom.ppf(0.999, worlds, 0.07)


def test_a_difference_of_advantages_by_hand():
    """Of 20 members the first alone hits 6, the second alone 1; of 30 others 2 and 3."""
    from scipy.stats import beta, t

    member = np.arange(50) < 20
    one, other = np.zeros(50), np.zeros(50)
    one[[*range(6), 10, 11, 20, 21, 40]] = 1.0
    other[[6, 10, 11, 22, 23, 24, 40]] = 1.0
    first, second = (
        Evidence(score, member, None, "observed", "x", np.arange(50)) for score in (one, other)
    )
    found = paired_advantage_difference(first, second, (1.0, 1.0))
    value = 5 / 20 + 1 / 30
    assert found.value == pytest.approx(value)

    def lengths(up, down, n):
        (l1, u1), (l0, u0) = (
            (beta.ppf(0.025, k, n - k + 1), beta.ppf(0.975, k + 1, n - k)) for k in (up, down)
        )
        p, q = up / n, down / n
        wider = (1 + 2 * p * q / (p * (1 - p) + q * (1 - q))) ** 0.5
        return wider * np.hypot(p - l1, u0 - q), wider * np.hypot(u1 - p, q - l0)

    (down1, up1), (down0, up0) = lengths(6, 1, 20), lengths(2, 3, 30)
    assert found.low == pytest.approx(value - np.hypot(down1, up0))
    assert found.high == pytest.approx(value + np.hypot(up1, down0))
    squares = [
        np.sum((part - part.mean()) ** 2) / (len(part) * (len(part) - 1))
        for part in ((one - other)[member], (one - other)[~member])
    ]
    assert found.p_value == pytest.approx(2 * t.sf(value / sum(squares) ** 0.5, 19))


def test_a_difference_of_advantages_is_at_most_two():
    """One attack is always right and the other always wrong: 2, and no end beyond."""
    member = np.arange(12) < 6
    right, wrong = (
        Evidence(score, member, None, "observed", "x", np.arange(12))
        for score in (member.astype(float), (~member).astype(float))
    )
    found = paired_advantage_difference(right, wrong, (0.5, 0.5))
    assert (found.value, found.high) == (2.0, 2.0)
    turned = paired_advantage_difference(wrong, right, (0.5, 0.5))
    assert (turned.value, turned.low) == (-2.0, -2.0)


def placements(x, y, weight_x, weight_y):
    """What each of x beats of y (by weight, ties half), and what each of y lets through."""
    wins = (x[:, None] > y) + 0.5 * (x[:, None] == y)
    return wins @ weight_y, weight_x @ wins


def test_among_few_records_delong_s_own_interval_is_the_wider_one():
    """6 and 9 records: Student's t with 5 degrees of freedom, above and below alike."""
    from scipy.stats import t

    rng = np.random.default_rng(3)
    member = np.arange(15) < 6
    first, second = (
        Evidence.of(rng.normal(size=15) + shift * member, member) for shift in (0.8, 0.3)
    )
    even = np.full(6, 1 / 6), np.full(9, 1 / 9)
    gains = [placements(e.score[:6], e.score[6:], *even) for e in (first, second)]
    parts = [gains[0][side] - gains[1][side] for side in (0, 1)]
    error = (parts[0].var(ddof=1) / 6 + parts[1].var(ddof=1) / 9) ** 0.5
    found = paired_auc_difference(first, second)
    assert found.value == pytest.approx(parts[0].mean())
    assert found.high == pytest.approx(found.value + t.ppf(0.975, 5) * error)
    assert found.low == pytest.approx(found.value - t.ppf(0.975, 5) * error)


def test_a_perfectly_correlated_half_takes_the_distances_off_each_other():
    """.3 and .4 at right angles are .5; at a correlation of .5 sqrt(.09 + .16 - .12)."""
    from tacit.metrics.attack_differences import _distance

    assert _distance(0.3, 0.4, 0.0) == pytest.approx(0.5)
    assert _distance(0.3, 0.4, 0.5) == pytest.approx(0.13**0.5)
    assert _distance(0.3, 0.3, 1.0) == 0.0


def users():
    """Members in six users of 1 to 9 records, non-members in seven, two users on both sides."""
    size = {"member": [9, 1, 2, 5, 1, 3], "other": [2, 8, 1, 1, 4, 2, 3]}
    unit = np.r_[
        np.repeat(np.arange(6), size["member"]), np.repeat(np.arange(4, 11), size["other"])
    ]
    member = np.arange(len(unit)) < 21
    rng = np.random.default_rng(2)
    own = rng.normal(size=(2, 11))[:, unit]
    first, second = (own + 0.7 * rng.normal(size=own.shape)).round(1)
    return first + 0.8 * member, second, member, unit


def sided(unit, rho):
    """Weight of each record, share of each cluster, its number: by 1 + (n - 1) rho."""
    names, code, size = np.unique(unit, return_inverse=True, return_counts=True)
    share = size / (1 + (size - 1) * rho)
    share = share / share.sum()
    return (share / size)[code], share, names[code]


def clustered_error(gains, member, unit, rho):
    """Cluster totals about the weighted means, enlarged by 1 / (1 - share); both sides of a user
    together; times the smaller (c - 1) / c.
    """
    total, factor, df = dict.fromkeys(np.unique(unit).tolist(), 0.0), [], []
    for inside in (member, ~member):
        weight, share, names = sided(unit[inside], rho)
        centred = weight * (gains[inside] - weight @ gains[inside])
        for name, own in zip(np.unique(names), share):
            total[name] += centred[names == name].sum() / (1 - own)
        factor.append((len(share) - 1) / len(share))
        df.append(min(len(share) - 1, 1 / (share @ share)))
    return (min(factor) * sum(value**2 for value in total.values())) ** 0.5, min(df)


def test_over_users_of_unequal_size_a_difference_of_areas_by_hand():
    from scipy.stats import t

    from tacit.metrics.auc import rank_correlation

    first, second, member, unit = users()
    papers = [Evidence.of(score, member, cluster=unit) for score in (first, second)]
    rho = max(rank_correlation(paper) for paper in papers)
    assert 0.1 < rho < 0.9
    weights = [sided(unit[inside], rho)[0] for inside in (member, ~member)]
    gains, values = np.zeros((2, len(unit))), []
    for row, score in enumerate((first, second)):
        wins, passed = placements(score[member], score[~member], *weights)
        gains[row, member], gains[row, ~member] = wins, passed
        values.append(weights[0] @ wins)
    found = paired_auc_difference(*papers)
    error, df = clustered_error(gains[0] - gains[1], member, unit, rho)
    assert found.value == pytest.approx(values[0] - values[1])
    assert found.high == pytest.approx(min(1.0, found.value + t.ppf(0.975, df) * error))
    assert found.p_value == pytest.approx(2 * t.sf(abs(found.value) / error, df))


def test_over_users_of_unequal_size_a_difference_of_advantages_by_hand():
    """Accusations are counted by record; degrees of freedom are those of the smaller side."""
    from scipy.stats import t

    first, second, member, unit = users()
    papers = [Evidence.of(score, member, cluster=unit) for score in (first, second)]
    change = (first >= 0.5).astype(float) - (second >= 0.0)
    value = change[member].mean() - change[~member].mean()
    found = paired_advantage_difference(*papers, (0.5, 0.0))
    assert found.value == pytest.approx(value)
    error, df = clustered_error(np.where(member, change, -change), member, unit, 0.0)
    assert found.p_value == pytest.approx(2 * t.sf(abs(value) / error, df))
    assert found.low == pytest.approx(max(-2.0, value - t.ppf(0.975, df) * error))


@pytest.mark.parametrize("clustered", [True, False])
def test_attacks_without_any_spread_differ_as_surely_as_so_many_coins(clustered):
    """Perfect against nothing, on seven units of either side: 2 ** -6, neither 0 nor 1."""
    size = np.array([1, 2, 3, 1, 2, 3, 1] * 2) if clustered else np.ones(14, int)
    user = np.repeat(np.arange(14), size)
    member = user < 7
    unit = user if clustered else None
    right = Evidence.of(member.astype(float), member, cluster=unit)
    blank = Evidence.of(np.zeros(len(user)), member, cluster=unit)
    found = paired_auc_difference(right, blank)
    assert found.value == pytest.approx(0.5)
    if clustered:
        assert 2.0**-6 <= found.p_value < 0.05
    else:
        assert found.p_value == 2.0**-6
    assert paired_auc_difference(blank, right).p_value == found.p_value
    assert paired_auc_difference(blank, blank).p_value == 1.0
    cuts = paired_advantage_difference(right, blank, (0.5, 0.5))
    assert cuts.value == 1.0
    assert 2.0**-6 <= cuts.p_value < 0.05


@pytest.mark.parametrize("shift", [0.3, 2.2])
def test_the_difference_of_two_areas_is_that_of_correlated_score_intervals(shift):
    """Written out: each record's share of either error, their covariance and correlation, and the
    distances of both intervals (Zou 2007, eq. 15); never shorter than Student's t of it.
    """
    from scipy.stats import t

    from tacit.metrics.auc import auc

    rng = np.random.default_rng(7)
    member = np.arange(55) < 30
    common = rng.normal(size=55)
    scores = [shift * member + 0.7 * common + 0.7 * rng.normal(size=55) for _ in range(2)]
    papers = [Evidence.of(score, member) for score in scores]
    parts = []
    for score in scores:
        inside, outside = score[member], score[~member]
        first = (inside[:, None] > outside).mean(axis=1)
        second = (inside[:, None] > outside).mean(axis=0)
        parts.append((first - first.mean(), second - second.mean()))

    def covariance(one, other):
        sides = [a @ b / (len(a) * (len(a) - 1)) for a, b in zip(one, other)]
        return sum(sides)

    link = (
        covariance(*parts)
        / (covariance(parts[0], parts[0]) * covariance(parts[1], parts[1])) ** 0.5
    )
    gap = [a - b for a, b in zip(*parts)]
    plain = t.ppf(0.975, 24) * covariance(gap, gap) ** 0.5
    one, other = (auc(paper) for paper in papers)

    def distance(a, b):
        return (a**2 + b**2 - 2 * link * a * b) ** 0.5

    down = distance(one.value - one.low, other.high - other.value)
    up = distance(one.high - one.value, other.value - other.low)
    found = paired_auc_difference(*papers)
    value = one.value - other.value
    assert found.low == pytest.approx(value - max(plain, down))
    assert found.high == pytest.approx(value + max(plain, up))
    # near separation the correlated intervals decide, else the difference's own
    assert (max(down, up) > plain) == (shift > 1)
    known = 2 * t.sf(abs(value) / covariance(gap, gap) ** 0.5, 24)
    assert found.p_value == pytest.approx(known)


@pytest.mark.parametrize("cluster", [None, np.arange(16)])
def test_a_difference_of_areas_stays_between_minus_one_and_one(cluster):
    """One attack orders all records, the other all but two the other way round."""
    member = np.arange(16) < 8
    best = member + np.arange(16) / 100
    worst = -best
    worst[0], worst[15] = best[0], best[15]
    papers = [Evidence.of(score, member, cluster=cluster) for score in (worst, best)]
    found = paired_auc_difference(*papers)
    assert found.low == -1.0
    assert paired_auc_difference(*papers[::-1]).high == 1.0


def test_two_of_either_side_are_enough_and_an_advantage_differs_by_two_at_most():
    member = np.array([True, True, False, False])
    best, worst = (Evidence.of(way * member, member) for way in (1.0, -1.0))
    assert paired_auc_difference(best, worst).n == 4
    found = paired_advantage_difference(best, worst, (0.5, 0.0))
    # all members and no other against no member and all others
    assert (found.value, found.high) == (2.0, 2.0)
    assert paired_advantage_difference(worst, best, (0.0, 0.5)).low == -2.0
