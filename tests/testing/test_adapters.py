"""How far an adapter's answers may lie from the right ones, and which batches it is asked in."""

import numpy as np
import pytest

from tacit.core import Outputs
from tacit.testing import check_adapter

# the largest answer is 11
X = np.arange(12.0).reshape(6, 2)
Y = np.array([0, 1, 0, 1, 0, 1])
TOLERANCE = 1e-4 * (11 + 1e-6)


def off_by(change, *, first=True):
    """An adapter whose answers are moved in all batches, or in short ones alone."""

    def outputs_of(model, x, y, batch_size):
        moved = change if first or batch_size == 3 else 0.0
        return Outputs(logits=np.asarray(x) + moved, label=y)

    return outputs_of


@pytest.mark.parametrize(
    ("first", "says"), [(True, "wrong, or in another order"), (False, "batch size changes nothing")]
)
def test_answers_may_differ_by_a_ten_thousandth_of_the_largest(first, says):
    check_adapter(off_by(0.99 * TOLERANCE, first=first), None, X, Y, expected=X)
    with pytest.raises(AssertionError, match=says):
        check_adapter(off_by(1.01 * TOLERANCE, first=first), None, X, Y, expected=X)


def test_answers_of_nothing_have_a_tolerance_too():
    check_adapter(off_by(0.9e-10), None, 0 * X, Y, expected=0 * X)
    with pytest.raises(AssertionError, match="wrong"):
        check_adapter(off_by(1.1e-10), None, 0 * X, Y, expected=0 * X)


def test_it_is_asked_twice_in_one_batch_and_once_in_threes():
    asked = []

    def noted(model, x, y, batch_size):
        asked.append((model, batch_size))
        return Outputs(logits=np.asarray(x), label=y)

    check_adapter(noted, "net", X, Y, expected=X)
    assert asked == [("net", 256), ("net", 256), ("net", 3)]


def test_numbers_stay_with_their_records_to_a_hundred_thousandth():
    def shown(share):
        return lambda model, x, y, batch_size: Outputs(prediction=x[:, 0], truth=y * (1 + share))

    check_adapter(shown(0.9e-5), None, X, X[:, 1], expected=X[:, 0])
    with pytest.raises(AssertionError, match="labels come through"):
        check_adapter(shown(1.2e-5), None, X, X[:, 1], expected=X[:, 0])


def test_a_loss_needs_no_labels():
    check_adapter(
        lambda model, x, y, batch_size: Outputs(loss=x[:, 0]), None, X, None, expected=X[:, 0]
    )


def test_a_part_of_the_model_that_comes_or_goes_is_a_change():
    parts = {"a": [1.0, (2.0, 3.0)]}

    def growing(model, x, y, batch_size):
        parts["b"] = 1.0
        return Outputs(logits=np.asarray(x), label=y)

    with pytest.raises(AssertionError, match="same parts as before"):
        check_adapter(growing, None, X, Y, expected=X, state=lambda: dict(parts))
    check_adapter(off_by(0.0), None, X, Y, expected=X, state=lambda: parts)
