"""Differences between two attacks on the same records."""

from collections.abc import Sequence

import numpy as np
from scipy.special import stdtr

from tacit.core import Estimate, Evidence, InvalidInput, NotEnoughData, checking
from tacit.metrics.auc import ROUNDING, auc, rank_correlation, share_below, weighted_below
from tacit.metrics.clusters import (
    FROZEN_THRESHOLD,
    MIN_CLUSTERS,
    Weighted,
    assumption,
    n_units,
)
from tacit.metrics.intervals import Floats, share_differences, t_quantile

SAME_RECORDS = "both attacks score the same records"


def paired_auc_difference(first: Evidence, second: Evidence, *, level: float = 0.95) -> Estimate:
    """AUC of `first` minus AUC of `second` on the same records; the p-value is of "no difference"
    (two-sided).

    The two intervals of `auc` are combined by their squared distances [2]_, with the correlation
    that DeLong's placements show [1]_, so that the interval keeps its level near complete
    separation; it is never narrower than DeLong's own. Over clusters it is Student's t, with the
    clusters weighted alike for both.

    Raises
    ------
    InvalidInput : the records differ.
    NotEnoughData : fewer than 2 (or 5 clusters) of either side.

    References
    ----------
    .. [1] DeLong, DeLong, Clarke-Pearson, Comparing the areas under two or more correlated ROC
       curves, 1988, eq. 5.
    .. [2] Zou, Toward using confidence intervals to compare correlations, 2007, eq. 15.
    """
    one, other = _same_records(first, second, level)
    if one.cluster is not None:
        return _over_clusters(one, other, level)
    parts = [_centred_gain(evidence) for evidence in (one, other)]
    products = [_covariance(parts[i], parts[j], one) for i, j in ((0, 0), (1, 1), (0, 1))]
    scale = (products[0] * products[1]) ** 0.5
    link = min(1.0, max(-1.0, products[2] / scale)) if scale > 0 else 0.0
    ends = [auc(evidence, level=level) for evidence in (one, other)]
    return _combined(
        "auc difference",
        (ends[0], ends[1]),
        link,
        _covariance(parts[0] - parts[1], parts[0] - parts[1], one),
        one,
    )


def paired_advantage_difference(
    first: Evidence, second: Evidence, thresholds: tuple[float, float], *, level: float = 0.95
) -> Estimate:
    """Advantage of `first` at ``thresholds[0]`` minus that of `second` at ``thresholds[1]`` on the
    same records.

    Only records on which the two disagree count. On each side the exact limits of both kinds of
    disagreement are combined by their squared distances, then those of the sides; over clusters the
    interval is Student's t. The p-value is of "no difference" (two-sided).

    Raises
    ------
    InvalidInput : the records differ.
    NotEnoughData : fewer than 2 (or 5 clusters) of either side.

    References
    ----------
    .. [1] Newcombe, Improved confidence intervals for the difference between binomial proportions
       based on paired data, 1998.
    """
    one, other = _same_records(first, second, level)
    hits = [evidence.score >= cut for evidence, cut in zip((one, other), thresholds)]
    change = hits[0].astype(np.float64) - hits[1]
    inside = one.member
    value = float(change[inside].mean() - change[~inside].mean())
    part = np.where(inside, change - change[inside].mean(), change[~inside].mean() - change)
    variance, df = _paired_variance(part, one)
    margin = t_quantile(level, df) * variance**0.5
    low, high = value - margin, value + margin
    if one.cluster is None:
        down1, up1 = _disagreement(change[inside], level)
        down0, up0 = _disagreement(change[~inside], level)
        low, high = value - float(np.hypot(down1, up0)), value + float(np.hypot(up1, down0))
    assumes = (assumption(one), SAME_RECORDS, FROZEN_THRESHOLD)
    low, high, method = (
        max(-2.0, low),
        min(2.0, high),
        "paired exact limits" if one.cluster is None else "Student's t",
    )
    p_value = _two_sided(value, variance, df)
    return Estimate(
        "advantage difference", value, low, high, level, n_units(one), method, assumes, p_value
    )


def _paired_variance(part: Floats, evidence: Evidence) -> tuple[float, float]:
    """Variance of the difference of both sides' means of `part` (t,), and degrees of freedom."""
    if evidence.cluster is None:
        return _covariance(part, part, evidence), _fewest(evidence) - 1
    # records count the same here, since a difference in accusations is a count of records
    sides = [Weighted.of(index, 0.0) for index in evidence.units]
    return _clustered_variance(part, evidence, sides), min(side.df for side in sides)


def _disagreement(change: Floats, level: float) -> tuple[float, float]:
    """How far below and above its estimate the mean of `change` (1, 0 or -1 a record) may lie."""
    n = len(change)
    counts = np.array([[np.count_nonzero(change > 0), np.count_nonzero(change < 0)]])
    low, high = share_differences(counts, np.array([[n, n]]), level=level)
    up, down = counts[0] / n
    apart = up * (1 - up) + down * (1 - down)
    # the two kinds exclude each other, which widens their difference a little
    wider = (1 + 2 * up * down / apart) ** 0.5 if apart > 0 else 1.0
    return float((up - down - low[0]) * wider), float((high[0] - up + down) * wider)


