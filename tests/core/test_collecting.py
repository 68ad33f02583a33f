"""Who is dealt where, and what is told to whom, by hand."""

import re
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pytest

from tacit.core import InvalidInput, Membership, NotEnoughData, Signals, collect, deal


@dataclass
class Watching:
    """An attack that learns nothing and remembers what it was told."""

    learns: ClassVar[bool] = True
    told: list = field(default_factory=list)

    def __call__(self, signals):
        self.told.append(signals.known.copy())
        return np.full(signals.n, float(len(self.told)))


def test_each_fifth_is_scored_by_who_was_told_the_other_four():
    membership = Membership(np.arange(50) % 2 == 0)
    attack = Watching()
    evidence = collect(attack, Signals.of(np.zeros(50)), membership)
    part = deal(membership, 5, seed=0)
    assert len(attack.told) == 5
    for number, known in enumerate(attack.told):
        hidden = part == number
        assert (known[hidden] == -1).all()
        assert (known[~hidden] == membership.member[~hidden]).all()
        assert (evidence.score[hidden] == number + 1).all()
    assert evidence.some_rows is None
    assert evidence.row.tolist() == list(range(50))


def test_records_are_dealt_evenly_within_each_side_and_over_both():
    """7 members in 3 parts: 3, 2, 2; 5 non-members go on where these ended: 1, 2, 2."""
    membership = Membership(np.arange(12) < 7)
    part = deal(membership, 3, seed=1)
    assert np.bincount(part[:7]).tolist() == [3, 2, 2]
    assert np.bincount(part[7:]).tolist() == [1, 2, 2]
    assert part.tolist() != deal(membership, 3, seed=2).tolist()


def test_clusters_with_both_sides_are_dealt_for_themselves():
    """Clusters 0 and 1 hold members, 2 and 3 non-members, 4 and 5 both."""
    member = np.array([1, 1, 0, 0, 1, 1, 0, 0, 1, 0, 1, 0], bool)
    cluster = np.array([0, 1, 2, 3, 0, 1, 2, 3, 4, 4, 5, 5])
    for seed in range(8):
        part = deal(Membership(member, cluster), 2, seed=seed)
        unit = [set(part[cluster == c].tolist()) for c in range(6)]
        assert all(len(parts) == 1 for parts in unit)
        for first, second in ((0, 1), (2, 3), (4, 5)):
            assert unit[first] != unit[second]


@pytest.mark.parametrize(("n_members", "n_others", "side"), [(4, 9, "members"), (9, 4, "non-")])
def test_as_many_of_each_side_as_parts_are_enough(n_members, n_others, side):
    def dealt(parts):
        return deal(Membership(np.arange(n_members + n_others) < n_members), parts, seed=0)

    assert dealt(4).max() == 3
    with pytest.raises(NotEnoughData, match=f"5 parts needs 5 {side}") as caught:
        dealt(5)
    assert (caught.value.needed, caught.value.got) == (5, 4)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (np.zeros(3), r"needs to return 4 float scores, got shape \(3,\)"),
        (np.zeros((4, 1)), r"got shape \(4, 1\)"),
        (np.zeros(4, int), "of int64"),
        (np.array([0, np.nan, 0, 0]), r"NaN in 1 row \(first: 1\)"),
    ],
)
def test_what_an_attack_returns_is_one_score_a_record(answer, says):
    with pytest.raises(InvalidInput, match=says):
        collect(lambda signals: answer, Signals.of(np.zeros(4)), Membership([1, 1, 0, 0]))


def test_one_paper_needs_the_same_records():
    with pytest.raises(InvalidInput, match="got 4 and 3"):
        collect(Watching(), Signals.of(np.zeros(4)), Membership([1, 1, 0]))


@pytest.mark.parametrize(
    ("member", "says"), [([1], "no non-members (1 member)"), ([0, 0], "no members (2 non-members)")]
)
def test_a_paper_with_one_side_says_how_many_it_has(member, says):
    with pytest.raises(NotEnoughData, match=re.escape(says)) as caught:
        collect(
            lambda signals: np.zeros(signals.n),
            Signals.of(np.zeros(len(member))),
            Membership(member),
        )
    assert (caught.value.needed, caught.value.got) == (1, 0)


def test_one_record_of_each_side_is_a_paper():
    found = collect(lambda signals: np.zeros(2), Signals.of(np.zeros(2)), Membership([1, 0]))
    assert (found.n_members, found.n_nonmembers) == (1, 1)
