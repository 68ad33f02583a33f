"""Sorting many numbers at the speed of `np.sort`: where each of them goes, and which are equal.

Arrays of many records are worked through in pieces that stay in the processor's cache, so that
nothing as long as the records is made and thrown away on the way.
"""

import sys
from collections.abc import Iterator
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from tacit.core.by_bytes import bytes_are_faster, sorted_by_bytes

T = TypeVar("T", bound=np.generic)
Places = NDArray[np.integer[Any]]
Counts = NDArray[np.integer[Any]]
# None: the records stand in the order as they are, so that no index of them is made or followed.
Order = Places | None

# The bit of the sign of a float32.
SIGN = np.uint32(1 << 31)
# Packed keys hold the place of a record in 32 bits, one of which is a sign.
MOST_PACKED = 1 << 31
# Where the lower and the upper half of an integer of 64 bits stand in memory.
LOW, HIGH = (0, 1) if sys.byteorder == "little" else (1, 0)
# Records are worked through in pieces that stay in the processor's cache.
PIECE = 1 << 16
# From this share of numbers that rounding makes equal on, one sort of all is as fast.
MOST_TIED = 0.25
# Below so many numbers a plain sort of the places is as fast.
FEW = 2_000
# From so many numbers on, the race between both ways of sorting is worth its time; of more than the
# others, the 20 bytes a number that bytes take on their way are dearer (packed keys take 8).
MANY, MOST_BY_BYTES = 1 << 17, 1 << 23
# The next step lies so near in nearly all scores.
LOOK_AHEAD = 1_024
# Up to so many codes, looking for each in turn makes no index of all records; it is faster than a
# sort up to fewer. An index of so many records is small beside what else an audit holds.
FEW_CODES, SCANNED, MOST_INDEXED = 16, 4, 1 << 22


def pieces(n: int) -> Iterator[slice]:
    """Slices of `PIECE` places each, the last of the rest, that cover 0 to n - 1."""
    return (slice(start, min(start + PIECE, n)) for start in range(0, n, PIECE))


def order_of(values: NDArray[np.floating[Any] | np.uint64]) -> Places:
    """Places of `values` in ascending order, equal ones in the order in which they came: int32
    (n,), or int64 of very few or very many.

    Parameters
    ----------
    values : floats (n,), no NaN, or uint64.

    Examples
    --------
    >>> order_of(np.array([3.0, -0.0, 0.0, -2.5])).tolist()
    [3, 1, 2, 0]
    """
    return sorted_once(values)[0]


def sorted_once(
    values: NDArray[np.floating[Any] | np.uint64],
) -> tuple[Places, NDArray[np.bool_]]:
    """The places of `order_of`, and the `steps` of the sorted values, bool (n - 1,).

    Numbers, rounded to 32 bits, are sorted by their bytes, or packed with their places into one
    integer each, so that the processor sorts integers and moves no index: at least twice as fast
    as an `argsort`. Those that rounding made equal are sorted again among themselves.
    """
    n = len(values)
    if n < FEW or n >= MOST_PACKED:
        order = np.argsort(values, kind="stable")
        return order, steps(values, order)
    found, step = _sorted_halves(values)
    if _held_by_float32(values):
        return found, step
    # keys that differ belong to values that differ
    alike = np.flatnonzero(~step)
    differs = values[found[alike + 1]] != values[found[alike]]
    if not differs.any():
        return found, step
    if len(alike) > (n - 1) * MOST_TIED:
        order = np.argsort(values, kind="stable")
        return order, steps(values, order)
    _sort_within(found, step, values)
    step[alike] = values[found[alike + 1]] != values[found[alike]]
    return found, step


def ascending(values: NDArray[T]) -> NDArray[T]:
    """`np.sort` of floats (n,) without NaN, by their bytes where that is faster."""
    if not MANY <= len(values) <= MOST_BY_BYTES or not bytes_are_faster():
        return np.sort(values)
    return taken(values, order_of(values))  # type: ignore[arg-type]


def _sorted_halves(
    values: NDArray[np.floating[Any] | np.uint64],
) -> tuple[Places, NDArray[np.bool_]]:
    """The places of the values, rounded to 32 bits, in ascending order, and their `steps`."""
    if MANY <= len(values) <= MOST_BY_BYTES and bytes_are_faster():
        half, places = sorted_by_bytes(_halves(values))
        return places, steps(half)
    key = _packed(values)
    key.sort()
    # no view may look at the keys when their memory is given back
    step = steps(key.view(np.uint32)[HIGH::2])
    return _low_halves(key), step


def _held_by_float32(values: NDArray[np.floating[Any] | np.uint64]) -> bool:
    """Whether rounding to 32 bits changes none of the `values`: the first ones say so nearly
    always.
    """
    if values.dtype == np.uint64:
        return False
    if values.dtype.itemsize <= np.float32().itemsize:
        return True
    with np.errstate(over="ignore", under="ignore"):
        return all(
            bool((values[part].astype(np.float32) == values[part]).all())
            for part in pieces(len(values))
        )


def _sort_within(order: Places, step: NDArray[np.bool_], values: NDArray[Any]) -> None:
    """Sort those that stand between two steps among themselves."""
    places, run = tied_places(step)
    again = order[places]
    order[places] = again[np.lexsort((values[again], run))]


def _packed(values: NDArray[np.floating[Any] | np.uint64]) -> NDArray[np.uint64]:
    """The 32 bits of each number in the upper half, its place in the lower."""
    key = np.empty(len(values), np.uint64)
    for part in pieces(len(values)):
        np.left_shift(_half(values[part]), 32, out=key[part], dtype=np.uint64)
        key[part] |= np.arange(part.start, part.stop, dtype=np.uint64)
    return key


