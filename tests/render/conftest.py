"""Reports to render; see reports.py beside this file."""

import runpy
from pathlib import Path

import pytest

REPORTS = runpy.run_path(str(Path(__file__).with_name("reports.py")))


@pytest.fixture
def leaking():
    return REPORTS["leaking"]()


@pytest.fixture
def quiet():
    return REPORTS["quiet"]()


@pytest.fixture
def starved():
    return REPORTS["starved"]()


@pytest.fixture
def claim():
    return REPORTS["claim"]()


@pytest.fixture
def nasty():
    return REPORTS["nasty"]()


@pytest.fixture
def every_report(leaking, quiet, starved, nasty):
    return leaking, quiet, starved, nasty
