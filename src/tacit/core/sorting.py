"""Sorting many numbers at the speed of `np.sort`: where each of them goes, and which are equal.

Arrays of many records are worked through in pieces that stay in the processor's cache, so that
nothing as long as the records is made and thrown away on the way.
"""

import sys
from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)
Places = NDArray[np.integer[Any]]

# The bit of the sign of a float32.
SIGN = np.uint32(1 << 31)
# Packed keys hold the place of a record in 32 bits, one of which is a sign.
MOST_PACKED = 1 << 31
PLACES = np.uint64((1 << 32) - 1)
# Where the lower and the upper half of an integer of 64 bits stand in memory.
LOW, HIGH = (0, 1) if sys.byteorder == "little" else (1, 0)
# Records are worked through in pieces that stay in the processor's cache.
PIECE = 1 << 16
# From this share of numbers that rounding makes equal on, one sort of all is as fast.
MOST_TIED = 0.25
# Below so many numbers a plain sort of the places is as fast.
FEW = 2_000
# Up to so many codes, looking for each in turn is faster than a sort, and makes no index of all.
FEW_CODES = 16


def pieces(n: int) -> Iterator[slice]:
    """Slices of `PIECE` places each, the last of the rest, that cover 0 to n - 1."""
    return (slice(start, min(start + PIECE, n)) for start in range(0, n, PIECE))


def order_of(values: NDArray[np.floating[Any] | np.uint64]) -> Places:
    """Places of `values` in ascending order, equal ones in the order in which they came: int32
    (n,), or int64 of very few or very many.

    Numbers, rounded to 32 bits, are packed with their places into one integer each, so that the
    processor sorts integers and moves no index: twice as fast as an `argsort`. Those that rounding
    made equal are sorted again among themselves.

    Parameters
    ----------
    values : floats (n,), no NaN, or uint64.

    Examples
    --------
    >>> order_of(np.array([3.0, -0.0, 0.0, -2.5])).tolist()
    [3, 1, 2, 0]
    """
    n = len(values)
    if n < FEW or n >= MOST_PACKED:
        return np.argsort(values, kind="stable")
    key = _packed(values)
    key.sort()
    tied = np.zeros(0, np.intp)
    if values.dtype.itemsize > np.float32().itemsize:
        bits = key.view(np.uint32)[HIGH::2]
        same = bits[1:] == bits[:-1]
        if np.count_nonzero(same) > n * MOST_TIED:
            return np.argsort(values, kind="stable")
        tied = np.flatnonzero(np.append(False, same) | np.append(same, False))
        run = bits[tied]
        # no view may look at the keys when their memory is given back
        del bits, same
    order = _low_halves(key)
    if len(tied):
        again = order[tied]
        order[tied] = again[np.lexsort((values[again], run))]
    return order


def _packed(values: NDArray[np.floating[Any] | np.uint64]) -> NDArray[np.uint64]:
    """The (first) 32 bits of each number in the upper half, its place in the lower."""
    key = np.empty(len(values), np.uint64)
    for part in pieces(len(values)):
        piece = values[part]
        if piece.dtype == np.uint64:
            np.bitwise_and(piece, ~PLACES, out=key[part])
        else:
            with np.errstate(over="ignore", under="ignore"):
                bits = _ascending_bits(piece.astype(np.float32))
            np.left_shift(bits, 32, out=key[part], dtype=np.uint64)
        key[part] |= np.arange(part.start, part.stop, dtype=np.uint64)
    return key


