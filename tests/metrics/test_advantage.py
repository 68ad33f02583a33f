"""Advantage by hand, by theory and by contract."""

import numpy as np
import pytest
from scipy.stats import binom

from tacit.core import Evidence, InvalidInput, NotEnoughData, collect
from tacit.metrics import advantage, balanced_accuracy, best_threshold
from tacit.metrics.advantage import largest_advantages
from tacit.metrics.intervals import fisher_p_value, share_difference
from tacit.testing import ClusteredShift, GaussianShift, check_metric


def paper(members, others, cluster=None):
    scores = np.concatenate([np.asarray(members), np.asarray(others)])
    member = np.arange(len(scores)) < len(members)
    return Evidence(scores, member, cluster, "observed", "by hand", np.arange(len(scores)))


def play(game):
    return collect(lambda signals: signals.target[:, 0], game.signals, game.membership)


def test_advantage_accuses_at_the_threshold_and_above():
    evidence = paper([1.0, 2.0, 3.0, 4.0], [0.0, 1.0, 2.0, 2.5])
    assert advantage(evidence, threshold=2.0).value == 3 / 4 - 2 / 4
    assert advantage(evidence, threshold=np.nextafter(2.0, 3)).value == 2 / 4 - 1 / 4
    assert advantage(evidence, threshold=np.inf).value == 0
    assert advantage(evidence, threshold=-np.inf).value == 0


def test_the_best_threshold_is_where_the_gap_is_largest():
    evidence = paper([1.0, 2.0, 3.0, 4.0], [0.0, 1.0, 2.0, 2.5])
    assert best_threshold(evidence) == 3.0
    assert advantage(evidence).value == 0.5
    assert best_threshold(paper([0.0, 0.0], [1.0, 1.0])) == np.inf
    assert advantage(paper([0.0, 0.0], [1.0, 1.0])).value == 0


@pytest.mark.parametrize("seed", range(5))
def test_the_best_threshold_agrees_with_trying_them_all(seed):
    rng = np.random.default_rng(seed)
    evidence = paper(rng.integers(0, 9, 30) + 1.0, rng.integers(0, 9, 50) * 1.0)
    cuts = np.unique(evidence.score)
    gaps = [
        (evidence.member_scores >= cut).mean() - (evidence.nonmember_scores >= cut).mean()
        for cut in cuts
    ]
    assert advantage(evidence).value == pytest.approx(max(gaps))
    assert advantage(evidence, threshold=best_threshold(evidence)).value == pytest.approx(max(gaps))


def test_the_sample_s_maximum_is_not_believed():
    """Pure noise has a best threshold, and its gap looks like a leak; its interval must not."""
    found = [advantage(play(GaussianShift(0.0).draw(100, 100, seed=seed))) for seed in range(200)]
    assert np.mean([estimate.value for estimate in found]) > 0.08
    # exact limit, 1 in 1,000: a test of the threshold that was chosen here finds more than half
    most = binom.isf(0.001, 200, 0.05)
    assert np.sum([estimate.p_value <= 0.05 for estimate in found]) <= most
    assert np.sum([estimate.low > 0 for estimate in found]) <= binom.isf(0.001, 200, 0.025)


def test_balanced_accuracy_is_half_of_one_plus_the_advantage():
    evidence = play(GaussianShift(1.0).draw(200, 300, seed=1))
    gain, right = advantage(evidence, threshold=0.5), balanced_accuracy(evidence, threshold=0.5)
    assert [right.value, right.low, right.high] == [
        (1 + end) / 2 for end in (gain.value, gain.low, gain.high)
    ]
    assert right.name == "balanced_accuracy"


def test_the_p_value_is_fisher_s():
    from scipy.stats import fisher_exact

    rng = np.random.default_rng(2)
    for n1, n0 in [(10, 10), (50, 400), (2000, 3000), (7, 90)]:
        for _ in range(20):
            hits = (int(rng.integers(0, n1 + 1)), int(rng.integers(0, n0 + 1)))
            table = [list(hits), [n1 - hits[0], n0 - hits[1]]]
            expected = fisher_exact(table, alternative="greater")[1]
            assert fisher_p_value(hits, (n1, n0)) == pytest.approx(expected, rel=1e-6, abs=1e-15)


