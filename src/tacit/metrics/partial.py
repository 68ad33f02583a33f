"""Area under the ROC curve where few non-members are accused."""

import math

import numpy as np
from numpy.typing import NDArray

from tacit.core import Estimate, Evidence, NotEnoughData, checking
from tacit.metrics.arrays import takes_arrays
from tacit.metrics.clusters import assumption, n_units
from tacit.metrics.intervals import Floats
from tacit.metrics.rates import members_above, operating_sizes

N_DRAWS = 1000
N_GROUPS = 24
N_SPREADS = 8
SEED = 20220607


@takes_arrays
def partial_auc(evidence: Evidence, max_fpr: float = 0.01, *, level: float = 0.95) -> Estimate:
    """Area under the ROC curve up to a false positive rate, rescaled so that guessing gives 1/2 and
    perfection 1.

    The interval draws what the rates at the observed thresholds could be: the false positive rates
    at ordered non-members are ordered uniforms, the members between them a Dirichlet vector, each
    rounded against the claim (steps, and one pseudo-record). The draws are seeded: the same
    evidence gives the same interval.

    Parameters
    ----------
    evidence : one row per scored record; larger score means member.
    max_fpr : largest share of non-members accused, in (0, 1).
    level : two-sided confidence.

    Raises
    ------
    NotEnoughData : fewer than ``1 / max_fpr`` (independent) non-members, or fewer than 5 clusters
        of either side.

    References
    ----------
    .. [1] McClish, Analyzing a portion of the ROC curve, 1989.
    """
    checking.fraction(level, "level")
    checking.fraction(max_fpr, "max_fpr")
    evidence.require_both()
    n1, n0 = operating_sizes(evidence, max_fpr)
    needed = math.ceil(1 / max_fpr - 1e-9)
    if n0 < needed:
        message = (
            f"AUC up to FPR {max_fpr:g} needs {needed:,} independent non-members, got"
            f" {math.floor(n0):,}."
        )
        raise NotEnoughData(message, needed=needed, got=math.floor(n0), unit="non-members")
    value = _standardised(_area(evidence, max_fpr), max_fpr)
    low, high = (_standardised(end, max_fpr) for end in _limits(evidence, max_fpr, (n1, n0), level))
    method = f"seeded draws of both rates ({N_DRAWS:,})"
    name, n = f"pauc@fpr={max_fpr:g}", n_units(evidence)
    return Estimate(
        name,
        value,
        min(low, value),
        max(high, value),
        level,
        n,
        method,
        (assumption(evidence),),
        settings={"max_fpr": max_fpr},
    )


def _standardised(area: float, max_fpr: float) -> float:
    least = max_fpr**2 / 2
    return float(0.5 * (1 + (area - least) / (max_fpr - least)))


def _area(evidence: Evidence, max_fpr: float) -> float:
    """Area under the trapezoidal curve up to `max_fpr`: each member counts what is left of
    `max_fpr` beyond its own place.
    """
    n1, n0 = evidence.n_members, evidence.n_nonmembers
    last = min(n0, math.ceil(max_fpr * n0) + 1)
    cut = evidence.nonmember_scores[n0 - last]
    scores = evidence.member_scores[
        int(np.searchsorted(evidence.member_scores, cut, side="left")) :
    ]
    top = evidence.nonmember_scores[
        int(np.searchsorted(evidence.nonmember_scores, cut, side="left")) :
    ]
    above = (len(top) - np.searchsorted(top, scores, side="right")) / n0
    upto = (len(top) - np.searchsorted(top, scores, side="left")) / n0
    return float(_mean_left(above, upto, max_fpr).sum() / n1)


def _mean_left(start: Floats, end: Floats, limit: float) -> Floats:
    """Mean of max(0, limit - u) for u uniform between `start` and `end`."""
    width = end - start
    a, b = np.maximum(limit - start, 0), np.maximum(limit - end, 0)
    return np.asarray(np.divide(a**2 - b**2, 2 * width, out=a.copy(), where=width > 0))