def _ascending_bits(values: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Whole numbers that stand in the order of `values`; -0 and 0 are one."""
    bits = (values + np.float32(0)).view(np.uint32)
    # of negative numbers all bits are turned, of the others only the sign
    bits ^= (bits.view(np.int32) >> 31).view(np.uint32) | SIGN
    return bits


def _low_halves(key: NDArray[np.uint64]) -> NDArray[np.int32]:
    """The lower 32 bits of each key, in the memory of `key`, whose other half is given back."""
    n = len(key)
    halves = key.view(np.int32)
    for part in pieces(n):
        # what is written lies before what is still to be read
        halves[part] = halves[LOW::2][part]
    del halves
    key.resize((n + 1) // 2, refcheck=False)
    return key.view(np.int32)[:n]


def backwards(order: Places, values: NDArray[Any]) -> Places:
    """The order of ``-values``, from the ascending `order` of `values`: equal ones stay in the
    order in which they came.

    Examples
    --------
    >>> backwards(np.array([1, 0, 2]), np.array([3.0, 1.0, 3.0])).tolist()
    [0, 2, 1]
    """
    found = order[::-1].copy()
    step = steps(values, found)
    if not step.all():
        first, size = tie_runs(step)
        last = np.repeat(2 * first + size - 1, size)
        tied = np.repeat(first - np.cumsum(size) + size, size) + np.arange(len(last))
        found[tied] = found[last - tied]
    return found


def steps(values: NDArray[Any], order: Places | None = None) -> NDArray[np.bool_]:
    """Whether each of `values` (n,), or of those at the places `order` (n,), differs from the one
    before: bool (n - 1,).
    """
    n = len(values if order is None else order)
    step = np.empty(max(0, n - 1), bool)
    for part in pieces(len(step)):
        here = slice(part.start, part.stop + 1)
        piece = values[here] if order is None else values[order[here]]
        np.not_equal(piece[1:], piece[:-1], out=step[part])
    return step


def tie_runs(step: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First place and size of each run of two or more equal numbers, from `steps`."""
    # the first and the last of neighbours that tie, so that records without ties cost nothing
    first = np.flatnonzero(~step & np.append(True, step[:-1]))
    last = np.flatnonzero(~step & np.append(step[1:], True)) + 1
    return first, last + 1 - first


def taken(values: NDArray[T], places: Places) -> NDArray[T]:
    """``values[places]``, of which no index of 64 bits is made."""
    if len(places) <= PIECE:
        return values[places]
    found = np.empty(len(places), values.dtype)
    for part in pieces(len(places)):
        np.take(values, places[part], out=found[part], mode="clip")
    return found


def placed(values: NDArray[T], places: Places) -> NDArray[T]:
    """The array (n,) that holds ``values[i]`` at ``places[i]``: what `taken` undoes."""
    found = np.empty_like(values)
    for part in pieces(len(places)):
        found[places[part]] = values[part]
    return found


def first_places(chosen: NDArray[np.bool_], most: int) -> NDArray[np.intp]:
    """The first `most` places that `chosen` (n,) holds, or all of them."""
    found, count = [np.zeros(0, np.intp)], 0
    for part in pieces(len(chosen)):
        found.append(np.flatnonzero(chosen[part]) + part.start)
        count += len(found[-1])
        if count >= most:
            break
    return np.concatenate(found)[:most]


def others_before(step: NDArray[np.bool_], side: NDArray[np.bool_]) -> NDArray[np.integer[Any]]:
    """For each record of one side, in ascending order, how many of the other score strictly lower.

    Parameters
    ----------
    step : bool (n - 1,), whether the sorted score grows from each place to the next; see `steps`.
    side : bool (n,), the records asked about, in the order of the score.

    Examples
    --------
    >>> others_before(np.array([True, False]), np.array([False, True, False])).tolist()
    [1]
    """
    n = len(side)
    found = np.empty(int(np.count_nonzero(side)), counting_type(n))
    upto = before = filled = 0
    for part in pieces(n):
        own = side[part]
        other = ~own
        counts = np.cumsum(other, dtype=found.dtype)
        counts += found.dtype.type(upto)
        upto = int(counts[-1])
        np.subtract(counts, other, out=counts)
        # within a tie the count is that of its first record
        if part.start:
            new = step[part.start - 1 : part.stop - 1]
        else:
            new = np.append(True, step[: part.stop - 1])
        if not new.all():
            counts[~new] = 0
            counts[0] = max(int(counts[0]), before)
            np.maximum.accumulate(counts, out=counts)
        before = int(counts[-1])
        kept = counts[own]
        found[filled : filled + len(kept)] = kept
        filled += len(kept)
    return found


def counting_type(n: int) -> type[np.integer[Any]]:
    """The type that holds twice any count of `n` records."""
    return np.int32 if n < 1 << 30 else np.int64


def smallest(code: NDArray[np.integer[Any]]) -> NDArray[np.integer[Any]]:
    """The same whole numbers in the smallest type that holds them: those of one or two bytes NumPy
    sorts by counting.

    Examples
    --------
    >>> smallest(np.array([-1, 300])).dtype
    dtype('int16')
    """
    if not len(code):
        return code
    low, high = int(code.min()), int(code.max())
    for kind in (np.int8, np.int16, np.int32):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return code.astype(kind, copy=False)
    return code


def counted(code: NDArray[np.integer[Any]], n_codes: int) -> NDArray[np.intp]:
    """How many records have each code from 0 to `n_codes` - 1; those below 0 are left out."""
    total = np.zeros(n_codes + 1, np.intp)
    for part in pieces(len(code)):
        total += np.bincount(code[part].astype(np.intp) + 1, minlength=n_codes + 1)
    return total[1:]


def parted(code: NDArray[np.integer[Any]], n_codes: int) -> Iterator[NDArray[np.intp]]:
    """The places of each code from 0 to `n_codes` - 1, ascending; codes below 0 are left out."""
    code = smallest(code)
    if n_codes <= FEW_CODES:
        return (np.flatnonzero(code == value) for value in range(n_codes))
    sizes = counted(code, n_codes)
    order = np.argsort(code, kind="stable")[len(code) - int(sizes.sum()) :]
    return iter(np.split(order, np.cumsum(sizes)[:-1]))


def searched(
    ascending: NDArray[np.floating[Any]], values: Any, *, side: str = "left"
) -> NDArray[np.intp]:
    """`np.searchsorted`, without a copy of `ascending` where `values` have more digits than it.

    Examples
    --------
    >>> searched(np.array([0.25, 0.5], np.float32), [0.25 + 1e-12, 0.5]).tolist()
    [1, 1]
    """
    wanted = np.asarray(values)
    if wanted.dtype != ascending.dtype:
        with np.errstate(over="ignore", under="ignore"):
            rounded = wanted.astype(ascending.dtype)
        # rounding must not pass a number of `ascending`
        if side == "left":
            wanted = np.where(
                rounded < wanted, np.nextafter(rounded, rounded.dtype.type(np.inf)), rounded
            )
        else:
            wanted = np.where(
                rounded > wanted, np.nextafter(rounded, rounded.dtype.type(-np.inf)), rounded
            )
    return np.searchsorted(ascending, wanted, side=side)  # type: ignore[call-overload, no-any-return]
