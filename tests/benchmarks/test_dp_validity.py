import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def suite(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    sys.modules.pop("dp_worlds", None)
    import dp_validity
    import dp_worlds

    return dp_validity, dp_worlds


def test_true_epsilons_agree_with_their_definition(suite):
    _, dp_worlds = suite
    subsampled = dp_worlds.subsampled(0.1, 0.5)
    score, member = subsampled.draw(400_000, 1e-5, 0)
    outside, inside = np.sort(score[~member]), np.sort(score[member])
    for delta in (0.01, 0.03):
        t = np.linspace(-1, 2, 200)
        tpr, fpr = (
            1 - np.searchsorted(inside, t) / len(inside),
            1 - np.searchsorted(outside, t) / len(outside),
        )
        kept = (fpr > 1e-3) & (tpr > delta)
        assert np.log((tpr[kept] - delta) / fpr[kept]).max() == pytest.approx(
            subsampled.epsilon(delta), abs=0.12
        )


@pytest.mark.slow
def test_no_bound_breaks_in_the_quick_suite(suite, tmp_path):
    dp_validity, dp_worlds = suite
    cells = []
    for world in dp_worlds.worlds(1e-5):
        if (
            "eps=4" in world.name
            or "subset" in world.name
            or "shared" in world.name
            or "null" in world.name
        ):
            cells += dp_validity.played(world, dp_validity.ours(), 100, 1e-5, 12)
    assert not [f"{c.bound} in {c.world}: {c.above:.3f}" for c in cells if c.broken and c.entitled]
    page = dp_validity.page(cells, 1.0)
    assert "broken: 0" in page
    assert "jax-privacy" not in dp_validity.summary(cells)[-1]
    broken = replace(next(c for c in cells if c.entitled), above=0.5)
    assert f"{broken.bound}, {broken.world}, m = 100" in dp_validity.page([*cells, broken], 1.0)


def test_sizes_that_ran_apart_stand_on_one_page(suite, tmp_path, monkeypatch):
    dp_validity, _ = suite
    monkeypatch.setattr(dp_validity, "SIZES", {100: 2, 1000: 2})
    monkeypatch.setattr(dp_validity, "FEWEST", 2)
    for m in ("100", "1000"):
        command = [
            "--sizes",
            m,
            "--deltas",
            "0",
            "--only",
            "Laplace eps=3",
            "--parts",
            str(tmp_path / "parts"),
        ]
        dp_validity.main([*command, "--out", str(tmp_path / "page.md")])
    page = (tmp_path / "page.md").read_text()
    assert "| Laplace eps=3 | 100 | 0 | 3.00 |" in page
    assert "| Laplace eps=3 | 1,000 | 0 | 3.00 |" in page
