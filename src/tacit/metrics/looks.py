"""What the joint test looks at: ranks, dyadic cuts and slices of scores, each with its p-value.

Looks are functions of the pooled scores alone, never of membership, so that under "no leak" the
members are a random subset of the records whatever the scores are.
"""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from tacit.core.sorting import (
    Order,
    counted,
    counting_type,
    first_true,
    order_of,
    pieces_between,
    placed,
    steps,
    tie_runs,
)
from tacit.metrics.auc import EXACT_WORK, _exact_tail, _skewed_tail, _tie_sizes
from tacit.metrics.intervals import fisher_p_value
from tacit.metrics.rows import Floats, Rows, above

Kind = Literal["rank", "cut", "slice", "learned"]

# A cut of fewer records can hardly be significant on its own and would only take weight.
FEWEST_IN_CUT = 4
# Beyond this variance of the count (about 16,000 records) steps between attainable p-values are too
# fine to matter, and a table of them costs more than it gives.
MOST_VARIANCE = 1_000.0
# Counts further from the mean than this many standard deviations have no chance in float64.
REACH = 40


@dataclass(frozen=True, eq=False)
class Table:
    """One-sided p-values of a cut: ``tail[i]`` is the chance of ``first + i`` members or more."""

    first: int
    tail: Floats

    def p_value(self, hits: NDArray[Any]) -> Floats:
        """P-values of `hits` members in the cut, elementwise."""
        place = np.clip(np.asarray(hits) - self.first, 0, len(self.tail) - 1)
        return np.asarray(self.tail[place.astype(np.intp)])

    def attainable(self, limit: ArrayLike) -> Floats:
        """The largest p-value of the table that is at most each `limit`; 0 where there is none."""
        # p-values fall with the count; the slack keeps a limit that was made from one of them
        slack = np.asarray(limit) * (1 + 1e-9)
        place = len(self.tail) - np.searchsorted(self._rising, slack, side="right")
        return np.append(self.tail, 0.0)[place]

    @cached_property
    def _rising(self) -> Floats:
        """The p-values in ascending order."""
        return self.tail[::-1].copy()

    def fewest(self, limit: float) -> float:
        """The fewest members whose p-value is at most `limit`; infinite where none are."""
        reaching = np.flatnonzero(self.tail <= limit * (1 + 1e-9))
        return float(self.first + reaching[0]) if len(reaching) else np.inf


@dataclass(frozen=True, eq=False)
class Look:
    """Looks of one kind at one score.

    Parameters
    ----------
    source : the attack or slice that is looked at.
    kind : ``"rank"``, ``"cut"``, ``"slice"`` or ``"learned"``.
    rows : what is summed over members, one row a look.
    p_value : float64 (r,), one-sided and exact given the pooled scores.
    least : float64 (r,), the smallest p-value that each could have had.
    unit : float64 (r,), what turns the difference between the means of members and of non-members
        into an advantage that some threshold reaches at least.
    tables : of cuts, all p-values that each can have; empty where they lie close together.
    n_top : int64 (r,), of cuts, the records in each.
    hits : int64 (r,), of cuts, the members among them.
    """

    source: str
    kind: Kind
    rows: Rows
    p_value: Floats
    least: Floats
    unit: Floats
    tables: tuple[Table | None, ...] = ()
    n_top: NDArray[np.int64] | None = None
    hits: NDArray[np.int64] | None = None

    def without_rows(self) -> "Look":
        """The same look, whose rows are no longer summed."""
        return replace(self, rows=self.rows.take([]))

    def attainable(self, limit: Floats) -> Floats:
        """For each look, the largest p-value of at most ``limit[..., r]`` that it can have
        (Tarone).
        """
        if not self.tables:
            return np.where(limit >= self.least * (1 - 1e-9), limit, 0.0)
        found = limit.copy()
        for row, table in enumerate(self.tables):
            if table is not None:
                found[..., row] = table.attainable(limit[..., row])
        return found


