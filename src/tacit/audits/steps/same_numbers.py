"""The same answers on both sides, written in another precision, another order or shifted."""

from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, Outputs
from tacit.core.sorting import ascending, first_places, pieces

# float32, and numbers in a table, keep about this much of a number
PRECISION = 1e-5
# of the records that must agree; a few may have been added or lost
NEARLY_ALL = 0.99
# with fewer different answers, two sides may agree by chance
MOSTLY_DIFFERENT = 0.5
FEWEST = 20
# Rows in the same order that differ by less than this share of their column's middle half are the
# same rows, rounded more coarsely.
COARSE = 0.01
# Sorted answers of two sides come this close, in gaps between neighbours, only by being the same:
# those of two draws of 20 records differ by about three gaps.
GAPS = 0.1
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
    n = int(np.count_nonzero(member))
    if 2 * n != len(member) or n < FEWEST:
        return
    first, second = (_numbers(outputs, first_places(side, GLANCE)) for side in (member, ~member))
    same = _same_in_order(first, second)
    if not same and n <= MOST_SORTED:
        low, high = (ascending(_first_numbers(outputs, side)) for side in (member, ~member))
        other_order = _share(first, np.roll(second, 1, axis=0))
        same = other_order < MOSTLY_DIFFERENT and _same_sorted(low, high)
    if same:
        raise InvalidInput(
            "Members and non-members hold the same answers, but for rounding. There is nothing to"
            " tell apart. Give records that the model was not trained on as non-members."
        )


def _numbers(outputs: Outputs, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """The answers (n, k) of some records; logits of a row from its largest, for a constant that is
    added to all of them changes nothing.
    """
    answer = _answer(outputs)[rows]
    numbers: NDArray[np.float64] = answer.reshape(len(answer), -1).astype(np.float64)
    if _shifts(outputs):
        numbers -= numbers.max(axis=1, keepdims=True)
    return numbers[:, :: max(1, -(-numbers.shape[1] // MOST_COLUMNS))]


def _first_numbers(outputs: Outputs, side: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The first column (n,) of the `_numbers` of one side."""
    answer = _answer(outputs)
    columns = answer.reshape(len(answer), -1)
    first: NDArray[np.float64] = columns[side, 0].astype(np.float64)
    if _shifts(outputs):
        largest = np.empty(len(columns), columns.dtype)
        for part in pieces(len(columns)):
            # column by column: the largest of a short row is slow to find
            largest[part] = reduce(np.maximum, columns[part].T)
        first -= largest[side]
    return first


def _answer(outputs: Outputs) -> NDArray[Any]:
    parts = (outputs.logits, outputs.probs, outputs.loss, outputs.prediction)
    return next(part for part in parts if part is not None)


def _shifts(outputs: Outputs) -> bool:
    """May a constant be added to all numbers of a row?"""
    return outputs.logits is not None and outputs.task == "multiclass"


def _same_in_order(first: NDArray[np.float64], second: NDArray[np.float64]) -> bool:
    """Are the rows of both sides the same ones in the same order?"""
    low, high = np.quantile(first, (0.25, 0.75), axis=0)
    for coarse in (np.zeros(first.shape[1]), COARSE * (high - low)):
        ordered = _share(first, second, coarse)
        shifted = _share(first, np.roll(second, 1, axis=0), coarse)
        if ordered >= NEARLY_ALL and shifted < MOSTLY_DIFFERENT:
            return True
    return False


def _same_sorted(low: NDArray[np.float64], high: NDArray[np.float64]) -> bool:
    """Are the sorted answers (n,) of one side those of the other?"""
    gaps = np.diff(low)
    if (gaps > PRECISION * np.abs(low[1:])).mean() <= MOSTLY_DIFFERENT:
        return False
    if _share(low[:, None], high[:, None]) >= NEARLY_ALL:
        return True
    return bool(np.median(np.abs(low - high)) < GAPS * np.median(gaps))


def _share(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    coarse: NDArray[np.float64] | float = 0.0,
) -> float:
    """Of the rows whose numbers are all equal to the precision, or within `coarse`."""
    size = np.maximum(np.abs(first), np.abs(second))
    # numbers in a table keep decimals, not digits
    size = np.maximum(size, np.median(size))
    return float(
        (np.abs(first - second) <= np.maximum(PRECISION * size, coarse)).all(axis=1).mean()
    )
