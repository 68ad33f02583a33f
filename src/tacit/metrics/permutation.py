"""Sums over members when membership is shuffled: every labelling of few records, else a sample."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations, islice
from math import comb

import numpy as np
from numpy.typing import NDArray

from tacit.metrics.rows import Floats, Rows

# So many shuffles leave a Monte Carlo error of .2 points at a p-value of .05.
MOST_SHUFFLES, FEWEST_SHUFFLES = 9_999, 999
# With so few labellings in all, each is tried once and the p-value is exact.
MOST_LABELLINGS = 20_000
SEED = 20_251_126
# A multiply-add of a matrix product takes about this share of the time of one gathered number.
DENSE_COST = 1 / 400
# Gathered numbers in all shuffles together: about three seconds of one core.
MOST_WORK = 300_000_000
BLOCK = 2_000_000
# Subsets smaller than one in so many are drawn one by one; else all records are shuffled.
SPARSE = 20
# Shuffles of so many numbers are kept for the next audit of the same size (40 MB).
KEPT = 10_000_000


@dataclass(frozen=True, eq=False)
class Labels:
    """All shuffles of one membership.

    Parameters
    ----------
    member : bool (n,), the truth.
    rows : what is summed over members.
    """

    member: NDArray[np.bool_]
    rows: tuple[Rows, ...]

    @classmethod
    def of(cls, member: NDArray[np.bool_], rows: Sequence[Rows]) -> "Labels":
        """Put the records in an order of their own, so that the order in which they came is lost.

        Records that no row tells apart are interchangeable.
        """
        order = own_order(rows)
        return cls(member[order], tuple(part.take(order) for part in rows))

    @property
    def few(self) -> int:
        """Number of records on the smaller side."""
        return min(int(np.count_nonzero(self.member)), int(np.count_nonzero(~self.member)))

    @property
    def every(self) -> bool:
        """Whether all labellings are tried, the true one among them."""
        return comb(len(self.member), self.few) <= MOST_LABELLINGS

    @cached_property
    def n_shuffles(self) -> int:
        """How many are tried: fewer where each is dear."""
        if self.every:
            return comb(len(self.member), self.few)
        return int(np.clip(MOST_WORK / self._cost, FEWEST_SHUFFLES, MOST_SHUFFLES))

    @property
    def _cost(self) -> float:
        return min(self._dense_cost, self.few * len(self.rows))

    @property
    def _dense_cost(self) -> float:
        return len(self.member) * sum(part.n_rows for part in self.rows) * DENSE_COST

    def observed(self) -> list[Floats]:
        """Sums over the true members, one (1, n_rows) for each of `rows`."""
        truth = Rows(self.member.astype(np.uint8), 2)
        return [truth.products(part)[1:] for part in self.rows]

    def smallest(self, statistic: Callable[[list[Floats]], Floats]) -> Floats:
        """A statistic of every shuffle, float64 (n_shuffles,).

        Parameters
        ----------
        statistic : takes the sums over members, one (b, n_rows) for each of `rows`, and returns
            b numbers.
        """
        return np.concatenate([statistic(self._totals(block)) for block in self._chosen()])

    def _chosen(self) -> Iterator[NDArray[np.intp]]:
        """Records on the smaller side, int (b, few), block by block."""
        n, few = len(self.member), self.few
        step = max(1, BLOCK // n)
        if self.every:
            everyone = combinations(range(n), few)
            while block := list(islice(everyone, step)):
                yield np.array(block, np.intp).reshape(len(block), few)
            return
        if self.n_shuffles * few <= KEPT:
            chosen = _kept(n, few, self.n_shuffles)
            yield from (chosen[start : start + step] for start in range(0, len(chosen), step))
            return
        rng = np.random.default_rng(SEED)
        for start in range(0, self.n_shuffles, step):
            yield _subsets(rng, n, few, min(step, self.n_shuffles - start))

    def _totals(self, chosen: NDArray[np.intp]) -> list[Floats]:
        sums = self._dense(chosen) if self._is_dense else self._gathered(chosen)
        if np.count_nonzero(self.member) == self.few:
            return sums
        return [part.totals - total for part, total in zip(self.rows, sums)]

    @property
    def _is_dense(self) -> bool:
        return self._dense_cost <= self.few * len(self.rows)

    def _gathered(self, chosen: NDArray[np.intp]) -> list[Floats]:
        return [gathered(part, chosen) for part in self.rows]

    @cached_property
    def _matrix(self) -> NDArray[np.float32]:
        return np.concatenate([part.dense().astype(np.float32) for part in self.rows]).T

    def _dense(self, chosen: NDArray[np.intp]) -> list[Floats]:
        label = np.zeros((len(chosen), len(self.member)), np.float32)
        np.put_along_axis(label, chosen, 1.0, axis=1)
        sums = (label @ self._matrix).astype(np.float64)
        ends = np.cumsum([part.n_rows for part in self.rows])[:-1]
        return np.split(sums, ends, axis=1)


@lru_cache(maxsize=2)
def _kept(n: int, few: int, count: int) -> NDArray[np.intp]:
    """Shuffles for every audit of this size: a comparison of many models draws them once."""
    rng = np.random.default_rng(SEED)
    step = max(1, BLOCK // n)
    sizes = [min(step, count - start) for start in range(0, count, step)]
    return np.concatenate([_subsets(rng, n, few, size) for size in sizes]).astype(np.int32)


def _subsets(rng: np.random.Generator, n: int, few: int, count: int) -> NDArray[np.intp]:
    """`count` random subsets of `few` among `n`, int (count, few)."""
    if few * SPARSE < n:
        return np.array([rng.choice(n, few, replace=False, shuffle=False) for _ in range(count)])
    return np.argpartition(rng.random((count, n), np.float32), few - 1, axis=1)[:, :few]


def gathered(rows: Rows, chosen: NDArray[np.intp]) -> Floats:
    """Sums of each row over the records `chosen` (b, few): float64 (b, n_rows)."""
    code = rows.code[chosen].astype(np.intp)
    code += np.arange(len(chosen))[:, None] * rows.n_codes
    weight = None if rows.weight is None else rows.weight[chosen].ravel()
    table = np.bincount(code.ravel(), weight, len(chosen) * rows.n_codes)
    return rows.collapsed(table.reshape(len(chosen), rows.n_codes))


def own_order(rows: Sequence[Rows]) -> NDArray[np.intp]:
    """An order of the records that does not depend on the order in which they came, int (n,)."""
    keys = [key for part in rows for key in (part.code, part.weight) if key is not None]
    return np.lexsort(keys)
