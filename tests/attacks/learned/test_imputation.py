"""Chances of a hidden value sum to one, and unseen values keep a floor."""

import numpy as np

from tacit.attacks.learned.imputation import FLOOR, Imputation


def test_one_value_alone_is_as_sure_as_the_floor_allows():
    """Only value 1 of three was seen: (1 + f) / (1 + 3 f), and f / (1 + 3 f) for the others."""
    found = Imputation()(
        np.zeros((5, 2)),
        np.ones(5, int),
        np.zeros((2, 2)),
        n_values=3,
        categorical=np.zeros(2, bool),
    )
    sure, rare = (1 + FLOOR) / (1 + 3 * FLOOR), FLOOR / (1 + 3 * FLOOR)
    np.testing.assert_allclose(np.exp(found), [[rare, sure, rare]] * 2, rtol=1e-9)


def test_without_columns_the_shares_of_the_values_are_the_chances():
    found = Imputation()(
        np.zeros((4, 0)),
        np.array([0, 0, 0, 1]),
        np.zeros((1, 0)),
        n_values=2,
        categorical=np.zeros(0, bool),
    )
    wanted = np.array([0.75, 0.25]) + FLOOR
    np.testing.assert_allclose(np.exp(found[0]), wanted / wanted.sum(), rtol=1e-9)


def test_a_column_that_tells_the_value_is_learned():
    rng = np.random.default_rng(0)
    column = rng.normal(size=(300, 1))
    value = (column[:, 0] > 0).astype(int)
    found = Imputation()(
        column, value, np.array([[-1.0], [1.0]]), n_values=2, categorical=np.zeros(1, bool)
    )
    np.testing.assert_allclose(np.exp(found).sum(axis=1), 1.0)
    assert (np.exp(found)[[0, 1], [0, 1]] > 0.95).all()


def test_a_value_that_was_never_seen_keeps_a_chance_of_one_in_a_hundred_thousand():
    assert FLOOR == 1e-5
    rng = np.random.default_rng(1)
    column = rng.normal(size=(200, 1))
    found = Imputation(rounds=3)(
        column,
        2 * (column[:, 0] > 0).astype(int),
        column[:5],
        n_values=4,
        categorical=np.zeros(1, bool),
    )
    np.testing.assert_allclose(np.exp(found[:, [1, 3]]), 1e-5 / (1 + 4e-5))
