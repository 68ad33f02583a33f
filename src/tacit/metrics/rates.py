"""Members found at a given share of non-members accused, and what an accusation is worth."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, betaincinv

from tacit.core import Estimate, Evidence, InvalidInput, NotEnoughData, _check
from tacit.metrics.clusters import FROZEN_THRESHOLD, assumption, effective_size, units
from tacit.metrics.intervals import Floats, clopper_pearson, mixture_limits
from tacit.metrics.roc import sides

N_NODES = 96
SPAN = np.linspace(-6, 6, 161)
ROUNDING = 1e-9


def tpr_at_fpr(evidence: Evidence, fpr: float, *, level: float = 0.95) -> Estimate:
    """Members found when a share `fpr` of non-members is accused.

    The largest TPR among thresholds whose FPR is at most `fpr`; records of equal score are accused together. The interval
    covers both sources of chance: the number of non-members above the population's threshold is binomial, and given that
    number the rate is known from the members as exactly as Clopper and Pearson's limits say.

    Parameters
    ----------
    evidence : one row per scored record; larger score means member.
    fpr : share of non-members accused, in (0, 1).
    level : two-sided confidence.

    Raises
    ------
    NotEnoughData : fewer than ``1 / fpr`` (independent) non-members, or fewer than 5 clusters of either side.

    References
    ----------
    .. [1] Carlini et al., Membership Inference Attacks From First Principles, 2022, sec. III.
    .. [2] Fay, Proschan, Brittain, Combining one-sample confidence procedures for inference in the two-sample case, 2015.
    """
    _check.fraction(level, "level")
    _check.fraction(fpr, "fpr")
    evidence.require_both()
    n1, n0 = operating_sizes(evidence, fpr)
    _require_nonmembers(n0, fpr)
    value = members_above(evidence, np.array([_rank(fpr, evidence.n_nonmembers) + 1]))[0] / evidence.n_members
    low, high = tpr_limits(evidence, np.array([fpr]), (n1, n0), level=level)
    method = "binomial threshold melded with exact limits"
    n = len(evidence.member)
    ends = min(value, float(low[0])), max(value, float(high[0]))
    return Estimate(f"tpr@fpr={fpr:g}", value, *ends, level, n, method, (assumption(evidence),))


def tpr_limits(evidence: Evidence, fpr: Floats, sizes: tuple[float, float], *, level: float) -> tuple[Floats, Floats]:
    """Interval of the TPR at each of `fpr`, for effective `sizes` of members and non-members."""
    n1, n0 = sizes
    step = evidence.n_nonmembers / n0
    counts = [_binomial_nodes(n0, float(share)) for share in fpr]
    rank = np.rint(np.stack([count for count, _ in counts]) * step).astype(np.int64)
    hits = members_above(evidence, np.stack([rank, rank + 1])) * (n1 / evidence.n_members)
    return mixture_limits(hits[0], hits[1], n1, np.stack([weight for _, weight in counts]), level=level)


def members_above(evidence: Evidence, rank: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many members score above the `rank`-th largest non-member: none for rank 0, all beyond the last."""
    n0 = evidence.n_nonmembers
    cut = evidence.nonmember_scores[np.clip(n0 - rank, 0, n0 - 1)]
    above = evidence.n_members - np.searchsorted(evidence.member_scores, cut, side="right")
    return np.where(rank <= 0, 0, np.where(rank > n0, evidence.n_members, above))


def tpr_at_guaranteed_fpr(evidence: Evidence, fpr: float, *, level: float = 0.95) -> Estimate:
    """Members found at a threshold that accuses at most a share `fpr` of non-members, with confidence `level`.

    The threshold is the largest order statistic of the non-members that keeps the promise (accused are scores above it); the
    interval is Clopper and Pearson's for the members at that threshold. It takes ``log(1 - level) / log(1 - fpr)``
    non-members: 299 for 1 %, 2,995 for 0.1 %, 29,956 for 0.01 %.

    Raises
    ------
    NotEnoughData : too few (independent) non-members; says how many it takes.

    References
    ----------
    .. [1] Wilks, Determination of sample sizes for setting tolerance limits, 1941.
    """
    _check.fraction(level, "level")
    _check.fraction(fpr, "fpr")
    evidence.require_both()
    n1, n0 = operating_sizes(evidence, fpr)
    needed = math.ceil(math.log(1 - level) / math.log1p(-fpr) - ROUNDING)
    if n0 < needed:
        _too_few(f"A guaranteed FPR of {fpr:g}", needed, n0)
    rank = _guaranteed_rank(n0, fpr, level)
    rank = max(1, math.floor(rank * evidence.n_nonmembers / n0))
    value = float(members_above(evidence, np.array([rank]))[0] / evidence.n_members)
    low, high = clopper_pearson(value * n1, n1, level=level)
    method = f"threshold at the {rank}-th largest non-member, exact limits"
    assumes = (assumption(evidence),)
    return Estimate(f"tpr@fpr<={fpr:g}", value, float(low), float(high), level, len(evidence.member), method, assumes)


