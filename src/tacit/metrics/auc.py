"""Area under the ROC curve: the chance that a random member scores above a random non-member."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc, gammaincc, ndtr, stdtr

from tacit.core import Estimate, Evidence, checking
from tacit.core.sorting import pieces_between, tie_runs
from tacit.metrics.arrays import takes_arrays
from tacit.metrics.clusters import (
    MIN_CLUSTERS,
    Weighted,
    assumption,
    intraclass_correlation,
    n_units,
    units,
)
from tacit.metrics.intervals import Floats, crossing, fisher_p_value, t_quantile

MIN_RECORDS = 2
EXACT_WORK = 4_000_000
SYMMETRIC = 1e-3
PIECE = 1 << 20
PSEUDO_PAIRS = 4
LEAST_RATIO, MANY_RECORDS = 0.7, 40
# Areas that differ by less are equal but for the rounding of the clusters' weights.
ROUNDING = 1e-12


@takes_arrays
def auc(evidence: Evidence, *, level: float = 0.95) -> Estimate:
    """Chance that a random member scores above a random non-member; ties count half.

    The variance is DeLong's [1]_, over clusters where there are any [2]_. The interval holds every
    AUC from which the observed one is no further than Student's t allows; how the variance changes
    with the AUC is taken from exponential scores [3]_, and where few pairs are out of order so is
    its size, because at complete separation DeLong's would be zero [4]_. The p-value is of the
    Mann-Whitney test with ties.

    Parameters
    ----------
    evidence : one row per scored record; larger score means member.
    level : two-sided confidence.

    Raises
    ------
    NotEnoughData : fewer than 2 members or non-members, or 5 clusters of each.

    References
    ----------
    .. [1] DeLong, DeLong, Clarke-Pearson, Comparing the areas under two or more correlated ROC
       curves, 1988.
    .. [2] Obuchowski, Nonparametric analysis of clustered ROC curve data, 1997.
    .. [3] Hanley, McNeil, The meaning and use of the area under a ROC curve, 1982, eq. 1.
    .. [4] Newcombe, Confidence intervals for an effect size measure based on the Mann-Whitney
       statistic, part 2, 2006.
    """
    checking.fraction(level, "level")
    evidence.require_both(MIN_RECORDS, MIN_RECORDS)
    spread = evidence.once(_delong if evidence.cluster is None else _obuchowski)
    low, high = _score_interval(spread, level)
    method = (
        "DeLong's variance, score interval"
        if evidence.cluster is None
        else "Obuchowski's cluster variance, score interval"
    )
    p_value = _p_value(evidence, spread)
    return Estimate(
        "auc",
        spread.value,
        low,
        high,
        level,
        n_units(evidence),
        method,
        (assumption(evidence),),
        p_value,
    )


@takes_arrays
def no_leak_p_value(evidence: Evidence) -> float:
    """P-value of "members score no higher than non-members" (Mann-Whitney with ties; over clusters
    where given).

    Raises
    ------
    NotEnoughData : fewer than 2 members or non-members, or 5 clusters of each.
    """
    evidence.require_both(MIN_RECORDS, MIN_RECORDS)
    return _p_value(evidence, None if evidence.cluster is None else _obuchowski(evidence))


@dataclass(frozen=True)
class _Spread:
    """An AUC, the variance from members and from non-members, the number of independent units of
    each, the degrees of freedom of each variance, and units a record.
    """

    value: float
    from_members: float
    from_nonmembers: float
    n_members: float
    n_nonmembers: float
    freedom: tuple[float, float]
    shrink: float = 1.0

    @property
    def variance(self) -> float:
        return self.from_members + self.from_nonmembers

    @property
    def df(self) -> float:
        """Welch-Satterthwaite degrees of freedom."""
        first, second = self.freedom
        parts = self.from_members**2 / first + self.from_nonmembers**2 / second
        fewest = min(first, second)
        return max(fewest, self.variance**2 / parts) if parts > 0 else fewest


def _delong(evidence: Evidence) -> _Spread:
    """DeLong's variance from twice the number of records that each record beats, counted on the
    sorted scores.
    """
    n1, n0 = evidence.n_members, evidence.n_nonmembers
    upto, beaten_by = evidence.beaten()
    value = float(upto.sum(dtype=np.int64)) / (2 * n0 * n1)
    from_members = _variance(upto) / (4 * n0**2 * n1)
    from_nonmembers = _variance(beaten_by) / (4 * n1**2 * n0)
    return _Spread(value, from_members, from_nonmembers, n1, n0, (n1 - 1, n0 - 1))


def _variance(counts: NDArray[np.integer[Any]]) -> float:
    """Sample variance, in pieces that stay small."""
    n = len(counts)
    mean = float(counts.sum(dtype=np.int64)) / n
    pieces = (counts[i : i + PIECE] - mean for i in range(0, n, PIECE))
    # not a dot product: for one, idle BLAS threads burn more time than the sum takes
    return sum(float(np.sum(piece * piece)) for piece in pieces) / (n - 1)


def _obuchowski(evidence: Evidence) -> _Spread:
    """Variance of cluster totals of the placements; clusters with both sides count once, with their
    covariance.

    Clusters are weighted by what they know, so that a few large ones do not decide alone.
    """
    inside, score1 = units(evidence, member=True)
    outside, score0 = units(evidence, member=False)
    rho = rank_correlation(evidence)
    members, others = Weighted.of(inside, rho), Weighted.of(outside, rho)
    first = weighted_below(score1, score0, others.record)
    second = 1 - weighted_below(score0, score1, members.record)
    part1, part0 = members.totals(first), others.totals(second)
    var1, var0 = members.variance(part1), others.variance(part0)
    assert evidence.cluster is not None
    names1, names0 = (
        np.unique(evidence.cluster[evidence.member]),
        np.unique(evidence.cluster[~evidence.member]),
    )
    _, at1, at0 = np.intersect1d(names1, names0, assume_unique=True, return_indices=True)
    scale = (
        max(0.0, 1 + 2 * float(part1[at1] @ part0[at0]) / (var1 + var0)) if var1 + var0 > 0 else 1.0
    )
    c1, c0 = len(part1), len(part0)
    shrink = (c1 + c0) / len(evidence.member)
    value = min(1.0, float(members.record @ first))
    freedom = (members.df, others.df)
    return _Spread(value, var1 * scale, var0 * scale, c1, c0, freedom, shrink)


def rank_correlation(evidence: Evidence) -> float:
    """How alike the ranks of records of one cluster are, in [0, 1]."""
    assert evidence.cluster is not None
    _, cluster = np.unique(evidence.cluster, return_inverse=True)
    rank = share_below(evidence.score, np.sort(evidence.score))
    size = np.bincount(cluster).astype(np.float64)
    mean = np.asarray(np.bincount(cluster, weights=rank) / size, np.float64)
    squares = np.bincount(cluster, weights=(rank - mean[cluster]) ** 2).astype(np.float64)
    return float(intraclass_correlation(size, mean[:, None], squares[:, None])[0])


def weighted_below(scores: NDArray[Any], others: NDArray[Any], weight: Floats) -> Floats:
    """Weight of `others` below each of `scores`, ties half."""
    order = np.argsort(others, kind="stable")
    upto = np.concatenate([[0.0], np.cumsum(weight[order])])
    ascending = others[order]
    low, high = (np.searchsorted(ascending, scores, side) for side in ("left", "right"))
    return np.asarray((upto[low] + upto[high]) / 2)


def share_below(scores: NDArray[Any], others: NDArray[Any]) -> Floats:
    """Share of `others` (ascending) below each of `scores`, ties half."""
    counts = np.searchsorted(others, scores, "left") + np.searchsorted(others, scores, "right")
    return np.asarray(counts / (2 * len(others)))


def _score_interval(spread: _Spread, level: float) -> tuple[float, float]:
    """All AUCs from which the observed one is no further than Student's t allows, with the variance
    each would have.
    """
    n1, n0 = spread.n_members, spread.n_nonmembers
    limit = t_quantile(level, spread.df) ** 2 * _variance_ratio(spread)

    def excess(value: float) -> float:
        # nearly a straight line, unlike its square; at 0 and 1 rounding may leave less than nothing
        variance = max(0.0, exponential_variance(value, n1, n0))
        return abs(spread.value - value) - math.sqrt(limit * variance)

    return crossing(excess, spread.value, 0.0), crossing(excess, spread.value, 1.0)


def _variance_ratio(spread: _Spread) -> float:
    """DeLong's variance over that of exponential scores, drawn towards 1 where few pairs are out of
    order.
    """
    n1, n0 = spread.n_members, spread.n_nonmembers
    rare = min(spread.value, 1 - spread.value)
    edge = 0.5 / (n1 * n0)
    usual = exponential_variance(min(max(spread.value, edge), 1 - edge), n1, n0)
    known = n1 * n0 * rare
    ratio = (spread.variance / usual * known + PSEUDO_PAIRS) / (known + PSEUDO_PAIRS)
    informative = 2 * min(n1, n0) * rare
    return max(
        ratio, LEAST_RATIO * spread.shrink * min(1.0, MANY_RECORDS / max(informative, 1e-300))
    )


def exponential_variance(value: float, n1: float, n0: float) -> float:
    """Variance of an AUC of exponential scores, the mean of both ways to say which side is which
    [4]_.
    """
    both = value / (2 - value) + 2 * value**2 / (1 + value) - 2 * value**2
    return (value * (1 - value) + ((n1 + n0) / 2 - 1) * both) / (n1 * n0)


def _p_value(evidence: Evidence, spread: _Spread | None) -> float:
    if evidence.cluster is not None and spread is not None:
        if spread.variance <= ROUNDING**2:
            return (
                1.0
                if spread.value <= 0.5 + ROUNDING
                else 2.0 ** -min(spread.n_members, spread.n_nonmembers, MIN_CLUSTERS)
            )
        return float(
            stdtr(
                min(spread.freedom),
                (0.5 - spread.value) / spread.variance**0.5,
            )
        )
    wins = (
        None
        if spread is None
        else round(spread.value * 2 * evidence.n_members * evidence.n_nonmembers)
    )
    return rank_sum_p_value(evidence, wins=wins)


def rank_sum_p_value(evidence: Evidence, *, wins: int | None = None) -> float:
    """One-sided p-value of the Mann-Whitney test, given the ties: exact for few records or two
    distinct scores.

    `wins` is twice the number of pairs in which the member scores higher (ties once), where it is
    known already.
    """
    n1, n0 = evidence.n_members, evidence.n_nonmembers
    new = evidence.step
    if np.count_nonzero(new) == 1:
        top = evidence.n_members - int(
            np.searchsorted(evidence.member_scores, evidence.member_scores[-1], side="left")
        )
        both_high = bool(evidence.member_scores[-1] >= evidence.nonmember_scores[-1])
        hits = 0 if not both_high else top
        return fisher_p_value((hits, len(new) - int(np.argmax(new)) - hits), (n1, n0))
    doubled = int(evidence.beaten()[0].sum(dtype=np.int64)) if wins is None else wins
    total = n1 + n0
    if total * min(n1, n0) ** 2 * total <= EXACT_WORK:
        return _exact_tail(_tie_sizes(new), n1, n0, doubled)
    return _skewed_tail(new, n1, n0, doubled / 2 - n1 * n0 / 2 - 0.5)


def _skewed_tail(new: NDArray[np.bool_], n1: int, n0: int, excess: float) -> float:
    """Chance of `excess` or more under random membership: gamma with the three exact moments
    (Pearson's type III) [1]_.

    A tied block of t records around rank c takes (t^3 - t) / 12 from the second moment of the ranks
    1..n about their mean, and c (t^3 - t) / 4 from the third.

    References
    ----------
    .. [1] Mielke, Berry, Permutation Methods: A Distance Function Approach, 2007, sec. 2.3.
    """
    total = n1 + n0
    second_lost, third_lost = _lost_to_ties(new, total)
    variance = n1 * n0 / (total * (total - 1)) * (float(total) ** 3 - total - second_lost) / 12
    if variance <= 0:
        return 1.0
    third = -n1 * n0 * (n0 - n1) / (total * (total - 1) * (total - 2)) * third_lost / 4
    z, skew = excess / variance**0.5, third / variance**1.5
    if abs(skew) < SYMMETRIC:
        return float(ndtr(-z))
    shape = 4 / skew**2
    at = max(0.0, shape + np.sign(skew) * z * shape**0.5)
    return float(gammaincc(shape, at) if skew > 0 else gammainc(shape, at))


def _lost_to_ties(new: NDArray[np.bool_], total: int) -> tuple[float, float]:
    """Sums over tied blocks of t^3 - t, and of c (t^3 - t) with c the rank in the middle of the
    block about the mean rank of all.
    """
    second = third = 0.0
    if new.all():
        return second, third
    for part in pieces_between(new, total):
        first, count = tie_runs(new[part.start : part.stop - 1])
        size = count.astype(np.float64)
        taken = size**3 - size
        centre = (2 * (first + part.start) + count - total) / 2
        second += float(taken.sum())
        third += float(centre @ taken)
    return second, third


def _exact_tail(size: Floats, n1: int, n0: int, doubled: int) -> float:
    """Chance that random membership makes twice the Mann-Whitney count as large as `doubled`,
    counted out.
    """
    few = min(n1, n0)
    start = np.cumsum(size) - size
    rank = np.repeat(2 * start + size, size.astype(np.int64)).astype(np.int64)
    most = int(rank[-few:].sum())
    ways = np.zeros((few + 1, most + 1))
    ways[0, 0] = 1
    for value in rank:
        ways[1:, value:] += ways[:-1, : most + 1 - value]
    # ranks sum to the count plus what the few have among themselves; the count of the other side is
    # the rest of all pairs
    threshold = doubled + few * few if n1 <= n0 else 2 * n1 * n0 - doubled + few * few
    tail = ways[few, threshold:].sum() if n1 <= n0 else ways[few, : threshold + 1].sum()
    return float(min(1.0, tail / ways[few].sum()))


def _tie_sizes(new: NDArray[np.bool_]) -> Floats:
    """How many records share each distinct score, in ascending order."""
    return np.diff(np.append(np.flatnonzero(new) + 1, len(new) + 1), prepend=0).astype(np.float64)
