"""Ranks within slices against numbers worked out by hand."""

import numpy as np
import pytest

from tacit.core.sorting import PIECE
from tacit.metrics.looks import Ranked, rank_look
from tacit.metrics.slice_looks import slice_look


def test_a_slice_ranks_its_own_records_only():
    score = np.array([0.0, 5, 1, 6, 2, 7])
    code = np.array([0, 1, 0, 1, 0, 1])
    member = np.array([0, 1, 0, 0, 1, 0], bool)
    look = slice_look("s", Ranked.of("a", score), code, 2, member)
    assert look.rows.weight.tolist() == [-2, -2, 0, 0, 2, 2]
    assert look.p_value == pytest.approx([1 / 3, 1.0])
    assert look.least == pytest.approx([1 / 3, 1 / 3])


def test_ranks_within_a_slice_become_an_advantage_by_its_own_size():
    """All of 6 members above all of 6 others: the ranks differ by 12, an area of 1/2 above 1/2."""
    member = np.tile(np.arange(12) < 6, 2)
    code = np.repeat([0, 1], 12)
    score = np.r_[100.0 * member[:12] + np.arange(12), np.arange(12.0) % 2]
    look = slice_look("g", Ranked.of("a", score), code, 2, member)
    rank = look.rows.dense()[0][:12]
    gap = rank[:6].mean() - rank[6:].mean()
    assert gap == 12.0
    assert look.unit.tolist() == [0.5 / 12, 0.5 / 12]
    assert gap * look.unit[0] == 0.5


def test_a_slice_of_nobody_and_a_slice_of_one_tell_nothing():
    """Of five slices two are empty and one holds one record; a record of no slice is in none."""
    code = np.array([4, 1, 1, 1, -1, 2, 1])
    member = np.array([1, 1, 0, 0, 1, 1, 0], bool)
    for score in (np.arange(7.0), np.array([0, 1, 1, 0, 5, 5, 0.0])):
        look = slice_look("s", Ranked.of("a", score), code, 5, member)
        own = np.array([1, 2, 3, 6])
        ranks = Ranked.of("a", score[own]).rank
        assert look.rows.weight[own].tolist() == ranks.tolist()
        assert look.rows.weight[[0, 4, 5]].tolist() == [0, 0, 0]
        # the one member among four records, in one of four places
        p = float(np.mean(ranks >= ranks[0]))
        assert look.p_value == pytest.approx([1, p, 1, 1, 1])
        assert look.least == pytest.approx([1, 1 / 4, 1, 1, 1])
        assert look.unit == pytest.approx([0.5, 0.5 / 4, 0.5, 0.5, 0.5])


@pytest.mark.parametrize("together_at_most", [1, 30, PIECE])
@pytest.mark.parametrize("n_codes", [3, 16, 17, 40])
def test_slices_rank_as_they_would_alone_whether_few_or_many(
    monkeypatch, n_codes, together_at_most
):
    """Ranked one by one, a few at a time, and all together."""
    monkeypatch.setattr("tacit.core.parts.PIECE", together_at_most)
    rng = np.random.default_rng(n_codes)
    score = rng.integers(0, 12, 200).astype(float)
    code, member = rng.integers(-1, n_codes, 200), rng.random(200) < 0.4
    look = slice_look("s", Ranked.of("a", score), code, n_codes, member)
    for value in range(n_codes):
        here = code == value
        if not here.any():
            continue
        alone = rank_look(Ranked.of("a", score[here]), member[here])
        assert look.rows.weight[here].tolist() == alone.rows.weight.tolist()
        assert look.p_value[value] == pytest.approx(alone.p_value[0])
        assert look.least[value] == pytest.approx(alone.least[0])
