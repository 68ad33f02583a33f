"""From many numbers a unit to one."""

import numpy as np
import pytest

from tacit.core import InvalidInput
from tacit.signals.grouped import first_of, per_unit


def test_units_come_in_the_order_in_which_they_first_occur():
    value, unit = [1.0, 2.0, 10.0, 3.0], ["z", "z", "a", "z"]
    assert per_unit(value, unit).tolist() == [2.0, 10.0]
    assert per_unit(value, unit, how="sum").tolist() == [6.0, 10.0]
    assert per_unit(value, unit, how="max").tolist() == [3.0, 10.0]
    assert first_of(["late", "late", "early", "late"], unit).tolist() == ["late", "early"]


def test_columns_are_kept_apart():
    value = np.array([[1.0, 5.0], [3.0, 7.0], [0.0, 1.0]])
    assert per_unit(value, [4, 4, 2]).tolist() == [[2.0, 6.0], [0.0, 1.0]]


def test_bad_input_is_named():
    with pytest.raises(InvalidInput, match="`unit`"):
        per_unit([1.0, 2.0], [1])
    with pytest.raises(InvalidInput, match="`how`"):
        per_unit([1.0], [1], how="median")
    with pytest.raises(InvalidInput, match="NaN"):
        per_unit([np.nan], [1])
