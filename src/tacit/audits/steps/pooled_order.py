"""An order of the records that owes nothing to who is a member, nor to how they came."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import Evidence, Signals
from tacit.core.sorting import (
    MOST_PACKED,
    Order,
    Places,
    order_in_runs,
    pieces_between,
    sorted_once,
    tied_places,
)

Bools = NDArray[np.bool_]
SEED = 20_262


def pooled_order(
    signals: Sequence[Signals], member: Bools, paper: Evidence | None = None
) -> Places:
    """Records in ascending order of the first signal, ties by whatever else is seen of them.

    Records that are equal in all that is seen stand in an order by chance.

    Parameters
    ----------
    signals : what is seen of n records.
    member : bool (n,), of `ties_by_chance`.
    paper : scores of these records that were sorted already.
    """
    first = signals[0].target[:, 0]
    known = paper is not None and np.array_equal(first, paper.score)
    order, step = _sorted(first, paper if known else None)
    same = ~step
    if not same.any():
        return _written(order, len(first))
    keys: list[NDArray[Any]] = [*signals[0].features.T, signals[0].group]
    keys += [
        column
        for item in reversed(signals)
        for place, column in enumerate(item.target.T)
        if place or item is not signals[0]
    ]
    keys = [key for key in keys if (key != key[:1]).any()]
    if keys:
        # only records that tie are sorted again, each within its tie
        order = _written(order, len(first)).copy()
        tied, run = tied_places(~same)
        records = order[tied]
        order[tied] = records[np.lexsort([*(key[records] for key in keys), run])]
        for key in keys:
            same = same & (key[order[1:]] == key[order[:-1]])
    return ties_by_chance(order, same, member)


def _sorted(values: NDArray[Any], paper: Evidence | None) -> tuple[Order, Bools]:
    """Places of `values` (n,) in ascending order, and whether each differs from the one before."""
    return sorted_once(values) if paper is None else (paper.order, paper.step)


def _written(order: Order, n: int) -> Places:
    """The order written out where the records stand in it."""
    return np.arange(n, dtype=np.int32 if n < MOST_PACKED else np.int64) if order is None else order


def ties_by_chance(order: Order, same: Bools, member: Bools) -> Places:
    """The order with equal records shuffled among themselves.

    As they came, members would stand before the non-members that equal them. Folds dealt from such
    an order hold like shares of both, so that what a guesser learns of a value on some folds is
    true of it on the others more often than chance has it: a false alarm.

    Parameters
    ----------
    order : int (n,), the records; None where they stand in it.
    same : bool (n - 1,), whether a record in that order equals the one before it.
    member : bool (n,), the truth; it makes the shuffle one of kinds and not of places, so that it
        does not matter how the records came.
    """
    if not same.any():
        return _written(order, len(member))
    rng = np.random.default_rng(SEED)
    step, shuffled = ~same, _written(order, len(member))
    shuffled = shuffled.copy() if shuffled is order else shuffled
    # runs of equal records one piece after the other, each in the processor's cache
    for part in pieces_between(step, len(member)):
        tied, run = tied_places(step[part.start : part.stop - 1])
        if len(tied) == 0:
            continue
        here = shuffled[part]
        records = here[tied]
        # non-members come last in each run
        records = records[order_in_runs(run, 0.5 * ~member[records])]
        here[tied] = records[order_in_runs(run, rng.random(len(records)))]
    return shuffled
