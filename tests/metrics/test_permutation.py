"""Shuffles of membership: every labelling, either side the smaller one, and fair samples."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from scipy.stats import binom

from tacit.metrics.permutation import (
    FEWEST_SHUFFLES,
    MOST_SHUFFLES,
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
    return [ranks, cuts]


@pytest.mark.parametrize("n_members", [3, 6])
def test_sums_over_members_are_those_of_every_labelling(n_members):
    """Also where the non-members are fewer: then their sums are taken from the totals."""
    parts, member = rows(9), np.arange(9) < n_members
    labels = Labels.of(member, parts)
    assert labels.every
    assert labels.few == 3
    assert labels.n_shuffles == comb(9, 3)
    for place in (0, 1):
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
    assert labels.n_shuffles == MOST_SHUFFLES
    assert len(labels.smallest(lambda totals: totals[0][:, 0])) == MOST_SHUFFLES
    wide = [Rows(np.zeros(100_000, np.uint8), 1)] * 40
    dear = Labels(np.arange(100_000) < 50_000, tuple(wide))
    # a gathered number is dearer here than 1 / 400 of a product: 3e8 / (1e5 * 40 / 400)
    assert dear.n_shuffles == MOST_SHUFFLES
    dearer = Labels(np.arange(100_000) < 50_000, tuple(wide * 20))
    assert dearer.n_shuffles == pytest.approx(3e8 / (1e5 * 800 / 400), abs=1)
    assert Labels(dearer.member, tuple(wide * 80)).n_shuffles == FEWEST_SHUFFLES


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
