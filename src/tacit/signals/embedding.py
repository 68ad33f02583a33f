"""Rows of mixed types as points, so that distances mean the same in every column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput
from tacit.core.frame import Frame, stacked

# Up to so many categories each has a dimension of its own; beyond, memory grows and codes serve.
MOST_DIMENSIONS = 64
# A column is an identifier (or free text) where more than this share of its values is distinct ...
IDENTIFIER_SHARE = 0.5
# ... among at least so many rows: a small table has distinct values by chance.
FEWEST_ROWS = 50
CODE_SEED = 0


def identifiers(real: Frame) -> tuple[str, ...]:
    """Columns that name a row rather than describe it.

    Text of which more than half of the values are distinct, and whole numbers that never repeat
    and are not missing anywhere.

    Parameters
    ----------
    real : real rows, all sides together.
    """
    if real.n < FEWEST_ROWS:
        return ()
    return tuple(name for name, values in real.columns.items() if _names_a_row(values))


def _names_a_row(values: NDArray[Any]) -> bool:
    distinct = len(np.unique(values))
    if values.dtype.kind == "U":
        return distinct > IDENTIFIER_SHARE * len(values)
    whole = bool(np.isfinite(values).all()) and bool((values == np.floor(values)).all())
    return whole and distinct == len(values)


@dataclass(frozen=True, eq=False)
class Embedding:
    """How rows become points.

    A number becomes twice its mid-rank among the reference rows, between 0 and 2; a category
    becomes a unit vector over the square root of 2, so that two categories are 1 apart, which is
    also the mean squared difference of two numbers drawn at random, times 3/2. A missing number
    lies in the middle and has a dimension that says so.

    Parameters
    ----------
    numbers : the sorted reference values of each column of numbers, missing ones left out.
    categories : the values of each column of categories on all sides, sorted.
    flagged : columns of numbers with missing cells on some side.
    """

    numbers: Mapping[str, NDArray[np.float64]]
    categories: Mapping[str, NDArray[Any]]
    flagged: frozenset[str]

    @classmethod
    def fitted(cls, reference: Frame, *others: Frame) -> "Embedding":
        """The embedding by the ranks of `reference`; `others` only add categories.

        Raises
        ------
        InvalidInput : a column of numbers has no value at all in the reference.
        """
        kinds = reference.kinds
        everyone = stacked([reference, *others])
        numbers = {n: _sorted(n, reference) for n, kind in kinds.items() if kind == "number"}
        categories = {n: np.unique(everyone.columns[n]) for n in kinds if kinds[n] == "category"}
        flagged = frozenset(n for n in numbers if np.isnan(everyone.columns[n]).any())
        return cls(numbers, categories, flagged)

    def __call__(self, frame: Frame) -> NDArray[np.float64]:
        """Points, float64 (n, dimensions)."""
        parts = [self._part(name, frame.columns[name]) for name in frame.names]
        return np.concatenate(parts, axis=1)

    def dimensions(self, names: Sequence[str], chosen: Sequence[str]) -> NDArray[np.int64]:
        """Which dimensions of a frame with the columns `names` belong to those `chosen`."""
        widths = [self._width(name) for name in names]
        owner = np.repeat(np.arange(len(names)), widths)
        return np.flatnonzero(np.isin(owner, [names.index(name) for name in chosen]))

    def ordered(self, frame: Frame) -> NDArray[np.float64]:
        """One column each, for trees: numbers (NaN where missing) and codes of categories."""
        columns = []
        for name, values in frame.columns.items():
            if name in self.numbers:
                columns.append(values)
            else:
                columns.append(np.searchsorted(self.categories[name], values).astype(np.float64))
        return np.stack(columns, axis=1)

    def _width(self, name: str) -> int:
        if name in self.numbers:
            return 1 + (name in self.flagged)
        return min(len(self.categories[name]), MOST_DIMENSIONS)

    def _part(self, name: str, values: NDArray[Any]) -> NDArray[np.float64]:
        if name not in self.numbers:
            return _directions(len(self.categories[name]))[
                np.searchsorted(self.categories[name], values)
            ]
        known = self.numbers[name]
        below = np.searchsorted(known, values, side="left")
        upto = np.searchsorted(known, values, side="right")
        gone = np.isnan(values)
        rank = np.where(gone, 1.0, (below + upto) / len(known))
        if name not in self.flagged:
            return np.asarray(rank[:, None])
        # a missing cell is 1 away from a typical number, as another category would be
        return np.stack([rank, gone / np.sqrt(2)], axis=1)


def _sorted(name: str, reference: Frame) -> NDArray[np.float64]:
    values = reference.columns[name]
    known = np.sort(values[~np.isnan(values)])
    if len(known) == 0:
        raise InvalidInput(
            f"The column {name!r} has no value in `reference`, so its ranks are not known. "
            "Leave the column out (`ignore=`) or give a reference that has it."
        )
    return known


def _directions(n: int) -> NDArray[np.float64]:
    """n vectors that are 1 apart, float64 (n, d): exactly up to 64, beyond that to about 6 %."""
    if n <= MOST_DIMENSIONS:
        return np.asarray(np.eye(n) / np.sqrt(2))
    sign = np.random.default_rng(CODE_SEED).integers(0, 2, (n, MOST_DIMENSIONS)) * 2 - 1
    # half of the signs of two codes differ, each by 2: the squared distance is 4 d / 2 / (2 d) = 1
    return np.asarray(sign / np.sqrt(2 * MOST_DIMENSIONS))
