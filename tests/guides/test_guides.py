"""The code of every framework guide runs as it stands, in a process and a folder of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
NEEDS = {
    "sklearn": ["sklearn"],
    "loops": ["numpy"],
    "synthetic": ["sklearn"],
    "attribute": ["sklearn", "pandas"],
    "clusters": ["numpy"],
    "pytorch": ["torch"],
    "keras": ["keras", "torch"],
    "jax": ["flax", "optax"],
    "lightning": ["lightning"],
    "transformers": ["transformers", "datasets", "accelerate"],
    "language": ["transformers", "tokenizers"],
    "trackers": ["tensorboardX"],
    "from-tf-privacy": ["sklearn"],
    "pipelines": ["numpy"],
}
CORE = ("sklearn", "loops", "synthetic", "attribute", "clusters", "from-tf-privacy", "pipelines")


def run(code, folder, *command):
    environment = os.environ | {
        "KERAS_BACKEND": "torch",
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
    }
    (folder / "test_guide.py").write_text(code, encoding="utf8")
    command = [sys.executable, *command, "test_guide.py"]
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name,
            marks=[pytest.mark.slow] if name in CORE else [pytest.mark.slow, pytest.mark.framework],
        )
        for name in NEEDS
    ],
)
def test_the_code_of_a_guide_runs(name, tmp_path):
    for package in NEEDS[name]:
        pytest.importorskip(package)
    blocks = BLOCK.findall((GUIDES / f"{name}.md").read_text(encoding="utf8"))
    assert blocks
    done = run("\n\n".join(blocks), tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.strip() or name == "trackers"


@pytest.mark.slow
def test_the_test_of_the_ci_guide_passes(tmp_path):
    (block,) = BLOCK.findall((GUIDES / "ci.md").read_text(encoding="utf8"))
    done = run(
        block,
        tmp_path,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        os.devnull,
        "--rootdir",
        ".",
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "1 passed" in done.stdout


def test_the_workflow_audits_with_a_command_that_works(tmp_path):
    steps = (GUIDES.parents[1] / "examples" / "github-actions.yml").read_text(encoding="utf8")
    command = re.search(r"tacit (audit .*)", steps)[1].split()
    (policy,) = re.findall(
        r"^```toml\n(.*?)^```",
        (GUIDES / "ci.md").read_text(encoding="utf8"),
        re.DOTALL | re.MULTILINE,
    )
    (tmp_path / "privacy-policy.toml").write_text(policy, encoding="utf8")
    rng = np.random.default_rng(0)
    for name, scale in (("member", 0.1), ("nonmember", 1.0)):
        np.savez(tmp_path / f"{name}.npz", loss=rng.exponential(scale, 3000))
    done = subprocess.run(
        [sys.executable, "-m", "tacit", *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert {"privacy.json", "privacy.html", "privacy.sarif"} <= {
        path.name for path in tmp_path.iterdir()
    }


def test_every_framework_guide_is_run():
    assert {"ci", *NEEDS} <= {path.stem for path in GUIDES.glob("*.md")}
