"""Random states put back as they were found: who looks at a model must not move its dice."""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


@contextmanager
def untouched_rng() -> Iterator[None]:
    """Put back the global random states of Python, NumPy and (where it is loaded) PyTorch on
    leaving.
    """
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    torch = sys.modules.get("torch")
    devices = None if torch is None else _torch_states(torch)
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
        if torch is not None and devices is not None:
            _restore(torch, devices)


def _torch_states(torch: Any) -> tuple[Any, Any, Any]:
    cuda = (
        torch.cuda.get_rng_state_all()
        if torch.cuda.is_available() and torch.cuda.is_initialized()
        else None
    )
    mps = (
        torch.mps.get_rng_state()
        if getattr(torch.backends, "mps", None) and torch.backends.mps.is_available()
        else None
    )
    return torch.get_rng_state(), cuda, mps


def _restore(torch: Any, states: tuple[Any, Any, Any]) -> None:
    cpu, cuda, mps = states
    torch.set_rng_state(cpu)
    if cuda is not None:
        torch.cuda.set_rng_state_all(cuda)
    if mps is not None:
        torch.mps.set_rng_state(mps)
