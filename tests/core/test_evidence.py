"""The marked paper, and the only place where scores and truth are joined."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from tacit.core import Evidence, InvalidInput, Membership, NotEnoughData, Signals, collect, deal


def score(signals):
    return signals.target[:, 0]


@dataclass(frozen=True)
class Told:
    """Scores a record by what it was told: 1 for a known member, 0 for a known non-member, -1 where
    it was not told.
    """

    learns: ClassVar[bool] = True

    def __call__(self, signals):
        assert (signals.known != -1).any()
        return signals.known.astype(float)


def paper(scores, member, **changes):
    return collect(score, Signals.of(np.asarray(scores, float)), Membership(member, **changes))


def test_scores_are_sorted_once_and_below_counts_strictly():
    evidence = paper([3, 1, 2, 2, 0, 5], [1, 1, 1, 0, 0, 0])
    assert evidence.member_scores.tolist() == [1, 2, 3]
    assert evidence.nonmember_scores.tolist() == [0, 2, 5]
    assert evidence.below.tolist() == [1, 1, 2]
    assert evidence.member_scores is evidence.member_scores
    assert not evidence.member_scores.flags.writeable


def test_an_attack_that_learns_is_never_told_what_it_scores():
    evidence = collect(Told(), Signals.of(np.zeros(100)), Membership(np.arange(100) % 2 == 0))
    assert (evidence.score == -1).all()


def test_records_that_the_guesser_knew_are_never_scored():
    known = np.array([1, 0, -1, -1, -1, 1])
    signals = Signals.of(np.arange(6.0), known=known)
    evidence = collect(Told(), signals, Membership([1, 0, 1, 0, 1, 1], cluster=list("aabbcc")))
    assert evidence.row.tolist() == [2, 3, 4]
    assert evidence.member.tolist() == [True, False, True]
    assert evidence.cluster.tolist() == [1, 1, 2]
    assert (evidence.score == -1).all()


def test_clusters_stay_whole_when_records_are_dealt():
    cluster = np.repeat(np.arange(40), 5)
    membership = Membership(np.repeat(np.arange(40) < 20, 5), cluster)
    part = deal(membership, 4, seed=3)
    assert all(len(set(part[cluster == unit])) == 1 for unit in range(40))
    assert np.bincount(part).tolist() == [50, 50, 50, 50]
    assert [membership.member[part == p].sum() for p in range(4)] == [25, 25, 25, 25]
    np.testing.assert_array_equal(part, deal(membership, 4, seed=3))


def test_dealing_more_parts_than_members_says_how_many_it_takes():
    with pytest.raises(NotEnoughData, match="5 parts needs 5 members") as caught:
        deal(Membership(np.arange(20) < 3), 5, seed=0)
    assert (caught.value.needed, caught.value.got) == (5, 3)


@pytest.mark.parametrize(
    ("member", "unit"), [(np.zeros(4), "members"), (np.ones(4), "non-members")]
)
def test_a_game_needs_two_sides(member, unit):
    with pytest.raises(NotEnoughData, match=f"no {unit}") as caught:
        paper(np.arange(4), member)
    assert caught.value.unit == unit


def test_nan_from_an_attack_names_the_rows():
    with pytest.raises(InvalidInput, match=r"returned NaN in 2 rows \(first: 1, 2\)"):
        collect(
            lambda signals: np.array([0.0, np.nan, np.nan, 1.0]),
            Signals.of(np.zeros(4)),
            Membership([1, 1, 0, 0]),
        )


def test_infinite_scores_are_kept_as_the_surest_guesses():
    evidence = collect(
        lambda signals: np.array([np.inf, 0.0, -np.inf, 1.0]),
        Signals.of(np.zeros(4)),
        Membership([1, 1, 0, 0]),
    )
    assert evidence.member_scores.tolist() == [0.0, np.inf]
    assert evidence.below.tolist() == [1, 2]


@pytest.mark.parametrize("wrong", [np.zeros(3), np.zeros((4, 1)), np.zeros(4, int)])
def test_an_attack_returns_one_float_a_record(wrong):
    with pytest.raises(InvalidInput, match="needs to return 4 float scores"):
        collect(lambda signals: wrong, Signals.of(np.zeros(4)), Membership([1, 1, 0, 0]))


def test_signals_and_membership_must_be_of_the_same_records():
    with pytest.raises(InvalidInput, match="need the same records, got 4 and 3"):
        collect(score, Signals.of(np.zeros(4)), Membership([1, 1, 0]))


def test_taking_records_keeps_their_rows_and_clusters():
    evidence = paper([3, 1, 2, 4], [1, 1, 0, 0], cluster=[7, 7, 8, 9])
    part = evidence.take(np.array([0, 3]))
    assert isinstance(part, Evidence)
    assert part.row.tolist() == [0, 3]
    assert part.cluster.tolist() == [0, 2]


def test_require_both_says_what_is_missing():
    with pytest.raises(NotEnoughData, match="needs 3 non-members, got 2") as caught:
        paper([3, 1, 2, 4], [1, 1, 0, 0]).require_both(2, 3)
    assert (caught.value.needed, caught.value.got, caught.value.unit) == (3, 2, "non-members")


def test_clusters_are_numbered_within_each_side():
    evidence = paper([3, 1, 2, 4, 5], [1, 1, 0, 0, 1], cluster=["b", "a", "c", "a", "a"])
    assert [side.tolist() for side in evidence.units] == [[1, 0, 0], [1, 0]]
    assert [side.tolist() for side in paper([1, 2, 3], [1, 0, 1]).units] == [[0, 1], [0]]


@pytest.mark.parametrize("piece", [7, 1 << 16])
@pytest.mark.parametrize("n_values", [2, 30, 900, 10**9])
@pytest.mark.parametrize("n_members", [1, 200, 399])
def test_what_is_beaten_is_counted_pair_by_pair(monkeypatch, n_members, n_values, piece):
    """Few ties and many, one member or non-member, infinite scores; sorted before or not."""
    monkeypatch.setattr("tacit.core.sorting.PIECE", piece)
    rng = np.random.default_rng(n_members)
    score = rng.integers(0, n_values, 400).astype(float)
    score[:9], score[9:15] = np.inf, -np.inf
    member = rng.permutation(400) < n_members
    members, others = np.sort(score[member])[:, None], np.sort(score[~member])
    inside = 2 * (others < members).sum(axis=1) + (others == members).sum(axis=1)
    outside = 2 * (members < others).sum(axis=0) + (members == others).sum(axis=0)
    for evidence in (Evidence.of(score, member), Evidence.of(score, member).sorted_by()):
        found = evidence.beaten()
        assert found[0].tolist() == inside.tolist()
        assert found[1].tolist() == outside.tolist()
        assert evidence.below.tolist() == (others < members).sum(axis=1).tolist()
