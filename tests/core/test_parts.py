"""Parts of the records beside each other, counted record by record."""

import numpy as np
import pytest

from tacit.core import Evidence
from tacit.core.parts import parts_of, together
from tacit.core.sorting import PIECE


def standing(n=60, seed=0, ties=True, **more):
    """Evidence whose scores stand in ascending order."""
    rng = np.random.default_rng(seed)
    score = np.sort(rng.integers(0, 9, n) / 4 if ties else rng.normal(size=n))
    return Evidence(score, rng.random(n) < 0.4, **more).sorted_already()


def by_hand(score, member):
    """Twice the wins over the other side, and who is strictly lower, record by record."""
    inside, outside = score[member], score[~member]
    wins = [int(2 * (outside < s).sum() + (outside == s).sum()) for s in inside]
    losses = [int(2 * (inside < s).sum() + (inside == s).sum()) for s in outside]
    return wins, losses, [int((outside < s).sum()) for s in inside]


@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("together_at_most", [1, 25, PIECE])
def test_what_a_record_beats_in_its_part_owes_nothing_to_the_parts_beside_it(
    monkeypatch, together_at_most, ties
):
    """Parts that overlap, one of a single record, one of none, one of all, taken one by one, a few
    at a time, and all together.
    """
    monkeypatch.setattr("tacit.core.parts.PIECE", together_at_most)
    paper = standing(ties=ties, assignment="coin", attack="x")
    code = np.random.default_rng(1).integers(0, 3, 60)
    places = [np.flatnonzero(code == value) for value in range(3)]
    places = [places[0], np.array([7]), places[1], np.arange(0), np.arange(60), places[2]]
    batches = list(parts_of(paper, places))
    assert len(batches) == {1: 6, 25: 4, PIECE: 1}[together_at_most]
    found = [part for batch in batches for part in batch]
    assert len(found) == 6
    for part, rows in zip(found, places):
        score, member = paper.score[rows], paper.member[rows]
        wins, losses, below = by_hand(score, member)
        assert part.below.tolist() == below
        assert part.step.tolist() == (score[1:] > score[:-1]).tolist()
        assert (part.assignment, part.attack) == ("coin", "x")
        # the second time they are counted again
        for _ in range(2):
            assert [counts.tolist() for counts in part.beaten()] == [wins, losses]
        assert part.below.tolist() == below
        assert part.member_scores.tolist() == score[member].tolist()
        assert part.row.tolist() == rows.tolist()


def test_counts_that_were_handed_over_are_forgotten_with_the_others():
    ((part, _),) = parts_of(standing(), [np.arange(30), np.arange(30, 60)])
    first = [counts.tolist() for counts in standing().take(np.arange(30)).beaten()]
    assert [counts.tolist() for counts in part.without_counts().beaten()] == first


def test_parts_name_the_records_that_were_scored():
    paper = standing(row=np.arange(100, 160))
    ((part, other),) = parts_of(paper, [np.array([3, 5]), np.array([4])])
    assert (part.row.tolist(), other.row.tolist()) == ([103, 105], [104])


@pytest.mark.parametrize("why", ["clusters", "not sorted"])
def test_parts_of_clusters_and_of_scores_in_no_order_come_one_by_one(why):
    rng = np.random.default_rng(0)
    score, member = rng.normal(size=40), np.arange(40) % 2 == 0
    paper = Evidence.of(score, member)
    if why == "clusters":
        order = np.argsort(score)
        paper = Evidence.of(score[order], member[order], cluster=order // 2).sorted_already()
    places = [np.arange(25), np.arange(10, 40)]
    batches = list(parts_of(paper, places))
    assert [len(batch) for batch in batches] == [1, 1]
    for (part,), rows in zip(batches, places):
        wins, losses, _ = by_hand(np.sort(paper.score[rows]), paper.member[rows][part_order(part)])
        assert [counts.tolist() for counts in part.beaten()] == [wins, losses]
        if why == "clusters":
            assert part.cluster.tolist() == paper.cluster[rows].tolist()


def part_order(part):
    return np.argsort(part.score, kind="stable")


def test_so_many_parts_are_joined_as_fit_and_a_larger_one_stands_alone(monkeypatch):
    """Four records at most: 1 + 3, then 2, then 5 alone, then 0 + 4, then 0; none of no parts."""
    monkeypatch.setattr("tacit.core.parts.PIECE", 4)
    sizes = [1, 3, 2, 5, 0, 4, 0]
    parts = np.split(np.arange(15), np.cumsum(sizes)[:-1])
    found = list(together(parts))
    assert [bounds for _, bounds in found] == [[0, 1, 4], [0, 2], [0, 5], [0, 0, 4], [0, 0]]
    assert np.concatenate([places for places, _ in found]).tolist() == list(range(15))
    # one part alone is not copied
    assert found[2][0] is parts[3]
    assert list(together([])) == []
