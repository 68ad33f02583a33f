"""Keras adapter and callback on every backend, each in a process of its own (one import of the
backend for both).
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.framework


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_models_answer_and_train_alike_with_and_without_an_observer(backend):
    pytest.importorskip("keras")
    pytest.importorskip(backend)
    environment = os.environ | {
        "KERAS_BACKEND": backend,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
    }
    script = Path(__file__).parent / "keras_backend.py"
    done = subprocess.run(
        [sys.executable, script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert f"kept on {backend}" in done.stdout
