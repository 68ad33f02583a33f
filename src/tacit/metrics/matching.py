"""What two texts or lists of tokens have in common, exactly and fast."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, Ragged
from tacit.core.optional import require

# characters of texts that are searched as texts: three times as fast as a table at 200 characters,
# level at 3,000, and a text made to be slow (one letter, again and again) costs 10 ms at most
SHORT = 1000
# bytes of a table of equal pairs that is worked on at once
MOST_CELLS = 1 << 26
# a table with fewer entries set than one in so many is walked entry by entry
SPARSE = 100
# odd, so that multiplying loses nothing modulo 2**64
BASE = np.uint64(0x9E3779B97F4A7C15)


def longest_common_substring(first: str, second: str) -> int:
    """Length of the longest run of characters that stands in both.

    Examples
    --------
    >>> longest_common_substring("the old cat", "an old car")
    7
    """
    if max(len(first), len(second)) <= SHORT:
        return _by_search(first, second)
    return longest_common_run(_codes(first), _codes(second))


def _by_search(first: str, second: str) -> int:
    """A run that ends one character later is one longer at most: is that one in the other text?"""
    if len(first) > len(second):
        first, second = second, first
    found = 0
    for end in range(1, len(first) + 1):
        if first[end - found - 1 : end] in second:
            found += 1
    return found


def longest_common_run(first: NDArray[np.integer], second: NDArray[np.integer]) -> int:
    """Length of the longest run that stands in both sequences of numbers.

    The table of equal pairs is held flat, so that a step along a diagonal is one fixed distance;
    runs of doubling length are the AND of the table with itself moved on.

    Parameters
    ----------
    first, second : int (m,), int (n,)
        Characters or tokens.
    """
    if len(first) == 0 or len(second) == 0:
        return 0
    if len(second) > len(first):
        first, second = second, first
    if len(first) * (len(second) + 1) <= MOST_CELLS:
        return _longest(first, second)
    return _by_halving(first, second)


def _by_halving(first: NDArray[np.integer], second: NDArray[np.integer]) -> int:
    """The same for sequences too long for a table: is there a run of this length, or of that?"""
    own, other = (Ragged(part, np.array([0, len(part)])) for part in (first, second))
    low, high = 0, len(second)
    while low < high:
        middle = (low + high + 1) // 2
        if shared_runs(own, other, length=middle)[0]:
            low = middle
        else:
            high = middle - 1
    return low


def _longest(first: NDArray[np.integer], second: NDArray[np.integer]) -> int:
    width = len(second) + 1
    equal = np.zeros((len(first) + 1, width), bool)
    np.equal(first[:, None], second[None, :], out=equal[:-1, :-1])
    # a spare column of False ends every diagonal at the table's edge
    run, step = equal.ravel(), width + 1
    if not run.any():
        return 0
    tables, found = [run], 1
    # doubled whole while much of the table is set, then only where runs have begun
    while np.count_nonzero(run) * SPARSE > len(run) and len(run) > found * step:
        longer = run[: -found * step] & run[found * step :]
        if not longer.any():
            break
        run, found = longer, 2 * found
        tables.append(run)
    begin = np.flatnonzero(run)
    for power in range(len(tables) - 1, -1, -1):
        begin, found = _extended(begin, found, tables[power], 1 << power, step)
    return found


def _extended(
    begin: NDArray[np.intp], found: int, table: NDArray[np.bool_], more: int, step: int
) -> tuple[NDArray[np.intp], int]:
    """Runs that begin at `begin` and are `found` long, made longer by `more` while some can be."""
    while True:
        end = begin + found * step
        longer = begin[end < len(table)]
        longer = longer[table[longer + found * step]]
        if not len(longer):
            return begin, found
        begin, found = longer, found + more


def edit_similarity(first: str, second: str) -> float:
    """1 less the edit distance over the longer length; 1 for equal texts.

    Raises
    ------
    MissingDependency
        rapidfuzz is not installed.
    """
    fuzz = require("rapidfuzz.distance", extra="text", purpose="Edit distances")
    return float(fuzz.Levenshtein.normalized_similarity(first, second))


def edit_similarities(pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
    """`edit_similarity` of many pairs: float64 (n,)."""
    return np.array([edit_similarity(first, second) for first, second in pairs], np.float64)


def shared_runs(texts: Ragged, corpus: Ragged, *, length: int) -> NDArray[np.bool_]:
    """bool (n,): which of `texts` hold a run of `length` tokens that stands in `corpus` too.

    64-bit hashes of all runs are compared first, then the tokens themselves, so that no text is
    named by a collision. A text shorter than `length` holds no run.

    Parameters
    ----------
    texts, corpus : Ragged of int
        Token numbers; runs do not cross the borders of rows.
    length : int
        Tokens of a run.
    """
    if length < 1:
        raise InvalidInput(f"`length` needs 1 or more tokens, got {length}.")
    found = np.zeros(texts.n, bool)
    own, other = _runs(texts, length), _runs(corpus, length)
    if not len(own[0]) or not len(other[0]):
        return found
    hashes, first = np.unique(other[0], return_index=True)
    place = np.minimum(np.searchsorted(hashes, own[0]), len(hashes) - 1)
    hit = np.flatnonzero(hashes[place] == own[0])
    begin, there = own[1][hit], other[1][first[place[hit]]]
    same = np.ones(len(hit), bool)
    for offset in range(length):
        same &= texts.value[begin + offset] == corpus.value[there + offset]
    found[texts.row[begin[same]]] = True
    return found


def _runs(tokens: Ragged, length: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Hash and place of every run of `length` tokens that stays within its row."""
    room = tokens.lengths[tokens.row] - tokens.place
    begin = np.flatnonzero(room >= length).astype(np.int64)
    with np.errstate(over="ignore"):
        part = (tokens.value.astype(np.uint64) + np.uint64(1)) * BASE
        part ^= part >> np.uint64(29)
        total = np.zeros(len(begin), np.uint64)
        done = 0
        size = 1
        power = BASE
        while True:
            if length & size:
                total = total * _power(size) + part[begin + done]
                done += size
            if 2 * size > length:
                return total, begin
            doubled = part.copy()
            doubled[:-size] = part[:-size] * power + part[size:]
            part, power, size = doubled, power * power, 2 * size


def _power(size: int) -> np.uint64:
    return np.uint64(pow(int(BASE), size, 1 << 64))


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
