import numpy as np
import pytest

from tacit.attacks import Threshold
from tacit.core import InvalidInput, NotEnoughData, collect
from tacit.dp.sequential import SequentialAudit, sequential_epsilon
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
