"""The guide's Python blocks run, one after the other, in one namespace."""

import re
import warnings
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "shadow-training.md"


@pytest.mark.slow
def test_the_guide_runs(capsys):
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf8"), flags=re.DOTALL)
    assert len(blocks) >= 5
    space = {"__name__": "guide"}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=FutureWarning)
        for number, block in enumerate(blocks):
            exec(compile(block, f"block {number + 1} of {GUIDE.name}", "exec"), space)
    printed = capsys.readouterr().out
    assert "(2 reused)" in printed
    assert "made with another train_fn" in printed
    assert space["run"].shadow.shape == (4, 600, 1)
