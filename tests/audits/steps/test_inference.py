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
