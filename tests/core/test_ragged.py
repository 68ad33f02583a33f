"""Rows of different lengths in one array."""

import numpy as np
import pytest

from tacit.core import InvalidInput, Ragged


def test_sums_means_and_places_are_those_of_each_row():
    rows = Ragged(np.array([1.0, 2.0, 6.0, -1.0]), np.array([0, 2, 3, 4]))
    assert rows.sum().tolist() == [3.0, 6.0, -1.0]
    assert rows.mean().tolist() == [1.5, 6.0, -1.0]
    assert rows.row.tolist() == [0, 0, 1, 2]
    assert rows.place.tolist() == [0, 1, 0, 0]


def test_the_smallest_share_is_one_number_at_least():
    rows = Ragged(np.array([5.0, 1.0, 3.0, 2.0, 4.0, 9.0]), np.array([0, 5, 6]))
    assert rows.mean_of_smallest(0.4).tolist() == [1.5, 9.0]
    assert rows.mean_of_smallest(0.01).tolist() == [1.0, 9.0]


def test_rows_are_taken_in_any_order_and_again():
    rows = Ragged(np.arange(6), np.array([0, 1, 3, 6]))
    taken = rows.take(np.array([2, 0, 2]))
    assert taken.value.tolist() == [3, 4, 5, 0, 3, 4, 5]
    assert taken.lengths.tolist() == [3, 1, 3]
    assert rows.take(np.array([False, True, True])).value.tolist() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("start", "match"),
    [([0, 2, 2, 3], "empty"), ([1, 3], "from 1 to 3"), ([0, 2], "from 0 to 2"), ([0], "no row")],
)
def test_offsets_that_do_not_cut_are_refused(start, match):
    with pytest.raises(InvalidInput, match=match):
        Ragged(np.arange(3), np.array(start))


def test_the_smallest_share_is_rounded_down_and_one_number_at_least():
    rows = Ragged(np.array([3.0, 1.0, 2.0, 9.0, 5.0]), np.array([0, 3, 5]))
    assert rows.mean_of_smallest(0.5).tolist() == [1.0, 5.0]
    assert rows.mean_of_smallest(0.67).tolist() == [1.5, 5.0]
    assert rows.mean_of_smallest(0.01).tolist() == [1.0, 5.0]
    assert rows.mean_of_smallest(1.0).tolist() == [2.0, 7.0]
