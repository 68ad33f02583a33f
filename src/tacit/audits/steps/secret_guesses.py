"""Guesses about a secret column, marked: with and without the model, on members and others."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.audits.steps.secret import Secret
from tacit.core import CheckResult, Estimate, Evidence, Note, NotEnoughData
from tacit.metrics import auc
from tacit.metrics.clusters import CLUSTERED, INDEPENDENT, effective_size
from tacit.metrics.excess import relative_excess, share_excess
from tacit.metrics.intervals import clopper_pearson, fisher_p_value, share_difference
from tacit.metrics.paired import paired_share_difference
from tacit.signals.attribute import auditor_score, guesses

Floats = NDArray[np.float64]
Units = tuple[NDArray[Any], NDArray[Any]] | None
BASELINE = "imputation, without the model"


@dataclass(frozen=True, eq=False)
class Asked:
    """What the reference and the model say of the secret of n records.

    Parameters
    ----------
    truth : NDArray[Any]
        (n,), the secret's true values; (n, c) for a block of columns.
    prior : NDArray[np.float64]
        (n, k), log-chances of the candidates without the model.
    likelihood : NDArray[np.float64]
        (n, k), log-likelihood of the record's label with each candidate in its place.
    """

    truth: NDArray[Any]
    prior: Floats
    likelihood: Floats

    @property
    def both(self) -> Floats:
        """(n, k), log-chances of the candidates with the model, up to a constant a record."""
        return np.asarray(self.prior + self.likelihood)


@dataclass(frozen=True, eq=False)
class Hits:
    """Where a guesser was right: bool (n1,) about members, bool (n0,) about non-members."""

    member: NDArray[np.bool_]
    nonmember: NDArray[np.bool_]


def hits_of(secret: Secret, sides: tuple[Asked, Asked], chance: Callable[[Asked], Floats]) -> Hits:
    """The best guesses under `chance` (log-chances of the candidates), marked on both sides."""
    member, nonmember = (
        secret.right(guesses(chance(side), secret.match), side.truth) for side in sides
    )
    return Hits(member, nonmember)


def baseline_result(base: Hits, units: Units, level: float) -> CheckResult:
    """What guessing without the model reaches; the p-value is of "the split itself is fair"."""
    gap = share_excess(base.member, base.nonmember, cluster=units, level=level)
    return CheckResult(
        name=BASELINE,
        role="blind",
        attack="Imputation()",
        statistic="none",
        n_members=len(base.member),
        n_nonmembers=len(base.nonmember),
        estimates=(gap, *_shares(base, units, level)),
        p_value=gap.p_value,
    )


def guesser_result(name: str, hits: Hits, base: Hits, units: Units, level: float) -> CheckResult:
    """What a guesser with the model reaches, against non-members and against imputation.

    The p-value is the larger of the two: only where the model beats both does it tell.
    """
    excess = share_excess(hits.member, hits.nonmember, cluster=units, level=level)
    beyond = _beyond(hits, base, units, level)
    # each end of the smaller of two needs its own half of the error above, and none below
    strict = 1 - (1 - level) / 2
    tops = (
        share_excess(hits.member, hits.nonmember, cluster=units, level=strict).high,
        _beyond(hits, base, units, strict).high,
    )
    advantage = _smaller(excess, beyond, min(tops))
    estimates = [advantage, excess, beyond, *_shares(hits, units, level)]
    notes: tuple[Note, ...] = ()
    try:
        relative = relative_excess(hits.member, hits.nonmember, cluster=units, level=level)
        estimates.insert(3, relative)
    except NotEnoughData as error:
        notes = (Note.of("relative excess", error),)
    return CheckResult(
        name=name,
        role="attack",
        attack=name,
        statistic="log-likelihood of the label",
        n_members=len(hits.member),
        n_nonmembers=len(hits.nonmember),
        estimates=tuple(estimates),
        p_value=advantage.p_value,
        notes=notes,
    )


def _smaller(excess: Estimate, beyond: Estimate, high: float) -> Estimate:
    """The smaller of two differences: more than 0 only where both are."""
    p_values = [1.0 if item.p_value is None else item.p_value for item in (excess, beyond)]
    return Estimate(
        name="attribute advantage",
        value=min(excess.value, beyond.value),
        low=min(excess.low, beyond.low),
        high=high,
        level=excess.level,
        n=excess.n,
        method="the smaller of two differences",
        assumes=excess.assumes,
        p_value=max(p_values),
    )


def _beyond(hits: Hits, base: Hits, units: Units, level: float) -> Estimate:
    return paired_share_difference(
        hits.member,
        base.member,
        cluster=None if units is None else units[0],
        level=level,
        name="beyond imputation",
    )


def _shares(hits: Hits, units: Units, level: float) -> list[Estimate]:
    """Share of right guesses on both sides."""
    names = ("accuracy, members", "accuracy, non-members")
    sides = zip(names, (hits.member, hits.nonmember), units or (None, None))
    return [_share(name, hit, level, unit) for name, hit, unit in sides]


def _share(
    name: str, hit: NDArray[np.bool_], level: float, unit: NDArray[Any] | None = None
) -> Estimate:
    """Exact limits, of as many records as the units are worth."""
    value, worth = float(hit.mean()), float(len(hit))
    if unit is not None:
        worth = effective_size(hit, np.unique(unit, return_inverse=True)[1])
    low, high = clopper_pearson(value * worth, worth, level=level)
    return Estimate(
        name=name,
        value=value,
        low=min(float(low), value),
        high=max(float(high), value),
        level=level,
        n=len(hit),
        method="Clopper-Pearson",
        assumes=(INDEPENDENT if unit is None else CLUSTERED,),
    )


def precision_result(
    sensitive: str,
    code: int,
    depth: int,
    sides: tuple[Asked, Asked],
    codes: tuple[NDArray[np.int64], NDArray[np.int64]],
    units: Units,
    level: float,
) -> CheckResult:
    """Precision among the `depth` records that look most like they have the sensitive value.

    Compared with imputation at the same depth (only records in one of the two lists can differ) and
    with non-members at the same depth; each list's hits are taken for independent, and so a list
    has one record of each unit at most.
    """
    groups = units or (None, None)
    lists = [_top(side.both, code, depth, unit) for side, unit in zip(sides, groups)]
    found = [truth[rows] == code for rows, truth in zip(lists, codes)]
    blind = _top(sides[0].prior, code, depth, groups[0])
    only = [np.setdiff1d(*pair) for pair in ((lists[0], blind), (blind, lists[0]))]
    right = [int(np.count_nonzero(codes[0][rows] == code)) for rows in only]
    hits = [int(np.count_nonzero(side)) for side in found]
    apart = len(only[0])
    beyond = _count_difference("beyond imputation", right, apart, depth, level)
    excess = _count_difference("excess", hits, depth, depth, level)
    strict = 1 - (1 - level) / 2
    tops = (
        _count_difference("", right, apart, depth, strict).high,
        _count_difference("", hits, depth, depth, strict).high,
    )
    advantage = _smaller(excess, beyond, min(tops))
    return CheckResult(
        name=f"{depth} most confident of {sensitive}",
        role="attack",
        attack="prior and model",
        statistic="log-likelihood of the label",
        n_members=depth,
        n_nonmembers=depth,
        estimates=(
            advantage,
            excess,
            beyond,
            _share("accuracy, members", found[0], level),
            _share("accuracy, non-members", found[1], level),
        ),
        p_value=advantage.p_value,
    )


def _count_difference(name: str, hits: list[int], n: int, depth: int, level: float) -> Estimate:
    """Difference of two counts out of `n` each, as a share of `depth`; 0 where the lists agree."""
    value = (hits[0] - hits[1]) / depth
    low, high, p_value = value, value, 1.0
    if n:
        counts = (hits[0], hits[1])
        low, high = (end * n / depth for end in share_difference(counts, (n, n), level=level))
        p_value = fisher_p_value(counts, (n, n))
    return Estimate(
        name=name,
        value=value,
        low=min(low, value),
        high=max(high, value),
        level=level,
        n=depth,
        method="difference of two exact shares (MOVER)",
        assumes=(INDEPENDENT, "the depth was chosen before"),
        p_value=p_value,
    )


def _top(
    log_chance: Floats, code: int, depth: int, unit: NDArray[Any] | None = None
) -> NDArray[np.intp]:
    """The records with the largest chance of candidate `code`, the surest one of each unit; ties by
    row, which says nothing.
    """
    most = log_chance.max(axis=1, keepdims=True)
    chance = np.exp(log_chance - most)
    share = chance[:, code] / chance.sum(axis=1)
    order = np.argsort(-share, kind="stable")
    if unit is not None:
        order = order[np.sort(np.unique(unit[order], return_index=True)[1])]
    return order[:depth]


def auditor_result(
    sides: tuple[Asked, Asked],
    codes: tuple[NDArray[np.int64], NDArray[np.int64]],
    units: Units,
    level: float,
) -> CheckResult:
    """Whether the model fits the true secret of members better than that of others: an upper bound.

    The score needs the truth, so it is no attack; a model may be exposed here and yet tell an
    attacker nothing, because what it knows of members the population knows too.
    """
    name = "with the truth known: does the model fit the members' secrets better?"
    known = [code >= 0 for code in codes]
    scores = [
        auditor_score(side.prior[mask], side.likelihood[mask], code[mask])
        for side, code, mask in zip(sides, codes, known)
    ]
    member = np.repeat([True, False], [len(score) for score in scores])
    cluster = None
    if units is not None:
        both = np.concatenate([unit[mask].astype(str) for unit, mask in zip(units, known)])
        cluster = np.unique(both, return_inverse=True)[1].astype(np.int64)
    row = np.arange(len(member))
    evidence = Evidence(np.concatenate(scores), member, cluster, "observed", "auditor", row)
    result = CheckResult(
        name=name,
        role="control",
        attack="auditor_score",
        statistic="log-likelihood of the label",
        n_members=len(scores[0]),
        n_nonmembers=len(scores[1]),
    )
    try:
        area = auc(evidence, level=level)
    except NotEnoughData as error:
        return replace(result, notes=(Note.of("auc", error),))
    return replace(result, estimates=(area,), p_value=area.p_value)
