"""What a command has to load."""

import subprocess
import sys

import numpy as np
import pytest


@pytest.mark.parametrize("leak", [0.0, 2.0])
def test_a_quick_audit_loads_no_scikit_learn(tmp_path, leak):
    """Half of its time was the import, for a guesser of labels; with a leak, for another one."""
    rng = np.random.default_rng(0)
    label, member = rng.integers(0, 10, 1200), np.arange(1200) < 600
    logits = rng.normal(size=(1200, 10)).astype(np.float32)
    logits[np.arange(1200), label] += (1 + leak * member).astype(np.float32)
    np.savez(tmp_path / "small.npz", logits=logits, label=label, member=member)
    code = (
        "import sys; from tacit.cli import main;"
        " code = main(['audit', 'small.npz', '--effort', 'quick', '--out', 'report.json']);"
        " print(code, [name for name in sys.modules if name.partition('.')[0] == 'sklearn'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    last = done.stdout.splitlines()[-1]
    assert last.endswith("[]"), last
    text = (tmp_path / "report.json").read_text(encoding="utf8")
    assert ('"finding": "leak"' in text) is bool(leak)