def test_fisher_is_fast_and_finite_for_millions():
    assert fisher_p_value((2_505_000, 2_500_000), (5_000_000, 5_000_000)) == pytest.approx(
        0.00079, rel=0.02
    )
    assert fisher_p_value((5_000_000, 0), (5_000_000, 5_000_000)) == 0
    assert fisher_p_value((0, 0), (5, 5)) == 1


def coverage(rates, n, level=0.95):
    """Exact coverage of the interval of a difference: every outcome, weighted."""
    from scipy.stats import binom

    weights = [binom.pmf(np.arange(size + 1), size, rate) for size, rate in zip(n, rates)]
    truth, held = rates[0] - rates[1], 0.0
    for i in np.flatnonzero(weights[0] > 1e-6):
        for j in np.flatnonzero(weights[1] > 1e-6):
            low, high = share_difference((i, j), n, level=level)
            held += weights[0][i] * weights[1][j] * (low <= truth + 1e-12 and truth <= high + 1e-12)
    return held


@pytest.mark.parametrize("n", [(10, 10), (9, 91), (50, 50)])
@pytest.mark.parametrize(
    "rates",
    [
        (0.5, 0.5),
        (0.02, 0.01),
        (0.99, 0.005),
        (0.3, 0.001),
        (0.95, 0.05),
        (0.999, 0.002),
        (0.9, 0.8),
    ],
)
def test_a_difference_of_shares_is_covered_exactly(n, rates):
    assert coverage(rates, n) >= 0.945


def test_a_difference_near_one_is_covered_where_squared_distances_fail():
    assert coverage((0.999, 0.002), (200, 200)) >= 0.95


def test_clusters_widen_the_interval_and_tame_the_p_value():
    evidence = play(ClusteredShift(0.6, rho=0.9).draw(40, 40, seed=3))
    together = advantage(evidence, threshold=0.2)
    apart = advantage(
        Evidence(evidence.score, evidence.member, None, "observed", "", evidence.row), threshold=0.2
    )
    assert together.value == apart.value
    assert together.high - together.low > 2 * (apart.high - apart.low)
    assert together.p_value > apart.p_value
    assert "the threshold was chosen without these records" in together.assumes


def test_too_few_clusters_say_so():
    with pytest.raises(NotEnoughData, match="needs 5 clusters"):
        advantage(play(ClusteredShift(1.0).draw(30, 4, seed=6)), threshold=0.0)


def test_a_threshold_is_a_number():
    with pytest.raises(InvalidInput, match="`threshold` needs a number, got NaN"):
        advantage(paper([1.0, 2.0], [0.0, 1.0]), threshold=np.nan)


def test_advantage_keeps_the_contract_of_metrics():
    check_metric(advantage)
    check_metric(balanced_accuracy)
    check_metric(lambda evidence: advantage(evidence, threshold=0.5), monotone=False)


def largest_variance(gain, n1, n0):
    """Largest variance of TPR - FPR with TPR = FPR + gain, over a fine grid of FPR."""
    fpr = np.linspace(0, 1 - gain, 20_001)
    return np.max((fpr + gain) * (1 - fpr - gain) / n1 + fpr * (1 - fpr) / n0)


@pytest.mark.parametrize(("n", "shift"), [((100, 100), 0.3), ((40, 300), 0.6), ((300, 40), 0.5)])
def test_the_low_end_of_a_maximum_solves_its_equation(n, shift):
    """The smallest gain from which the maximum is sqrt(2 log(1 / tail)) largest deviations away."""
    from scipy.optimize import brentq

    evidence = paper(np.linspace(0, 1, n[0]) + shift, np.linspace(0, 1, n[1]))
    estimate = advantage(evidence, level=0.9)
    factor = np.sqrt(2 * np.log(1 / 0.05))
    expected = brentq(
        lambda gain: estimate.value - gain - factor * np.sqrt(largest_variance(gain, *n)),
        0,
        estimate.value,
    )
    assert 0.01 < expected < estimate.value
    assert estimate.low == pytest.approx(expected, abs=1e-5)


def test_the_low_end_of_a_maximum_is_zero_up_to_the_kolmogorov_smirnov_distance():
    """Equal sides of 100: the largest variance without a gain is 1/4 (1/100 + 1/100), so gaps up to
    sqrt(2 log 20 / 200) = .1731 show nothing at one-sided 5 %.
    """
    evidence = [paper(np.arange(100.0) + shift, np.arange(100.0)) for shift in (17, 18)]
    assert [advantage(each, level=0.9).value for each in evidence] == pytest.approx([0.17, 0.18])
    assert advantage(evidence[0], level=0.9).low == 0
    assert 0 < advantage(evidence[1], level=0.9).low < 0.02


