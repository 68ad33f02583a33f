"""Shadow generators through `tacit.training.shadow`."""

import numpy as np
import pytest

from tacit import InvalidInput
from tacit.core.frame import Frame
from tacit.signals.synthetic import SCORES, synthetic_scores
from tacit.testing.generators import Cart, Copier
from tacit.training.generators import shadow_releases


def table(n, seed):
    rng = np.random.default_rng(seed)
    return {"x": rng.normal(size=n), "c": rng.choice(["a", "b", "c"], n)}


def test_every_row_is_scored_by_every_release():
    rows, reference = table(120, 0), table(200, 1)
    run = shadow_releases(Copier(1.0, 0.2), rows, reference, n=4, seed=3)
    assert run.shadow.shape == (4, 120, len(SCORES))
    member = run.member[0]
    own = Frame.of(rows).take(member)
    release = Copier(1.0, 0.2)(dict(own.columns), int(run.plan.seeds[0]))
    expected = synthetic_scores(
        Frame.of(rows), Frame.of(release), Frame.of(reference), seed=int(run.plan.seeds[0])
    )
    assert np.allclose(run.shadow[0, :, 0], expected["distance"], atol=1e-5)
    inside, outside = run.shadow[0, member, 4], run.shadow[0, ~member, 4]
    assert inside.mean() > outside.mean()


def test_a_run_is_kept_and_continued():
    store = {}

    rows, reference = table(100, 0), table(100, 1)
    shadow_releases(Cart(5, 100), rows, reference, n=2, store=store)
    kept = len(store)
    shadow_releases(Cart(5, 100), rows, reference, n=2, store=store)
    assert len(store) == kept


def test_a_release_of_too_few_rows_or_other_columns_stops_the_run():
    rows, reference = table(100, 0), table(100, 1)
    with pytest.raises(InvalidInput, match="50 rows or more, got 10"):
        shadow_releases(Copier(1.0, n=10), rows, reference, n=2)
    with pytest.raises(InvalidInput, match="no column 'c'"):
        shadow_releases(lambda rows, seed: {"x": table(60, 2)["x"]}, rows, reference, n=2)


def test_a_release_of_fifty_rows_is_enough_and_the_defaults_are_twelve_halves(monkeypatch):
    rows, reference = table(100, 0), table(100, 1)
    assert shadow_releases(Copier(1.0, n=50), rows, reference, n=2).n_models == 2
    asked = []
    monkeypatch.setattr(
        "tacit.training.generators.shadow",
        lambda recipe, given, **options: asked.append((recipe.columns, options)),
    )
    shadow_releases(Copier(), rows, reference)
    shadow_releases(Copier(), rows, reference, columns=("x",), seed=5, kind="coin")
    assert asked == [
        (None, {"n": 12, "seed": 0}),
        (("x",), {"n": 12, "seed": 5, "kind": "coin"}),
    ]


def test_polars_frames_are_handed_to_the_generator_as_such():
    polars = pytest.importorskip("polars")
    seen = []

    def generator(rows, seed):
        seen.append(rows)
        return rows

    run = shadow_releases(
        generator, polars.DataFrame(table(120, 0)), polars.DataFrame(table(100, 1)), n=2
    )
    assert [type(rows) for rows in seen] == [polars.DataFrame] * 2
    assert sum(len(rows) for rows in seen) == 120
    assert run.n_models == 2
