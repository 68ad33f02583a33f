"""The contract of an adapter: right answers, in the order of the records, and a model left as it
was.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import Outputs

Adapter = Callable[..., Outputs]


def check_adapter(
    outputs_of: Adapter,
    model: Any,
    x: Any,
    y: Any,
    *,
    expected: NDArray[Any],
    state: Callable[[], Any] | None = None,
    tolerance: float = 1e-4,
) -> None:
    """Ask `model` through an adapter and see that it keeps its promises.

    The answers are `expected`, row for row; the batch size changes nothing; asking twice gives the
    same; labels come through, each with its record; and whatever `state` returns (weights, modes,
    random states) is the same before and after.

    Parameters
    ----------
    outputs_of : the adapter, called as ``outputs_of(model, x, y, batch_size=...)``.
    model, x, y : a model and at least 5 records with their labels.
    expected : the logits, probabilities, predictions or losses that are right, (n,) or (n, k).
    state : called before and after; returns arrays, numbers or text in lists, tuples or dicts.
    tolerance : of the answers, relative to the largest.

    Raises
    ------
    AssertionError : says which promise is broken.
    """
    before = None if state is None else _flat(state())
    first = outputs_of(model, x, y, batch_size=256)
    assert isinstance(first, Outputs), f"an adapter returns Outputs, got {type(first).__name__}"
    answer = _answer(first)
    assert answer.shape == expected.shape, (
        f"the answers have shape {answer.shape}, expected {expected.shape}"
    )
    scale = tolerance * (1e-6 + float(np.abs(expected).max()))
    np.testing.assert_allclose(
        answer, expected, atol=scale, rtol=0, err_msg="the answers are wrong, or in another order"
    )
    np.testing.assert_array_equal(
        answer,
        _answer(outputs_of(model, x, y, batch_size=256)),
        err_msg="asking twice gives the same",
    )
    small = _answer(outputs_of(model, x, y, batch_size=3))
    np.testing.assert_allclose(
        small, answer, atol=scale, rtol=0, err_msg="the batch size changes nothing"
    )
    truth = first.label if first.label is not None else first.truth
    assert truth is not None or first.loss is not None, "labels come through"
    if truth is not None:
        _require_labels(truth, np.asarray(y))
    if before is not None and state is not None:
        after = _flat(state())
        assert before.keys() == after.keys(), "the model has the same parts as before"
        for name in before:
            np.testing.assert_array_equal(
                before[name], after[name], err_msg=f"{name} changed: an observer changes nothing"
            )


def _require_labels(truth: NDArray[Any], y: NDArray[Any]) -> None:
    """The labels stay with their records; classes may be numbered anew, in their order."""
    if truth.shape != y.shape:
        return
    if truth.dtype.kind == "f":
        np.testing.assert_allclose(truth, y, rtol=1e-5, err_msg="labels come through")
        return
    told, given = (np.unique(part, return_inverse=True)[1] for part in (truth, y))
    np.testing.assert_array_equal(told, given, err_msg="labels come through")


def _answer(outputs: Outputs) -> NDArray[Any]:
    return next(
        v
        for v in (outputs.logits, outputs.probs, outputs.prediction, outputs.loss)
        if v is not None
    )


def _flat(value: Any, name: str = "state") -> dict[str, NDArray[Any]]:
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, (list, tuple)):
        items = list(enumerate(value))
    else:
        return {name: np.asarray(value).copy()}
    return {
        key: part for index, item in items for key, part in _flat(item, f"{name}.{index}").items()
    }