def ppv(
    evidence: Evidence, *, prior: float, fpr: float | None = None, threshold: float | None = None, level: float = 0.95
) -> Estimate:
    """Share of accusations that are right when a share `prior` of all people are members.

    Either at a false positive rate `fpr` (1 % unless told otherwise), or at a `threshold` chosen on other records.

    Parameters
    ----------
    evidence : one row per scored record; larger score means member.
    prior : share of members in the population that the guesser meets, in (0, 1).
    fpr, threshold : the operating point; one of them.
    level : two-sided confidence.

    Raises
    ------
    NotEnoughData : fewer than ``1 / fpr`` non-members; at a threshold: nobody is accused.

    References
    ----------
    .. [1] Jayaraman, Wang, Knipmeyer, Gu, Evans, Revisiting Membership Inference Under Realistic Assumptions, 2021.
    """
    _check.fraction(prior, "prior")
    if fpr is not None and threshold is not None:
        raise InvalidInput("`fpr` and `threshold` are two ways to say where to accuse: give one of them.")
    if threshold is not None:
        return _ppv_at_threshold(evidence, prior, threshold, level)
    share = 0.01 if fpr is None else fpr
    rate = tpr_at_fpr(evidence, share, level=level)
    value, low, high = (_right(prior, tpr, share) for tpr in (rate.value, rate.low, rate.high))
    return replace(rate, name=f"ppv@prior={prior:g}", value=value, low=low, high=high, method=f"at FPR {share:g}: {rate.method}")


def _ppv_at_threshold(evidence: Evidence, prior: float, threshold: float, level: float) -> Estimate:
    members, others = sides(evidence, threshold)
    if members.hits + others.hits == 0:
        message = f"PPV needs somebody accused, got no score of {threshold:g} or more among {len(evidence.member)} records."
        raise NotEnoughData(message, needed=1, got=0, unit="accused records")
    chance = (np.arange(N_NODES) + 0.5) / N_NODES
    low, high = (
        _melded_ppv(prior, (side1, size1), (side0, size0), chance, tail)
        for side1, size1, side0, size0, tail in (
            (members.effective_hits, members.size + 1, others.effective_hits + 1, others.size + 1, (1 - level) / 2),
            (members.effective_hits + 1, members.size + 1, others.effective_hits, others.size + 1, (1 + level) / 2),
        )
    )
    value = _right(prior, members.share, others.share)
    assumes = (assumption(evidence), FROZEN_THRESHOLD)
    n = members.n_units + others.n_units
    ends = min(low, value), max(high, value)
    return Estimate(f"ppv@prior={prior:g}", value, *ends, level, n, "melded exact limits of both rates", assumes)


def _melded_ppv(prior: float, first: tuple[float, float], second: tuple[float, float], chance: Floats, p: float) -> float:
    """Quantile `p` of the PPV when both rates follow their confidence distributions Beta(a, total - a)."""
    tpr, fpr = (
        betaincinv(max(a, 1e-300), max(total - a, 1e-300), chance) if 0 < a < total else np.full(len(chance), float(a > 0))
        for a, total in (first, second)
    )
    gain, loss = prior * tpr[:, None], (1 - prior) * fpr[None, :]
    accused = gain + loss
    right = np.divide(gain, accused, out=np.full(accused.shape, float(p > 0.5)), where=accused > 0)
    return float(np.quantile(right, p))


def _right(prior: float, tpr: float, fpr: float) -> float:
    accused = prior * tpr + (1 - prior) * fpr
    return prior * tpr / accused if accused > 0 else 0.0


def _rank(fpr: float, n: float) -> int:
    return math.floor(fpr * n + ROUNDING)


def operating_sizes(evidence: Evidence, fpr: float) -> tuple[float, float]:
    """Independent members and non-members that the clusters are worth at the operating point."""
    if evidence.cluster is None:
        return float(evidence.n_members), float(evidence.n_nonmembers)
    inside, score1 = units(evidence, member=True)
    outside, score0 = units(evidence, member=False)
    rank = _rank(fpr, evidence.n_nonmembers)
    cut = evidence.nonmember_scores[max(0, evidence.n_nonmembers - 1 - rank)]
    return effective_size(score1 > cut, inside), effective_size(score0 > cut, outside)


def _require_nonmembers(n0: float, fpr: float) -> None:
    needed = math.ceil(1 / fpr - ROUNDING)
    if n0 < needed:
        _too_few(f"TPR at FPR {fpr:g}", needed, n0)


def _too_few(what: str, needed: int, n0: float) -> None:
    message = f"{what} needs {needed:,} independent non-members, got {math.floor(n0):,}."
    raise NotEnoughData(message, needed=needed, got=math.floor(n0), unit="non-members")


def _guaranteed_rank(n0: float, fpr: float, level: float) -> int:
    """Largest k such that the k-th largest of n0 non-members lies in the top `fpr` with probability `level`."""
    low, high = 1, max(1, math.ceil(fpr * n0))
    while low < high:
        middle = (low + high + 1) // 2
        if float(betaincinv(middle, n0 - middle + 1, level)) <= fpr:
            low = middle
        else:
            high = middle - 1
    return low


def _binomial_nodes(n: float, p: float) -> tuple[Floats, Floats]:
    """Counts that stand for a binomial, and their probabilities: every count where there are few, groups where many."""
    size = math.floor(n)
    edge = np.rint(size * p + SPAN * (size * p * (1 - p)) ** 0.5 + SPAN)
    edge = np.clip(edge, -1, size)
    edge[0], edge[-1] = -1, size
    weight = np.diff(np.where(edge < 0, 0.0, bdtr(np.maximum(edge, 0), size, p)))
    return np.floor((edge[1:] + edge[:-1] + 1) / 2 + 0.5), weight
