"""One half chooses, the other is measured."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from tacit.attacks import LogisticRegression, Threshold
from tacit.audits.steps.halves import Halves
from tacit.core import Membership, NotEnoughData, Signals


@dataclass(frozen=True)
class Memoriser:
    """Gives back what it was told: perfect if it is ever graded on told records."""

    learns: ClassVar[bool] = True
    reference: ClassVar[str] = "none"

    def __call__(self, signals):
        return (signals.known == 1).astype(float)


def world(n=400, seed=0):
    rng = np.random.default_rng(seed)
    return Signals.of(rng.normal(size=n), features=rng.normal(size=(n, 2))), Membership(
        rng.permutation(n) < n // 2
    )


def test_an_attack_that_only_remembers_learns_nothing_about_the_measured_half():
    signals, membership = world()
    choosing, measured = Halves.dealt(membership, seed=0).mark(
        Memoriser(), signals, membership, seed=0
    )
    assert np.all(measured.score == 0)
    assert np.all(choosing.score == 0)


def test_halves_are_disjoint_and_cover_everything_in_proportion():
    signals, membership = world()
    halves = Halves.dealt(membership, seed=0)
    choosing, measured = halves.mark(Threshold(), signals, membership, seed=0)
    assert not set(choosing.row) & set(measured.row)
    assert sorted([*choosing.row, *measured.row]) == list(range(400))
    assert (choosing.n_members, measured.n_members) == (100, 100)
    np.testing.assert_array_equal(measured.member, membership.member[measured.row])
    np.testing.assert_array_equal(measured.score, signals.target[measured.row, 0])


def test_clusters_are_never_torn():
    cluster = np.repeat(np.arange(40), 10)
    membership = Membership(cluster % 2 == 0, cluster)
    halves = Halves.dealt(membership, seed=1)
    assert all(len(np.unique(halves.part[cluster == unit])) == 1 for unit in range(40))


def test_a_learned_attack_keeps_rows_truth_and_scores_together():
    signals, membership = world()
    leaking = Signals.of(signals.target[:, 0] + 3 * membership.member, features=signals.features)
    _, measured = Halves.dealt(membership, seed=0).mark(
        LogisticRegression(), leaking, membership, seed=0
    )
    np.testing.assert_array_equal(measured.member, membership.member[measured.row])
    assert measured.score[measured.member].mean() > measured.score[~measured.member].mean() + 1


def test_three_members_are_not_enough():
    with pytest.raises(NotEnoughData, match="4 members"):
        Halves.dealt(Membership([True] * 3 + [False] * 50), seed=0)
