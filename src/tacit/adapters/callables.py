"""Any function from inputs to scores."""

from collections.abc import Callable
from typing import Any

from tacit.adapters.answers import Kind, answered
from tacit.adapters.arrays import as_array, batches
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
    """
    with untouched_rng():
        return answered(
            lambda batch: as_array(model(batch)), batches(x, y, batch_size), kind=kind, check=check
        )
