"""The same answers on both sides, written in another precision or another order."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, Outputs
from tacit.core.sorting import first_places

# float32, and numbers in a table, keep about this much of a number
PRECISION = 1e-5
# of the records that must agree; a few may have been added or lost
NEARLY_ALL = 0.99
# with fewer different answers, two sides may agree by chance
MOSTLY_DIFFERENT = 0.5
FEWEST = 20
# rows that are compared in their order, and the most that are sorted for one without it
GLANCE, MOST_SORTED = 5_000, 1_000_000
# of very many classes so many tell whether rows are the same
MOST_COLUMNS = 1_000


def require_other_numbers(outputs: Outputs, member: NDArray[np.bool_]) -> None:
    """Refuse answers that are the same on both sides but for rounding.

    Parameters
    ----------
    outputs : of both sides.
    member : bool (n,), the truth.

    Raises
    ------
    InvalidInput : nearly all answers of one side are those of the other.
    """
    parts = (outputs.logits, outputs.probs, outputs.loss, outputs.prediction)
    answer = next(part for part in parts if part is not None)
    n = int(np.count_nonzero(member))
    if 2 * n != len(member) or n < FEWEST:
        return
    first, second = (_numbers(answer[first_places(side, GLANCE)]) for side in (member, ~member))
    shifted = _share(first, np.roll(second, 1, axis=0))
    ordered = _share(first, second)
    sorted_ = 0.0
    if ordered < NEARLY_ALL and n <= MOST_SORTED:
        column = answer.reshape(len(answer), -1)[:, :1]
        low, high = (_numbers(np.sort(column[side], axis=0)) for side in (member, ~member))
        apart = (np.diff(low[:, 0]) > PRECISION * np.abs(low[1:, 0])).mean()
        sorted_ = _share(low, high) if apart > MOSTLY_DIFFERENT else 0.0
    if max(ordered, sorted_) >= NEARLY_ALL and shifted < MOSTLY_DIFFERENT:
        raise InvalidInput(
            "Members and non-members hold the same answers, but for rounding. There is nothing to"
            " tell apart. Give records that the model was not trained on as non-members."
        )


def _numbers(part: NDArray[Any]) -> NDArray[np.float64]:
    rows = part.reshape(len(part), -1)
    return rows[:, :: max(1, -(-rows.shape[1] // MOST_COLUMNS))].astype(np.float64)


def _share(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Of the rows whose numbers are all equal to the precision."""
    size = np.maximum(np.abs(first), np.abs(second))
    # numbers in a table keep decimals, not digits
    size = np.maximum(size, np.median(size))
    return float((np.abs(first - second) <= PRECISION * size).all(axis=1).mean())
