"""Fixtures for all tests."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real data and other libraries' results; tests that need it skip where it is
    absent.
    """
    folder = Path(os.environ.get("TACIT_SHARED", Path(__file__).parents[2] / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(
            f"the data folder {folder.name} is not beside this repository (set TACIT_SHARED to its"
            " path)"
        )
    return folder
