"""Curves as plain numbers, small enough to draw and to store."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import Evidence, InvalidInput, NotEnoughData, checking
from tacit.core.sorting import searched
from tacit.metrics.arrays import takes_arrays
from tacit.metrics.intervals import Floats
from tacit.metrics.rates import members_above, operating_sizes, tpr_limits

N_ANCHORS = 32
MIN_POINTS = 32
BAND = "pointwise"
# steps of a histogram as 0.17 or 12: no edge is anybody's exact score
ROUND_DIGITS = 2
# a part of a step that round scores do not share
NUDGE = 97
# relative width of a bin below which edges in round steps would coincide in double precision
TINY = 1e-12


@takes_arrays
def roc_points(evidence: Evidence, *, max_points: int = 400, level: float = 0.95) -> dict[str, Any]:
    """The ROC curve, reduced so that its picture on linear and on log-log axes does not change.

    Parameters
    ----------
    evidence : one row per scored record; larger score means member.
    max_points : most points kept, 32 or more.
    level : of the band, at each single false positive rate; threshold and member noise are both in
        it.

    Returns
    -------
    ``{"attack", "fpr", "tpr", "low", "high", "band", "level", "n_members", "n_nonmembers"}``; the
    four lists are equally long, `fpr` and `tpr` do not fall; `low` and `high` are the band's ends
    at each `fpr`; without enough clusters the band is [0, 1].
    """
    checking.fraction(level, "level")
    if max_points < MIN_POINTS:
        raise InvalidInput(f"`max_points` needs {MIN_POINTS} or more, got {max_points}.")
    evidence.require_both()
    n0 = evidence.n_nonmembers
    rank = _kept_ranks(evidence, max_points)
    fpr, tpr = _curve(evidence, rank)
    low, high = _band(evidence, fpr, level)
    return {
        "attack": evidence.attack,
        "fpr": fpr.tolist(),
        "tpr": tpr.tolist(),
        "low": np.minimum(low, tpr).tolist(),
        "high": np.maximum(high, tpr).tolist(),
        "band": BAND,
        "level": level,
        "n_members": evidence.n_members,
        "n_nonmembers": n0,
    }


@takes_arrays
def score_histogram(evidence: Evidence, *, bins: int = 60) -> dict[str, Any]:
    """Shares of members and of non-members whose score falls in each of `bins` equal bins.

    The bins reach about from the 0.1 % to the 99.9 % quantile of all scores; what lies beyond is
    counted in the outer bins, so each list sums to 1. The edges are rounded: no exact score of a
    record stands among them.

    Returns
    -------
    ``{"attack", "edges", "member", "nonmember"}`` with bins + 1 edges.
    """
    if bins < 1:
        raise InvalidInput(f"`bins` needs 1 or more, got {bins}.")
    evidence.require_both()
    edges = _round_edges(evidence, bins)
    shares = []
    for scores in (evidence.member_scores, evidence.nonmember_scores):
        upto = np.concatenate([[0], searched(scores, edges[1:-1]), [len(scores)]])
        shares.append((np.diff(upto) / len(scores)).tolist())
    return {
        "attack": evidence.attack,
        "edges": edges.tolist(),
        "member": shares[0],
        "nonmember": shares[1],
    }


def _round_edges(evidence: Evidence, bins: int) -> Floats:
    """Edges in round steps about the middle of the range of `_range`, none of them a score."""
    low, high = _range(evidence)
    width = (high - low) / bins
    if not math.isfinite(width) or width < TINY * max(abs(low), abs(high), TINY):
        # beyond what can be rounded: the next number outwards is nobody's
        return np.linspace(np.nextafter(low, -np.inf), np.nextafter(high, np.inf), bins + 1)
    unit = 10.0 ** (math.floor(math.log10(width)) - ROUND_DIGITS + 1)
    step, middle = round(width / unit) * unit, round((low + high) / 2 / unit) * unit
    edges = middle + (np.arange(bins + 1) - bins / 2) * step
    sides = (evidence.member_scores, evidence.nonmember_scores)
    while any(_holds_any(scores, edges) for scores in sides):  # scores that are round themselves
        edges = edges - step / NUDGE
    return np.asarray(edges, np.float64)


def _holds_any(ascending: NDArray[Any], values: NDArray[Any]) -> bool:
    place = np.minimum(searched(ascending, values), len(ascending) - 1)
    return bool((ascending[place] == values).any())


def _range(evidence: Evidence) -> tuple[float, float]:
    """Ends of the histogram: outer quantiles of either side, finite and apart."""
    ends = []
    for scores in (evidence.member_scores, evidence.nonmember_scores):
        finite = scores[searched(scores, -np.inf, side="right") : searched(scores, np.inf)]
        if len(finite):
            last = len(finite) - 1
            ends += [float(finite[last // 1000]), float(finite[last - last // 1000])]
    low, high = (min(ends), max(ends)) if ends else (0.0, 0.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _kept_ranks(evidence: Evidence, max_points: int) -> NDArray[np.int64]:
    """Ranks of non-members to draw: evenly spaced in FPR, in log FPR and in TPR (both ways)."""
    n1, n0 = evidence.n_members, evidence.n_nonmembers
    first = np.arange(1, min(n0, max_points // 8) + 1)
    part = max(2, (max_points // 2 - max_points // 8 - 4) // 4)
    even = np.linspace(0, n0, part)
    log = np.geomspace(1, n0, 2 * part)
    member = np.concatenate(
        [np.linspace(0, n1 - 1, part // 2), np.geomspace(1, n1, part - part // 2) - 1]
    ).astype(np.int64)
    cut = evidence.member_scores[n1 - 1 - member]
    by_tpr = n0 - np.searchsorted(evidence.nonmember_scores, cut, side="left")
    return np.unique(
        np.concatenate([[0, n0], first, np.rint(even), np.rint(log), by_tpr]).astype(np.int64)
    )


def _curve(evidence: Evidence, rank: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """FPR and TPR when at most `rank` non-members are accused, whole blocks of equal scores
    together: both corners of each step.
    """
    n1, n0 = evidence.n_members, evidence.n_nonmembers
    scores = evidence.nonmember_scores
    cut = scores[np.clip(n0 - 1 - rank, 0, n0 - 1)]
    accused = np.where(rank >= n0, n0, n0 - np.searchsorted(scores, cut, side="right"))
    top = np.stack([accused, members_above(evidence, rank + 1)])
    last = scores[n0 - np.maximum(accused, 1)]
    corner = np.stack([accused, n1 - np.searchsorted(evidence.member_scores, last, side="left")])[
        :, accused > 0
    ]
    points = np.unique(np.concatenate([[[0], [0]], top, corner], axis=1), axis=1)
    return points[0] / n0, points[1] / n1


def _band(evidence: Evidence, fpr: Floats, level: float) -> tuple[Floats, Floats]:
    """Ends of the interval of the TPR at each `fpr`: made at a few anchors, monotone steps between
    them.
    """
    inner = np.unique(fpr[(fpr > 0) & (fpr < 1)])
    if len(inner) == 0:
        return np.where(fpr >= 1, 1.0, 0.0), np.ones(len(fpr))
    picked = np.unique(
        np.rint(np.linspace(0, len(inner) - 1, min(N_ANCHORS, len(inner)))).astype(np.int64)
    )
    anchor = inner[picked]
    try:
        sizes = [
            operating_sizes(evidence, float(share))
            for share in (anchor if evidence.cluster is not None else anchor[:1])
        ]
    except NotEnoughData:
        return np.zeros(len(fpr)), np.ones(len(fpr))
    if evidence.cluster is None:
        low, high = tpr_limits(evidence, anchor, sizes[0], level=level)
    else:
        ends = [
            tpr_limits(evidence, anchor[i : i + 1], sizes[i], level=level)
            for i in range(len(anchor))
        ]
        low, high = (np.concatenate([end[side] for end in ends]) for side in (0, 1))
    low, high = np.maximum.accumulate(low), np.minimum.accumulate(high[::-1])[::-1]
    anchor, low, high = np.append(anchor, 1.0), np.append(low, 1.0), np.append(high, 1.0)
    before, after = (
        np.searchsorted(anchor, fpr, side="right") - 1,
        np.searchsorted(anchor, fpr, side="left"),
    )
    return np.where(before < 0, 0.0, low[np.maximum(before, 0)]), high[after]
