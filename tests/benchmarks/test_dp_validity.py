import sys
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
        tpr, fpr = 1 - np.searchsorted(inside, t) / len(inside), 1 - np.searchsorted(outside, t) / len(outside)
        kept = (fpr > 1e-3) & (tpr > delta)
        assert np.log((tpr[kept] - delta) / fpr[kept]).max() == pytest.approx(subsampled.epsilon(delta), abs=0.12)


@pytest.mark.slow
def test_no_bound_breaks_in_the_quick_suite(suite, tmp_path):
    dp_validity, dp_worlds = suite
    cells = []
    for world in dp_worlds.worlds(1e-5):
        if "eps=4" in world.name or "subset" in world.name or "shared" in world.name or "null" in world.name:
            cells += dp_validity.played(world, dp_validity.ours(), 100, 1e-5, 12)
    assert not [f"{c.bound.name} in {c.world.name}: {c.above:.3f}" for c in cells if c.broken and c.bound.entitled(c.world)]
    dp_validity.write(tmp_path / "table.md", cells, 1.0, ["--quick"])
    assert "not entitled" in (tmp_path / "table.md").read_text()
