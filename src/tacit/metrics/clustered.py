"""The joint test where records come in clusters of any size: whole clusters are shuffled.

A cluster that holds members and non-members is compared within itself, a cluster of one kind with
the clusters of the other kind. Both comparisons add up with the precision that each has.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from tacit.metrics.chance import Copula, Shuffles
from tacit.metrics.clusters import intraclass_correlation, inverse
from tacit.metrics.joint import JointTest, weights
from tacit.metrics.looks import Look, Ranked, rank_look, smallest_rank_p
from tacit.metrics.permutation import FEWEST_SHUFFLES, MOST_SHUFFLES, gathered, own_order
from tacit.metrics.rows import Floats, Rows

SEED = 20_251_128
# Multiply-adds of all shuffles of whole clusters, and records sorted by all shuffles within
# clusters: about two seconds of one core each.
MOST_PRODUCTS, MOST_SORTED = 4_000_000_000, 100_000_000
BLOCK = 1_000_000
# What is left of equal numbers after their mean is taken off is rounding, and its inverse would be
# taken for endless precision: a mean so near to that of all clusters (in standard deviations of
# records) is equal to it, squares about a mean that are so small a share of those about 0 are 0.
ROUNDING = 1e-9
# A p-value of 1 has no normal score.
LARGEST = 0.999


def clustered_test(
    looks: Sequence[Look], member: NDArray[np.bool_], cluster: NDArray[np.int64]
) -> JointTest:
    """Test all looks together, shuffling whole clusters, and records within mixed ones.

    Parameters
    ----------
    looks : at the same n records; no attacker that learns.
    member : bool (n,), the truth.
    cluster : int (n,), the unit of independence.
    """
    kept = tuple(looks)
    rows = [look.rows for look in kept]
    order = own_order(rows)
    unit = _numbered(cluster[order])
    order = order[np.argsort(unit, kind="stable")]
    rows, truth = [part.take(order) for part in rows], member[order]
    table = _Clusters.of(rows, truth, np.sort(unit))
    between, within = _Between.of(table), _Within.of(table, rows, truth)
    n_shuffles = int(
        np.clip(min(between.affordable, within.affordable), FEWEST_SHUFFLES, MOST_SHUFFLES)
    )
    rng = np.random.default_rng(SEED)
    apart, variance = between.shuffled(rng, n_shuffles)
    inner = within.shuffled(rng, n_shuffles)
    mean_variance = variance.mean(axis=0)
    precision = np.array([inverse(mean_variance), within.precision])
    total = precision.sum(axis=0)

    def statistic(apart: Floats, variance: Floats, inner: Floats) -> Floats:
        t = apart * np.sqrt(inverse(variance))
        u = inner * np.sqrt(inverse(within.variance))
        both = np.sqrt(precision[0]) * t + np.sqrt(precision[1]) * u
        return np.asarray(both * np.sqrt(inverse(total)))

    scores = statistic(apart, variance, inner)
    found = between.observed()
    observed = statistic(*found, within.observed())[0]
    effect = _difference(found[0], within.observed(), within.information, precision)[0]
    share = weights(kept, min(_sides(table)))
    smallest = np.sort((ndtr(-scores) / share).min(axis=1))
    spread = np.sqrt(inverse(total)) * table.scale
    return JointTest(
        kept,
        share,
        ndtr(-observed),
        effect * table.scale,
        spread,
        int(np.count_nonzero(member)),
        int(np.count_nonzero(~member)),
        Copula(_correlation(scores)),
        Shuffles(smallest, every=False),
        # the error at which a limit touches 0 just where the statistic touches its critical value
        np.where((effect > 0) & (observed > 0), effect * table.scale * inverse(observed), spread),
        by_cluster=True,
    )


def _difference(apart: Floats, inner: Floats, information: float, precision: Floats) -> Floats:
    """Members less non-members, from whole clusters and from within mixed ones, each by what it is
    worth.
    """
    inside = inner * inverse(np.full(inner.shape, information))
    both = precision[0] * apart + precision[1] * inside
    return np.asarray(both * inverse(precision.sum(axis=0)))


def smallest_clustered_p(member: NDArray[np.bool_], cluster: NDArray[np.int64]) -> float:
    """The smallest p-value that so few clusters allow: one of all labellings that are dealt.

    Clusters of one kind change places as a whole; a cluster of both kinds deals within itself.

    Parameters
    ----------
    member : bool (n,), the truth.
    cluster : int (n,), the unit of independence.

    Examples
    --------
    Three users of members and three of non-members, and one with a member and a non-member:

    >>> member = np.array([1, 1, 1, 0, 0, 0, 1, 0], bool)
    >>> round(smallest_clustered_p(member, np.array([0, 1, 2, 3, 4, 5, 6, 6])) * 20 * 2, 9)
    1.0
    """
    unit = np.unique(cluster, return_inverse=True)[1]
    size, inside = np.bincount(unit), np.bincount(unit, weights=member)
    mixed = (inside > 0) & (inside < size)
    whole = smallest_rank_p(int((~mixed).sum()), int((inside[~mixed] > 0).sum()))
    parts = [smallest_rank_p(int(n), int(m)) for n, m in zip(size[mixed], inside[mixed])]
    return float(np.prod([whole, *parts]))


def _numbered(cluster: NDArray[np.int64]) -> NDArray[np.int64]:
    """Clusters numbered in the order in which they first occur."""
    _, first, inverse = np.unique(cluster, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


@dataclass(frozen=True, eq=False)
class _Clusters:
    """Sums of each look in each cluster, of looks with variance 1 over the records.

    `size` and `members` (c,), `mean` and `squares` (c, k) (about the cluster's mean), `weight`
    (c, k), and `scale` (k,), the standard deviation that was divided out.
    """

    unit: NDArray[np.int64]
    size: Floats
    members: Floats
    mean: Floats
    squares: Floats
    weight: Floats
    scale: Floats

    @classmethod
    def of(
        cls, rows: Sequence[Rows], member: NDArray[np.bool_], unit: NDArray[np.int64]
    ) -> "_Clusters":
        n_units = int(unit[-1]) + 1
        group = Rows(unit, n_units)
        total = np.concatenate([group.products(part) for part in rows], axis=1)
        square = np.concatenate([group.products(part.squared()) for part in rows], axis=1)
        size = np.bincount(unit).astype(np.float64)
        members = np.bincount(unit, weights=member).astype(np.float64)
        n = len(unit)
        scale = np.sqrt(np.maximum(square.sum(0) / n - (total.sum(0) / n) ** 2, 0.0))
        safe = np.where(scale > 0, scale, np.inf)
        mean = total / size[:, None] / safe
        about_zero = square / safe**2
        squares = about_zero - size[:, None] * mean**2
        squares = np.where(squares > ROUNDING * about_zero, squares, 0.0)
        rho = intraclass_correlation(size, mean, squares)
        weight = size[:, None] / (1 + (size[:, None] - 1) * rho)
        return cls(unit, size, members, mean, squares, weight, scale)

    @property
    def pure(self) -> NDArray[np.bool_]:
        """Clusters of one kind, bool (c,)."""
        return np.asarray((self.members == 0) | (self.members == self.size))


def _sides(table: _Clusters) -> tuple[int, int]:
    """Clusters that hold members, and that hold non-members."""
    inside = int(np.count_nonzero(table.members > 0))
    return inside, int(np.count_nonzero(table.members < table.size))


@dataclass(frozen=True, eq=False)
class _Between:
    """Clusters of one kind: `columns` (c, 5, k) of sums that are linear in the labels, and the
    `usual` variance (k,) of a cluster's mean times its weight.

    The variance of a side is never taken for smaller than its weight foretells. Few clusters that
    happen to agree would else make the statistic endless, and where one side has many records a
    user and the other few, a rare value that no small user has would seem to be a difference: half
    of 200 worlds of 40 users of 20 records against 40 of one were called a leak.
    """

    member: NDArray[np.bool_]
    columns: Floats
    usual: Floats

    @classmethod
    def of(cls, table: _Clusters) -> "_Between":
        pure = table.pure
        w = table.weight[pure]
        d = table.mean[pure]
        d = d - (w * d).sum(axis=0) * inverse(w.sum(axis=0))
        d = np.where(np.abs(d) > ROUNDING, d, 0.0)
        columns = np.stack([w, w * d, w**2, w**2 * d, w**2 * d**2], axis=1)
        usual = (w * d**2).sum(axis=0) / max(1, len(w) - 1)
        return cls(table.members[pure] > 0, columns, usual)

    @property
    def _speaks(self) -> bool:
        return bool(self.member.any() and not self.member.all())

    @property
    def affordable(self) -> float:
        """Shuffles that take about two seconds."""
        return MOST_PRODUCTS / max(1, self.columns.size)

    def observed(self) -> tuple[Floats, Floats]:
        """Weighted difference of the sides and its variance, (1, k) each."""
        return self._of(self.member[None, :].astype(np.float64))

    def shuffled(self, rng: np.random.Generator, n_shuffles: int) -> tuple[Floats, Floats]:
        """The same of `n_shuffles` shuffles, (b, k) each."""
        labels = np.tile(self.member, (n_shuffles, 1))
        return self._of(rng.permuted(labels, axis=1).astype(np.float64))

    def _of(self, label: Floats) -> tuple[Floats, Floats]:
        k = self.columns.shape[2]
        if not self._speaks:
            return np.zeros((len(label), k)), np.zeros((len(label), k))
        flat = self.columns.reshape(len(self.columns), -1)
        inside = (label @ flat).reshape(len(label), 5, k)
        outside = flat.sum(axis=0).reshape(5, k) - inside
        sides = _moments(inside, self.usual), _moments(outside, self.usual)
        (mean1, variance1), (mean0, variance0) = sides
        return mean1 - mean0, variance1 + variance0


def _moments(sums: Floats, usual: Floats) -> tuple[Floats, Floats]:
    """Weighted mean of one side and its variance, from the five sums; at least the `usual` one."""
    weight, first, square, cross, second = np.moveaxis(sums, 1, 0)
    mean = first * inverse(weight)
    variance = (second - 2 * mean * cross + mean**2 * square) * inverse(weight) ** 2
    return mean, np.maximum(variance, usual * inverse(weight))


@dataclass(frozen=True, eq=False)
class _Within:
    """Clusters that hold both kinds: members against the others of their own cluster."""

    rows: tuple[Rows, ...]
    member: NDArray[np.bool_]
    unit: NDArray[np.int64]
    expected: Floats
    scale: Floats
    information: float
    variance: Floats

    @classmethod
    def of(cls, table: _Clusters, rows: Sequence[Rows], member: NDArray[np.bool_]) -> "_Within":
        mixed = ~table.pure
        here = mixed[table.unit]
        n, m = table.size[mixed], table.members[mixed]
        share = m * (n - m) / n
        variance = (share / (n - 1)) @ table.squares[mixed]
        parts = tuple(part.take(here) for part in rows)
        expected = m @ table.mean[mixed]
        unit = table.unit[here]
        return cls(parts, member[here], unit, expected, table.scale, float(share.sum()), variance)

    @property
    def precision(self) -> Floats:
        """One over the variance of the difference of two records of one cluster, (k,)."""
        return self.information**2 * inverse(self.variance)

    @property
    def affordable(self) -> float:
        """Shuffles that take about two seconds."""
        return MOST_SORTED / max(1, len(self.member))

    def observed(self) -> Floats:
        """Sum over members of the difference from their cluster's mean, (1, k)."""
        return self._of(np.flatnonzero(self.member)[None, :])

    def shuffled(self, rng: np.random.Generator, n_shuffles: int) -> Floats:
        """The same of `n_shuffles` shuffles within clusters, (b, k)."""
        n = len(self.member)
        if n == 0:
            return np.zeros((n_shuffles, len(self.expected)))
        # records are sorted by cluster: after sorting random keys within clusters, the first of
        # each cluster become its members
        size = np.bincount(self.unit)
        members = np.bincount(self.unit, weights=self.member)
        start = np.repeat(np.cumsum(size) - size, size)
        taken = np.arange(n) - start < np.repeat(members, size)
        step = max(1, BLOCK // n)
        parts = []
        for first in range(0, n_shuffles, step):
            keys = rng.random((min(step, n_shuffles - first), n)) + self.unit
            parts.append(self._of(np.argsort(keys, axis=1)[:, taken]))
        return np.concatenate(parts)

    def _of(self, chosen: NDArray[np.intp]) -> Floats:
        if len(self.member) == 0:
            return np.zeros((len(chosen), len(self.expected)))
        sums = np.concatenate([gathered(part, chosen) for part in self.rows], axis=1)
        return np.asarray(sums * inverse(self.scale) - self.expected)


def _correlation(scores: Floats) -> Floats:
    """Correlation of columns, 0 for one that does not vary."""
    centred = scores - scores.mean(axis=0)
    spread = np.sqrt(inverse((centred**2).sum(axis=0)))
    result = np.clip((centred * spread).T @ (centred * spread), -1.0, 1.0)
    np.fill_diagonal(result, 1.0)
    return np.asarray(result)


def learned_p_value(
    score: Sequence[NDArray[np.floating]],
    fold: NDArray[np.int8],
    member: NDArray[np.bool_],
    cluster: NDArray[np.int64],
) -> float:
    """P-value of all attackers that learn, over clusters.

    Given the folds before, the ranks of a fold have the law that shuffling its clusters gives, so
    that the p-values of the folds are independent: their normal scores are summed (Stouffer).

    Parameters
    ----------
    score : one float (n,) an attacker, by a fit on the folds before.
    fold : int8 (n,), clusters whole; 0 for the records that nobody scored.
    member : bool (n,), the truth.
    cluster : int (n,), the unit of independence.
    """
    scores = []
    for number in range(1, int(fold.max()) + 1):
        here = fold == number
        inside = member[here]
        if inside.any() and not inside.all():
            looks = [rank_look(Ranked.of("", values[here]), inside) for values in score]
            p = clustered_test(looks, inside, cluster[here]).p_value
            scores.append(-ndtri(min(p, LARGEST)))
    return float(ndtr(-sum(scores) / len(scores) ** 0.5)) if scores else 1.0
