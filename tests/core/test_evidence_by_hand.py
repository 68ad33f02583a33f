"""Scores beside the truth: wins, ties and units, counted by hand."""

import numpy as np
import pytest

from tacit.core import Evidence, NotEnoughData


def by_hand(score, member):
    """Twice the wins over the other side, and who is strictly lower, record by record."""
    inside, outside = np.sort(score[member]), np.sort(score[~member])
    wins = [int(2 * (outside < s).sum() + (outside == s).sum()) for s in inside]
    losses = [int(2 * (inside < s).sum() + (inside == s).sum()) for s in outside]
    return wins, losses, [int((outside < s).sum()) for s in inside]


@pytest.mark.parametrize("how", ["as it came", "sorted", "by an order", "standing", "like another"])
@pytest.mark.parametrize("seed", range(3))
def test_wins_and_ties_are_the_same_however_the_scores_were_sorted(how, seed):
    rng = np.random.default_rng(seed)
    score, member = rng.integers(0, 9, 40) / 4, rng.random(40) < 0.4
    paper = Evidence.of(score, member)
    if how == "sorted":
        paper = paper.sorted_by()
    if how == "by an order":
        paper = paper.sorted_by(np.argsort(score, kind="stable"))
    if how in ("standing", "like another"):
        order = np.argsort(score, kind="stable")
        standing = Evidence.of(score[order], member[order]).sorted_already()
        paper = standing if how == "standing" else standing.sorted_like(standing)
        assert paper.stands
    wins, losses, below = by_hand(score, member)
    assert paper.below.tolist() == below
    assert [counts.tolist() for counts in paper.beaten()] == [wins, losses]
    assert paper.member_scores.tolist() == np.sort(score[member]).tolist()
    assert paper.nonmember_scores.tolist() == np.sort(score[~member]).tolist()
    ascending = np.sort(score)
    assert paper.step.tolist() == (ascending[1:] > ascending[:-1]).tolist()
    assert paper.without_counts().below.tolist() == below


def test_many_neighbours_are_looked_up_together(monkeypatch):
    monkeypatch.setattr("tacit.core.evidence.NEIGHBOURS", 7)
    rng = np.random.default_rng(5)
    score, member = rng.integers(0, 60, 100) / 4, rng.random(100) < 0.5
    assert Evidence.of(score, member).below.tolist() == by_hand(score, member)[2]


def test_what_is_asked_once_is_kept_unless_the_clusters_are_others():
    asked = []
    first = Evidence.of([1.0, 2.0], [0, 1]).sorted_already()
    for _ in range(2):
        assert first.once(lambda paper: asked.append(paper)) is None
    function = asked.append
    assert first.once(function) is None
    assert first.sorted_like(first).once(function) is None
    assert len(asked) == 3
    other = Evidence.of([1.0, 2.0], [0, 1], cluster=["a", "b"])
    other.sorted_like(first).once(function)
    assert len(asked) == 4


def test_records_are_taken_by_places_from_either_end():
    paper = Evidence.of([1.0, 2.0, 3.0], [1, 0, 1], cluster=["b", "a", "b"])
    for rows in (np.array([2, 0]), np.array([-1, -3])):
        found = paper.take(rows)
        assert found.row.tolist() == [2, 0]
        assert found.score.tolist() == [3, 1]
        assert found.cluster.tolist() == [1, 1]
    chosen = paper.take(np.array([False, True, True]))
    assert chosen.row.tolist() == [1, 2]
    assert chosen.take(np.array([1])).row.tolist() == [2]


def test_units_are_numbered_within_each_side():
    paper = Evidence.of(np.zeros(5), [1, 0, 1, 0, 0], cluster=["c", "c", "a", "b", "c"])
    inside, outside = paper.units
    assert inside.tolist() == [1, 0]
    assert outside.tolist() == [1, 0, 1]
    alone = Evidence.of(np.zeros(3), [1, 0, 1]).units
    assert [numbers.tolist() for numbers in alone] == [[0, 1], [0]]


def test_too_few_of_a_side_are_counted_in_the_error():
    paper = Evidence.of(np.zeros(5), [1, 1, 0, 0, 0])
    paper.require_both()
    paper.require_both(2, 3)
    for needed, unit, got in (((3, 1), "members", 2), ((1, 4), "non-members", 3)):
        with pytest.raises(NotEnoughData, match=f"needs {max(needed)} {unit}, got {got}") as caught:
            paper.require_both(*needed)
        assert (caught.value.needed, caught.value.got) == (max(needed), got)
    for member in ([1], [0]):
        with pytest.raises(NotEnoughData):
            Evidence.of([0.0], member).require_both()
    Evidence.of([0.0, 0.0], [1, 0]).require_both()


def test_an_attribute_that_evidence_lacks_is_named():
    paper = Evidence.of([0.0, 1.0], [0, 1])
    with pytest.raises(AttributeError, match="'Evidence' object has no attribute 'rows'"):
        paper.rows  # noqa: B018
    assert paper.row.tolist() == [0, 1]
