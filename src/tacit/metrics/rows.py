"""Rows of numbers over the records, most of them 0: what looks sum over members."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Sums run over so many records at a time, so that codes and products of all are never written out.
PART = 1 << 18


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
        table = _total(self._joint(other, part) for part in _parts(len(self.code)))
        return self.collapsed(other.collapsed(table).T).T

    def _joint(self, other: "Rows", part: slice) -> NDArray[Any]:
        """Sums of products for each pair of codes, of some of the records."""
        weight = _product(_some(self.weight, part), _some(other.weight, part))
        own, others = self.code[part], other.code[part]
        if self.n_codes == other.n_codes == 1:
            total = float(len(own)) if weight is None else float(np.sum(weight))
            return np.array([[total]])
        if other.n_codes == 1:
            place = own
        elif self.n_codes == 1:
            place = others
        else:
            place = own.astype(np.int32)
            place *= other.n_codes
            place += others
        table = np.bincount(place, weight, self.n_codes * other.n_codes)
        return table.reshape(self.n_codes, other.n_codes)

    @cached_property
    def totals(self) -> Floats:
        """Sum of each row, float64 (n_rows,)."""
        return self.collapsed(_total(self._sums(part, 1) for part in _parts(len(self.code))))

    @cached_property
    def squares(self) -> Floats:
        """Sum of squares of each row, float64 (n_rows,)."""
        if self.weight is None:
            return self.totals
        return self.collapsed(_total(self._sums(part, 2) for part in _parts(len(self.code))))

    def squared(self) -> "Rows":
        """The same rows with each number squared."""
        weight = None if self.weight is None else self.weight.astype(np.float64) ** 2
        return Rows(self.code, self.n_codes, weight, self.nested)

    def _sums(self, part: slice, power: int) -> NDArray[Any]:
        """Sum of the numbers for each code, each to the `power`, of some of the records."""
        weight = None if self.weight is None else self.weight[part]
        if weight is not None and power == 2:
            weight = weight.astype(np.float64) ** 2
        if self.n_codes == 1 and weight is not None:
            return np.array([float(np.sum(weight, dtype=np.float64))])
        return np.bincount(self.code[part], weight, self.n_codes)

    def collapsed(self, table: NDArray[Any]) -> Floats:
        """Sums of rows from sums of codes, both on the last axis."""
        return np.asarray(above(table, axis=-1) if self.nested else table, np.float64)

    def dense(self) -> Floats:
        """The rows written out, float64 (n_rows, n)."""
        row = np.arange(self.n_rows)[:, None]
        inside = self.code[None, :] > row if self.nested else self.code[None, :] == row
        return np.asarray(inside if self.weight is None else inside * self.weight, np.float64)

    def take(self, rows: NDArray[Any] | slice) -> "Rows":
        """The same rows on some of the records."""
        weight = None if self.weight is None else self.weight[rows]
        return Rows(self.code[rows], self.n_codes, weight, self.nested)


def _parts(n: int) -> list[slice]:
    """Parts of n records of which little is made at a time."""
    return [slice(start, start + PART) for start in range(0, max(n, 1), PART)]


def _total(parts: Iterable[NDArray[Any]]) -> NDArray[Any]:
    return reduce(np.add, parts)


def _some(weight: NDArray[Any] | None, part: slice) -> NDArray[Any] | None:
    return None if weight is None else weight[part]


def _product(first: NDArray[Any] | None, other: NDArray[Any] | None) -> NDArray[Any] | None:
    if first is None or other is None:
        return first if other is None else other
    return np.asarray(first * other.astype(np.float64))


def above(table: NDArray[Any], *, axis: int) -> NDArray[Any]:
    """Sums over all codes above 0, above 1, and so on."""
    flipped = np.flip(np.cumsum(np.flip(table, axis), axis), axis)
    return np.delete(flipped, 0, axis)
