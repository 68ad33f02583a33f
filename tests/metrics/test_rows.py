"""Rows that are never written out, against the same rows written out."""

import numpy as np
import pytest

from tacit.metrics import rows as module
from tacit.metrics.rows import Rows, above, gram


def drawn(n, seed):
    """Rows of every kind: one code or many, with and without weights, nested or not."""
    rng = np.random.default_rng(seed)
    return [
        Rows(rng.integers(0, codes, n).astype(kind), codes, weight, nested)
        for codes, kind in ((1, np.uint8), (2, np.int16), (5, np.int64))
        for weight in (None, rng.integers(-9, 9, n), rng.normal(size=n))
        for nested in (False, True)
        if codes > 1 or not nested
    ]


def written_out(rows):
    """Float (n_rows, n), entry by entry."""
    weight = np.ones(len(rows.code)) if rows.weight is None else rows.weight
    first = 1 if rows.nested else 0
    return np.array(
        [
            [w if (c >= r if rows.nested else c == r) else 0.0 for c, w in zip(rows.code, weight)]
            for r in range(first, rows.n_codes)
        ]
    )


@pytest.mark.parametrize("part", [1, 7, 40, 1 << 18])
def test_sums_and_products_are_those_of_the_written_out_rows(part, monkeypatch):
    """However many records are worked through at a time."""
    monkeypatch.setattr(module, "PART", part)
    every = drawn(41, 0)
    dense = [written_out(one) for one in every]
    for one, full in zip(every, dense):
        assert one.n_rows == len(full)
        np.testing.assert_allclose(one.dense(), full)
        np.testing.assert_allclose(one.totals, full.sum(axis=1), atol=1e-12)
        np.testing.assert_allclose(one.squares, (full**2).sum(axis=1), atol=1e-12)
        np.testing.assert_allclose(one.squared().dense(), full**2)
        for other, others in zip(every, dense):
            np.testing.assert_allclose(one.products(other), full @ others.T, atol=1e-11)


def test_some_of_the_records_keep_their_rows():
    for one in drawn(12, 1):
        for rows in (np.array([3, 0, 11, 3]), slice(2, 9)):
            np.testing.assert_allclose(one.take(rows).dense(), written_out(one)[:, rows])


def test_squares_of_large_whole_numbers_do_not_overflow():
    """Ranks of int32: 60,000 squared is more than it holds; two codes and one code."""
    weight = np.array([60_000, -60_000, 1], np.int32)
    one = Rows(np.zeros(3, np.uint8), 1, weight)
    two = Rows(np.array([0, 1, 1], np.uint8), 2, weight)
    assert one.squares.tolist() == [7_200_000_001.0]
    assert two.squares.tolist() == [3_600_000_000.0, 3_600_000_001.0]
    assert one.products(one).tolist() == [[7_200_000_001.0]]
    assert one.squared().totals.tolist() == [7_200_000_001.0]


def test_codes_of_one_byte_make_pairs_beyond_a_byte():
    """200 codes of either: 40,000 pairs."""
    code = np.arange(200, dtype=np.uint8)
    table = Rows(code, 200).products(Rows(code[::-1].copy(), 200))
    np.testing.assert_array_equal(table, np.eye(200)[:, ::-1])


def test_sums_above_each_code_by_hand():
    assert above(np.array([1, 2, 4, 8]), axis=0).tolist() == [14, 12, 8]
    assert above(np.array([[1, 2, 4], [8, 16, 32]]), axis=-1).tolist() == [[6, 4], [48, 32]]
    assert above(np.array([[1, 2], [4, 8], [16, 32]]), axis=0).tolist() == [[20, 40], [16, 32]]


def test_no_records_make_rows_of_nothing():
    empty = Rows(np.zeros(0, np.uint8), 3)
    assert empty.totals.tolist() == [0, 0, 0]
    assert empty.products(empty).tolist() == np.zeros((3, 3)).tolist()


@pytest.mark.parametrize("piece", [5, 64])
def test_products_of_all_pairs_are_those_of_the_rows_written_out(monkeypatch, piece):
    """One code or several, nested or not, weighted or not, of one column or two with as many
    codes, in pieces of any size.
    """
    monkeypatch.setattr(module, "CACHED", piece)
    rng = np.random.default_rng(0)
    n = 23
    one, other = rng.integers(0, 3, (2, n)).astype(np.uint8)
    nothing = np.zeros(n, np.uint8)
    weight, more = rng.integers(-5, 6, (2, n))
    listed = [
        Rows(one, 3),
        Rows(one, 3, weight),
        Rows(other, 3, more),
        Rows(other, 3, nested=True),
        Rows(nothing, 1, weight),
        Rows(nothing, 1, more),
        Rows(nothing, 1),
    ]
    dense = np.concatenate([rows.dense() for rows in listed])
    np.testing.assert_allclose(gram(listed), dense @ dense.T)
