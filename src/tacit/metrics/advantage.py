"""Attacker advantage: share of members accused minus share of non-members accused."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from tacit.core import Estimate, Evidence, checking
from tacit.metrics.arrays import takes_arrays
from tacit.metrics.clusters import FROZEN_THRESHOLD, assumption, n_units
from tacit.metrics.intervals import (
    Floats,
    crossing,
    fisher_p_value,
    furthest_limit,
    share_difference,
    upper_differences,
    upper_ends,
)
from tacit.metrics.roc import Side, best_place, best_threshold, gains_in_parts, sides

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
        return largest_advantages([evidence], level=level)[0]
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


def largest_advantages(evidences: Sequence[Evidence], *, level: float = 0.95) -> list[Estimate]:
    """The largest `advantage` of each of several evidences; their limits are worked out together.

    Parameters
    ----------
    evidences : one or more, of parts of the records for example.
    level : two-sided confidence of each.

    Raises
    ------
    NotEnoughData : one has no member, no non-member, or fewer than 5 clusters of either.
    """
    pairs = [_best_sides(evidence) for evidence in evidences]
    counts, sizes = np.array([_counts(*pair) for pair in pairs], np.float64).transpose(1, 0, 2)
    values = np.array([members.share - others.share for members, others in pairs])
    best = upper_ends(counts, sizes, level=level)
    highs = np.maximum(best, values)
    of, limits = _limits_nearby(evidences, values, best, sizes, level=level)
    np.maximum.at(highs, of, limits)
    found = zip(evidences, pairs, values.tolist(), highs.tolist())
    return [_estimate(evidence, *pair, value, high, level) for evidence, pair, value, high in found]


def _best_sides(evidence: Evidence) -> tuple[Side, Side]:
    """Members and non-members at the `best_threshold`."""
    if evidence.cluster is not None:
        return sides(evidence, best_threshold(evidence))
    evidence.require_both()
    place, n1, n0 = best_place(evidence), evidence.n_members, evidence.n_nonmembers
    # one place after the last accuses nobody
    accused = n0 - int(evidence.below[place]) if place < n1 else 0
    return Side(n1 - place, n1, n1, n1), Side(accused, n0, n0, n0)


def _estimate(
    evidence: Evidence, members: Side, others: Side, value: float, high: float, level: float
) -> Estimate:
    tail = (1 - level) / 2
    low = _smallest_plausible(value, members.size, others.size, tail)
    p_value = min(1.0, float(np.exp(-2 * value**2 / (1 / members.size + 1 / others.size))))
    return Estimate(
        "advantage",
        value,
        min(low, value),
        high,
        level,
        n_units(evidence),
        "maximum over thresholds: Kolmogorov-Smirnov below, fixed threshold above",
        (assumption(evidence),),
        p_value,
    )


def _limits_nearby(
    evidences: Sequence[Evidence], values: Floats, best: Floats, sizes: Floats, *, level: float
) -> tuple[NDArray[np.intp], Floats]:
    """Upper limits at thresholds that could be the population's best, and which of the k evidences
    each is of; none where it cannot be larger than that at the `best` threshold of the sample.

    Parameters
    ----------
    evidences : k of them.
    values : float64 (k,), the largest advantage of the sample.
    best : float64 (k,), the upper limit there.
    sizes : float64 (k, 2), independent records of both sides.
    level : two-sided confidence of each.
    """
    least = values - NEAR * (best - values)
    near = [_near(evidence, gain) for evidence, gain in zip(evidences, least.tolist())]
    of = np.repeat(np.arange(len(near)), [len(places) for places in near])
    below = np.concatenate([evidence.below[places] for evidence, places in zip(evidences, near)])
    n1, n0 = np.array([(evidence.n_members, evidence.n_nonmembers) for evidence in evidences]).T
    share = np.stack([1 - np.concatenate(near) / n1[of], 1 - below / n0[of]], axis=1)
    # where no limit reaches what is known already none is worked out
    tail = (1 - level) / 2
    furthest = np.hypot(*furthest_limit(sizes.T, tail=tail))
    able = share[:, 0] - share[:, 1] + furthest[of] >= best[of]
    share, of = share[able], of[able]
    return of, np.minimum(1.0, upper_differences(share * sizes[of], sizes[of], level=level))


def _near(evidence: Evidence, least: float) -> NDArray[np.intp]:
    """Places of members at which the gain is `least` or more, `N_NEAR` of them at most."""
    parts = gains_in_parts(evidence)
    near = np.concatenate([part.start + np.flatnonzero(gain >= least) for part, gain in parts])
    if len(near) > N_NEAR:
        near = near[np.linspace(0, len(near) - 1, N_NEAR).astype(np.int64)]
    return near


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
