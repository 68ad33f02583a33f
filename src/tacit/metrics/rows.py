"""Rows of numbers over the records, most of them 0: what looks sum over members."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Sums run over so many records at a time, so that codes and products of all are never written out.
PART = 1 << 18
# Where the products of all pairs of rows are summed, codes and numbers of so many records of every
# row stay in the processor's cache.
CACHED = 1 << 15


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

    def take(self, rows: NDArray[Any] | slice | list[int]) -> "Rows":
        """The same rows on some of the records."""
        weight = None if self.weight is None else self.weight[rows]
        return Rows(self.code[rows], self.n_codes, weight, self.nested)


def gram(rows: Sequence[Rows]) -> Floats:
    """Inner products (k, k) of all rows with all.

    Parameters
    ----------
    rows : of the same n records, k rows in all.
    """
    single = [i for i, row in enumerate(rows) if row.n_codes == 1]
    several = [i for i, row in enumerate(rows) if row.n_codes > 1]
    codes = np.cumsum([0, *(row.n_codes for row in rows)])
    by_code = np.zeros((codes[-1], len(single)))
    pairs = list(combinations_with_replacement(several, 2))
    tables = {(i, j): np.zeros((rows[i].n_codes, rows[j].n_codes)) for i, j in pairs}
    for part in _parts(len(rows[0].code), CACHED):
        seen = [_Part.of(row, part) for row in rows]
        if single:
            by_code += _sums_by_code(seen, [seen[i] for i in single])
        for i, j in pairs:
            seen[i].add_products(seen[j], tables[i, j])
    for place, j in enumerate(single):
        tables |= {(i, j): by_code[codes[i] : codes[i + 1], [place]] for i in range(len(rows))}
    return _joined(rows, tables)


def _joined(rows: Sequence[Rows], tables: Mapping[tuple[int, int], Floats]) -> Floats:
    """The symmetric matrix (k, k) of all rows from the sums of products of two, by their codes."""
    ends = np.cumsum([0, *(row.n_rows for row in rows)])
    found = np.zeros((ends[-1], ends[-1]))
    for (i, j), table in tables.items():
        block = rows[i].collapsed(rows[j].collapsed(table).T).T
        found[ends[i] : ends[i + 1], ends[j] : ends[j + 1]] = block
        found[ends[j] : ends[j + 1], ends[i] : ends[i + 1]] = block.T
    return found


def _sums_by_code(parts: Sequence["_Part"], single: Sequence["_Part"]) -> Floats:
    """Sums of products of all `parts`, by the codes of each one after the other, with each of those
    that have a `single` code, as one product with a sparse matrix: three times as fast as one
    histogram a pair.
    """
    from scipy.sparse import coo_array

    n, k = parts[0].n, len(parts)
    start = np.cumsum([0, *(part.n_codes for part in parts)])
    code, weight = np.empty((k, n), np.int32), np.empty((k, n))
    for row, part in enumerate(parts):
        np.add(0 if part.code is None else part.code, start[row], out=code[row], casting="unsafe")
        weight[row] = 1.0 if part.weight is None else part.weight
    record = np.tile(np.arange(n, dtype=np.int32), k)
    by_code = coo_array((weight.ravel(), (code.ravel(), record)), shape=(start[-1], n))
    values = np.empty((n, len(single)))
    for column, part in enumerate(single):
        values[:, column] = 1.0 if part.weight is None else part.weight
    return np.asarray(by_code @ values)


@dataclass(frozen=True, eq=False)
class _Part:
    """Rows on n records: `code` (n,), None where there is only one, and `weight` (n,), None for
    ones; `source` is the code of all records.
    """

    code: NDArray[np.intp] | None
    n_codes: int
    weight: Floats | None
    source: NDArray[Any]
    n: int

    @classmethod
    def of(cls, rows: Rows, part: slice) -> "_Part":
        code = rows.code[part].astype(np.intp) if rows.n_codes > 1 else None
        weight = None if rows.weight is None else rows.weight[part].astype(np.float64)
        return cls(code, rows.n_codes, weight, rows.code, len(rows.code[part]))

    def add_products(self, other: "_Part", table: Floats) -> None:
        """Add the sums of products for each pair of codes to `table` (n_codes, other.n_codes), of
        two that have several.
        """
        assert self.code is not None
        assert other.code is not None
        weight = _product(self.weight, other.weight)
        if self.source is other.source:
            # each record is in the same row of both
            np.einsum("ii->i", table)[:] += np.bincount(self.code, weight, self.n_codes)
        else:
            place = self.code * other.n_codes
            place += other.code
            table += np.bincount(place, weight, table.size).reshape(table.shape)


def _parts(n: int, size: int = PART) -> list[slice]:
    """Parts of n records of which little is made at a time."""
    return [slice(start, start + size) for start in range(0, max(n, 1), size)]


def _total(parts: Iterable[NDArray[Any]]) -> NDArray[Any]:
    return reduce(np.add, parts)


def _some(weight: NDArray[Any] | None, part: slice) -> NDArray[Any] | None:
    return None if weight is None else weight[part]


def _product(first: NDArray[Any] | None, other: NDArray[Any] | None) -> NDArray[Any] | None:
    if first is None or other is None:
        return first if other is None else other
    return np.asarray(first * other.astype(np.float64, copy=False))


def above(table: NDArray[Any], *, axis: int) -> NDArray[Any]:
    """Sums over all codes above 0, above 1, and so on."""
    flipped = np.flip(np.cumsum(np.flip(table, axis), axis), axis)
    return np.delete(flipped, 0, axis)