@dataclass(frozen=True, eq=False)
class Ranked:
    """One score, sorted once for all looks at it.

    Parameters
    ----------
    source : name of the attack.
    order : int (n,), records in ascending order of the score, equal ones as they came; None where
        they stand in it.
    step : bool (n - 1,), whether the sorted score grows from each place to the next.
    rank : int32 or int64 (n,), twice the mid-rank less its mean: whole numbers that sum to 0.
    """

    source: str
    order: Order
    step: NDArray[np.bool_]
    rank: NDArray[np.integer[Any]]

    @classmethod
    def of(
        cls,
        source: str,
        score: NDArray[np.floating[Any]],
        *,
        order: Order = None,
        step: NDArray[np.bool_] | None = None,
    ) -> "Ranked":
        """Sort `score` (n,), unless its ascending `order` is known, and perhaps its `step`; with
        the `step` alone it stands in order.
        """
        if step is None:
            order = order_of(score) if order is None else order
            step = steps(score, order)
        return cls(source, order, step, placed(_doubled_ranks(step, len(score)), order))


def _doubled_ranks(step: NDArray[np.bool_], n: int) -> NDArray[np.integer[Any]]:
    """Twice the mid-rank less its mean, of sorted records."""
    rank = np.arange(1 - n, n, 2, dtype=counting_type(n))
    if step.all():
        return rank
    for part in pieces_between(step, n):
        first, size = tie_runs(step[part.start : part.stop - 1])
        tied = np.repeat(first - np.cumsum(size) + size, size) + np.arange(int(size.sum()))
        rank[part][tied] = np.repeat(2 * (first + part.start) + size - n, size)
    return rank


def rank_look(ranked: Ranked, member: NDArray[np.bool_]) -> Look:
    """The sum of the members' ranks (Mann-Whitney with ties)."""
    n_members = int(np.count_nonzero(member))
    n_nonmembers = len(member) - n_members
    total = int(ranked.rank[member].sum(dtype=np.int64))
    p_value = rank_p_value(ranked.step, n_members, n_nonmembers, total)
    least = smallest_rank_p(len(member), n_members)
    n = len(member)
    rows = Rows(np.broadcast_to(np.uint8(0), n), 1, ranked.rank)
    # the area under the ROC curve less a half is at most the largest advantage
    unit = np.array([0.5 / n])
    return Look(ranked.source, "rank", rows, np.array([p_value]), np.array([least]), unit)


def rank_p_value(step: NDArray[np.bool_], n_members: int, n_nonmembers: int, total: int) -> float:
    """One-sided p-value of a sum of doubled centred ranks, given the ties.

    Exact for few records or two distinct scores, else from three moments.

    Parameters
    ----------
    step : bool (n - 1,), whether the sorted score grows from each place to the next.
    n_members, n_nonmembers : number of records of each side.
    total : sum over members of `Ranked.rank`.
    """
    if min(n_members, n_nonmembers) == 0 or not step.any():
        return 1.0
    # whole numbers of Python: squares of ten million records are beyond an int64
    n_members, n_nonmembers, total = int(n_members), int(n_nonmembers), int(total)
    n = n_members + n_nonmembers
    if np.count_nonzero(step) == 1:
        low = int(np.argmax(step)) + 1
        # a low record has rank low - n, a high one rank low
        hits = (total + n_members * (n - low)) // n
        return fisher_p_value((hits, n - low - hits), (n_members, n_nonmembers))
    wins = total + n_members * n_nonmembers
    if n * n * min(n_members, n_nonmembers) ** 2 <= EXACT_WORK:
        return _exact_tail(_tie_sizes(step), n_members, n_nonmembers, wins)
    return _skewed_tail(step, n_members, n_nonmembers, total / 2 - 0.5)


def smallest_rank_p(n: Any, n_members: Any) -> Any:
    """P-value of complete separation of `n_members` of `n` records, elementwise: one labelling of
    all.
    """
    ways = gammaln(n + 1) - gammaln(n_members + 1) - gammaln(n - n_members + 1)
    return np.exp(-ways)


