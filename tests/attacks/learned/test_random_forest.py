"""The forest draws its cuts where there are many records."""

import numpy as np
import pytest

from tacit.attacks.learned.random_forest import MANY, RandomForest


@pytest.mark.parametrize(
    ("n", "kind"), [(MANY - 1, "RandomForestClassifier"), (MANY, "ExtraTreesClassifier")]
)
def test_cuts_are_drawn_where_records_are_many(n, kind):
    rng = np.random.default_rng(0)
    member = rng.random(n) < 0.5
    x = (rng.normal(size=(n, 3)) + member[:, None]).astype(np.float32)
    forest = RandomForest(trees=10).classifier()
    forest.fit(x, member)
    assert type(forest.model).__name__ == kind
    p = forest.predict_proba(x)[:, 1]
    assert p[member].mean() > p[~member].mean() + 0.1