def test_the_p_value_of_a_maximum_is_kolmogorov_smirnov_s_bound():
    """exp(-2 n1 n0 / (n1 + n0) D^2): D = .18 of 100 and 100, exp(-3.24)."""
    estimate = advantage(paper(np.arange(100.0) + 18, np.arange(100.0)))
    assert estimate.p_value == pytest.approx(np.exp(-3.24))
    uneven = advantage(paper(np.arange(40.0) + 20, np.arange(120.0) / 2))
    assert uneven.p_value == pytest.approx(np.exp(-2 * 30 * uneven.value**2))


@pytest.mark.parametrize("seed", range(4))
def test_the_high_end_of_a_maximum_is_the_highest_limit_near_it(seed):
    """Every threshold whose gap lies within twice the upper distance of the best one counts: its
    limit may be the highest although its gap is not.
    """
    rng = np.random.default_rng(seed)
    members, others = np.sort(rng.normal(0.8, 1, 40)), np.sort(rng.normal(0, 1, 25))
    hits = [(40 - i, int((others >= members[i]).sum())) for i in range(40)]
    gap = np.array([a / 40 - b / 25 for a, b in hits])
    best = share_difference(hits[int(np.argmax(gap))], (40, 25), level=0.95)[1]
    from tacit.metrics.intervals import share_differences

    ends = share_differences(hits, np.full((40, 2), [40, 25]), level=0.95)[1]
    expected = max(best, ends[gap >= gap.max() - 2 * (best - gap.max())].max())
    estimate = advantage(paper(members, others))
    assert estimate.value == pytest.approx(gap.max())
    assert estimate.high == pytest.approx(min(1.0, expected))


@pytest.mark.parametrize(("others_first", "counts"), [(488, True), (496, True), (500, False)])
def test_a_threshold_counts_up_to_twice_the_error_of_the_best(others_first, counts):
    """The best gap is .002 with a limit .0052 above it. At rates near one half limits are .044
    wide, and higher; they count where the gap is no more than twice .0052 lower.
    """
    members = np.concatenate([np.full(2, 3.0), np.full(486, 1.0), np.full(512, -1.0)])
    others = np.concatenate([np.full(others_first, 2.0), np.full(1000 - others_first, 0.0)])
    best = share_difference((2, 0), (1000, 1000), level=0.95)[1]
    assert best - 0.002 == pytest.approx(0.0052, abs=1e-4)
    wide = share_difference((488, others_first), (1000, 1000), level=0.95)[1]
    estimate = advantage(paper(members, others))
    assert estimate.value == pytest.approx(0.002)
    assert estimate.high == pytest.approx(wide if counts else best, abs=1e-4)


def test_at_a_threshold_the_interval_is_that_of_the_difference():
    evidence = paper([1.0, 2.0, 3.0, 4.0], [0.0, 1.0, 2.0, 2.5, 2.7])
    estimate = advantage(evidence, threshold=2.6, level=0.9)
    assert (estimate.low, estimate.high) == share_difference((2, 1), (4, 5), level=0.9)
    assert estimate.p_value == fisher_p_value((2, 1), (4, 5))
    assert estimate.n == 9


def clustered(seed, n1=30, n0=12):
    rng = np.random.default_rng(seed)
    cluster = np.concatenate([np.repeat(np.arange(n1), 4), n1 + np.repeat(np.arange(n0), 5)])
    own = rng.normal(size=n1 + n0)
    score = own[cluster] + 0.4 * rng.normal(size=len(cluster)) + 0.5 * (cluster < n1)
    return paper(score[: 4 * n1], score[4 * n1 :], cluster)


def test_over_clusters_the_p_value_is_student_s_with_the_fewer_clusters():
    """A pooled share, the sizes that the clusters are worth, and 12 - 1 degrees of freedom."""
    from scipy.stats import t

    from tacit.metrics.roc import sides

    evidence = clustered(0)
    members, others = sides(evidence, 0.4)
    assert members.size < members.n
    hits = members.share * members.size, others.share * others.size
    pooled = sum(hits) / (members.size + others.size)
    error = np.sqrt(pooled * (1 - pooled) * (1 / members.size + 1 / others.size))
    expected = t.sf((members.share - others.share) / error, 11)
    assert advantage(evidence, threshold=0.4).p_value == pytest.approx(expected)
    low, high = share_difference(hits, (members.size, others.size), level=0.95)
    estimate = advantage(evidence, threshold=0.4)
    assert (estimate.low, estimate.high) == pytest.approx((low, high))