def cut_look(ranked: Ranked, member: NDArray[np.bool_]) -> Look | None:
    """Members among the highest scores, at dyadic places from the top and from the bottom.

    None where no place has `FEWEST_IN_CUT` records on either side, or all scores are equal.
    """
    n = len(member)
    n_top = cut_places(ranked.step)
    if len(n_top) == 0:
        return None
    level = np.zeros(n, np.uint8)
    level[n - n_top] = 1
    code = placed(np.cumsum(level, dtype=np.uint8), ranked.order)
    rows = Rows(code, len(n_top) + 1, nested=True)
    n_members = int(np.count_nonzero(member))
    inside = counted(code[member], len(n_top) + 1)
    hits = above(inside, axis=0).astype(np.int64)
    tables = tuple(tail_table(n, n_members, int(top)) for top in n_top)
    p_value = [
        _cut_p_value(table, int(hit), int(top), n_members, n - n_members)
        for table, hit, top in zip(tables, hits, n_top)
    ]
    least = [0.0 if table is None else float(table.tail[-1]) for table in tables]
    return Look(
        ranked.source,
        "cut",
        rows,
        np.array(p_value),
        np.array(least),
        np.ones(len(n_top)),
        tables,
        n_top,
        hits,
    )


def _cut_p_value(
    table: Table | None, hits: int, n_top: int, n_members: int, n_others: int
) -> float:
    if table is not None and 0 <= hits - table.first < len(table.tail):
        return float(table.tail[hits - table.first])
    return fisher_p_value((hits, n_top - hits), (n_members, n_others))


def cut_places(step: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many records are in each cut, in falling order.

    Wanted are the top ``n / 2^j`` and all but the bottom ``n / 2^j``. A cut can only lie where the
    sorted score changes: where ties cover the wanted place, the nearest such place on the scale of
    both log shares is taken.

    Parameters
    ----------
    step : bool (n - 1,), whether the sorted score (ascending) grows from each place to the next.

    Examples
    --------
    >>> cut_places(np.ones(31, bool)).tolist()
    [28, 24, 16, 8, 4]
    """
    n = len(step) + 1
    wanted = []
    part = float(n)
    while (part := part / 2) + 0.5 >= FEWEST_IN_CUT:
        size = int(part + 0.5)
        # half of the records is one cut, not two
        wanted += [size] if part == n / 2 else [size, n - size]
    if not step.all():
        wanted = [_nearest(step, top) for top in wanted if step.any()]
    return np.array(sorted(set(wanted), reverse=True), np.int64)


def _nearest(step: NDArray[np.bool_], wanted: int) -> int:
    """The size of a top cut that lies on a step, nearest to `wanted`; of two the smaller one."""
    n = len(step) + 1
    # a cut of `size` records lies on step n - 1 - size
    last = n - 1 - wanted
    smaller, larger = first_true(step[last + 1 :]), first_true(step[: last + 1][::-1])
    sizes = [] if smaller is None else [wanted - 1 - smaller]
    near = np.array(sizes if larger is None else [*sizes, wanted + larger])
    distance = np.abs(np.log(near / wanted)) + np.abs(np.log((n - near) / (n - wanted)))
    return int(near[np.argmin(distance)])


@lru_cache(maxsize=512)
def tail_table(n: int, n_members: int, n_top: int) -> Table | None:
    """All p-values of a cut of `n_top` among `n` records, or None where they lie close together.

    The count of members is hypergeometric; ``tail[i]`` sums its chances from ``first + i`` upwards.
    """
    n_others = n - n_members
    mean = n_top * n_members / n
    variance = mean * (n - n_top) / n * n_others / max(1, n - 1)
    if variance > MOST_VARIANCE:
        return None
    reach = REACH * (variance**0.5 + 1)
    low = max(0, n_top - n_others, int(mean - reach))
    high = min(n_top, n_members, int(mean + reach) + 1)
    hits = np.arange(low, high + 1, dtype=np.float64)
    log_p = _log_choose(n_members, hits) + _log_choose(n_others, n_top - hits)
    p = np.exp(log_p - _log_choose(n, np.float64(n_top)))
    tail = np.minimum(1.0, np.cumsum(p[::-1])[::-1])
    tail[0] = 1.0
    tail.setflags(write=False)
    return Table(low, tail)


def _log_choose(n: int, k: Any) -> Any:
    return gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0)
