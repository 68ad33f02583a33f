"""Area under the ROC curve where few non-members are accused."""

import math

import numpy as np
from numpy.typing import NDArray

from tacit.core import Estimate, Evidence, NotEnoughData, _check
from tacit.metrics.clusters import assumption
from tacit.metrics.intervals import Floats
from tacit.metrics.rates import members_above, operating_sizes

N_DRAWS = 2000
N_GROUPS = 128
N_SPREADS = 8
SEED = 20220607


def partial_auc(evidence: Evidence, max_fpr: float = 0.01, *, level: float = 0.95) -> Estimate:
    """Area under the ROC curve up to a false positive rate, rescaled so that guessing gives 1/2 and perfection 1.

    The interval draws what the rates at the observed thresholds could be: the false positive rates at ordered non-members are
    ordered uniforms, the members between them a Dirichlet vector, each rounded against the claim (steps, and one pseudo-record).
    The draws are seeded: the same evidence gives the same interval.

    Parameters
    ----------
    evidence : one row per scored record; larger score means member.
    max_fpr : largest share of non-members accused, in (0, 1).
    level : two-sided confidence.

    Raises
    ------
    NotEnoughData : fewer than ``1 / max_fpr`` (independent) non-members, or fewer than 5 clusters of either side.

    References
    ----------
    .. [1] McClish, Analyzing a portion of the ROC curve, 1989.
    """
    _check.fraction(level, "level")
    _check.fraction(max_fpr, "max_fpr")
    evidence.require_both()
    n1, n0 = operating_sizes(evidence, max_fpr)
    needed = math.ceil(1 / max_fpr - 1e-9)
    if n0 < needed:
        message = f"AUC up to FPR {max_fpr:g} needs {needed:,} independent non-members, got {math.floor(n0):,}."
        raise NotEnoughData(message, needed=needed, got=math.floor(n0), unit="non-members")
    value = _standardised(_area(evidence, max_fpr), max_fpr)
    low, high = (_standardised(end, max_fpr) for end in _limits(evidence, max_fpr, (n1, n0), level))
    method = f"seeded draws of both rates ({N_DRAWS:,})"
    name, n = f"pauc@fpr={max_fpr:g}", len(evidence.member)
    return Estimate(name, value, min(low, value), max(high, value), level, n, method, (assumption(evidence),))


def _standardised(area: float, max_fpr: float) -> float:
    least = max_fpr**2 / 2
    return float(0.5 * (1 + (area - least) / (max_fpr - least)))


def _area(evidence: Evidence, max_fpr: float) -> float:
    """Area under the trapezoidal curve up to `max_fpr`: each member counts what is left of `max_fpr` beyond its own place."""
    n1, n0 = evidence.n_members, evidence.n_nonmembers
    last = min(n0, math.ceil(max_fpr * n0) + 1)
    cut = evidence.nonmember_scores[n0 - last]
    scores = evidence.member_scores[int(np.searchsorted(evidence.member_scores, cut, side="left")) :]
    top = evidence.nonmember_scores[int(np.searchsorted(evidence.nonmember_scores, cut, side="left")) :]
    above = (len(top) - np.searchsorted(top, scores, side="right")) / n0
    upto = (len(top) - np.searchsorted(top, scores, side="left")) / n0
    return float(_mean_left(above, upto, max_fpr).sum() / n1)


def _mean_left(start: Floats, end: Floats, limit: float) -> Floats:
    """Mean of max(0, limit - u) for u uniform between `start` and `end`."""
    width = end - start
    a, b = np.maximum(limit - start, 0), np.maximum(limit - end, 0)
    return np.asarray(np.divide(a**2 - b**2, 2 * width, out=a.copy(), where=width > 0))


def _limits(evidence: Evidence, max_fpr: float, sizes: tuple[float, float], level: float) -> tuple[float, float]:
    n1, n0 = sizes
    rank = _ranks(evidence.n_nonmembers, max_fpr, n0)
    rng = np.random.default_rng(SEED)
    gaps = np.diff(rank) * (n0 / evidence.n_nonmembers)
    rest = n0 - gaps.sum() + 1
    fpr = np.cumsum(_dirichlet(rng, np.append(gaps, rest)), axis=1)[:, :-1]
    above = members_above(evidence, rank[1:]) * (n1 / evidence.n_members)
    between = np.diff(above, prepend=0.0, append=n1)
    low = _rates(rng, between, extra=-1)
    high = _rates(rng, between, extra=0)
    least = _steps(fpr, np.concatenate([np.zeros((N_DRAWS, 1)), low], axis=1), max_fpr)
    most = _steps(fpr, np.concatenate([high, np.ones((N_DRAWS, 1))], axis=1), max_fpr)
    return float(np.quantile(least, (1 - level) / 2)), float(np.quantile(most, (1 + level) / 2))


def _ranks(n: int, max_fpr: float, size: float) -> NDArray[np.int64]:
    """Ranks of non-members, 0 first, that reach beyond `max_fpr` in any draw; every one where few, groups where many."""
    spread = N_SPREADS * (max_fpr * (1 - max_fpr) / size) ** 0.5 + N_SPREADS * 2 / size
    last = min(n, math.ceil((max_fpr + spread) * n))
    return np.unique(np.rint(np.linspace(0, last, min(last, N_GROUPS) + 1)).astype(np.int64))


def _dirichlet(rng: np.random.Generator, shape: Floats) -> Floats:
    draws = rng.standard_gamma(shape, size=(N_DRAWS, len(shape)))
    return np.asarray(draws / draws.sum(axis=1, keepdims=True))


def _rates(rng: np.random.Generator, between: Floats, *, extra: int) -> Floats:
    """TPR at each rank: (draws, ranks). The pseudo-record joins the members above all (`extra` 0) or below all (-1)."""
    shape = between.copy()
    shape[extra] += 1
    return np.cumsum(_dirichlet(rng, shape), axis=1)[:, :-1]


def _steps(fpr: Floats, tpr: Floats, max_fpr: float) -> Floats:
    """Area up to `max_fpr` of the step curve with heights `tpr` (draws, ranks + 1) between the rates `fpr` (draws, ranks)."""
    edges = np.minimum(np.concatenate([np.zeros((len(fpr), 1)), fpr, np.ones((len(fpr), 1))], axis=1), max_fpr)
    return np.asarray(np.sum(np.diff(edges, axis=1) * tpr, axis=1))
