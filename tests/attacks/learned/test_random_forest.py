"""The forest shows its trees enough records, and columns by how many records are known."""

import numpy as np
import pytest

from tacit.attacks.learned.random_forest import FEWEST_SEEN, MANY, RandomForest


def fitted(n, **settings):
    rng = np.random.default_rng(0)
    member = rng.random(n) < 0.5
    x = (rng.normal(size=(n, 9)) + member[:, None]).astype(np.float32)
    forest = RandomForest(trees=5, **settings).classifier()
    forest.fit(x, member)
    return forest, x, member


@pytest.mark.parametrize("n", [300, FEWEST_SEEN, 3 * FEWEST_SEEN, 10 * FEWEST_SEEN])
def test_a_tree_sees_two_thousand_records_or_all_or_its_share(n):
    forest, _, _ = fitted(n, share=0.2)
    assert forest.model.max_samples == {300: 300, 20_000: 4_000}.get(n, FEWEST_SEEN)


@pytest.mark.parametrize(("n", "columns"), [(MANY - 1, 3), (MANY, 3), (300, 3)])
def test_few_records_are_cut_at_the_best_of_a_third_of_the_columns(n, columns):
    forest, _, _ = fitted(n)
    assert forest.model.estimators_[0].max_features_ == columns
    assert (forest.model.max_features == "sqrt") is (n >= MANY)


def test_three_hundred_records_tell_members():
    forest, x, member = fitted(300)
    p = forest.predict_proba(x)[:, 1]
    assert p[member].mean() > p[~member].mean() + 0.1
