"""The CIFAR-10 example trains, looks, goes on after an interruption and draws, on a handful of
made-up pictures.
"""

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytestmark = [pytest.mark.framework, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
SCRIPT = Path(__file__).parents[2] / "examples" / "cifar10_privacy_vs_accuracy.py"


@pytest.fixture(scope="module")
def example():
    pytest.importorskip("torch")
    pytest.importorskip("opacus")
    spec = importlib.util.spec_from_file_location("cifar10_privacy_vs_accuracy", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_a_small_run_ends_with_a_picture_and_is_not_repeated(example, tmp_path):
    rng = np.random.default_rng(0)
    sets = [
        (rng.normal(size=(60, 3, 32, 32)).astype(np.float32), rng.integers(0, 10, 60))
        for _ in range(2)
    ]
    kinds = {
        recipe.name: replace(recipe, epochs=2, channels=(2, 2))
        for recipe in example.recipes(reduced=True)
    }
    chosen = [kinds["larger, augmentation"], kinds["small, DP-SGD, noise 1.0"]]
    results = [example.trained(recipe, *sets, tmp_path, "cpu") for recipe in chosen]
    assert [len(result["points"]) for result in results] == [2, 2]
    assert results[0]["epsilon"] is None
    assert results[1]["epsilon"] > 0
    before = [path.read_bytes() for path in sorted(tmp_path.glob("*.trace"))]
    assert example.trained(chosen[0], *sets, tmp_path, "cpu") == results[0]
    assert [path.read_bytes() for path in sorted(tmp_path.glob("*.trace"))] == before
    example.draw(results, tmp_path / "picture.png", "made-up pictures")
    assert f"| {results[1]['epsilon']:.2f} |" in example.table(results, "made-up pictures")
    assert (tmp_path / "picture.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_the_jpeg_copy_is_read(example, shared):
    pytest.importorskip("PIL")
    (x, y), (u, v) = example.images(shared / "data" / "cifar10_jpeg.npz", 20, 10)
    assert x.shape == (20, 3, 32, 32)
    assert u.shape == (10, 3, 32, 32)
    assert np.bincount(y, minlength=10).tolist() == [2] * 10
    assert np.bincount(v, minlength=10).tolist() == [1] * 10
    assert abs(x.mean()) < 0.5
