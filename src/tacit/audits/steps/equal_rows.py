"""Rows that are equal: on which side they stand, and how surprising that is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from tacit.core.sorting import (
    MOST_PACKED,
    Counts,
    Places,
    order_of,
    pieces,
    pieces_between,
    smallest,
    sorted_once,
    taken,
)

Floats = NDArray[np.float64]

# A group of equal rows is weighed against the sides of so many groups of nearly equal likeness on
# either hand: enough to estimate the chance of a pure group, few enough to be alike.
NEIGHBOURS = 4
# From so few shares the chance that more than `AROUND` records lie on one side has no estimate.
AROUND = 2 * NEIGHBOURS
# Of more groups, so many tell whether chance explains them: copies among one in 100 are seen.
MOST_WEIGHED = 100_000
# Odd numbers of random bits, of the mixing that makes one number of a row (splitmix64).
MIX, SPREAD = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, eq=False)
class EqualRows:
    """Groups of equal rows: how many rows of each side, and how surprising that is.

    A split at random puts the rows of a group on one side alone (a pure group) as often as coins
    would. Where rows are equal by chance, or because a model answers coarsely, that holds too.

    Parameters
    ----------
    order : int (n,), rows so that equal ones are neighbours.
    total, members : int (g,), rows of each group, and members among them.
    weighed : int (k,), the groups of two rows or more that are held against chance: all, or so many
        of very many.
    expected : float64 (k,), chance that each of these is pure.
    noise : variance of the sum of `expected`, which is an estimate.
    local : whether `expected` comes from neighbours; of a large group it is then an upper bound.
    step : bool (n - 1,), whether each in `order` differs from the one before.
    """

    order: Places
    total: Counts
    members: Counts
    weighed: NDArray[np.intp]
    expected: Floats
    noise: float
    local: bool
    step: NDArray[np.bool_] | None = None

    @classmethod
    def by_number(cls, number: NDArray[Any], member: NDArray[np.bool_]) -> "EqualRows":
        """Rows are equal where their `number` (n,) is; which side they are on is one coin for all
        rows.
        """
        return cls._of_all(*sorted_once(number), member)

    @classmethod
    def by_likeness(
        cls,
        arrays: Iterable[NDArray[Any]],
        like: Callable[[], NDArray[Any]],
        member: NDArray[np.bool_],
    ) -> "EqualRows":
        """Rows are equal where all `arrays` (n, ...) are; the coin of a row is that of the groups
        that are nearest by ``like()`` (n,), since a model that leaks answers members alike.

        A single number a row is its own likeness.
        """
        columns = [array.reshape(len(array), -1) for array in arrays]
        single = len(columns) == 1 and columns[0].shape[1] == 1
        number = columns[0][:, 0] if single else number_of(columns)
        order, step = sorted_once(number)
        total, members = _counted(order, step, member)
        if len(total) <= AROUND:
            return cls._of_all(order, step, member)
        weighed = _some(np.flatnonzero(total >= 2))
        # neighbours are asked for only where rows are equal
        near = not single and len(weighed) > 0
        place = order_of(like()[order[np.cumsum(total) - total]]) if near else None
        expected, noise = _pure_nearby(total, members, place, weighed)
        return cls(order, total, members, weighed, expected, noise, True, step)

    @classmethod
    def _of_all(
        cls, order: Places, step: NDArray[np.bool_], member: NDArray[np.bool_]
    ) -> "EqualRows":
        """Groups whose coin is that of all rows."""
        total, members = _counted(order, step, member)
        weighed = _some(np.flatnonzero(total >= 2))
        expected = _pure_of_all(total[weighed], int(np.count_nonzero(member)), len(member))
        return cls(order, total, members, weighed, expected, 0.0, False, step)

    @property
    def several(self) -> NDArray[np.bool_]:
        """Groups of two rows or more, bool (g,)."""
        return self.total >= 2

    @cached_property
    def mixed(self) -> NDArray[np.bool_]:
        """Groups with rows on both sides, bool (g,)."""
        return (self.members > 0) & (self.members < self.total)

    @property
    def excess(self) -> float:
        """Pure groups above what coins give, in standard deviations: above 0 where rows repeat
        within a side.
        """
        return self._excess(np.ones(len(self.weighed), bool))

    @property
    def lack(self) -> float:
        """The same without groups whose expectation is only bounded: below 0 where rows of one side
        are copies of the other's.
        """
        return self._excess(self._known)

    @property
    def _known(self) -> NDArray[np.bool_]:
        """Of the groups that are weighed, those whose expectation is no mere bound, bool (k,)."""
        small = self.total[self.weighed] <= AROUND
        return small if self.local else np.ones(len(self.weighed), bool)

    def _excess(self, where: NDArray[np.bool_]) -> float:
        expected = self.expected[where]
        spread = float(np.sqrt((expected * (1 - expected)).sum() + self.noise))
        pure = np.count_nonzero(~self.mixed[self.weighed[where]])
        return (pure - float(expected.sum())) / spread if spread > 0 else 0.0

    @property
    def beyond_chance(self) -> float:
        """Share of the mixed groups that chance does not explain, in [0, 1]."""
        where = self._known
        expected = self.expected[where]
        mixed = np.count_nonzero(self.mixed[self.weighed[where]])
        if not mixed or not expected.sum():
            return 1.0
        # of all groups some are copies and mixed for sure, the others pure as often as expected
        pure = len(expected) - mixed
        copies = (float(expected.sum()) - pure) / float(expected.mean())
        return min(1.0, max(0.0, copies / mixed))

    def clusters(self, joined: NDArray[np.bool_]) -> NDArray[np.int64]:
        """One number for all rows of each group of `joined` (bool (g,)), one of its own for every
        other row: int64 (n,).
        """
        own = np.ones(len(self.order), bool)
        own[np.repeat(joined, self.total)] = False
        own[np.cumsum(self.total) - self.total] = True
        cluster = np.empty(len(self.order), np.int64)
        cluster[self.order] = np.cumsum(own) - 1
        return cluster


def number_of(columns: Iterable[NDArray[Any]]) -> NDArray[np.uint64]:
    """One number a row, uint64 (n,), equal where the rows of all `columns` (n, d) are.

    Rows that differ get the same number by accident in one pair of 2^64.
    """
    every = list(columns)
    number = np.zeros(len(every[0]), np.uint64)
    for part in pieces(len(number)):
        mixed = number[part]
        for column in (column for array in every for column in array[part].T):
            # adding 0 makes one number of -0 and 0
            mixed ^= (column.astype(np.float64) + 0.0).view(np.uint64)
            mixed ^= mixed >> np.uint64(30)
            mixed *= MIX
            mixed ^= mixed >> np.uint64(27)
            mixed *= SPREAD
    return number


def _counted(
    order: Places, step: NDArray[np.bool_], member: NDArray[np.bool_]
) -> tuple[Counts, Counts]:
    """How many rows each group of equal numbers has, and how many of them are members."""
    if step.all():
        return np.ones(len(order), np.int8), taken(member, order).astype(np.int8)
    sizes: list[Counts] = [np.zeros(0, np.int8)]
    members: list[Counts] = [np.zeros(0, np.int8)]
    for part in pieces_between(step, len(order)):
        own = member[order[part]]
        ends = np.append(np.flatnonzero(step[part.start : part.stop - 1]), len(own) - 1)
        upto = np.cumsum(own)[ends]
        # few rows are equal nearly always: one or two bytes a group hold their number
        sizes.append(smallest(np.diff(ends, prepend=-1)))
        members.append(smallest(np.diff(upto, prepend=0)))
    return np.concatenate(sizes), np.concatenate(members)


def _some(groups: NDArray[np.intp]) -> NDArray[np.intp]:
    """All groups, or `MOST_WEIGHED` that are evenly spread."""
    return groups[:: max(1, -(-len(groups) // MOST_WEIGHED))]


def _pure_of_all(total: Counts, n_members: int, n: int) -> Floats:
    """Chance that a group lies on one side, where members are drawn from all n rows."""
    size = total.astype(np.float64)
    all_ways = _log_choose(n, size)
    sides = [
        np.where(size <= side, np.exp(_log_choose(side, np.minimum(size, side)) - all_ways), 0.0)
        for side in (n_members, n - n_members)
    ]
    return np.asarray(np.minimum(1.0, sides[0] + sides[1]))


def _log_choose(n: int, k: Floats) -> Floats:
    return np.asarray(gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0))


def _pure_nearby(
    total: Counts,
    members: Counts,
    place: Places | None,
    weighed: NDArray[np.intp],
) -> tuple[Floats, float]:
    """Chance that each group lies on one side, from the shares of its neighbours, and the variance
    of the sum of these chances.

    Products of different neighbours' shares estimate a power of the share without bias [1]_; the
    power of their mean would be too large, and call every third answer of a large audit a copy.

    Parameters
    ----------
    total, members : rows of each group, and members among them.
    place : the groups in order of likeness; None where they stand in it.
    weighed : the groups that are asked for.

    References
    ----------
    .. [1] Hoeffding, A class of statistics with asymptotically normal distribution, 1948.
    """
    n = len(total)
    rank = weighed
    if place is not None:
        rank = np.empty(n, np.intp)
        rank[place] = np.arange(n)
        rank = rank[weighed]
    around = np.empty((len(rank), AROUND), np.int32 if n < MOST_PACKED else np.int64)
    expected, pull = np.empty(len(rank)), np.empty(len(rank))
    for part in pieces(len(rank)):
        first = np.clip(rank[part] - NEIGHBOURS, 0, n - AROUND - 1)
        near = first[:, None] + np.arange(AROUND)
        # the group itself is none of its neighbours
        near += near >= rank[part][:, None]
        around[part] = near if place is None else place[near]
        share = members[around[part]] / total[around[part]]
        most = np.minimum(total[weighed[part]], AROUND)
        expected[part] = _mean_products(share, most) + _mean_products(1 - share, most)
        mean = np.clip(share.mean(axis=1), 1e-6, 1 - 1e-6)
        slope = most * (mean ** (most - 1) - (1 - mean) ** (most - 1)) / AROUND
        pull[part] = slope * np.sqrt(mean * (1 - mean))
    return np.clip(expected, 0.0, 1.0), _noise(around, pull)


def _noise(around: NDArray[np.integer[Any]], pull: Floats) -> float:
    """Sum of squares of what pulls at each group, from the groups `around` (k, a) that pull at
    those with `pull` (k,).
    """
    if len(pull) == 0:
        return 0.0
    # only groups that are somebody's neighbour
    order = np.argsort(around, axis=None, kind="stable")
    group = around.ravel()[order]
    first = np.flatnonzero(np.append(True, group[1:] != group[:-1]))
    return float((np.add.reduceat(pull[order // AROUND], first) ** 2).sum())


def _mean_products(share: Floats, power: Counts) -> Floats:
    """Mean over all choices of ``power[i]`` different columns of the product of row i's shares."""
    sums = np.zeros((len(share), AROUND + 1))
    sums[:, 0] = 1.0
    for column in share.T:
        sums[:, 1:] += sums[:, :-1] * column[:, None]
    ways = np.exp(_log_choose(AROUND, np.arange(AROUND + 1.0)))
    return np.asarray(sums[np.arange(len(share)), power] / ways[power])
