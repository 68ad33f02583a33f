"""Choosing and comparing attacks: what this much data can show, and differences on the same records."""

import numpy as np
from scipy.special import ndtri, stdtr

from tacit.core import Estimate, Evidence, InvalidInput, _check
from tacit.metrics.auc import share_below
from tacit.metrics.clusters import FROZEN_THRESHOLD, MIN_CLUSTERS, assumption
from tacit.metrics.intervals import Floats, t_quantile

SAME_RECORDS = "both attacks score the same records"


def detectable_advantage(n_members: int, n_nonmembers: int, *, level: float = 0.95, power: float = 0.8) -> float:
    """Smallest advantage that an audit of this size shows in a share `power` of repetitions.

    At the least favourable rates (TPR and FPR around one half), for a threshold chosen elsewhere and the exact one-sided test
    at 1 - `level`; 1.0 where no advantage is sure to be shown.

    Parameters
    ----------
    n_members, n_nonmembers : records measured (not those used to choose the attack).
    level, power : 1 - chance of a false alarm, and chance of finding.
    """
    _check.fraction(level, "level")
    _check.fraction(power, "power")
    if min(n_members, n_nonmembers) < 1:
        raise InvalidInput(f"`n_members` and `n_nonmembers` need 1 or more, got {n_members} and {n_nonmembers}.")
    spread = (1 / n_members + 1 / n_nonmembers) ** 0.5
    alarm, find = float(ndtri(level)), float(ndtri(power))
    step = 0.5 / min(n_members, n_nonmembers)
    critical = alarm * spread / 2 + step
    gain = critical
    for _ in range(50):
        gain = critical + find * spread * max(0.0, 1 - gain**2) ** 0.5 / 2
    return float(min(1.0, gain))


def paired_auc_difference(first: Evidence, second: Evidence, *, level: float = 0.95) -> Estimate:
    """AUC of `first` minus AUC of `second` on the same records, with their correlation; the p-value is of "no difference".

    Raises
    ------
    InvalidInput : the records differ. NotEnoughData : fewer than 2 (or 5 clusters) of either side.

    References
    ----------
    .. [1] DeLong, DeLong, Clarke-Pearson, Comparing the areas under two or more correlated ROC curves, 1988, eq. 5.
    """
    one, other = _same_records(first, second, level)
    inside = one.member
    values, parts = [], []
    for evidence in (one, other):
        gain = np.empty(len(inside))
        gain[inside] = share_below(evidence.score[inside], evidence.nonmember_scores)
        gain[~inside] = 1 - share_below(evidence.score[~inside], evidence.member_scores)
        values.append(float(gain[inside].mean()))
        parts.append(gain)
    return _difference("auc difference", values, parts[0] - parts[1], one, level, (SAME_RECORDS,))


def paired_advantage_difference(
    first: Evidence, second: Evidence, thresholds: tuple[float, float], *, level: float = 0.95
) -> Estimate:
    """Advantage of `first` at ``thresholds[0]`` minus that of `second` at ``thresholds[1]`` on the same records.

    Raises
    ------
    InvalidInput : the records differ. NotEnoughData : fewer than 2 (or 5 clusters) of either side.
    """
    one, other = _same_records(first, second, level)
    hits = [evidence.score >= cut for evidence, cut in zip((one, other), thresholds)]
    values = [float(hit[one.member].mean() - hit[~one.member].mean()) for hit in hits]
    change = (hits[0].astype(np.float64) - hits[1]) * np.where(one.member, 1.0, -1.0)
    return _difference("advantage difference", values, change, one, level, (SAME_RECORDS, FROZEN_THRESHOLD))


def _same_records(first: Evidence, second: Evidence, level: float) -> tuple[Evidence, Evidence]:
    _check.fraction(level, "level")
    if len(first.row) != len(second.row):
        raise InvalidInput(f"`first` and `second` need the same records, got {len(first.row)} and {len(second.row)}.")
    one, other = (evidence.take(np.argsort(evidence.row, kind="stable")) for evidence in (first, second))
    if not (np.array_equal(one.row, other.row) and np.array_equal(one.member, other.member)):
        raise InvalidInput("`first` and `second` need the same records with the same membership: rows or members differ.")
    fewest = 2 if one.cluster is None else MIN_CLUSTERS
    one.require_both(fewest, fewest)
    return one, other


def _difference(
    name: str, values: list[float], change: Floats, evidence: Evidence, level: float, assumes: tuple[str, ...]
) -> Estimate:
    """The interval of a mean over members plus a mean over non-members of `change`, by Student's t over units."""
    variance, df, n = _spread(change, evidence)
    value = values[0] - values[1]
    margin = t_quantile(level, df) * variance**0.5
    p_value = 1.0 if value == 0 else float(2 * stdtr(df, -abs(value) / variance**0.5)) if variance > 0 else 0.0
    low, high = max(-1.0, value - margin), min(1.0, value + margin)
    assumed = (assumption(evidence), *assumes)
    return Estimate(name, value, low, high, level, n, "paired difference, Student's t", assumed, p_value)


def _spread(change: Floats, evidence: Evidence) -> tuple[float, float, int]:
    """Variance, degrees of freedom and number of independent units."""
    inside = evidence.member
    centred = np.where(inside, change - change[inside].mean(), change - change[~inside].mean())
    part = centred / np.where(inside, np.count_nonzero(inside), np.count_nonzero(~inside))
    if evidence.cluster is None:
        variance = sum(float(part[side] @ part[side]) * side.sum() / (side.sum() - 1) for side in (inside, ~inside))
        return variance, min(inside.sum(), (~inside).sum()) - 1, len(inside)
    _, unit = np.unique(evidence.cluster, return_inverse=True)
    total = np.bincount(unit, weights=part)
    fewest = min(len(np.unique(unit[inside])), len(np.unique(unit[~inside])))
    return float(total @ total) * fewest / max(1, fewest - 1), max(1, fewest - 1), len(total)
