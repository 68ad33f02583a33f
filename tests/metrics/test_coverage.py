"""A quick look at what `benchmarks/coverage.py` shows at length: the intervals hold in worlds of
known truth.
"""

import importlib.util
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def coverage():
    sys.path.insert(0, str(BENCHMARKS))
    spec = importlib.util.spec_from_file_location("coverage_table", BENCHMARKS / "coverage.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(BENCHMARKS))
    for name in ("exact", "worlds"):
        sys.modules.pop(name, None)


WORLDS = [
    {"mu": 0.0, "n_members": 50, "n_nonmembers": 50},
    {"mu": 1.0, "n_members": 9, "n_nonmembers": 91},
    {"mu": 3.3, "n_members": 91, "n_nonmembers": 9},
    {"mu": 1.0, "n_members": 400, "n_nonmembers": 400, "tie_width": 1.0},
    {"mu": 1.0, "n_members": 20, "n_nonmembers": 20, "rho": 0.5},
]


@pytest.mark.parametrize(
    "settings", WORLDS, ids=lambda settings: " ".join(f"{k}={v:g}" for k, v in settings.items())
)
def test_no_interval_is_far_below_its_level(coverage, settings):
    worlds = sys.modules["worlds"]
    tallies = coverage.cover(worlds.cell(worlds.Shift(**settings)), 40, rounds=1)
    given = [tally for tally in tallies if tally.given >= 5]
    assert len(given) >= 8
    for tally in given:
        target = coverage.TARGET[tally.kind]
        assert tally.coverage + 3.5 * tally.error >= target, (
            f"{tally.question} covers {tally.coverage:.2f}"
        )


def test_an_interval_that_is_too_narrow_is_caught(coverage):
    """The table must be able to fail: half the width of a valid interval is reported LOW."""
    worlds = sys.modules["worlds"]
    world = worlds.Shift(1.0, 50, 50)

    def narrow(evidence):
        low, high = worlds.ends(worlds.metrics.auc)(evidence)
        return low + (high - low) / 4, high - (high - low) / 4

    cell = worlds.Cell(
        "records",
        "narrow, 50 + 50",
        100,
        world.draw,
        (worlds.Question("auc", narrow, world.game.auc),),
    )
    tally = coverage.cover(cell, 100)[0]
    assert tally.verdict == "LOW"
    assert "LOW" in coverage.report([tally], 1.0)


def test_two_pairs_of_attacks_are_covered(coverage):
    worlds = sys.modules["worlds"]
    for tally in coverage.cover(worlds.paired(1.0, 0.5, 50, 50), 60, rounds=1):
        assert tally.coverage + 3.5 * tally.error >= 0.94
