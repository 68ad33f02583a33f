"""What passes for probabilities, at the edges."""

import numpy as np
import pytest

from tacit.core import InvalidInput
from tacit.core.probabilities import (
    look_like_probabilities,
    require_probabilities,
    require_sums_of_one,
)
from tacit.core.resolution import decimal_unit

# nothing that could be rounded decimals
FINE = 1 / np.sqrt(np.arange(2, 42))


def test_what_was_rounded_may_leave_zero_to_one_by_the_tolerance():
    edge = np.array([[-1e-6, 1 + 1e-6]])
    require_probabilities(edge, tolerance=2e-6)
    for off, rows in ((np.array([-3e-6, 0]), "first: 1"), (np.array([0, 3e-6]), "first: 1")):
        probs = np.array([[0.0, 1.0], [0.0, 1.0]])
        probs[1] += off
        with pytest.raises(InvalidInput, match=rows) as caught:
            require_probabilities(probs, tolerance=2e-6)
        assert "pass them as `logits=`" in str(caught.value)
        assert "1 row " in str(caught.value)


@pytest.mark.parametrize(
    ("row", "percent"),
    [
        ([30.0, 70.0], True),
        ([0.0, 100.0], True),
        ([29.0, 69.0], True),  # 98: off by 1 of rounding and half a unit of each of two
        ([28.995, 69.0], False),
        ([31.0, 71.0], True),
        ([31.1, 71.0], False),
        ([-1.0, 101.0], False),
        ([0.0, 102.0], False),
        ([2.0] * 50, False),  # sums to 100, and is small enough for logits
        ([2.5] * 40, True),
    ],
)
def test_percent_are_told_from_other_numbers_by_their_sums(row, percent):
    with pytest.raises(InvalidInput) as caught:
        require_probabilities(np.array([row]), tolerance=0)
    assert ("divide them by 100" in str(caught.value)) == percent


@pytest.mark.parametrize(
    ("n", "most", "percent"), [(20, 51.0, True), (19, 51.0, False), (20, 50.0, False)]
)
def test_single_numbers_are_percent_where_they_are_many_and_large(n, most, percent):
    with pytest.raises(InvalidInput) as caught:
        require_probabilities(np.linspace(1.0, most, n), tolerance=0)
    assert ("divide them by 100" in str(caught.value)) == percent


def rows_off(by):
    probs = np.stack([FINE, 1 - FINE + by], axis=1)
    assert decimal_unit(probs) == 0
    return probs


def test_rows_sum_to_one_within_a_hundredth():
    require_sums_of_one(rows_off(0.0099))
    require_sums_of_one(rows_off(-0.0099))
    for by in (0.0101, -0.0101):
        with pytest.raises(InvalidInput, match="rows that sum to 1, got sums from"):
            require_sums_of_one(rows_off(by))


def test_rounded_rows_may_miss_one_by_half_a_unit_of_each_number():
    """Three numbers of one decimal: .01 and three times .05."""
    thirds = np.array([[0.3, 0.3, 0.3], [0.2, 0.3, 0.4], [0.1, 0.8, 0.1]])
    require_sums_of_one(thirds)
    with pytest.raises(InvalidInput, match=r"got sums from 0\.8"):
        require_sums_of_one(np.array([[0.2, 0.3, 0.3], [0.2, 0.3, 0.5]]))


def largest(n, kept, k, total=0.8):
    """The largest `kept` of k classes, and 0 for the rest."""
    probs = np.zeros((n, k))
    probs[:, :kept] = FINE[:n, None] * np.arange(1, kept + 1)
    return probs * total / probs.sum(axis=1, keepdims=True)


def test_a_service_that_keeps_the_largest_few_is_seen_by_five_rows():
    require_sums_of_one(largest(5, 2, 4))
    with pytest.raises(InvalidInput, match="rows that sum to 1"):
        require_sums_of_one(largest(4, 2, 4))
    # all classes are named, so nothing was left out
    with pytest.raises(InvalidInput, match="rows that sum to 1"):
        require_sums_of_one(largest(5, 4, 4))
    with pytest.raises(InvalidInput, match="rows that sum to 1"):
        require_sums_of_one(np.zeros((5, 4)))


def test_the_largest_few_are_the_same_number_in_half_of_the_rows():
    mixed = largest(6, 3, 5)
    mixed[3:, 2] = 0
    require_sums_of_one(mixed)
    mixed[2, 2] = 0
    with pytest.raises(InvalidInput, match="rows that sum to 1"):
        require_sums_of_one(mixed)


def test_the_largest_few_sum_to_no_more_than_one():
    above = largest(6, 2, 4)
    above[0] *= 1.02 / above[0].sum()
    with pytest.raises(InvalidInput, match=r"got sums from 0\.8 to 1\.02"):
        require_sums_of_one(above)


def test_logits_that_sum_to_one_were_probabilities():
    two = np.stack([FINE, 1 - FINE], axis=1)
    assert look_like_probabilities(two, exclusive=True)
    assert look_like_probabilities(two + 4e-5, exclusive=True)
    assert not look_like_probabilities(two + 6e-5, exclusive=True)
    zero = np.array([[0.0, 1.0]])
    assert look_like_probabilities(zero, exclusive=True)
    assert not look_like_probabilities(np.array([[-0.5, 1.5]]), exclusive=True)
    assert not look_like_probabilities(np.ones((3, 1)), exclusive=True)


def test_logits_of_independent_labels_were_probabilities_where_all_lie_inside():
    inside = FINE[:20].reshape(10, 2)
    assert look_like_probabilities(inside, exclusive=False)
    assert not look_like_probabilities(inside[:9], exclusive=False)
    assert not look_like_probabilities(np.full((10, 2), 0.5), exclusive=False)
    for edge in (0.0, 1.0):
        changed = inside.copy()
        changed[3, 1] = edge
        assert not look_like_probabilities(changed, exclusive=False)


def test_rows_that_sum_to_something_else_are_named():
    probs = np.full((5, 2), 0.5)
    probs[3] = [0.9, 0.7]
    with pytest.raises(InvalidInput, match=r"1 row \(first: 3\)"):
        require_sums_of_one(probs)
