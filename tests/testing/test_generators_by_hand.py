"""Generators of synthetic tables by hand: what is copied, what is redrawn, and which leaf."""

import numpy as np
import pytest

from tacit.core.frame import Frame
from tacit.testing.generators import (
    Cart,
    Copier,
    GaussianCopula,
    Marginals,
    _order,
    _perturbed,
    _sorted_column,
)


def numbered(n, start=0):
    """A table whose every cell says which row it comes from."""
    row = np.arange(start, start + n, dtype=float)
    return {"a": row, "b": row + 0.25, "c": row + 0.5}


def row_of(table):
    return np.stack([np.floor(table[name]) for name in "abc"], axis=1)


def test_by_default_everything_is_copied_and_three_cells_in_ten_are_redrawn():
    found = row_of(Copier()(numbered(4000), 0))
    assert found.shape == (4000, 3)
    # the row of a release is known by two equal cells
    assert (found[:, 0] == found[:, 1]).mean() == pytest.approx(0.49, abs=0.03)
    assert Copier().n is None


def test_a_share_is_copied_once_each_and_the_rest_holds_no_row():
    found = row_of(Copier(0.25, 0.0)(numbered(400), 1))
    whole = (found == found[:, :1]).all(axis=1)
    assert whole.sum() == 100
    assert len(np.unique(found[whole, 0])) == 100
    # in random order, not the copies first
    assert 10 < whole[:100].sum() < 45
    assert len(found) == 400
    assert len(row_of(Copier(0.25, 0.0, n=40)(numbered(400), 1))) == 40


def test_what_is_not_copied_is_a_row_of_the_pool_with_the_same_chance():
    pool = numbered(400, start=1000)
    found = row_of(Copier(0.25, 0.0, pool=pool, n=400)(numbered(400), 1))
    assert (found == found[:, :1]).all()
    assert (found[:, 0] >= 1000).sum() == 300
    redrawn = row_of(Copier(0.0, 0.3, pool=numbered(4000, start=1000), n=4000)(numbered(9), 1))
    assert redrawn.min() >= 1000
    assert (redrawn[:, 0] == redrawn[:, 1]).mean() == pytest.approx(0.49, abs=0.03)


def test_rows_repeat_only_where_there_are_too_few():
    frame, rng = Frame.of(numbered(30)), np.random.default_rng(0)
    every = _perturbed(frame, 30, 0.0, rng)["a"]
    assert sorted(every) == list(range(30))
    more = _perturbed(frame, 31, 0.0, rng)["a"]
    assert len(more) == 31
    assert len(np.unique(more)) < 31
    # any row may give a cell, the first and the last too
    cells = _perturbed(frame, 3000, 1.0, rng)["a"]
    assert {0.0, 29.0} <= set(cells)
    half = _perturbed(frame, 3000, 0.5, rng)
    assert (np.floor(half["a"]) == np.floor(half["b"])).mean() == pytest.approx(0.267, abs=0.04)


def test_independent_columns_hold_no_row():
    found = row_of(Marginals()(numbered(300), 0))
    assert found.shape == (300, 3)
    assert (found[:, 0] == found[:, 1]).mean() < 0.03
    assert len(Marginals(7)(numbered(300), 0)["a"]) == 7


def test_categories_are_ordered_by_their_frequency_and_numbers_by_value():
    texts = np.array(["b", "a", "c", "a", "c", "a", "d"])
    assert _order(texts).tolist() == [2, 0, 1, 0, 1, 0, 3]
    assert _sorted_column(texts).tolist() == ["a", "a", "a", "c", "c", "b", "d"]
    assert _order(np.array([3.0, -1.0, np.nan, 3.0])).tolist() == [1, 0, 2, 1]
    assert _sorted_column(np.array([3.0, -1.0, 2.0])).tolist() == [-1.0, 2.0, 3.0]


def test_a_copula_keeps_correlation_and_every_marginal():
    rng = np.random.default_rng(0)
    x = rng.normal(size=4000)
    rows = {"x": x, "y": -0.8 * x + 0.6 * rng.normal(size=4000), "z": np.exp(x)}
    found = GaussianCopula()(rows, 1)
    assert len(found["x"]) == 4000
    assert np.corrcoef(found["x"], found["y"])[0, 1] == pytest.approx(-0.8, abs=0.03)
    assert np.corrcoef(found["x"], np.log(found["z"]))[0, 1] > 0.99
    for name, values in rows.items():
        assert set(found[name]) <= set(values)
        ends = np.quantile(values, [0.05, 0.5, 0.95])
        np.testing.assert_allclose(
            np.quantile(found[name], [0.05, 0.5, 0.95]), ends, rtol=0.15, atol=0.06
        )
    # ten values are drawn equally often, the smallest and the largest too
    few = GaussianCopula(5000)({"x": np.arange(10.0), "y": np.zeros(10)}, 2)["x"]
    np.testing.assert_allclose(np.bincount(few.astype(int)), 500, atol=90)
    assert len(GaussianCopula(9)({"x": x}, 0)["x"]) == 9


def test_a_tree_gives_rows_of_the_leaf_that_the_columns_before_lead_to():
    """Two groups far apart in the first column have their own values in the second."""
    group = np.repeat([0.0, 100.0], 50)
    rows = {
        "g": group + np.tile(np.arange(50), 2) / 100,
        "v": group + 0.5,
        "t": np.where(group > 50, "far", "near"),
    }
    found = Cart(5, 600)(rows, 0)
    assert len(found["g"]) == 600
    far = found["g"] > 50
    assert 0.4 < far.mean() < 0.6
    assert (found["v"][far] == 100.5).all()
    assert (found["v"][~far] == 0.5).all()
    assert (found["t"][far] == "far").all()
    assert {"far", "near"} == set(found["t"])
    assert len(Cart()(rows, 0)["g"]) == 100


def test_leaves_are_no_smaller_than_asked_for_and_every_row_of_one_is_drawn():
    """Three columns of 20 rows: with leaves of 20 there is nothing but the marginals."""
    rows = {"x": np.arange(20.0), "y": np.arange(20.0) * 10}
    loose = Cart(20, 4000)(rows, 0)
    assert abs(np.corrcoef(loose["x"], loose["y"])[0, 1]) < 0.06
    counts = np.bincount((loose["y"] / 10).astype(int), minlength=20)
    assert counts.min() > 130
    tight = Cart(5, 4000)(rows, 0)
    assert np.corrcoef(tight["x"], tight["y"])[0, 1] > 0.9
    # leaves of five rows or more: each first value meets five seconds or more
    assert all(len(np.unique(tight["y"][tight["x"] == x])) >= 5 for x in range(20))
    assert (Cart().leaf, Cart().n) == (5, None)
    single = Cart(1, 400)(rows, 0)
    np.testing.assert_array_equal(single["y"], 10 * single["x"])


def test_categories_are_told_by_a_tree_of_classes():
    """Ten of the middle category, then the two outer ones by turns: their mean is the same.

    A tree of numbers finds no edge between the ten and the others; one of classes does.
    """
    text = np.array(["m"] * 10 + ["a", "z"] * 9 + ["a", "a"])
    assert _order(text)[[0, 10, 11]].tolist() == [1, 0, 2]
    found = Cart(10, 900)({"x": np.arange(30.0), "t": text}, 3)
    assert set(found["t"][found["x"] < 10]) == {"m"}
    assert set(found["t"][found["x"] >= 10]) == {"a", "z"}
