"""Rows of different lengths in one flat array: no padding, no object arrays."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import checking
from tacit.core.errors import InvalidInput


@dataclass(frozen=True, eq=False)
class Ragged:
    """n rows of numbers, each with one at least, one after the other.

    Parameters
    ----------
    value : (t,)
        All numbers of all rows.
    start : int (n + 1,)
        Row i is ``value[start[i]:start[i + 1]]``.

    Raises
    ------
    InvalidInput
        The offsets do not cut `value` into rows of one number or more.

    Examples
    --------
    >>> Ragged(np.array([1.0, 2.0, 6.0]), np.array([0, 2, 3])).mean().tolist()
    [1.5, 6.0]
    """

    value: NDArray[Any]
    start: NDArray[np.int64]

    def __post_init__(self) -> None:
        offsets = checking.integers(self.start, "start")
        require_offsets(offsets, len(self.value))
        object.__setattr__(self, "value", checking.frozen(np.asarray(self.value)))
        object.__setattr__(self, "start", offsets)

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.start) - 1

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """int (n,), how many numbers each row holds."""
        return checking.frozen(np.diff(self.start))

    @cached_property
    def row(self) -> NDArray[np.int64]:
        """int (t,), the row of each number."""
        return checking.frozen(np.repeat(np.arange(self.n), self.lengths))

    @cached_property
    def place(self) -> NDArray[np.int64]:
        """int (t,), the place of each number in its row, from 0."""
        return checking.frozen(np.arange(len(self.value)) - self.start[:-1][self.row])

    def sum(self) -> NDArray[np.float64]:
        """float64 (n,), the sum of each row; no row's sum depends on its neighbours."""
        wide = np.asarray(self.value, np.float64)
        return np.asarray(np.add.reduceat(wide, self.start[:-1]), np.float64)

    def mean(self) -> NDArray[np.float64]:
        """float64 (n,), the mean of each row."""
        return np.asarray(self.sum() / self.lengths, np.float64)

    def mean_of_smallest(self, share: float) -> NDArray[np.float64]:
        """float64 (n,), the mean of the smallest `share` of each row, of one number at least."""
        kept = np.maximum(1, np.floor(share * self.lengths)).astype(np.int64)
        order = np.lexsort((self.value, self.row))
        chosen = self.place < kept[self.row]
        return Ragged(self.value[order][chosen], offsets_of(kept)).mean()

    def take(self, rows: NDArray[Any]) -> "Ragged":
        """The rows `rows` (indices or a mask), in that order."""
        index, start = items_of(self.start, rows)
        return Ragged(self.value[index], start)


def offsets_of(lengths: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """int (n + 1,), where rows of these lengths begin and end."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def items_of(
    start: NDArray[np.int64], rows: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of all items of the rows `rows`, and the offsets of those rows on their own."""
    chosen = np.arange(len(start) - 1)[rows]
    lengths = np.diff(start)[chosen]
    offsets = offsets_of(lengths)
    shift = np.repeat(start[:-1][chosen] - offsets[:-1], lengths)
    return np.arange(offsets[-1]) + shift, offsets


def require_offsets(start: NDArray[np.int64], t: int) -> None:
    """Raise where `start` does not cut `t` items into rows of one item or more.

    Raises
    ------
    InvalidInput
        Says which row is empty, or which end does not fit.
    """
    if len(start) < 2:
        raise InvalidInput("`start` needs n + 1 offsets for n rows, got none: there is no row.")
    if start[0] != 0 or start[-1] != t:
        came = f"from {start[0]} to {start[-1]}"
        raise InvalidInput(
            f"`start` needs offsets from 0 to {t} (the number of items), got {came}."
        )
    empty = np.flatnonzero(np.diff(start) < 1)
    if len(empty):
        raise InvalidInput(
            f"`start` needs rows of one item or more, in order; empty or backwards: "
            f"{checking.rows_text(empty)}. Leave out empty rows."
        )
