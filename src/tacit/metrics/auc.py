"""Area under the ROC curve: the chance that a random member scores above a random non-member."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtr, stdtr

from tacit.core import Estimate, Evidence, _check
from tacit.metrics.clusters import MIN_CLUSTERS, assumption, units
from tacit.metrics.intervals import Floats, t_quantile

MIN_RECORDS = 2


def auc(evidence: Evidence, *, level: float = 0.95) -> Estimate:
    """Chance that a random member scores above a random non-member; ties count half.

    The variance is DeLong's [1]_, over clusters where there are any [2]_; it is never taken below what the same AUC would
    have with few records [3]_, because at complete separation it would be zero. The interval is made on the logit scale
    with Student's t. The p-value is of the Mann-Whitney test with ties.

    Parameters
    ----------
    evidence : one row per scored record; larger score means member.
    level : two-sided confidence.

    Raises
    ------
    NotEnoughData : fewer than 2 members or non-members, or 5 clusters of each.

    References
    ----------
    .. [1] DeLong, DeLong, Clarke-Pearson, Comparing the areas under two or more correlated ROC curves, 1988.
    .. [2] Obuchowski, Nonparametric analysis of clustered ROC curve data, 1997.
    .. [3] Hanley, McNeil, The meaning and use of the area under a ROC curve, 1982, eq. 1.
    """
    _check.fraction(level, "level")
    evidence.require_both(MIN_RECORDS, MIN_RECORDS)
    spread = _delong(evidence) if evidence.cluster is None else _obuchowski(evidence)
    low, high = _logit_interval(spread, level)
    method = "DeLong on the logit scale" if evidence.cluster is None else "Obuchowski's cluster variance on the logit scale"
    n = len(evidence.member) if evidence.cluster is None else int(spread.n_members + spread.n_nonmembers)
    p_value = _p_value(evidence, spread)
    return Estimate("auc", spread.value, low, high, level, n, method, (assumption(evidence),), p_value)


def no_leak_p_value(evidence: Evidence) -> float:
    """P-value of "members score no higher than non-members" (Mann-Whitney with ties; over clusters where given).

    Raises
    ------
    NotEnoughData : fewer than 2 members or non-members, or 5 clusters of each.
    """
    evidence.require_both(MIN_RECORDS, MIN_RECORDS)
    return _p_value(evidence, None if evidence.cluster is None else _obuchowski(evidence))


@dataclass(frozen=True)
class _Spread:
    """An AUC, the variance from members and from non-members, and the number of independent units of each."""

    value: float
    from_members: float
    from_nonmembers: float
    n_members: float
    n_nonmembers: float

    @property
    def variance(self) -> float:
        return self.from_members + self.from_nonmembers

    @property
    def df(self) -> float:
        """Welch-Satterthwaite degrees of freedom."""
        parts = self.from_members**2 / (self.n_members - 1) + self.from_nonmembers**2 / (self.n_nonmembers - 1)
        fewest = min(self.n_members, self.n_nonmembers) - 1
        return max(fewest, self.variance**2 / parts) if parts > 0 else fewest


def placements(evidence: Evidence) -> tuple[Floats, Floats]:
    """Share of the other side that each record beats, ties half: of `member_scores`, and of `nonmember_scores` reversed roles.

    The second array holds, for each non-member in ascending order, the share of members that score above it.
    """
    n1, n0 = evidence.n_members, evidence.n_nonmembers
    below = evidence.below
    upto = _upto(evidence)
    lower = np.cumsum(np.bincount(below, minlength=n0 + 1)[:n0])
    lower += np.cumsum(np.bincount(upto, minlength=n0 + 1)[:n0])
    return (below + upto) / (2 * n0), 1 - lower / (2 * n1)


def _upto(evidence: Evidence) -> NDArray[np.int64]:
    """For each of `member_scores`, how many non-members score no higher."""
    scores, below = evidence.nonmember_scores, evidence.below
    n0 = len(scores)
    starts = np.flatnonzero(scores[1:] != scores[:-1]) + 1
    ends = np.repeat(np.append(starts, n0), np.diff(np.concatenate([[0], starts, [n0]])))
    inside = np.minimum(below, n0 - 1)
    tied = (below < n0) & (scores[inside] == evidence.member_scores)
    return np.where(tied, ends[inside], below)


def _delong(evidence: Evidence) -> _Spread:
    first, second = placements(evidence)
    n1, n0 = evidence.n_members, evidence.n_nonmembers
    return _Spread(float(first.mean()), float(first.var(ddof=1)) / n1, float(second.var(ddof=1)) / n0, n1, n0)


def _obuchowski(evidence: Evidence) -> _Spread:
    """Variance of cluster totals of the placements; clusters with both sides count once, with their covariance."""
    inside, score1 = units(evidence, member=True)
    outside, score0 = units(evidence, member=False)
    first = share_below(score1, evidence.nonmember_scores)
    second = 1 - share_below(score0, evidence.member_scores)
    value = float(first.mean())
    part1 = np.bincount(inside, weights=first - value) / len(first)
    part0 = np.bincount(outside, weights=second - value) / len(second)
    c1, c0 = len(part1), len(part0)
    var1, var0 = float(part1 @ part1) * c1 / (c1 - 1), float(part0 @ part0) * c0 / (c0 - 1)
    assert evidence.cluster is not None
    names1, names0 = np.unique(evidence.cluster[evidence.member]), np.unique(evidence.cluster[~evidence.member])
    _, at1, at0 = np.intersect1d(names1, names0, assume_unique=True, return_indices=True)
    scale = max(0.0, 1 + 2 * float(part1[at1] @ part0[at0]) / (var1 + var0)) if var1 + var0 > 0 else 1.0
    return _Spread(value, var1 * scale, var0 * scale, c1, c0)


def share_below(scores: NDArray[Any], others: NDArray[Any]) -> Floats:
    counts = np.searchsorted(others, scores, "left") + np.searchsorted(others, scores, "right")
    return np.asarray(counts / (2 * len(others)))


def _logit_interval(spread: _Spread, level: float) -> tuple[float, float]:
    n1, n0 = spread.n_members, spread.n_nonmembers
    edge = 1 / (2 * (n1 + 1) * (n0 + 1)) ** 0.5 / 2
    centre = float(np.clip(spread.value, edge, 1 - edge))
    variance = max(spread.variance, _exponential_variance(centre, n1, n0) / 2)
    margin = t_quantile(level, spread.df) * variance**0.5 / (centre * (1 - centre))
    low, high = expit(logit(centre) - margin), expit(logit(centre) + margin)
    return min(float(low), spread.value), max(float(high), spread.value)


def _exponential_variance(value: float, n1: float, n0: float) -> float:
    first, second = value / (2 - value), 2 * value**2 / (1 + value)
    return (value * (1 - value) + (n1 - 1) * (first - value**2) + (n0 - 1) * (second - value**2)) / (n1 * n0)


def _p_value(evidence: Evidence, spread: _Spread | None) -> float:
    if evidence.cluster is not None and spread is not None:
        if spread.variance == 0:
            return 1.0 if spread.value <= 0.5 else 2.0 ** -min(spread.n_members, spread.n_nonmembers, MIN_CLUSTERS)
        return float(stdtr(min(spread.n_members, spread.n_nonmembers) - 1, (0.5 - spread.value) / spread.variance**0.5))
    n1, n0 = evidence.n_members, evidence.n_nonmembers
    total = n1 + n0
    excess = float((evidence.below + _upto(evidence)).sum()) / 2 - n1 * n0 / 2
    variance = n1 * n0 / 12 * (total + 1 - _tie_term(evidence) / (total * (total - 1)))
    if variance <= 0:
        return 1.0
    return float(ndtr(-(excess - 0.5) / variance**0.5))


def _tie_term(evidence: Evidence) -> float:
    pooled = np.concatenate([evidence.member_scores, evidence.nonmember_scores])
    pooled.sort(kind="stable")
    size = np.diff(np.concatenate([[0], np.flatnonzero(pooled[1:] != pooled[:-1]) + 1, [len(pooled)]])).astype(np.float64)
    return float(np.sum(size**3 - size))