def _halves(values: NDArray[np.floating[Any] | np.uint64]) -> NDArray[np.uint32]:
    """The 32 bits of each number."""
    key = np.empty(len(values), np.uint32)
    for part in pieces(len(values)):
        key[part] = _half(values[part])
    return key


def _half(values: NDArray[np.floating[Any] | np.uint64]) -> NDArray[np.uint32]:
    """32 bits that stand in the order of the numbers: of integers the first ones."""
    if values.dtype == np.uint64:
        return (values.view(np.uint64) >> np.uint64(32)).astype(np.uint32)
    with np.errstate(over="ignore", under="ignore"):
        return _ascending_bits(values.astype(np.float32))


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


def backwards(order: NDArray[T], step: NDArray[np.bool_]) -> NDArray[T]:
    """The order of the negated values, or anything in that order, from the `order` and the `steps`
    of the values themselves: equal ones stay in the order in which they came.

    Examples
    --------
    >>> backwards(np.array([1, 0, 2]), np.array([True, False])).tolist()
    [0, 2, 1]
    """
    n, found = len(order), order[::-1].copy()
    if step.all():
        return found
    for part in pieces_between(step, n):
        begin, size = tie_runs(step[part.start : part.stop - 1])
        places = in_runs(begin, size)
        mirrored = n - part.start - np.repeat(2 * begin + size, size) + places
        found[mirrored] = order[part][places]
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


def tied_places(step: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Places of all numbers that equal a neighbour, and the number of the run of each."""
    begin, size = tie_runs(step)
    return in_runs(begin, size), np.repeat(np.arange(len(begin)), size)


def order_in_runs(run: NDArray[np.intp], value: NDArray[np.floating[Any]]) -> Places:
    """``np.lexsort((value, run))`` in one sort of packed keys: places (m,) of the records of each
    run in ascending order of their `value`, equal ones as they came.

    Parameters
    ----------
    run : int (m,), ascending from 0.
    value : float64 (m,), in [0, 1).

    Examples
    --------
    >>> order_in_runs(np.array([0, 0, 1, 1]), np.array([0.5, 0.25, 0.0, 0.0])).tolist()
    [1, 0, 2, 3]
    """
    place_bits = (len(run) - 1).bit_length()
    shift = 64 - int(run[-1]).bit_length()
    key = (value * 2.0 ** (shift - place_bits)).astype(np.uint64)
    key <<= np.uint64(place_bits)
    key |= np.arange(len(run), dtype=np.uint64)
    if run[-1]:
        key |= run.astype(np.uint64) << np.uint64(shift)
    key.sort()
    places = (key & np.uint64((1 << place_bits) - 1)).astype(np.intp)
    key >>= np.uint64(place_bits)
    same = np.flatnonzero(key[1:] == key[:-1])
    # values that differ only beyond the bits that fit are very rare
    if (value[places[same]] != value[places[same + 1]]).any():
        return np.lexsort((value, run))
    return places


def in_runs(begin: NDArray[np.integer[Any]], size: NDArray[np.integer[Any]]) -> NDArray[np.intp]:
    """All places of runs of `size` that begin at `begin`."""
    return np.repeat(begin - np.cumsum(size) + size, size) + np.arange(int(size.sum()))


def taken(values: NDArray[T], places: Order) -> NDArray[T]:
    """``values[places]``, of which no index of 64 bits is made; `values` themselves for None."""
    if places is None:
        return values
    if len(places) <= PIECE:
        return values[places]
    found = np.empty(len(places), values.dtype)
    for part in pieces(len(places)):
        np.take(values, places[part], out=found[part], mode="clip")
    return found


def placed(values: NDArray[T], places: Order) -> NDArray[T]:
    """The array (n,) that holds ``values[i]`` at ``places[i]``: what `taken` undoes."""
    if places is None:
        return values
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


def pieces_between(step: NDArray[np.bool_], n: int) -> Iterator[slice]:
    """Slices of `PIECE` of n sorted places, or more where a run of equal numbers would else be
    cut.
    """
    start = 0
    while start < n:
        stop = min(start + PIECE, n)
        if stop < n:
            ahead = first_true(step[stop - 1 :])
            stop = n if ahead is None else stop + ahead
        yield slice(start, stop)
        start = stop


def first_true(values: NDArray[np.bool_]) -> int | None:
    """The first place that holds True, looked for in parts that double; None without one."""
    start, size = 0, LOOK_AHEAD
    while start < len(values):
        part = values[start : start + size]
        place = int(np.argmax(part))
        if part[place]:
            return start + place
        start, size = start + size, 2 * size
    return None


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
    if len(code) and code[-1] >= 0 and _falls(code):
        # the codes of records that stand in order of what they were cut by
        ends = len(code) - np.append(0, np.cumsum(counted(code, n_codes)))
        return (np.arange(ends[value + 1], ends[value]) for value in range(n_codes))
    if n_codes <= (SCANNED if len(code) <= MOST_INDEXED else FEW_CODES):
        return (np.flatnonzero(code == value) for value in range(n_codes))
    sizes = counted(code, n_codes)
    order = np.argsort(code, kind="stable")[len(code) - int(sizes.sum()) :]
    return iter(np.split(order, np.cumsum(sizes)[:-1]))


def _falls(code: NDArray[np.integer[Any]]) -> bool:
    """Whether no code is larger than the one before: the first ones say so nearly always."""
    after, before = code[1:], code[:-1]
    return all(bool((after[part] <= before[part]).all()) for part in pieces(len(after)))


def searched(
    ascending: NDArray[np.floating[Any]], values: Any, *, side: Literal["left", "right"] = "left"
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
    return np.searchsorted(ascending, wanted, side=side)
