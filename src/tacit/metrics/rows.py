"""Rows of numbers over the records, most of them 0: what looks sum over members."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of numbers, one number a record, of which each record is in few: never written out.

    Row r holds `weight` where the code is r, and 0 elsewhere; `nested` rows hold it where the code
    is r + 1 or more.

    Parameters
    ----------
    code : integers (n,), 0 to `n_codes` - 1.
    n_codes : number of codes.
    weight : numbers (n,), or None for ones.
    nested : whether row r holds every record with a code above r.
    """

    code: NDArray[np.integer[Any]]
    n_codes: int
    weight: NDArray[Any] | None = None
    nested: bool = False

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.n_codes - 1 if self.nested else self.n_codes

    def products(self, other: "Rows") -> Floats:
        """Inner products (n_rows, other.n_rows) of all rows of both, from one joint histogram."""
        weight = _product(self.weight, other.weight)
        if self.n_codes == other.n_codes == 1:
            total = float(len(self.code)) if weight is None else float(np.sum(weight))
            return np.array([[total]])
        if other.n_codes == 1:
            place = self.code
        elif self.n_codes == 1:
            place = other.code
        else:
            place = self.code.astype(np.int32)
            place *= other.n_codes
            place += other.code
        size = self.n_codes * other.n_codes
        table = np.bincount(place, weight, size).reshape(self.n_codes, other.n_codes)
        return self.collapsed(other.collapsed(table).T).T

    @cached_property
    def totals(self) -> Floats:
        """Sum of each row, float64 (n_rows,)."""
        if self.n_codes == 1 and self.weight is not None:
            return np.array([float(np.sum(self.weight, dtype=np.float64))])
        return self.collapsed(np.bincount(self.code, self.weight, self.n_codes))

    @cached_property
    def squares(self) -> Floats:
        """Sum of squares of each row, float64 (n_rows,)."""
        return self.totals if self.weight is None else self.squared().totals

    def squared(self) -> "Rows":
        """The same rows with each number squared."""
        weight = None if self.weight is None else self.weight.astype(np.float64) ** 2
        return Rows(self.code, self.n_codes, weight, self.nested)

    def collapsed(self, table: NDArray[Any]) -> Floats:
        """Sums of rows from sums of codes, both on the last axis."""
        return np.asarray(above(table, axis=-1) if self.nested else table, np.float64)

    def dense(self) -> Floats:
        """The rows written out, float64 (n_rows, n)."""
        row = np.arange(self.n_rows)[:, None]
        inside = self.code[None, :] > row if self.nested else self.code[None, :] == row
        return np.asarray(inside if self.weight is None else inside * self.weight, np.float64)

    def take(self, rows: NDArray[Any]) -> "Rows":
        """The same rows on some of the records."""
        weight = None if self.weight is None else self.weight[rows]
        return Rows(self.code[rows], self.n_codes, weight, self.nested)


def _product(first: NDArray[Any] | None, other: NDArray[Any] | None) -> NDArray[Any] | None:
    if first is None or other is None:
        return first if other is None else other
    return np.asarray(first * other.astype(np.float64))


def above(table: NDArray[Any], *, axis: int) -> NDArray[Any]:
    """Sums over all codes above 0, above 1, and so on."""
    flipped = np.flip(np.cumsum(np.flip(table, axis), axis), axis)
    return np.delete(flipped, 0, axis)
