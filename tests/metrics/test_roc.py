"""Counts at thresholds, by hand."""

import numpy as np
import pytest

from tacit.core import Evidence
from tacit.metrics import best_threshold
from tacit.metrics.clusters import effective_size
from tacit.metrics.roc import at_or_above, best_place, gains, sides


def paper(members, others, cluster=None):
    scores = np.concatenate([np.asarray(members, float), np.asarray(others, float)])
    member = np.arange(len(scores)) < len(members)
    return Evidence(scores, member, cluster, "observed", "by hand", np.arange(len(scores)))


def test_a_score_at_the_threshold_is_accused():
    assert at_or_above(np.array([1.0, 2.0, 2.0, 3.0]), 2.0) == 3
    assert at_or_above(np.array([1.0, 2.0, 2.0, 3.0]), 2.5) == 1


def test_sides_by_hand():
    members, others = sides(paper([1, 2, 3, 4, 5], [0, 3, 1]), 3.0)
    assert (members.hits, members.n, members.size, members.n_units) == (3, 5, 5, 5)
    assert (others.hits, others.n, others.size, others.n_units) == (1, 3, 3, 3)
    assert members.share == 0.6
    assert members.effective_hits == 3


def test_sides_of_clusters_count_clusters():
    cluster = np.concatenate([np.repeat(np.arange(6), 4), 10 + np.repeat(np.arange(5), 3)])
    rng = np.random.default_rng(0)
    evidence = paper(rng.normal(size=24), rng.normal(size=15), cluster)
    members, others = sides(evidence, 0.1)
    assert (members.n_units, others.n_units) == (6, 5)
    hit = evidence.score >= 0.1
    assert members.size == effective_size(hit[:24], np.repeat(np.arange(6), 4))
    assert others.size == effective_size(hit[24:], np.repeat(np.arange(5), 3))
    assert members.effective_hits == pytest.approx(hit[:24].mean() * members.size)


def test_gains_by_hand():
    """Members 1, 2, 4 and others 0, 2: TPR 1, 2/3, 1/3; FPR 1/2, 1/2, 0."""
    assert gains(paper([1, 2, 4], [0, 2])) == pytest.approx([1 / 2, 2 / 3 - 1 / 2, 1 / 3])


def test_the_highest_of_equally_good_thresholds_is_taken():
    """Gaps 1/2 at 1 and at 3: the higher one accuses fewer people."""
    evidence = paper([1, 3, 3, 3], [0, 0.5, 2, 2, 2, 2])
    # at 1: 1 - 4/6; at 3: 3/4
    assert best_threshold(evidence) == 3.0
    assert best_place(evidence) == 1, "the first of equal scores"
    level = paper([1, 3], [0, 2])
    assert gains(level) == pytest.approx([0.5, 0.5])
    assert best_threshold(level) == 3.0


def test_no_gap_is_accusing_nobody():
    assert best_place(paper([0, 0], [0, 0])) == 2
    assert best_threshold(paper([1, 1], [1, 1])) == np.inf
    assert best_threshold(paper([1, 1], [1, 0])) == 1.0


def test_the_worth_of_clusters_counts_records_at_the_threshold():
    """Thirty users a side, who differ in how many of their four records reach 1 exactly."""
    from tacit.metrics.clusters import effective_size

    user = np.repeat(np.arange(60), 4)
    reached = np.tile(np.arange(4), 60) < np.repeat(np.arange(60) % 5, 4)
    above = np.tile(np.arange(4), 60) < np.repeat(np.arange(60) % 3, 4)
    score = np.where(above & reached, 2.0, np.where(reached, 1.0, 0.0))
    world = Evidence(score, user < 30, user, "observed", "x", np.arange(240))
    members, _ = sides(world, 1.0)
    inside = user < 30
    assert members.hits == np.count_nonzero(reached[inside])
    assert members.size == pytest.approx(effective_size(score[inside] >= 1, user[inside]))
    assert members.size != pytest.approx(effective_size(score[inside] > 1, user[inside]))


@pytest.mark.parametrize("piece", [1, 7, 20, 1 << 16])
def test_gains_are_those_of_each_threshold_in_pieces_of_any_size(piece, monkeypatch):
    from tacit.core import sorting

    monkeypatch.setattr(sorting, "PIECE", piece)
    rng = np.random.default_rng(0)
    member, other = np.sort(rng.normal(0.5, 1, 20)), np.sort(rng.normal(size=33))
    score = np.concatenate([member, other])
    found = gains(Evidence(score, np.arange(53) < 20, None))
    known = [(member >= cut).mean() - (other >= cut).mean() for cut in member]
    assert found == pytest.approx(known)
