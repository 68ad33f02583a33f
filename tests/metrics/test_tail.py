"""The tail index and its interval, against games whose answer is known."""

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from tacit.core import Evidence, InvalidInput, NotEnoughData, collect
from tacit.metrics import tail_index
from tacit.testing import ClusteredShift, GaussianShift


def evidence(members, nonmembers, *, mu, seed):
    game = GaussianShift(mu).draw(members, nonmembers, seed=seed)
    return collect(lambda signals: signals.target[:, 0], game.signals, game.membership)


def truth(mu, missed):
    """Members score N(mu, 1), non-members N(0, 1): share of non-members below the members' quantile
    at `missed`.
    """
    return ndtr(mu + ndtri(missed))


def test_it_counts_nonmembers_below_all_but_a_share_of_members():
    score = np.array([*range(10, 110), 5.0, 9.0, 10.5, 200.0])
    member = np.arange(104) < 100
    seen = Evidence(score, member, None, "observed", "by hand", np.arange(104))
    assert tail_index(seen, missed=0.01).value == 2 / 4
    assert tail_index(seen, missed=0.02).value == 3 / 4


@pytest.mark.parametrize(
    ("members", "nonmembers", "missed", "mu"),
    [(300, 300, 0.01, 1.5), (1000, 200, 0.05, 1.0), (2000, 2000, 0.01, 0.0)],
)
def test_the_interval_holds_the_truth_as_often_as_it_says(members, nonmembers, missed, mu):
    n_worlds, right = 400, truth(mu, missed)
    held = 0
    for seed in range(n_worlds):
        found = tail_index(
            evidence(members, nonmembers, mu=mu, seed=seed), missed=missed, level=0.9
        )
        held += found.low <= right <= found.high
    assert held / n_worlds >= 0.9 - 3 * np.sqrt(0.9 * 0.1 / n_worlds)


def test_more_records_know_more():
    narrow, wide = (tail_index(evidence(n, n, mu=1.0, seed=0), missed=0.05) for n in (20_000, 500))
    assert narrow.high - narrow.low < 0.2 * (wide.high - wide.low)
    assert narrow.value == pytest.approx(truth(1.0, 0.05), abs=0.02)


def test_too_few_members_are_said():
    with pytest.raises(NotEnoughData, match="needs 100 members, got 99") as error:
        tail_index(evidence(99, 50, mu=0.0, seed=0), missed=0.01)
    assert error.value.needed == 100


def test_clusters_are_refused():
    game = ClusteredShift(1.0).draw(30, 30, seed=0)
    with pytest.raises(InvalidInput, match="independent records"):
        tail_index(
            collect(lambda signals: signals.target[:, 0], game.signals, game.membership), missed=0.1
        )


def test_it_says_that_it_only_screens():
    assert "screening" in " ".join(tail_index(evidence(200, 200, mu=0.0, seed=0)).assumes)
