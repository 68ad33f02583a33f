"""Members found at a given share of non-members accused, and what an accusation is worth."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, betaincinv

from tacit.core import Estimate, Evidence, InvalidInput, NotEnoughData, checking
from tacit.metrics.arrays import takes_arrays
from tacit.metrics.clusters import FROZEN_THRESHOLD, assumption, effective_size, n_units, units
from tacit.metrics.intervals import (
    Floats,
    clopper_pearson,
    confidence_nodes,
    melded_quantile,
    mixture_limits,
)
from tacit.metrics.roc import sides

SPAN = np.linspace(-6, 6, 49)
ROUNDING = 1e-9


@takes_arrays
def tpr_at_fpr(evidence: Evidence, fpr: float, *, level: float = 0.95) -> Estimate:
    """Members found when a share `fpr` of non-members is accused.

    The largest TPR among thresholds whose FPR is at most `fpr`; records of equal score are accused
    together. The interval covers both sources of chance: the number of non-members above the
    population's threshold is binomial, and given that number the rate is known from the members as
    exactly as Clopper and Pearson's limits say.

    Parameters
    ----------
    evidence : one row per scored record; larger score means member.
    fpr : share of non-members accused, in (0, 1).
    level : two-sided confidence.

    Raises
    ------
    NotEnoughData : fewer than ``1 / fpr`` (independent) non-members, or fewer than 5 clusters of
        either side.

    References
    ----------
    .. [1] Carlini et al., Membership Inference Attacks From First Principles, 2022, sec. III.
    .. [2] Fay, Proschan, Brittain, Combining one-sample confidence procedures for inference in the
       two-sample case, 2015.
    """
    checking.fraction(level, "level")
    checking.fraction(fpr, "fpr")
    evidence.require_both()
    n1, n0 = operating_sizes(evidence, fpr)
    _require_nonmembers(n0, fpr)
    value = (
        members_above(evidence, np.array([_rank(fpr, evidence.n_nonmembers) + 1]))[0]
        / evidence.n_members
    )
    low, high = tpr_limits(evidence, np.array([fpr]), (n1, n0), level=level)
    method = "binomial threshold melded with exact limits"
    n = n_units(evidence)
    ends = min(value, float(low[0])), max(value, float(high[0]))
    return Estimate(
        f"tpr@fpr={fpr:g}",
        value,
        *ends,
        level,
        n,
        method,
        (assumption(evidence),),
        settings={"fpr": fpr},
    )


def tpr_limits(
    evidence: Evidence, fpr: Floats, sizes: tuple[float, float], *, level: float
) -> tuple[Floats, Floats]:
    """Interval of the TPR at each of `fpr`, for effective `sizes` of members and non-members."""
    n1, n0 = sizes
    step = evidence.n_nonmembers / n0
    counts = [_binomial_nodes(n0, float(share)) for share in fpr]
    count = np.stack([count for count, _ in counts])
    rank = np.rint(np.stack([count, count + 1]) * step).astype(np.int64)
    hits = members_above(evidence, rank) * (n1 / evidence.n_members)
    return mixture_limits(
        hits[0], hits[1], n1, np.stack([weight for _, weight in counts]), level=level
    )


def members_above(evidence: Evidence, rank: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many members score above the `rank`-th largest non-member: none for rank 0, all beyond
    the last.
    """
    n0 = evidence.n_nonmembers
    cut = evidence.nonmember_scores[np.clip(n0 - rank, 0, n0 - 1)]
    above = evidence.n_members - np.searchsorted(evidence.member_scores, cut, side="right")
    return np.where(rank <= 0, 0, np.where(rank > n0, evidence.n_members, above))


@takes_arrays
def tpr_at_guaranteed_fpr(evidence: Evidence, fpr: float, *, level: float = 0.95) -> Estimate:
    """Members found at a threshold that accuses at most a share `fpr` of non-members, with
    confidence `level`.

    The interval is Clopper and Pearson's for the members above `guaranteed_threshold`. It takes
    ``log(1 - level) / log(1 - fpr)`` non-members: 299 for 1 %, 2,995 for 0.1 %, 29,956 for 0.01 %.

    Raises
    ------
    NotEnoughData : too few (independent) non-members; says how many it takes.
    """
    rank, n1 = _guaranteed_rank(evidence, fpr, level)
    value = float(members_above(evidence, np.array([rank]))[0] / evidence.n_members)
    low, high = clopper_pearson(value * n1, n1, level=level)
    method = f"threshold at the {rank}-th largest non-member, exact limits"
    assumes, n = (assumption(evidence),), n_units(evidence)
    return Estimate(
        f"tpr@fpr<={fpr:g}",
        value,
        min(value, float(low)),
        max(value, float(high)),
        level,
        n,
        method,
        assumes,
        settings={"max_fpr": fpr},
    )


@takes_arrays
def guaranteed_threshold(evidence: Evidence, fpr: float, *, level: float = 0.95) -> float:
    """The lowest score such that accusing *above* it hits at most a share `fpr` of all non-members,
    with confidence `level`.

    It is an order statistic of the non-members, so the promise needs no assumption on the scores,
    ties included [1]_. Where there are clusters, each counts as one non-member, whatever its
    records have in common.

    Raises
    ------
    NotEnoughData : too few (independent) non-members; says how many it takes.

    References
    ----------
    .. [1] Wilks, Determination of sample sizes for setting tolerance limits, 1941.
    """
    rank, _ = _guaranteed_rank(evidence, fpr, level)
    return float(evidence.nonmember_scores[evidence.n_nonmembers - rank])


