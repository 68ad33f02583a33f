"""Pieces of the AUC's variance and p-value by hand."""

import numpy as np
import pytest

from tacit.core import Evidence
from tacit.metrics import auc
from tacit.metrics.auc import (
    _delong,
    _lost_to_ties,
    _obuchowski,
    _Spread,
    _variance_ratio,
    no_leak_p_value,
)


@pytest.mark.parametrize("piece", [2, 4, 64])
def test_what_ties_take_is_told_from_the_middle_of_each_block(monkeypatch, piece):
    """Blocks of t equal scores around rank c, about the mean rank: sums of t^3 - t and of c (t^3 -
    t), however many records are looked at at a time.
    """
    monkeypatch.setattr("tacit.core.sorting.PIECE", piece)
    sizes = [2, 1, 3, 1, 1, 4, 2]
    n = sum(sizes)
    step = np.zeros(n - 1, bool)
    step[np.cumsum(sizes)[:-1] - 1] = True
    first = np.cumsum(sizes) - sizes
    middle = [start + (size + 1) / 2 - (n + 1) / 2 for start, size in zip(first, sizes)]
    cubes = [size**3 - size for size in sizes]
    second, third = _lost_to_ties(step, n)
    assert second == sum(cubes)
    assert third == pytest.approx(sum(c * cube for c, cube in zip(middle, cubes)))


def test_how_many_records_inform_is_told_by_the_smaller_side():
    """Twice 1,000 of 4,000 + 1,000 records, at 5 pairs of 100 out of order, are 100: 40 / 100 of
    what a variance has at least. Its own would be next to nothing.
    """
    for sides in ((4_000, 1_000), (1_000, 4_000)):
        spread = _Spread(0.95, 0.0, 1e-15, *sides, (999, 999))
        assert _variance_ratio(spread) == pytest.approx(0.7 * 40 / 100)
    fewer = _Spread(0.95, 0.0, 1e-15, 300, 4_000, (299, 299))
    # 30 inform: all of it
    assert _variance_ratio(fewer) == pytest.approx(0.7)


def test_records_that_are_copies_of_their_user_count_as_one():
    """Users of one to five equal records: the numbers are those of one record a user."""
    rng = np.random.default_rng(3)
    score = np.round(rng.normal(size=13), 1)
    member = np.arange(13) < 6
    size = np.arange(13) % 5 + 1
    user = np.repeat(np.arange(13), size)
    alone = _delong(Evidence.of(score, member))
    copies = _obuchowski(Evidence.of(np.repeat(score, size), np.repeat(member, size), cluster=user))
    assert copies.value == pytest.approx(alone.value)
    assert copies.from_members == pytest.approx(alone.from_members)
    assert copies.from_nonmembers == pytest.approx(alone.from_nonmembers)
    assert copies.freedom == pytest.approx((5, 6))
    assert copies.shrink == pytest.approx(13 / size.sum())


def test_wins_are_whole_numbers_whatever_an_area_is_rounded_to():
    """3 members and 5 non-members win 21 of 30 half pairs, and 21 / 30 * 30 is less than 21."""
    wins = 21
    assert int(wins / 30 * 2 * 3 * 5) == wins - 1
    # above 1 of them, above 5, and above 4 with one tie
    paper = Evidence.of([1.5, 5.5, 5, 1, 2, 3, 4, 5], [True] * 3 + [False] * 5)
    assert auc(paper).value == wins / 30
    assert auc(paper).p_value == no_leak_p_value(paper)
