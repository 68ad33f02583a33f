"""A report on the course of a training, from the losses that a callback kept."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.attacks import EpochVote, Threshold
from tacit.audits.checks import run
from tacit.audits.steps.loss_trace import exposed_slices, screening, trace_signals
from tacit.audits.steps.slice_values import slice_columns, with_slices
from tacit.audits.steps.verdict import rejudged
from tacit.core import (
    DEFAULT_POLICY,
    Check,
    Estimate,
    Membership,
    Note,
    Policy,
    PolicyLike,
    Report,
    Signals,
)
from tacit.core.checking import MIN_CELL
from tacit.signals.traces import mean_loss

METRICS = ("advantage", "auc", "tpr@fpr=0.01")
LEAST_LOOKS = 4
MOST_EXPOSED = "Which records are the most exposed?"


def course_report(
    losses: NDArray[np.floating],
    member: NDArray[np.bool_],
    *,
    score: Estimate,
    trend: Sequence[Mapping[str, Any]],
    slices: Mapping[str, ArrayLike] | None = None,
    min_cell: int = MIN_CELL,
    rows: NDArray[np.int64] | None = None,
    policy: PolicyLike = DEFAULT_POLICY,
    level: float = 0.95,
    title: str = "model",
) -> Report:
    """Vulnerability after the last look and over all looks, the screening number, and the most
    exposed slices.

    Parameters
    ----------
    losses : float (looks, n), oldest first.
    member : bool (n,).
    score : the advantage at the last look.
    trend : lines of the trend figure.
    slices : a public category of all n records under each name. Numbers with many values are cut at
        their quantiles; a column that names nearly every record is left out.
    min_cell : a value with fewer members or non-members than this is not shown by itself.
    rows : row numbers of the n records; giving them asks for the exposure of each member in
        ``report.records``.
    policy, level, title : see `tacit.audit`.
    """
    policy = Policy.of(policy)
    signals = {
        "loss": Signals.of(-losses[-1], statistic="loss"),
        "loss trace": trace_signals(losses),
    }
    checks = [
        Check("loss after the last look", "loss", Threshold(), METRICS),
        Check("votes of all looks", "loss trace", EpochVote(), METRICS),
    ]
    report = run(checks, signals, Membership(member), level=level, title=title)
    tail = screening(losses, member, level=level)
    first = report.checks[0]
    extended = replace(first, estimates=(*first.estimates, *(() if tail is None else (tail,))))
    enough = len(losses) >= LEAST_LOOKS
    given = slice_columns(slices, member, min_cell)
    texts = {name: column.texts for name, column in given.items() if column.usable}
    exposed = exposed_slices(losses, member, texts, level=level) if texts and enough else ()
    return rejudged(
        replace(
            with_slices(report, given),
            checks=(extended, *report.checks[1:], *exposed),
            score=score,
            figures={"trend": [dict(line) for line in trend]},
            unknown=(
                *with_slices(replace(report, unknown=()), given).unknown,
                *(() if enough else (_too_few(len(losses)),)),
            ),
            records=_records(losses, member, rows) if rows is not None and enough else None,
        ),
        policy,
    )


def _too_few(got: int) -> Note:
    reason = "a record's losses over training need more looks"
    return Note(MOST_EXPOSED, reason, LEAST_LOOKS, got, "looks")


def _records(
    losses: NDArray[np.floating], member: NDArray[np.bool_], rows: NDArray[np.int64]
) -> dict[str, Any]:
    """Exposure of the members, most exposed first."""
    inside = np.flatnonzero(member)
    exposure = mean_loss(losses.T[inside])
    order = np.argsort(-exposure, kind="stable")
    chosen = rows[inside[order]]
    return {
        "row": chosen.tolist(),
        "member": [True] * len(chosen),
        "score": exposure[order].tolist(),
        "attack": "mean loss over training",
    }