def _guaranteed_rank(evidence: Evidence, fpr: float, level: float) -> tuple[int, float]:
    """Rank of the threshold among the non-members, largest first, and the number of independent
    members.
    """
    checking.fraction(level, "level")
    checking.fraction(fpr, "fpr")
    evidence.require_both()
    n1, n0 = operating_sizes(evidence, fpr)[0], _sure_size(evidence)
    needed = math.ceil(math.log(1 - level) / math.log1p(-fpr) - ROUNDING)
    if n0 < needed:
        _too_few(f"A guaranteed FPR of {fpr:g}", needed, n0)
    rank = _largest_rank(n0, fpr, level)
    return max(1, math.floor(rank * evidence.n_nonmembers / n0)), n1


@takes_arrays
def ppv(
    evidence: Evidence,
    *,
    prior: float,
    fpr: float | None = None,
    threshold: float | None = None,
    level: float = 0.95,
) -> Estimate:
    """Share of accusations that are right when a share `prior` of all people are members.

    Either at a false positive rate `fpr` (1 % unless told otherwise), or at a `threshold` chosen on
    other records.

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
    .. [1] Jayaraman, Wang, Knipmeyer, Gu, Evans, Revisiting Membership Inference Under Realistic
       Assumptions, 2021.
    """
    checking.fraction(prior, "prior")
    if fpr is not None and threshold is not None:
        raise InvalidInput(
            "`fpr` and `threshold` are two ways to say where to accuse: give one of them."
        )
    if threshold is not None:
        return _ppv_at_threshold(evidence, prior, threshold, level)
    share = 0.01 if fpr is None else fpr
    rate = tpr_at_fpr(evidence, share, level=level)
    value, low, high = (_right(prior, tpr, share) for tpr in (rate.value, rate.low, rate.high))
    return replace(
        rate,
        name=f"ppv@prior={prior:g}",
        value=value,
        low=low,
        high=high,
        method=f"at FPR {share:g}: {rate.method}",
    )


def _ppv_at_threshold(evidence: Evidence, prior: float, threshold: float, level: float) -> Estimate:
    members, others = sides(evidence, threshold)
    if members.hits + others.hits == 0:
        message = (
            f"PPV needs somebody accused, got no score of {threshold:g} or more among"
            f" {len(evidence.member)} records."
        )
        raise NotEnoughData(message, needed=1, got=0, unit="accused records")
    (hits1, n1), (hits0, n0) = (
        (members.effective_hits, members.size),
        (others.effective_hits, others.size),
    )
    low = _melded_ppv(
        prior,
        confidence_nodes(hits1, n1 - hits1 + 1),
        confidence_nodes(hits0 + 1, n0 - hits0),
        (1 - level) / 2,
    )
    high = _melded_ppv(
        prior,
        confidence_nodes(hits1 + 1, n1 - hits1),
        confidence_nodes(hits0, n0 - hits0 + 1),
        (1 + level) / 2,
    )
    value = _right(prior, members.share, others.share)
    assumes = (assumption(evidence), FROZEN_THRESHOLD)
    n, ends = n_units(evidence), (min(low, value), max(high, value))
    return Estimate(
        f"ppv@prior={prior:g}",
        value,
        *ends,
        level,
        n,
        "melded exact limits of both rates",
        assumes,
        settings={"prior": prior},
    )


def _melded_ppv(prior: float, tpr: Floats, fpr: Floats, p: float) -> float:
    """Quantile `p` of the PPV when both rates follow their confidence distributions."""
    gain, loss = prior * tpr[:, None], (1 - prior) * fpr[None, :]
    accused = gain + loss
    right = np.divide(gain, accused, out=np.full(accused.shape, float(p > 0.5)), where=accused > 0)
    return melded_quantile(right, p)


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


def _sure_size(evidence: Evidence) -> float:
    """Independent non-members even if the records of a cluster were copies of each other."""
    if evidence.cluster is None:
        return float(evidence.n_nonmembers)
    size = np.bincount(units(evidence, member=False)[0])
    return float(size.sum() ** 2 / np.dot(size, size))


def _require_nonmembers(n0: float, fpr: float) -> None:
    needed = math.ceil(1 / fpr - ROUNDING)
    if n0 < needed:
        _too_few(f"TPR at FPR {fpr:g}", needed, n0)


def _too_few(what: str, needed: int, n0: float) -> None:
    message = f"{what} needs {needed:,} independent non-members, got {math.floor(n0):,}."
    raise NotEnoughData(message, needed=needed, got=math.floor(n0), unit="non-members")


def _largest_rank(n0: float, fpr: float, level: float) -> int:
    """Largest k such that the k-th largest of n0 non-members lies in the top `fpr` with probability
    `level`.
    """
    low, high = 1, max(1, math.ceil(fpr * n0))
    while low < high:
        middle = (low + high + 1) // 2
        if float(betaincinv(middle, n0 - middle + 1, level)) <= fpr:
            low = middle
        else:
            high = middle - 1
    return low


def _binomial_nodes(n: float, p: float) -> tuple[Floats, Floats]:
    """Counts that stand for a binomial, and their probabilities: every count where there are few,
    groups where many.
    """
    size = math.floor(n)
    edge = np.rint(size * p + SPAN * (size * p * (1 - p)) ** 0.5 + SPAN)
    edge = np.clip(edge, -1, size)
    edge[0], edge[-1] = -1, size
    weight = np.diff(np.where(edge < 0, 0.0, bdtr(np.maximum(edge, 0), size, p)))
    return np.floor((edge[1:] + edge[:-1] + 1) / 2 + 0.5), weight
