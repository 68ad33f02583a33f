"""What a file may hold, rule by rule."""

import math

import pytest

from tacit.core import InvalidInput, report_shape


def says(rule, value):
    try:
        rule(value, "here")
    except InvalidInput as error:
        return "here" not in str(error)
    return True


@pytest.mark.parametrize("value", [0, -1.5, 1e308, -report_shape.LARGEST, report_shape.LARGEST])
def test_finite_numbers_are_numbers(value):
    assert says(report_shape.number, value)


@pytest.mark.parametrize("value", [True, "1", None, math.nan, math.inf, -math.inf, 10**400, [1]])
def test_what_is_no_finite_number_is_none(value):
    assert not says(report_shape.number, value)


def test_lists_words_and_what_may_be_absent():
    numbers = report_shape.many(report_shape.number)
    assert says(numbers, [])
    assert says(numbers, (1, 2.5))
    assert not says(numbers, [1, "2"])
    assert not says(numbers, {1: 2})
    assert not says(numbers, "12")
    word = report_shape.choice("pass", "fail")
    assert [says(word, value) for value in ("pass", "fail", "passed", None, 3)] == [
        True,
        True,
        False,
        False,
        False,
    ]
    perhaps = report_shape.maybe(report_shape.number)
    assert [says(perhaps, value) for value in (None, 1, "1")] == [True, True, False]
