"""Looks within slices: the ranks of a score among the records of one value of a column."""

from collections.abc import Callable
from itertools import compress, islice, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core.parts import together
from tacit.core.sorting import (
    FEW_CODES,
    MOST_INDEXED,
    Places,
    counted,
    parted,
    smallest,
    steps,
    taken,
)
from tacit.metrics.looks import Look, Ranked, _doubled_ranks, rank_p_value, smallest_rank_p
from tacit.metrics.rows import Rows


def slice_look(
    name: str,
    ranked: Ranked,
    code: NDArray[np.integer[Any]],
    n_codes: int,
    member: NDArray[np.bool_],
) -> Look:
    """Ranks within each slice of a column, one look a value.

    Parameters
    ----------
    name : of the column.
    ranked : the score.
    code : int (n,), 0 to `n_codes` - 1: the slice of each record; -1 for a record in none.
    n_codes : number of slices.
    member : bool (n,), the truth.
    """
    code = smallest(code)
    sizes = counted(code, n_codes)
    # what stands in the order of the score is read from front to back within a slice
    truth = taken(member, ranked.order)
    within = _steps_within(ranked.step, n_codes)
    rank = np.zeros(len(member), ranked.rank.dtype)
    members, p_values = np.zeros(n_codes, np.intp), np.ones(n_codes)
    filled = iter(np.flatnonzero(sizes))
    for places, bounds in together(compress(parted(taken(code, ranked.order), n_codes), sizes)):
        step = _steps_of_parts(within, places, bounds)
        own, here = _ranks_in_parts(step, bounds), truth[places]
        rank[places if ranked.order is None else ranked.order[places]] = own
        start, n = np.array(bounds[:-1]), np.diff(bounds)
        values = list(islice(filled, len(n)))
        inside = members[values] = np.add.reduceat(here, start, dtype=np.intp)
        # from here on those of members alone
        own *= here
        total = np.add.reduceat(own, start, dtype=np.int64)
        p_values[values] = [
            rank_p_value(step[first : first + size - 1], *counts)
            for first, size, *counts in zip(start, n, inside, n - inside, total)
        ]
    least = np.where(sizes > 0, smallest_rank_p(sizes, members), 1.0)
    # looks at one column by several attacks share its codes
    own = code if len(code) == int(sizes.sum()) else np.maximum(code, 0)
    return Look(
        name, "slice", Rows(own, n_codes, rank), p_values, least, 0.5 / np.maximum(sizes, 1)
    )


def _steps_of_parts(
    within: Callable[[Places], NDArray[np.bool_]], places: Places, bounds: list[int]
) -> NDArray[np.bool_]:
    """Whether the score grows from each of m `places` to the next, bool (m - 1,), as if every score
    of a part were larger than all of the parts before it.
    """
    step = np.ones(len(places) - 1, bool)
    for start, stop in pairwise(bounds):
        step[start : stop - 1] = within(places[start:stop])
    return step


def _ranks_in_parts(step: NDArray[np.bool_], bounds: list[int]) -> NDArray[np.integer[Any]]:
    """Twice the mid-rank within its part of each record, less the mean of the part."""
    n = bounds[-1]
    rank = _doubled_ranks(step, n)
    if len(bounds) > 2:
        # the mean of all less that of the part
        shift = n - np.add(bounds[:-1], bounds[1:])
        rank += np.repeat(shift.astype(rank.dtype), np.diff(bounds))
    return rank


def _steps_within(step: NDArray[np.bool_], n_codes: int) -> Callable[[Places], NDArray[np.bool_]]:
    """What tells whether the score grows from each of some ascending places (m,) to the next: bool
    (m - 1,).
    """
    if step.all():
        return lambda places: np.ones(len(places) - 1, bool)
    if n_codes <= FEW_CODES and len(step) > MOST_INDEXED:
        # no number a record is made, but all steps are read for each slice
        return lambda places: np.logical_or.reduceat(step[: places[-1]], places[:-1])
    run = np.append(0, np.cumsum(step, dtype=np.int32))
    return lambda places: steps(run, places)
