"""Sorting many numbers at the speed of `np.sort`: where each of them goes, and which are equal."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

# The bit of the sign of a float32.
SIGN = np.uint32(1 << 31)
# Packed keys hold the place of a record in 32 bits.
MOST_PACKED = 1 << 32
# Keys are packed in pieces that stay in the processor's cache.
PIECE = 1 << 16
# Below so many numbers a plain sort of the places is as fast.
FEW = 2_000


def order_of(values: NDArray[np.floating[Any]]) -> NDArray[np.intp]:
    """Places of `values` in ascending order, equal ones in the order in which they came.

    Numbers that a float32 holds exactly are packed with their places into one integer each, so that
    the processor sorts integers and moves no index: twice as fast as an `argsort`.

    Parameters
    ----------
    values : floats (n,), no NaN.

    Examples
    --------
    >>> order_of(np.array([3.0, -0.0, 0.0, -2.5])).tolist()
    [3, 1, 2, 0]
    """
    n = len(values)
    if n < FEW or n >= MOST_PACKED:
        return np.argsort(values, kind="stable")
    single = _single(values)
    if single is None:
        return np.argsort(values, kind="stable")
    key = np.empty(n, np.uint64)
    for start in range(0, n, PIECE):
        part = key[start : start + PIECE]
        bits = _ascending_bits(single[start : start + PIECE])
        np.left_shift(bits, 32, out=part, dtype=np.uint64)
        part |= np.arange(start, start + len(part), dtype=np.uint64)
    key.sort()
    key &= np.uint64(MOST_PACKED - 1)
    return key.view(np.int64).astype(np.intp, copy=False)


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


def _single(values: NDArray[np.floating[Any]]) -> NDArray[np.float32] | None:
    """The same numbers as float32, None where it would lose any."""
    if values.dtype == np.float32:
        return values
    with np.errstate(over="ignore", under="ignore"):
        few = values[:FEW]
        if not np.array_equal(few.astype(np.float32), few):
            return None
        single = values.astype(np.float32)
    return single if np.array_equal(single, values) else None


def _ascending_bits(values: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Whole numbers that stand in the order of `values`; -0 and 0 are one."""
    bits = (values + np.float32(0)).view(np.uint32)
    # of negative numbers all bits are turned, of the others only the sign
    bits ^= (bits.view(np.int32) >> 31).view(np.uint32) | SIGN
    return bits