def _limits(
    evidence: Evidence, max_fpr: float, sizes: tuple[float, float], level: float
) -> tuple[float, float]:
    n1, n0 = sizes
    last = _last_rank(evidence.n_nonmembers, max_fpr, n0)
    # what lies beyond would only make the groups coarser where the limit cuts through one
    above = _above(evidence, last)[: last + 1] * (n1 / evidence.n_members)
    # from here on one rank is one independent non-member
    worth = evidence.n_nonmembers / n0
    above = above[
        np.rint(np.arange(0, len(above) - 1 + worth / 2, worth))
        .astype(np.int64)
        .clip(0, len(above) - 1)
    ]
    rank = np.unique(
        np.rint(np.linspace(0, len(above) - 1, min(len(above) - 1, N_GROUPS) + 1)).astype(np.int64)
    )
    rng = np.random.default_rng(SEED)
    fpr = _rates(rng, np.append(np.diff(rank), n0 - rank[-1]), extra=-1)
    between = np.diff(above[rank], append=n1)
    before, after = _inside(above, rank)
    low, high = _rates(rng, between, extra=-1), _rates(rng, between, extra=0)
    least = _area_between(fpr, low, before, 0.0, max_fpr)
    most = _area_between(fpr, high, after, 1.0, max_fpr)
    return float(np.quantile(least, (1 - level) / 2)), float(np.quantile(most, (1 + level) / 2))


def _last_rank(n: int, max_fpr: float, size: float) -> int:
    """A rank of non-members that lies beyond `max_fpr` in any draw."""
    spread = N_SPREADS * (max_fpr * (1 - max_fpr) / size) ** 0.5 + 2 * N_SPREADS / size
    return min(n, int(np.ceil((max_fpr + spread) * n)))


def _above(evidence: Evidence, last: int) -> Floats:
    """Members above the r-th largest non-member, r = 0 to `last` at least (0 for r = 0); in
    proportion within equal scores.
    """
    others = evidence.nonmember_scores
    # a block of equal scores counts as a whole, or its members would be shared among too few
    last = len(others) - int(np.searchsorted(others, others[len(others) - last], side="left"))
    scores = others[len(others) - last :][::-1]
    first = np.concatenate([[True], scores[1:] != scores[:-1]])
    block = np.cumsum(first) - 1
    begin = np.flatnonzero(first)
    size = np.diff(np.append(begin, last))
    strictly = members_above(evidence, begin + 1)
    tied = (
        evidence.n_members
        - np.searchsorted(evidence.member_scores, scores[begin], side="left")
        - strictly
    )
    share = (np.arange(last) - begin[block] + 1) / size[block]
    return np.concatenate([[0.0], strictly[block] + share * tied[block]])


def _inside(above: Floats, rank: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """How far the curve has risen within each group of ranks, on average: (just before its ranks,
    just after).
    """
    total = np.diff(above[rank])
    size = np.diff(rank)
    before = np.add.reduceat(above[:-1], rank[:-1]) / size - above[rank[:-1]]
    after = np.add.reduceat(above[1:], rank[:-1]) / size - above[rank[:-1]]
    rising = total > 0
    return tuple(
        np.divide(part, total, out=np.full(len(total), 0.5), where=rising)
        for part in (before, after)
    )


def _dirichlet(rng: np.random.Generator, shape: Floats) -> Floats:
    draws = rng.standard_gamma(shape, size=(N_DRAWS, len(shape)))
    return np.asarray(draws / draws.sum(axis=1, keepdims=True))


def _rates(rng: np.random.Generator, between: Floats, *, extra: int) -> Floats:
    """Draws of a rate at each rank (draws, ranks), from the records `between` ranks and one more:
    the first (0) or last (-1).
    """
    shape = np.maximum(between, 0.0)  # rounding may leave -1e-14
    shape[extra] += 1
    return np.cumsum(_dirichlet(rng, shape), axis=1)[:, :-1]


def _area_between(fpr: Floats, tpr: Floats, rise: Floats, beyond: float, max_fpr: float) -> Floats:
    """Area up to `max_fpr`: between two ranks the curve stands at the share `rise` of the way up,
    beyond the last at least.
    """
    zero, one = np.zeros((len(fpr), 1)), np.ones((len(fpr), 1))
    edges = np.minimum(np.concatenate([zero, fpr, one], axis=1), max_fpr)
    ends = np.concatenate([zero, tpr], axis=1)
    height = ends[:, :-1] + rise * np.diff(ends, axis=1)
    height = np.concatenate([height, np.maximum(tpr[:, -1:], beyond)], axis=1)
    return np.asarray(np.sum(np.diff(edges, axis=1) * height, axis=1))
