import numpy as np
import pytest

from tacit.dp.search import MOST, TOLERANCE, largest_refuted, step


def test_the_end_of_what_is_refuted_is_found_from_below():
    for end in (0.013, 0.9999, 1.0, 1.7, 9.3, 40.0):
        smooth = largest_refuted(lambda x, end=end: end - x)
        jump = largest_refuted(step(lambda x, end=end: x <= end))
        for found in (smooth, jump):
            assert end - 1.01 * TOLERANCE <= found <= end + 1e-12


def test_where_nothing_is_refuted_the_answer_is_the_start():
    assert largest_refuted(lambda x: -1.0) == 0.0
    assert largest_refuted(lambda x: -1.0, low=2.5) == 2.5
    assert largest_refuted(lambda x: 0.0 if x == 0 else -1.0) == pytest.approx(0.0, abs=TOLERANCE)


def test_where_all_is_refuted_the_answer_is_the_end_of_the_search():
    assert largest_refuted(lambda x: 1.0) == MOST == 64.0
    assert largest_refuted(lambda x: 1.0, most=3.0) == 3.0
    assert largest_refuted(lambda x: 1.0, high=0.25) == 0.25
    assert largest_refuted(lambda x: 0.0, high=0.25) == 0.25
    assert largest_refuted(lambda x: 0.0, most=3.0) == 3.0


def test_a_search_that_starts_high_ends_above_its_start():
    assert largest_refuted(lambda x: 7.0 - x, low=5.0) == pytest.approx(7.0, abs=2 * TOLERANCE)
    assert largest_refuted(lambda x: 7.0 - x, low=5.0, high=8.0, tolerance=0.5) >= 6.5
    assert largest_refuted(lambda x: 5.00001 - x, low=5.0) >= 5.0


def test_no_parameter_is_tried_twice_and_few_are_tried():
    asked = []

    def margin(x):
        asked.append(x)
        return np.log(3.3) - np.log(max(x, 1e-9))

    largest_refuted(margin)
    assert len(asked) == len(set(asked)) <= 16
    asked.clear()
    largest_refuted(lambda x: margin(x) + 9, most=3.0)
    assert max(asked) == 3.0


def test_the_tolerance_is_what_the_answer_may_lack():
    for tolerance in (1e-2, 1e-5):
        found = largest_refuted(step(lambda x: x < 1.234567), tolerance=tolerance)
        assert 1.234567 - 1.01 * tolerance <= found < 1.234567
    assert TOLERANCE == 1e-4


def test_a_margin_of_a_test_is_one_or_minus_one():
    margin = step(lambda x: x < 1)
    assert (margin(0.0), margin(1.0)) == (1.0, -1.0)
