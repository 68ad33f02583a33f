"""Any function from inputs to scores."""

from collections.abc import Callable, Iterable
from typing import Any

from tacit.adapters import keras, torch
from tacit.adapters.answers import Kind, answered
from tacit.adapters.arrays import as_array, batches, columns_and_label
from tacit.adapters.random_state import untouched_rng
from tacit.core import Outputs


def outputs_of(
    model: Callable[[Any], Any],
    x: Any,
    y: Any = None,
    *,
    batch_size: int = 256,
    kind: Kind = "auto",
    check: bool = True,
) -> Outputs:
    """What a function from a batch of records to an array or tensor of scores answers; see
    `tacit.adapters.outputs_of`.

    A data set or loader of a framework is read a batch at a time, and the function gets the inputs
    as they come.
    """
    with untouched_rng():
        return answered(
            lambda batch: as_array(model(batch)),
            _stream(x, y, batch_size, check=check),
            kind=kind,
            check=check,
        )


def _stream(x: Any, y: Any, size: int, *, check: bool) -> Iterable[tuple[Any, Any]]:
    if y is None and hasattr(x, "column_names"):
        x, y = columns_and_label(x)
    if torch.is_loader(x):
        return torch.loaded(x, y, size, check=check)
    return keras.loaded(x, y, check=check) if keras.is_loader(x) else batches(x, y, size)
