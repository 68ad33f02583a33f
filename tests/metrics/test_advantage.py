"""Advantage by hand, by theory and by contract."""

import numpy as np
import pytest

from tacit.core import Evidence, InvalidInput, NotEnoughData, collect
from tacit.metrics import advantage, balanced_accuracy, best_threshold
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
    assert np.mean([estimate.low > 0 for estimate in found]) <= 0.05
    assert (
        np.mean([estimate.p_value <= 0.05 for estimate in found])
        <= 0.05 + 2.5 * (0.05 * 0.95 / 200) ** 0.5
    )


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
