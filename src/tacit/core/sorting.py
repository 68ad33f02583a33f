"""Sorting many numbers at the speed of `np.sort`: where each of them goes, and which are equal."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

# The bit of the sign of a float32.
SIGN = np.uint32(1 << 31)
# Packed keys hold the place of a record in 32 bits.
MOST_PACKED = 1 << 32
PLACES = np.uint64(MOST_PACKED - 1)
# Keys are packed in pieces that stay in the processor's cache.
PIECE = 1 << 16
# From this share of numbers that rounding makes equal on, one sort of all is as fast.
MOST_TIED = 0.25
# Below so many numbers a plain sort of the places is as fast.
FEW = 2_000


def order_of(values: NDArray[np.floating[Any] | np.uint64]) -> NDArray[np.intp]:
    """Places of `values` in ascending order, equal ones in the order in which they came.

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
        bits = key >> np.uint64(32)
        same = bits[1:] == bits[:-1]
        if np.count_nonzero(same) > n * MOST_TIED:
            return np.argsort(values, kind="stable")
        tied = np.flatnonzero(np.append(False, same) | np.append(same, False))
        run = bits[tied]
    key &= PLACES
    order = key.view(np.int64).astype(np.intp, copy=False)
    if len(tied):
        again = order[tied]
        order[tied] = again[np.lexsort((values[again], run))]
    return order


def _packed(values: NDArray[np.floating[Any] | np.uint64]) -> NDArray[np.uint64]:
    """The (first) 32 bits of each number in the upper half, its place in the lower."""
    key = np.empty(len(values), np.uint64)
    for start in range(0, len(values), PIECE):
        part = key[start : start + PIECE]
        piece = values[start : start + PIECE]
        if piece.dtype == np.uint64:
            np.bitwise_and(piece, ~PLACES, out=part)
        else:
            with np.errstate(over="ignore", under="ignore"):
                bits = _ascending_bits(piece.astype(np.float32))
            np.left_shift(bits, 32, out=part, dtype=np.uint64)
        part |= np.arange(start, start + len(part), dtype=np.uint64)
    return key


def _ascending_bits(values: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Whole numbers that stand in the order of `values`; -0 and 0 are one."""
    bits = (values + np.float32(0)).view(np.uint32)
    # of negative numbers all bits are turned, of the others only the sign
    bits ^= (bits.view(np.int32) >> 31).view(np.uint32) | SIGN
    return bits


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
