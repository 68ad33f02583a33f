"""Shuffles of membership: every labelling, either side the smaller one, and fair samples."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from scipy.stats import binom

from tacit.metrics.permutation import (
    Labels,
    _subsets,
    gathered,
    own_order,
)
from tacit.metrics.rows import Rows


def rows(n, seed=0):
    rng = np.random.default_rng(seed)
    ranks = Rows(np.zeros(n, np.uint8), 1, rng.integers(-9, 9, n))
    cuts = Rows(rng.integers(0, 3, n).astype(np.uint8), 3, nested=True)
    return [ranks, cuts, Rows(rng.integers(0, 2, n).astype(np.uint8), 2, rng.normal(size=n))]


@pytest.mark.parametrize("n_members", [3, 6])
def test_sums_over_members_are_those_of_every_labelling(n_members):
    """Also where the non-members are fewer: then their sums are taken from the totals."""
    parts, member = rows(9), np.arange(9) < n_members
    labels = Labels.of(member, parts)
    assert labels.every
    assert labels.few == 3
    assert labels.n_shuffles == comb(9, 3)
    for place in (0, 1, 2):
        found = labels.smallest(lambda totals, place=place: totals[place][:, 0])
        dense = parts[place].dense()[0]
        expected = [dense[list(chosen)].sum() for chosen in combinations(range(9), n_members)]
        np.testing.assert_allclose(np.sort(found), np.sort(expected), atol=1e-4)
    assert labels.observed()[0][0, 0] == parts[0].weight[member].sum()
    np.testing.assert_array_equal(labels.observed()[1][0], parts[1].dense()[:, member].sum(axis=1))


def test_up_to_20_000_labellings_are_all_tried():
    """16 choose 8 is 12,870; 17 choose 8 is 24,310."""
    for n, every in ((16, True), (17, False)):
        labels = Labels.of(np.arange(n) < 8, rows(n))
        assert labels.every == every
    assert labels.n_shuffles == 9_999
    assert len(labels.smallest(lambda totals: totals[0][:, 0])) == 9_999
    wide = [Rows(np.zeros(100_000, np.uint8), 1)] * 40
    dear = Labels(np.arange(100_000) < 50_000, tuple(wide))
    # a gathered number is dearer here than 1 / 400 of a product: 3e8 / (1e5 * 40 / 400)
    assert dear.n_shuffles == 9_999
    dearer = Labels(np.arange(100_000) < 50_000, tuple(wide * 20))
    assert dearer.n_shuffles == pytest.approx(3e8 / (1e5 * 800 / 400), abs=1)
    assert Labels(dearer.member, tuple(wide * 80)).n_shuffles == 999


@pytest.mark.parametrize(("n", "few"), [(20, 4), (100, 3)])
def test_subsets_are_fair_and_hold_nobody_twice(n, few):
    """Each record is in few / n of the subsets: exact limits, 1 in 10^5 a record either side; an
    index that is never or always taken would stand out.
    """
    chosen = _subsets(np.random.default_rng(0), n, few, 4000)
    assert chosen.shape == (4000, few)
    assert all(len(set(row)) == few for row in chosen.tolist())
    counts = np.bincount(chosen.ravel(), minlength=n)
    assert len(counts) == n
    low, high = binom.ppf([1e-5, 1 - 1e-5], 4000, few / n)
    assert ((low <= counts) & (counts <= high)).all()


def test_sums_are_gathered_by_code_and_weight():
    """Records 0, 2 and 1, 3 of codes 0, 1, 1, 2 and weights 1, 2, 4, 8."""
    code, weight = np.array([0, 1, 1, 2], np.uint8), np.array([1.0, 2, 4, 8])
    chosen = np.array([[0, 2], [1, 3]])
    assert gathered(Rows(code, 3, weight), chosen).tolist() == [[1, 4, 0], [0, 2, 8]]
    assert gathered(Rows(code, 3), chosen).tolist() == [[1, 1, 0], [0, 1, 1]]
    assert gathered(Rows(code, 3, nested=True), chosen).tolist() == [[1, 0], [2, 1]]


def test_the_own_order_forgets_the_order_of_arrival():
    parts = rows(30)
    mixed = np.random.default_rng(1).permutation(30)
    first = [part.take(own_order(parts)) for part in parts]
    moved = [part.take(mixed) for part in parts]
    second = [part.take(own_order(moved)) for part in moved]
    for one, other in zip(first, second):
        np.testing.assert_array_equal(one.dense(), other.dense())


def test_shuffles_too_many_to_keep_are_the_same_ones_drawn_anew(monkeypatch):
    """Block by block from the same seed: the last block is shorter, none is left out."""
    from tacit.metrics import permutation

    member = np.arange(300) < 120
    labels = Labels.of(member, [Rows(np.arange(300) % 5, 5)])
    assert not labels.every
    monkeypatch.setattr(permutation, "BLOCK", 300 * 400)
    permutation._kept.cache_clear()
    kept = np.concatenate(list(labels._chosen()))
    monkeypatch.setattr(permutation, "KEPT", 0)
    drawn = list(labels._chosen())
    permutation._kept.cache_clear()
    assert [len(block) for block in drawn[:-1]] == [400] * (len(drawn) - 1)
    np.testing.assert_array_equal(np.concatenate(drawn), kept)
    assert len(kept) == labels.n_shuffles == 9999
    assert (np.diff(np.sort(kept[:500], axis=1), axis=1) > 0).all()


def written_out(rng, n, few, count):
    """Subsets one by one where they are small for `n`, else the `few` smallest of random keys."""
    if few * 20 < n:
        return [rng.choice(n, few, replace=False, shuffle=False).tolist() for _ in range(count)]
    keys = rng.random((count, n), np.float32)
    return [np.argsort(row)[:few].tolist() for row in keys]


@pytest.mark.parametrize(("n", "few"), [(40, 2), (41, 2), (42, 2), (9, 4), (300, 120)])
def test_subsets_of_less_than_a_twentieth_are_drawn_one_by_one(n, few):
    """2 of 41 are fewer than a twentieth, 2 of 40 are not: both roads are fair, and both are the
    same in every release, so that an old report can be made again.
    """
    found = _subsets(np.random.default_rng(5), n, few, 30)
    known = written_out(np.random.default_rng(5), n, few, 30)
    assert [set(row) for row in found.tolist()] == [set(row) for row in known]


def test_one_of_20_000_records_has_20_000_labellings_and_one_more_is_too_many():
    code = np.zeros(20_001, np.uint8)
    for n, every in ((20_000, True), (20_001, False)):
        labels = Labels(np.arange(n) == 0, (Rows(code[:n], 1),))
        assert (labels.every, labels.n_shuffles == n) == (every, every)


def test_labellings_come_in_blocks_of_as_many_as_fit(monkeypatch):
    """Nine records, 3 members: 84 labellings; 95 numbers at once are ten labellings of nine."""
    from tacit.metrics import permutation

    monkeypatch.setattr(permutation, "BLOCK", 95)
    labels = Labels.of(np.arange(9) < 3, rows(9))
    blocks = list(labels._chosen())
    assert [len(block) for block in blocks] == [10] * 8 + [4]
    found = [tuple(row) for block in blocks for row in block.tolist()]
    assert found == list(combinations(range(9), 3))


def test_shuffles_are_kept_up_to_a_number_and_no_further(monkeypatch):
    """999 subsets of 40 are 39,960 numbers."""
    from tacit.metrics import permutation

    asked = []
    monkeypatch.setattr(permutation, "MOST_SHUFFLES", 999)
    monkeypatch.setattr(
        permutation, "_kept", lambda n, few, count: asked.append(few) or np.zeros((1, few), int)
    )
    labels = Labels(np.arange(100) < 40, (Rows(np.zeros(100, np.uint8), 1),))
    for most, kept in ((39_959, []), (39_960, [40])):
        monkeypatch.setattr(permutation, "KEPT", most)
        list(labels._chosen())
        assert asked == kept


def test_sums_are_products_of_matrices_where_that_is_quicker():
    """400 records and one row: one product of 400 numbers is as dear as one number gathered; of ten
    rows in two families ten are, as for five members in both.
    """
    one = Rows(np.zeros(400, np.uint8), 1)
    five = Rows(np.zeros(400, np.uint8), 5)
    six = Rows(np.zeros(400, np.uint8), 6)
    for parts, few, dense in [
        ((one,), 1, True),
        ((five,), 4, False),
        ((five, five), 5, True),
        ((six, five), 5, False),
        ((five, five), 4, False),
    ]:
        assert Labels(np.arange(400) < few, parts)._is_dense == dense