def _combined(
    name: str, ends: tuple[Estimate, Estimate], link: float, variance: float, evidence: Evidence
) -> Estimate:
    """The difference of two correlated estimates from their own intervals."""
    one, other = ends
    value = one.value - other.value
    plain = t_quantile(one.level, _fewest(evidence) - 1) * variance**0.5
    down = max(plain, _distance(one.value - one.low, other.high - other.value, link))
    up = max(plain, _distance(one.high - one.value, other.value - other.low, link))
    p_value = _two_sided(value, variance, _fewest(evidence) - 1)
    assumes = (assumption(evidence), SAME_RECORDS)
    method = "correlated score intervals (MOVER)"
    return Estimate(
        name,
        value,
        max(-1.0, value - down),
        min(1.0, value + up),
        one.level,
        one.n,
        method,
        assumes,
        p_value,
    )


def _distance(first: float, second: float, link: float) -> float:
    return float(max(0.0, first**2 + second**2 - 2 * link * first * second) ** 0.5)


def _two_sided(value: float, variance: float, df: float) -> float:
    if abs(value) <= ROUNDING:
        return 1.0
    if variance <= ROUNDING**2:
        # every unit says the same: as sure as so many coins, and no surer
        return float(2.0**-df)
    return float(2 * stdtr(df, -abs(value) / variance**0.5))


def _same_records(first: Evidence, second: Evidence, level: float) -> tuple[Evidence, Evidence]:
    checking.fraction(level, "level")
    if len(first.row) != len(second.row):
        raise InvalidInput(
            f"`first` and `second` need the same records, got {len(first.row)} and"
            f" {len(second.row)}."
        )
    one, other = (
        evidence.take(np.argsort(evidence.row, kind="stable")) for evidence in (first, second)
    )
    if not (np.array_equal(one.row, other.row) and np.array_equal(one.member, other.member)):
        raise InvalidInput(
            "`first` and `second` need the same records with the same membership: rows or members"
            " differ."
        )
    fewest = 2 if one.cluster is None else MIN_CLUSTERS
    one.require_both(fewest, fewest)
    if _fewest(one) < fewest:
        message = (
            f"A paired difference needs {fewest} clusters of members and of non-members, got"
            f" {_fewest(one)}."
        )
        raise NotEnoughData(message, needed=fewest, got=_fewest(one), unit="clusters")
    return one, other


def _centred_gain(evidence: Evidence) -> Floats:
    """Each record's placement less the mean of its side: what it adds to the AUC's error."""
    inside = evidence.member
    gain = np.empty(len(inside))
    gain[inside] = share_below(evidence.score[inside], evidence.nonmember_scores)
    gain[~inside] = 1 - share_below(evidence.score[~inside], evidence.member_scores)
    return np.asarray(np.where(inside, gain - gain[inside].mean(), gain - gain[~inside].mean()))


def _over_clusters(one: Evidence, other: Evidence, level: float) -> Estimate:
    """The difference of two AUCs over clusters."""
    rho = max(rank_correlation(one), rank_correlation(other))
    sides = [Weighted.of(index, rho) for index in one.units]
    inside = one.member
    values, gains = [], []
    for paper in (one, other):
        member, others = paper.score[inside], paper.score[~inside]
        gain = np.empty(len(inside))
        gain[inside] = weighted_below(member, others, sides[1].record)
        gain[~inside] = 1 - weighted_below(others, member, sides[0].record)
        values.append(float(sides[0].record @ gain[inside]))
        gains.append(gain)
    value = values[0] - values[1]
    variance = _clustered_variance(gains[0] - gains[1], one, sides)
    df = min(side.df for side in sides)
    margin = t_quantile(level, df) * variance**0.5
    ends = max(-1.0, value - margin), min(1.0, value + margin)
    assumes = (assumption(one), SAME_RECORDS)
    p_value = _two_sided(value, variance, df)
    return Estimate(
        "auc difference", value, *ends, level, n_units(one), "Student's t", assumes, p_value
    )


def _clustered_variance(value: Floats, evidence: Evidence, sides: Sequence[Weighted]) -> float:
    """Variance of the sum of both sides' weighted means of `value` (t,); clusters that hold both
    kinds count once.
    """
    assert evidence.cluster is not None
    _, unit = np.unique(evidence.cluster, return_inverse=True)
    total = np.zeros(int(unit.max()) + 1)
    factor = 1.0
    for side, inside in zip(sides, (evidence.member, ~evidence.member)):
        own = side.totals(value[inside])
        place = np.empty(len(own), np.int64)
        place[side.unit] = unit[inside]
        total[place] += own
        factor = min(factor, (len(own) - 1) / len(own))
    return float(total @ total) * factor


def _covariance(first: Floats, second: Floats, evidence: Evidence) -> float:
    """Covariance of two estimates from what each record adds to their errors (means of the sides
    removed).
    """
    inside = evidence.member
    n1, n0 = np.count_nonzero(inside), np.count_nonzero(~inside)
    products = first * second
    return float(
        products[inside].sum() / (n1 * (n1 - 1)) + products[~inside].sum() / (n0 * (n0 - 1))
    )


def _fewest(evidence: Evidence) -> int:
    """Independent units on the smaller side."""
    inside = evidence.member
    sides = (inside, ~inside)
    if evidence.cluster is None:
        return min(int(np.count_nonzero(side)) for side in sides)
    return min(len(np.unique(evidence.cluster[side])) for side in sides)
