import numpy as np
import pytest

from tacit.attacks import Threshold
from tacit.core import Evidence, InvalidInput, NotEnoughData, collect
from tacit.dp.sequential import EPSILONS, STAKES, SequentialAudit, sequential_epsilon
from tacit.testing import GaussianShift, LaplaceShift, RandomisedResponse


def played(game):
    return collect(Threshold(), game.signals, game.membership)


@pytest.mark.parametrize("game", [GaussianShift(0.0), LaplaceShift(1.0), RandomisedResponse(1.0)])
def test_it_never_exceeds_the_truth_at_any_time(game):
    truth, worlds = game.epsilon(1e-5), 40
    above = sum(
        sequential_epsilon(played(game.flip(160, seed=s)), 1e-5, level=0.9).low > truth
        for s in range(worlds)
    )
    assert above / worlds <= 0.1 + 3 * np.sqrt(0.09 / worlds)


def test_the_bound_never_falls_and_does_not_depend_on_the_pieces():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=300) + 2, rng.normal(size=300)
    start = SequentialAudit.start([0.5, 1.5, 2.0], delta=1e-5)
    whole, pieces, lows = start.seen(x, y), start, []
    for i in range(0, 300, 50):
        pieces = pieces.seen(x[i : i + 50], y[i : i + 50])
        lows.append(pieces.low)
    assert lows == sorted(lows)
    assert pieces.low == whole.low > 0.5
    assert whole.estimate.n == 600
    assert start.n_pairs == 0


def test_a_strong_leak_is_certified_early():
    rng, audit, pairs = np.random.default_rng(1), SequentialAudit.start([1.5], delta=1e-5), 0
    while audit.low < 0.5 and pairs < 600:
        audit, pairs = audit.seen(rng.normal(size=5) + 3, rng.normal(size=5)), pairs + 5
    assert pairs < 100


def test_bad_arguments_are_named():
    with pytest.raises(InvalidInput, match="`delta`"):
        SequentialAudit.start([0.0], delta=1.0)
    with pytest.raises(InvalidInput, match="`threshold`"):
        SequentialAudit.start([], delta=0.0)
    with pytest.raises(InvalidInput, match="pairs"):
        SequentialAudit.start([0.0], delta=0.0).seen([1.0], [1.0, 2.0])
    with pytest.raises(NotEnoughData):
        sequential_epsilon(played(GaussianShift(1.0).draw(5, 5, seed=0)), 0.0)


def test_a_bet_is_fair_at_the_boundary():
    # randomised response of epsilon = log 3: a run with the canary accuses with chance 3/4, one
    # without with chance 1/4. The mean of every product of bets against that epsilon is 1 exactly;
    # bets against less win. With delta the bet loses what delta allows.
    at = int(np.argmin(np.abs(EPSILONS - 1.1)))
    p = 1 / (1 + np.exp(-EPSILONS[at]))
    for delta, mean_in in ((0.0, p), (0.05, p * 0.95 + 0.05)):
        start = SequentialAudit.start([0.5], delta=delta)
        mean = 0.0
        for x in (0.0, 1.0):
            for y in (0.0, 1.0):
                chance = (mean_in if x else 1 - mean_in) * (
                    1 - p - 0.05 * (delta > 0) * (1 - p) if y else p + 0.05 * (delta > 0) * (1 - p)
                )
                mean = mean + chance * np.exp(start.seen([x], [y]).log_wealth[at])
        if delta == 0:
            np.testing.assert_allclose(mean, 1.0, rtol=1e-12)
        else:
            assert np.all(mean <= 1 + 1e-12)


