"""How many independent records a clustered sample is worth."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from tacit.core import Evidence, NotEnoughData

MIN_CLUSTERS = 5
FEW_HITS = 10
INDEPENDENT = "records are independent"
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


def effective_size(hit: NDArray[np.bool_], cluster: NDArray[np.int64]) -> float:
    """Independent records that would know the share of `hit` as well as these clusters do.

    The design effect is estimated from the clusters' totals, with an allowance for how well so many
    clusters can know it [1]_; where hits (or misses) occur in fewer than 10 clusters it cannot be,
    and clusters count as if their records were copies of each other.

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
    share, n_clusters = hits.sum() / n, len(size)
    residual = hits - share * size
    variance = float(np.dot(residual, residual)) / n**2 * n_clusters / (n_clusters - 1)
    allowance = (ndtri(0.975) / stdtrit(n_clusters - 1, 0.975)) ** 2
    return float(max(least, allowance * min(n, share * (1 - share) / variance)))