def test_over_clusters_nobody_accused_shows_nothing():
    assert advantage(clustered(1), threshold=np.inf).p_value == 1
    assert advantage(clustered(1), threshold=-np.inf).p_value == 1


def test_over_clusters_a_maximum_pays_for_what_they_are_worth():
    from tacit.metrics.roc import sides

    evidence = clustered(2)
    estimate = advantage(evidence)
    members, others = sides(evidence, best_threshold(evidence))
    expected = np.exp(-2 * estimate.value**2 / (1 / members.size + 1 / others.size))
    assert estimate.p_value == pytest.approx(min(1, expected))
    apart = advantage(paper(evidence.member_scores, evidence.nonmember_scores))
    assert estimate.p_value > apart.p_value
    assert estimate.high >= apart.high


@pytest.mark.parametrize(("n1", "n0"), [(10_000, 10), (10, 10_000), (50, 50)])
@pytest.mark.parametrize("gain", [0.0, 0.3, 0.9])
def test_the_largest_variance_is_looked_for_where_rates_can_be(n1, n0, gain):
    """TPR = FPR + gain is at most 1: the maximum over a fine grid of such FPRs."""
    from tacit.metrics.advantage import _largest_variance

    fpr = np.linspace(0, 1 - gain, 10_001)
    tpr = fpr + gain
    grid = (tpr * (1 - tpr) / n1 + fpr * (1 - fpr) / n0).max()
    assert _largest_variance(gain, n1, n0) == pytest.approx(grid, rel=1e-6)


@pytest.mark.parametrize("level", [0.6, 0.95, 0.9999])
@pytest.mark.parametrize("sides", [(1, 60), (60, 1), (200, 30), (64, 64), (65, 400)])
def test_thresholds_that_are_left_out_had_no_larger_limit(monkeypatch, level, sides):
    """The high end with every threshold worked out is the same number."""
    import sys

    module = sys.modules["tacit.metrics.advantage"]
    rng = np.random.default_rng(sides[0])
    for shift in (0.0, 1.0, 4.0):
        evidence = paper(
            np.round(rng.normal(shift, 1, sides[0]), 1), np.round(rng.normal(0, 1, sides[1]), 1)
        )
        some = advantage(evidence, level=level)
        with monkeypatch.context() as patch:
            patch.setattr(module, "furthest_limit", lambda n, *, tail: np.full(np.shape(n), 2.0))
            assert advantage(evidence, level=level) == some


def test_several_advantages_are_those_of_each_evidence_alone():
    """Few misses and many, ties, nobody accused, clusters, other sizes: no evidence reads another's
    limits, and the high end of each is the largest of its own.
    """
    rng = np.random.default_rng(3)
    papers = [
        paper(rng.normal(0.5, 1, 120), rng.normal(0, 1, 90)),
        paper(rng.normal(9, 1, 25), rng.normal(0, 1, 300)),
        paper(rng.integers(0, 4, 60), rng.integers(0, 3, 40)),
        paper(np.zeros(30), np.ones(20)),
        paper(rng.normal(1, 1, 40), rng.normal(0, 1, 60), cluster=np.arange(100) // 2),
        paper(rng.normal(0.1, 1, 1), rng.normal(0, 1, 7)),
        paper(rng.normal(0.2, 1, 400), rng.normal(0, 1, 500)),
    ]
    for level in (0.6, 0.95, 0.9999):
        together = largest_advantages(papers, level=level)
        assert together == [advantage(evidence, level=level) for evidence in papers]
    with pytest.raises(NotEnoughData):
        largest_advantages([papers[0], paper([1.0], [])])


def test_the_best_sides_are_those_at_the_best_threshold():
    """Whoever accuses nobody accuses no non-member either; ties are accused together."""
    from tacit.metrics.advantage import _best_sides
    from tacit.metrics.roc import sides

    for members, others in (
        ([3.0, 1.0, 2.0, 2.0], [2.0, 0.0, 1.0]),
        ([0.0, 0.0], [1.0, 2.0]),
        ([5.0], [4.0, 6.0, 1.0]),
    ):
        evidence = paper(members, others)
        assert _best_sides(evidence) == sides(evidence, best_threshold(evidence))
