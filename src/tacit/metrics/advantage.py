"""Attacker advantage: share of members accused minus share of non-members accused."""

import math
from dataclasses import replace

import numpy as np
from scipy.special import stdtr

from tacit.core import Estimate, Evidence, checking
from tacit.metrics.arrays import takes_arrays
from tacit.metrics.clusters import FROZEN_THRESHOLD, assumption, n_units
from tacit.metrics.intervals import (
    crossing,
    fisher_p_value,
    furthest_limit,
    share_difference,
    upper_difference,
    upper_differences,
)
from tacit.metrics.roc import Side, best_threshold, gains_in_parts, sides

NEAR, N_NEAR = 2, 64


@takes_arrays
def advantage(
    evidence: Evidence, *, threshold: float | None = None, level: float = 0.95
) -> Estimate:
    """How much better than a coin the guesser does: TPR - FPR.

    With a `threshold` (chosen on other records): the advantage of accusing at ``score >=
    threshold``; the interval combines exact limits of both shares, the p-value is Fisher's exact
    test (over clusters: Student's t).

    Without one: the largest advantage over all thresholds in the population. The largest one *of
    the sample* is optimistic, so the low end is the smallest population value under which so large
    a maximum is likely whatever the shape of the curve (Kolmogorov-Smirnov, with the largest
    variance that such a value allows). The high end is the highest upper limit at any single
    threshold that comes near the maximum: the population's best threshold is one of them.

    Parameters
    ----------
    evidence : one row per scored record; larger score means member.
    threshold : where to accuse; None for the best one of the population.
    level : two-sided confidence.

    Raises
    ------
    NotEnoughData : no member, no non-member, or fewer than 5 clusters of either.

    References
    ----------
    .. [1] Yeom, Giacomelli, Fredrikson, Jha, Privacy Risk in Machine Learning, 2018, def. 4.
    .. [2] Newcombe, Interval estimation for the difference between independent proportions, 1998.
    """
    checking.fraction(level, "level")
    if threshold is None:
        return _largest(evidence, level)
    members, others = sides(evidence, threshold)
    low, high = share_difference(*_counts(members, others), level=level)
    assumes = (assumption(evidence), FROZEN_THRESHOLD)
    n, method = n_units(evidence), "difference of two exact shares (MOVER)"
    value = members.share - others.share
    return Estimate(
        "advantage",
        value,
        min(low, value),
        max(high, value),
        level,
        n,
        method,
        assumes,
        _p_value(members, others),
    )


@takes_arrays
def balanced_accuracy(
    evidence: Evidence, *, threshold: float | None = None, level: float = 0.95
) -> Estimate:
    """Share of right guesses when members and non-members are equally frequent: (1 + advantage) /
    2, as in `advantage`.
    """
    gain = advantage(evidence, threshold=threshold, level=level)
    value, low, high = ((1 + end) / 2 for end in (gain.value, gain.low, gain.high))
    return replace(gain, name="balanced_accuracy", value=value, low=low, high=high)


def _counts(members: Side, others: Side) -> tuple[tuple[float, float], tuple[float, float]]:
    """Hits of both sides, and sizes of both, on the scale of independent records."""
    return (members.effective_hits, others.effective_hits), (members.size, others.size)


def _p_value(members: Side, others: Side) -> float:
    if members.size == members.n and others.size == others.n and members.n_units == members.n:
        return fisher_p_value((members.hits, others.hits), (members.n, others.n))
    pooled = (members.effective_hits + others.effective_hits) / (members.size + others.size)
    spread = (pooled * (1 - pooled) * (1 / members.size + 1 / others.size)) ** 0.5
    df = min(members.n_units, others.n_units) - 1
    return float(stdtr(df, (others.share - members.share) / spread)) if spread > 0 else 1.0


def _largest(evidence: Evidence, level: float) -> Estimate:
    threshold = best_threshold(evidence)
    members, others = sides(evidence, threshold)
    value = members.share - others.share
    tail = (1 - level) / 2
    low = _smallest_plausible(value, members.size, others.size, tail)
    best = upper_difference(*_counts(members, others), level=level)
    high = max(value, best, _high_end(evidence, value, best, members, others, level=level))
    p_value = min(1.0, float(np.exp(-2 * value**2 / (1 / members.size + 1 / others.size))))
    n, method = (
        n_units(evidence),
        "maximum over thresholds: Kolmogorov-Smirnov below, fixed threshold above",
    )
    return Estimate(
        "advantage",
        value,
        min(low, value),
        high,
        level,
        n,
        method,
        (assumption(evidence),),
        p_value,
    )


def _high_end(
    evidence: Evidence, value: float, best: float, members: Side, others: Side, *, level: float
) -> float:
    """Largest upper limit over thresholds that could be the population's best, where it is larger
    than that at the `best` threshold of the sample, which has the largest `value`.
    """
    reach = NEAR * (best - value)
    parts = gains_in_parts(evidence)
    near = np.concatenate(
        [part.start + np.flatnonzero(gain >= value - reach) for part, gain in parts]
    )
    if len(near) > N_NEAR:
        near = near[np.linspace(0, len(near) - 1, N_NEAR).astype(np.int64)]
    share = np.stack([1 - near / members.n, 1 - evidence.below[near] / others.n], axis=1)
    # where no limit reaches what is known already none is worked out
    tail = (1 - level) / 2
    furthest = np.hypot(
        furthest_limit(members.size, tail=tail), furthest_limit(others.size, tail=tail)
    )
    share = share[share[:, 0] - share[:, 1] + furthest >= best]
    if len(share) == 0:
        return value
    sizes = np.array([[members.size, others.size]])
    return min(1.0, float(upper_differences(share * sizes, sizes, level=level).max()))


def _smallest_plausible(value: float, n1: float, n0: float, tail: float) -> float:
    """Smallest population maximum under which a sample's maximum of `value` is not rarer than
    `tail`.
    """
    factor = float((2 * np.log(1 / tail)) ** 0.5)
    if value <= factor * _largest_variance(0.0, n1, n0) ** 0.5:
        return 0.0

    def excess(gain: float) -> float:
        return value - gain - factor * math.sqrt(_largest_variance(gain, n1, n0))

    return crossing(excess, value, 0.0)


def _largest_variance(gain: float, n1: float, n0: float) -> float:
    """Largest variance of TPR - FPR over the points of a ROC curve that runs `gain` above the
    diagonal.
    """
    # not by NumPy, which takes ten times as long for one number
    fpr = min(max(((1 - 2 * gain) / n1 + 1 / n0) / (2 * (1 / n1 + 1 / n0)), 0.0), 1 - gain)
    return (fpr + gain) * (1 - fpr - gain) / n1 + fpr * (1 - fpr) / n0
