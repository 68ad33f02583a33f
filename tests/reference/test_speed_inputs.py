"""The speed comparison runs on the very inputs on which other libraries' figures were recorded."""

import importlib.util
from pathlib import Path

import numpy as np

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def loaded(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_inputs_of_the_speed_comparison_are_those_of_the_recorded_figures(shared):
    recorded, ours = (
        loaded(shared / "reference" / "make_inputs.py"),
        loaded(BENCHMARKS / "speed_inputs.py"),
    )
    for size in ((500, 10), (300, 100)):
        for theirs, mine in zip(recorded.population(*size), ours.overfitted(*size)):
            np.testing.assert_array_equal(theirs, mine)


def test_recorded_scores_have_the_area_of_the_speed_inputs():
    members, others = loaded(BENCHMARKS / "speed_inputs.py").shifted(20_000)
    below = np.searchsorted(np.sort(others), members).mean() / 20_000
    assert abs(below - 0.6115) < 0.01
