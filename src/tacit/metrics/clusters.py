"""How many independent records a clustered sample is worth."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from tacit.core import Evidence, NotEnoughData

MIN_CLUSTERS = 5
FEW_HITS = 10
INDEPENDENT = "records are independent"
# A cluster with all of the weight leaves nothing to compare it with.
LEAST_REST = 0.05
CLUSTERED = "clusters are independent"
FROZEN_THRESHOLD = "the threshold was chosen without these records"


def assumption(evidence: Evidence) -> str:
    """What the intervals take for granted about the records."""
    return INDEPENDENT if evidence.cluster is None else CLUSTERED


def n_units(evidence: Evidence) -> int:
    """Number of independent units: records, or clusters where there are any."""
    return len(evidence.member) if evidence.cluster is None else len(np.unique(evidence.cluster))


def units(evidence: Evidence, *, member: bool) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Cluster index 0..c-1 of each record of one side, and the records' scores in the same order.

    Raises
    ------
    NotEnoughData : fewer than 5 clusters on that side.
    """
    index = evidence.units[0 if member else 1]
    n_clusters = int(index.max()) + 1
    if n_clusters < MIN_CLUSTERS:
        unit = f"clusters of {'members' if member else 'non-members'}"
        message = f"An interval over clusters needs {MIN_CLUSTERS} {unit}, got {n_clusters}."
        raise NotEnoughData(message, needed=MIN_CLUSTERS, got=n_clusters, unit=unit)
    return index, evidence.score[evidence.member if member else ~evidence.member]


def intraclass_correlation(
    size: NDArray[np.float64], mean: NDArray[np.float64], squares: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How alike records of one cluster are, in [0, 1]: one-way analysis of variance [1]_.

    Parameters
    ----------
    size : float64 (c,), records a cluster.
    mean : float64 (c, k), of each look.
    squares : float64 (c, k), sums of squares about the cluster's mean.

    References
    ----------
    .. [1] Donner, Koval, The estimation of intraclass correlation, 1980.

    Examples
    --------
    Two clusters of two: 0, 2 and 4, 6. Between 16, within 2: (16 - 2) / (16 + 2).

    >>> size, mean = np.array([2.0, 2.0]), np.array([[1.0], [5.0]])
    >>> intraclass_correlation(size, mean, np.array([[2.0], [2.0]])).round(4).tolist()
    [0.7778]
    """
    n, n_units = size.sum(), len(size)
    if n_units < 2 or n <= n_units:
        return np.zeros(mean.shape[1])
    grand = size @ mean / n
    between = size @ (mean - grand) ** 2 / (n_units - 1)
    within = squares.sum(axis=0) / (n - n_units)
    typical = (n - size @ size / n) / (n_units - 1)
    apart = between + (typical - 1) * within
    return np.asarray(np.clip((between - within) * inverse(apart), 0.0, 1.0))


def inverse(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """One over a number, 0 for 0: what has no variance tells nothing."""
    return np.where(value > 0, 1 / np.where(value > 0, value, 1.0), 0.0)


@dataclass(frozen=True, eq=False)
class Weighted:
    """How much each record of one side counts, and how well so many clusters know a variance.

    Parameters
    ----------
    unit : int (r,), cluster of each record, 0 to c - 1.
    record : float64 (r,), weights of the records; they sum to 1.
    share : float64 (c,), weights of the clusters; they sum to 1.
    """

    unit: NDArray[np.int64]
    record: NDArray[np.float64]
    share: NDArray[np.float64]

    @classmethod
    def of(cls, unit: NDArray[np.int64], rho: float) -> "Weighted":
        """Weights that are inverse to the variance of a cluster's mean, n / (1 + (n - 1) rho).

        Where records of a cluster are copies (`rho` 1) every cluster counts the same, where they
        are independent every record does.
        """
        size = np.bincount(unit)
        weight = size / (1 + (size - 1) * rho)
        share = weight / weight.sum()
        return cls(unit, (share / size)[unit], share)

    @property
    def df(self) -> float:
        """Degrees of freedom: a few clusters that hold most of the weight know no more than a few
        equal ones.
        """
        return min(len(self.share) - 1.0, 1 / float(self.share @ self.share))

    def totals(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """What each cluster adds to the error of the weighted mean of `value` (r,), about that
        mean; enlarged by what the cluster took from the mean itself (jackknife).
        """
        centred = value - self.record @ value
        total = np.bincount(self.unit, weights=self.record * centred)
        return np.asarray(total / np.maximum(1 - self.share, LEAST_REST))

    def variance(self, totals: NDArray[np.float64]) -> float:
        """Of the weighted mean, from `totals` (c,)."""
        count = len(totals)
        return float(totals @ totals) * (count - 1) / count


def effective_size(hit: NDArray[np.bool_], cluster: NDArray[np.int64]) -> float:
    """Independent records that would know the share of `hit` as well as these clusters do.

    The design effect is estimated from the clusters' totals (jackknife), with an allowance for how
    well so many clusters can know it [1]_, of which a few large ones know less; where hits (or
    misses) occur in fewer than 10 clusters it cannot be, and clusters count as if their records
    were copies of each other.

    References
    ----------
    .. [1] Korn, Graubard, Confidence intervals for proportions with small expected number of
       positive counts, 1998.
    """
    n = len(hit)
    size = np.bincount(cluster)
    hits = np.bincount(cluster, weights=hit)
    least = n * n / float(np.dot(size, size))
    if min(np.count_nonzero(hits), np.count_nonzero(hits < size)) < FEW_HITS:
        return least
    side = Weighted.of(cluster, 0.0)
    share = hits.sum() / n
    variance = side.variance(side.totals(hit.astype(np.float64)))
    allowance = (ndtri(0.975) / stdtrit(side.df, 0.975)) ** 2
    return float(max(least, allowance * min(n, share * (1 - share) / variance)))
