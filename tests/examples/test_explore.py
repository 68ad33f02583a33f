"""The explorer's examples run from start to end on made-up records, and a second run only draws."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tacit.core import Comparison

pytestmark = [pytest.mark.framework, pytest.mark.slow]
EXAMPLES = Path(__file__).parents[2] / "examples"


def run(script, *options):
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / script), *map(str, options)],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def explored_twice(script, name, out, *options):
    """Run it, see all four files, and see that a second run trains nothing."""
    run(script, *options, "--out", out)
    stored = {path: path.stat().st_mtime_ns for path in (out / "store").rglob("model-*.npy")}
    found = Comparison.load(out / f"{name}.json")
    said = run(script, *options, "--out", out)
    assert found.recommendation in " ".join(said.split())
    assert {path: path.stat().st_mtime_ns for path in stored} == stored
    assert len(list((out / "store").rglob("model-*.npy"))) == len(stored)
    assert (out / f"{name}.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert found.recommendation in (out / f"{name}.md").read_text(encoding="utf8")
    assert (out / f"{name}.html").stat().st_size > 1000
    return found


def test_adult_is_explored_with_dp_sgd_on_the_same_chart(tmp_path):
    for needed in ("torch", "opacus", "pandas", "matplotlib"):
        pytest.importorskip(needed)
    pytest.importorskip("dp_accounting")
    rng = np.random.default_rng(0)
    names = "age,workclass,fnlwgt,education_num,capital_gain,capital_loss,hours_per_week,income"
    rows = [
        f"{rng.integers(20, 70)},{rng.choice(['a', 'b'])},{rng.integers(1, 999)},"
        f"{rng.integers(1, 16)},{rng.integers(0, 99)},{rng.integers(0, 9)},{rng.integers(1, 60)},"
        f"{rng.choice(['<=50K', '>50K'])}"
        for _ in range(200)
    ]
    (tmp_path / "adult.csv").write_text("\n".join([names, *rows]))
    options = ("--data", tmp_path / "adult.csv", "--records", 200, "--noise", 1.0)
    found = explored_twice("explore_adult.py", "explore_adult", tmp_path / "out", *options)
    names = [point.name for point in found.points]
    assert len(names) == 11
    assert names[-1].startswith("DP-SGD, noise 1 (epsilon ")
    assert found.baseline == "as it is"


def test_cifar10_is_explored(tmp_path):
    for needed in ("torch", "matplotlib"):
        pytest.importorskip(needed)
    rng = np.random.default_rng(0)
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    for name in (*(f"data_batch_{k}" for k in range(1, 6)), "test_batch"):
        colours = rng.integers(0, 256, (160, 3072), dtype=np.uint8)
        content = {b"data": colours, b"labels": rng.integers(0, 10, 160).tolist()}
        (folder / name).write_bytes(pickle.dumps(content))
    options = ("--data", tmp_path, "--records", 800)
    found = explored_twice("explore_cifar10.py", "explore_cifar10", tmp_path / "out", *options)
    assert [point.name for point in found.points][:2] == ["as it is", "shift and mirror"]
    assert all(point.accuracy_low is not None for point in found.points)
