"""Two halves of a row are linked where both are nearest to one and the same synthetic row."""

import numpy as np

from tacit.audits.steps.linkability import _linked

RELEASE = np.array([[0.0, 0.0], [5.0, 5.0], [9.0, 9.0]])
HALVES = [np.array([0]), np.array([1])]


def test_a_row_is_linked_where_its_halves_meet():
    rows = np.array([[0.1, 0.2], [0.1, 8.8], [4.9, 5.3], [9.0, 0.0]])
    assert _linked(rows, RELEASE, HALVES, 1).tolist() == [True, False, True, False]


def test_two_neighbours_of_each_half_may_meet_in_the_middle():
    """The two nearest of 0 are the first and the second row, those of 9 the second and third."""
    rows = np.array([[0.0, 9.0]])
    assert _linked(rows, RELEASE, HALVES, 1).tolist() == [False]
    assert _linked(rows, RELEASE, HALVES, 2).tolist() == [True]
