"""Sorting 32-bit keys by their bytes: each pass counts one byte and moves every record once."""

import sys
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint32]
Places = NDArray[np.int32]

KEY_BYTES, BYTE_VALUES = 4, 256
# So many keys tell which way of sorting is faster here: some ten milliseconds, once a process.
PROBE, TRIES, SEED = 1 << 16, 3, 20_263


def sorted_by_bytes(key: Keys) -> tuple[Keys, Places]:
    """The keys in ascending order, and where each was, equal ones in the order in which they came:
    uint32 (n,) and int32 (n,).

    The least byte first, each pass stable [1]_. A pass is SciPy's conversion of a sparse matrix
    from coordinates to rows: the byte is the row of a key, its place the column.

    Parameters
    ----------
    key : uint32 (n,); its memory is used.

    References
    ----------
    .. [1] Knuth, The Art of Computer Programming, volume 3, section 5.2.5.

    Examples
    --------
    >>> key, place = sorted_by_bytes(np.array([300, 7, 300, 1], np.uint32))
    >>> key.tolist(), place.tolist()
    ([1, 7, 300, 300], [3, 1, 0, 2])
    """
    from scipy.sparse import coo_array

    n = len(key)
    place = np.arange(n, dtype=np.int32)
    if n == 0:
        return key, place
    # smaller keys have fewer bytes to look at
    least = key.min()
    key -= least
    most, byte = int(key.max()), np.empty(n, np.int32)
    for number in range((most.bit_length() + 7) // 8):
        byte[:] = _bytes(key, number)
        matrix = coo_array((key, (byte, place)), shape=(BYTE_VALUES, n))
        # places are different, so that no two entries are to be added up
        matrix.has_canonical_format = True
        rows = matrix.tocsr()
        key, place = rows.data, rows.indices
        del matrix, rows
    key += least
    return key, place


def _bytes(key: Keys, number: int) -> NDArray[np.uint8]:
    """One byte of each key, 0 for the least."""
    first = number if sys.byteorder == "little" else KEY_BYTES - 1 - number
    return key.view(np.uint8)[first::KEY_BYTES]


@cache
def bytes_are_faster() -> bool:
    """Whether this processor sorts by bytes faster than NumPy sorts integers of 64 bits.

    NumPy's sort runs four times as fast on some processors as on others that know more
    instructions, so a short race decides. What is sorted is the same either way.
    """
    key = np.random.default_rng(SEED).integers(0, 1 << 32, PROBE, dtype=np.uint32)
    packed = key.astype(np.uint64) << np.uint64(32)
    ours, theirs = lambda: sorted_by_bytes(key.copy()), lambda: np.sort(packed)
    return _seconds(ours) < _seconds(theirs)


def _seconds(work: Callable[[], Any]) -> float:
    """The least time that `work` takes, of a few."""
    found = []
    for _ in range(TRIES):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)
