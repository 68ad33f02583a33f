"""When a guess of a cell is right."""

import numpy as np
import pytest

from tacit.audits.steps.inference import _squared_gap, right, tolerance


def test_a_number_may_be_a_twentieth_of_the_middle_nine_tenths_off():
    """0 to 100: the middle nine tenths are 90 wide, a twentieth of that is 4.5."""
    assert tolerance(np.arange(101.0)) == pytest.approx(4.5)
    assert tolerance(np.append(np.arange(101.0), np.nan)) == pytest.approx(4.5)
    assert tolerance(np.array(["a", "b"])) == 0
    assert tolerance(np.full(3, np.nan)) == 0
    assert tolerance(np.full(3, 7.0)) == 0


def test_right_is_near_enough_or_equally_missing():
    guess, truth = np.array([1.0, 1, -1, np.nan, np.nan, 2]), np.array([1.5, 1.6, 1, np.nan, 1, 2])
    assert right(guess, truth, 0.5).tolist() == [True, False, False, True, False, True]
    assert right(np.array(["a", "b"]), np.array(["a", "c"]), 9.0).tolist() == [True, False]


def test_gaps_of_one_and_of_several_dimensions():
    x, y = np.array([[0.0], [3.0]]), np.array([[1.0], [5.0]])
    assert _squared_gap(x, y).tolist() == [[1, 25], [4, 4]]
    wide = _squared_gap(np.array([[1.0, 0], [0, 1]]), np.array([[0.0, 1], [2, 0]]))
    assert wide == pytest.approx(np.array([[2.0, 1], [0, 5]]))


def test_a_cell_is_guessed_from_the_nearest_row_in_the_other_columns():
    """Row 0 lies at b = 1, near the release's row 2; its own a, near row 0's, does not count."""
    from types import SimpleNamespace

    from tacit.audits.steps.inference import _guessed

    class Embed:
        def __call__(self, frame):
            return np.stack([frame.columns["a"], frame.columns["b"]], axis=1)

        def dimensions(self, names, chosen):
            return [names.index(name) for name in chosen]

    def frame(a, b):
        columns = {"a": np.array(a, float), "b": np.array(b, float)}
        return SimpleNamespace(names=("a", "b"), columns=columns)

    asked = frame([0.0, 5.0, 9.0], [1.0, 7.0, 4.0])
    table = frame([0.1, 5.2, 30.0], [4.5, 9.0, 1.2])
    found = _guessed(SimpleNamespace(embed=Embed()), asked, table, ["a", "b"])
    assert found["a"].tolist() == [30.0, 5.2, 0.1]
    # by a alone: 0 is nearest to .1, 5 and 9 to 5.2
    assert found["b"].tolist() == [4.5, 9.0, 9.0]
