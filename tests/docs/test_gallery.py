"""Every example of the gallery and every lesson of the tutorial runs and says something."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(ROOT.glob("docs/*/plot_*.py"))
# each script shows figures on a backend that has no window
BEFORE = (
    "import sys, warnings; warnings.simplefilter('error');"
    "warnings.filterwarnings('ignore', 'FigureCanvasAgg is non-interactive');"
    "import runpy; runpy.run_path(sys.argv[1], run_name='__main__')"
)


def test_the_gallery_has_what_was_promised():
    about = "\n".join(path.stem for path in SCRIPTS if path.parent.name == "examples")
    topics = (
        *("first_audit", "early_stopping", "which_knob", "shadow_models", "dp_claim_refuted"),
        *("leaky_generator", "memorised_canary", "pipeline_gate", "users_as_units"),
        "broken_split",
    )
    assert [topic for topic in topics if topic not in about] == []
    assert len([path for path in SCRIPTS if path.parent.name == "lessons"]) == 4


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_begins_with_its_title(path):
    title, line = path.read_text(encoding="utf8").splitlines()[1:3]
    assert re.fullmatch("=+", line)
    assert len(line) >= len(title)


@pytest.mark.slow
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_runs(path, tmp_path):
    pytest.importorskip("matplotlib")
    done = subprocess.run(
        [sys.executable, "-c", BEFORE, str(path)],
        cwd=tmp_path,
        env=os.environ | {"MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip()
    assert list(tmp_path.iterdir()) == [], "a script leaves nothing behind"
