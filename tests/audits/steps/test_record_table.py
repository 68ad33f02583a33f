"""Columns of any kind become numbers."""

import numpy as np
import pytest

from tacit.audits.steps.record_table import FEW_VALUES, record_table
from tacit.core import InvalidInput


def test_numbers_stay_as_they_are():
    table = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert record_table(table).tolist() == table.tolist()


def test_a_missing_number_is_the_middle_of_the_others_and_marked():
    assert record_table([[1.0], [np.nan], [3.0]]).tolist() == [[1, 0], [2, 1], [3, 0]]


def test_few_texts_are_one_column_each_and_missing_is_a_text_of_its_own():
    table = np.array([["a", 1.0], ["b", 2.0], [None, 3.0]], object)
    # sorted: missing, a, b
    assert record_table(table).tolist() == [[0, 1, 0, 1], [0, 0, 1, 2], [1, 0, 0, 3]]


def test_many_texts_are_their_rank():
    texts = np.array([[f"x{number:03d}"] for number in range(FEW_VALUES)], object)
    assert record_table(texts)[:, 0] == pytest.approx(np.arange(FEW_VALUES) / FEW_VALUES)


def test_a_table_has_two_dimensions():
    with pytest.raises(InvalidInput, match="one row a record"):
        record_table(np.zeros(3))


def test_a_column_that_is_missing_everywhere_is_zero_and_marked():
    assert record_table([[np.nan, 2.0], [np.nan, 3.0]]).tolist() == [[0, 1, 2], [0, 1, 3]]


def test_missing_texts_are_one_value_whatever_marks_them():
    table = np.array([["A"], [None], ["B"], [float("nan")], ["z"]], object)
    # sorted: missing, A, B, z
    assert record_table(table).tolist() == [
        [0, 1, 0, 0],
        [1, 0, 0, 0],
        [0, 0, 1, 0],
        [1, 0, 0, 0],
        [0, 0, 0, 1],
    ]


@pytest.mark.parametrize(("n", "columns"), [(19, 19), (20, 1)])
def test_fewer_than_twenty_texts_have_a_column_each(n, columns):
    texts = np.array([[f"x{number % n:02d}"] for number in range(30)], object)
    table = record_table(texts)
    assert table.shape == (30, columns)
    if columns == 1:
        assert table[:, 0] == pytest.approx(np.arange(30) % 20 / 20)


def test_infinite_numbers_are_missing_and_the_middle_is_no_mean():
    table = record_table([[1.0], [np.inf], [2.0], [30.0], [-np.inf]])
    assert table.tolist() == [[1, 0], [2, 1], [2, 0], [30, 0], [2, 1]]


def test_no_columns_are_none():
    assert record_table(np.zeros((3, 0), object)).shape == (3, 0)
    assert record_table(np.zeros((3, 0))).shape == (3, 0)
    assert record_table(np.zeros((0, 2))).shape == (0, 2)
    assert record_table(np.array([[True], [False]])).dtype == np.float32
