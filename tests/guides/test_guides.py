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
    "shadow": ["sklearn"],
    "explore": ["sklearn"],
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
    "history": ["numpy"],
}
# of the packages above, those that the core environment has
IN_CORE = {"sklearn", "numpy", "pandas"}
# pages with tests of their own, because they cannot run as one plain script or because more is
# asserted of them: page -> the test file, which names it
ELSEWHERE = {
    "guides/ci": "tests/guides/test_guides.py",
    "guides/dp": "tests/docs/test_dp_guide.py",
    "guides/reports": "tests/guides/test_report_guides.py",
    "guides/evidence-file": "tests/guides/test_report_guides.py",
    "guides/tasks": "tests/guides/test_tasks.py",
    "guides/shadow-training": "tests/training/test_guide.py",
    "explanation/what-a-score-means": "tests/guides/test_report_guides.py",
}
DOCS = GUIDES.parent
WITH_CODE = {
    path.relative_to(DOCS).with_suffix("").as_posix(): path
    for path in sorted(DOCS.rglob("*.md"))
    if BLOCK.search(path.read_text(encoding="utf8"))
}
HERE = [page for page in WITH_CODE if page not in ELSEWHERE]


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


def marks(page):
    """Where a page's code can run; a page that says nothing of itself is run in the core tests."""
    needed = set(NEEDS.get(Path(page).name, ()))
    return [pytest.mark.slow] + ([] if needed <= IN_CORE else [pytest.mark.framework])


@pytest.mark.parametrize("page", [pytest.param(page, marks=marks(page)) for page in HERE])
def test_the_code_of_a_page_runs(page, tmp_path):
    name = Path(page).name
    for package in NEEDS.get(name, ()):
        pytest.importorskip(package)
    blocks = BLOCK.findall(WITH_CODE[page].read_text(encoding="utf8"))
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


def test_a_page_with_code_is_run_here_or_by_the_test_that_is_named():
    """A page runs here unless ELSEWHERE names the test that reads it."""
    root = GUIDES.parents[1]
    for page, test in ELSEWHERE.items():
        text = (root / test).read_text(encoding="utf8")
        assert page in WITH_CODE, f"{page} has no code any more"
        assert f"{Path(page).name}.md" in text, f"{test} does not read {page}.md"
    assert set(WITH_CODE) == {*HERE, *ELSEWHERE}
    assert {Path(page).name for page in HERE} >= set(NEEDS), "NEEDS names a page that has no code"