def test_the_wealth_by_hand():
    # one threshold, delta .1, one pair told apart: gain (1 - 0 - .1) / (e^eps + .1) for both rules
    audit = SequentialAudit.start(0.5, delta=0.1).seen([1.0], [0.0])
    for at in (0, 20, 100):
        gain = 0.9 / (np.exp(EPSILONS[at]) + 0.1)
        expected = np.log1p(np.array([0.02, 0.08, 0.25, 0.6]) * gain)
        np.testing.assert_allclose(audit.log_wealth[at], [expected, expected], rtol=1e-12)
    wrong = SequentialAudit.start(0.5, delta=0.1).seen([0.0], [1.0])
    gain = (-np.exp(EPSILONS[20]) - 0.1) / (np.exp(EPSILONS[20]) + 0.1)
    np.testing.assert_allclose(wrong.log_wealth[20, 0], np.log1p(STAKES * gain), rtol=1e-12)
    assert (audit.n_pairs, audit.estimate.n, audit.estimate.level) == (1, 2, 0.95)


def test_a_claim_falls_when_the_mixture_passes_one_over_alpha():
    # all pairs told apart, delta 0, one threshold: the mean over stakes of (1 + s e^-eps)^t
    for level in (0.95, 0.8):
        audit = SequentialAudit.start(0.5, delta=0.0, level=level)
        pairs = 0
        while audit.low < 1.0:
            audit = audit.seen([1.0], [0.0])
            pairs += 1
            mixture = np.mean((1 + STAKES[:, None] * np.exp(-EPSILONS)) ** pairs, axis=0)
            passed = np.flatnonzero(mixture > 1 / (1 - level) * (1 - 1e-12))
            assert audit.low == (EPSILONS[passed[-1]] if len(passed) else 0.0)
    # twentieths up to 4, tenths up to 12
    assert pytest.approx([*np.arange(80) / 20, *np.arange(40, 121) / 10]) == EPSILONS.tolist()


def test_the_first_runs_only_choose_thresholds():
    rng = np.random.default_rng(0)
    member = np.arange(100) % 2 == 0
    score = rng.normal(size=100) + 3 * member
    whole = Evidence(score, member, None, "coin", "by hand", np.arange(100))
    found = sequential_epsilon(whole, 0.0, burn_in=0.2, n_thresholds=3)
    rules = np.quantile(score[:20], [0.25, 0.5, 0.75])
    rest = score[20:]
    by_hand = SequentialAudit.start(rules, delta=0.0).seen(rest[::2], rest[1::2])
    assert found.low == by_hand.low > 0
    assert found.n == 80
    few = sequential_epsilon(whole.take(np.arange(24)), 0.0, burn_in=0.01)
    assert few.n == 20
    with pytest.raises(NotEnoughData):
        sequential_epsilon(whole.take(np.arange(19)), 0.0)


def test_a_score_at_the_threshold_is_not_above_it():
    audit = SequentialAudit.start(0.5, delta=0.0)
    # neither run is accused (no gain); both are cleared, which the second rule loses
    even = audit.seen([0.5], [0.5]).log_wealth[20]
    np.testing.assert_allclose(even[0], 0.0, atol=1e-12)
    lost = np.log1p(STAKES * (1 - np.exp(EPSILONS[20])) / np.exp(EPSILONS[20]))
    np.testing.assert_allclose(even[1], lost, rtol=1e-12)


def test_ten_runs_of_either_kind_are_enough_and_a_tenth_chooses_eight_thresholds():
    rng = np.random.default_rng(0)
    member = np.arange(20) % 2 == 0
    few = Evidence(rng.normal(size=20), member, None, "coin", "by hand", np.arange(20))
    # two of twenty would choose the thresholds, but four are the fewest
    assert sequential_epsilon(few, 0.0).n == 16
    member = np.arange(200) % 2 == 0
    score = rng.normal(size=200) + 3 * member
    whole = Evidence(score, member, None, "coin", "by hand", np.arange(200))
    rules = np.quantile(score[:20], np.arange(1, 9) / 9)
    by_hand = SequentialAudit.start(rules, delta=0.0).seen(score[20::2], score[21::2])
    assert sequential_epsilon(whole, 0.0).low == by_hand.low > 0
