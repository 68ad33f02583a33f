"""The Python in the pages on reports, evidence files and scores runs, and says what they say."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def run(page, folder):
    blocks = BLOCK.findall((ROOT / "docs" / page).read_text(encoding="utf8"))
    assert blocks
    code = "import matplotlib\nmatplotlib.use('agg')\n" + "\n\n".join(blocks)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("page", ["guides/reports.md", "guides/evidence-file.md"])
def test_the_code_of_the_page_runs(page, tmp_path):
    pytest.importorskip("matplotlib")
    assert run(page, tmp_path).strip()
    assert list(tmp_path.glob("*.html"))


def test_the_numbers_of_the_explanation_are_those_that_its_code_prints(tmp_path):
    pytest.importorskip("matplotlib")
    page = "explanation/what-a-score-means.md"
    text = (ROOT / "docs" / page).read_text(encoding="utf8")
    first, *rows = run(page, tmp_path).splitlines()
    assert first == "[50, 53, 55, 71, 100]"
    shares = [share.rstrip("%") for row in rows for share in re.findall(r"[\d.]+%", row)]
    assert len(shares) == 6
    assert all(f"{share} %" in text for share in shares)
