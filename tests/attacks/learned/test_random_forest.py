"""The forest shows its trees enough records, and columns by how many records are known."""

import numpy as np
import pytest

from tacit.attacks.learned.random_forest import FEWEST_SEEN, MANY, RandomForest


def fitted(n, **settings):
    rng = np.random.default_rng(0)
    member = rng.random(n) < 0.5
    x = (rng.normal(size=(n, 12)) + member[:, None]).astype(np.float32)
    forest = RandomForest(trees=5, **settings).classifier()
    forest.fit(x, member)
    return forest, x, member


@pytest.mark.parametrize(("n", "seen"), [(300, 300), (6_000, 2_000), (20_000, 4_000)])
def test_a_tree_draws_two_thousand_records_or_its_share(n, seen):
    assert FEWEST_SEEN == 2_000
    forest, _, _ = fitted(n, share=0.2)
    assert {tree.tree_.n_node_samples[0] for tree in forest.grown} == {seen}


@pytest.mark.parametrize(("n", "leaf"), [(60, 10), (300, 20), (2_000, 30)])
def test_leaves_are_smaller_where_few_are_known(n, leaf):
    forest, _, _ = fitted(n)
    assert {tree.min_samples_leaf for tree in forest.grown} == {leaf}


@pytest.mark.parametrize(("n", "columns"), [(300, 4), (MANY - 1, 4), (MANY, 3)])
def test_few_records_are_cut_at_the_best_of_a_third_of_the_columns(n, columns):
    forest, _, _ = fitted(n)
    assert {tree.max_features_ for tree in forest.grown} == {columns}


def test_records_without_weight_are_not_learned_from():
    x = np.repeat([[0.0], [1.0]], 500, axis=0).astype(np.float32)
    member = np.arange(1000) % 2 == 0
    weight = np.where(member == (x[:, 0] == 1), 1.0, 0.0)
    forest = RandomForest(trees=5).classifier()
    forest.fit(x, member, weight)
    np.testing.assert_allclose(forest.predict_proba(x)[:, 1], x[:, 0])


def test_three_hundred_records_tell_members():
    forest, x, member = fitted(300)
    p = forest.predict_proba(x)[:, 1]
    assert p[member].mean() > p[~member].mean() + 0.1
