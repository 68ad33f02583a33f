"""What the course of a training tells: vulnerability at each look, whether it really rose, and
which records are exposed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacit.audits.steps.multiplicity import with_adjusted
from tacit.core import (
    CheckResult,
    Estimate,
    Evidence,
    NotEnoughData,
    Outputs,
    Signals,
)
from tacit.core.checking import frozen
from tacit.metrics import paired_auc_difference, tail_index
from tacit.metrics.intervals import clopper_pearson, fisher_p_value
from tacit.signals import available, measure
from tacit.signals.traces import mean_loss

FITS = ("loss", "negative_squared_error")
EXPOSED = "share among the most exposed tenth"


def record_losses(outputs: Outputs) -> NDArray[np.float32]:
    """Loss of each record (n,): cross-entropy in nats, squared error for a regression, or the loss
    that was given.
    """
    names = available(outputs)
    return (-measure(outputs, next(name for name in FITS if name in names))).astype(np.float32)


def accuracy(outputs: Outputs) -> float | None:
    """Share of records whose class is predicted, or None where there are no classes."""
    return (
        float(measure(outputs, "correctness").mean())
        if "correctness" in available(outputs)
        else None
    )


def loss_evidence(losses: NDArray[np.floating], member: NDArray[np.bool_]) -> Evidence:
    """The loss attack of one look as Evidence: float (n,) losses, bool (n,) truth."""
    score = -losses.astype(np.float64)
    return Evidence(
        frozen(score),
        frozen(member),
        None,
        "observed",
        "Threshold()",
        frozen(np.arange(len(member))),
    )


@dataclass(frozen=True)
class Rise:
    """The loss attack's AUC at the last look against an earlier one, on the same records.

    Parameters
    ----------
    since : index of the earlier look.
    difference : AUC now minus AUC then.
    p_value : of "it has not risen", one-sided.
    limit : what it is held against, so that all looks together err seldom.
    """

    since: int
    difference: Estimate
    p_value: float
    limit: float

    @property
    def significant(self) -> bool:
        """Has it really risen?"""
        return self.p_value <= self.limit


def rises(
    losses: NDArray[np.floating],
    member: NDArray[np.bool_],
    against: Sequence[int],
    *,
    level: float = 0.95,
) -> tuple[Rise, ...]:
    """Has the loss attack's AUC risen at the last look, against the looks `against` before it?

    Each pair of looks gets a paired DeLong test on the same records. The chance of a false alarm, 1
    - `level` over the whole training however long it lasts, is spent as 1 / (t (t - 1)) at look t
    and shared evenly by all looks before it, whichever of them are asked for.

    Parameters
    ----------
    losses : float (looks, n), oldest first.
    member : bool (n,).
    against : indices of earlier looks.
    level : 1 - chance of any false alarm in the training.
    """
    t = len(losses)
    if t < 2:
        return ()
    limit = (1 - level) / (t * (t - 1)) / (t - 1)
    now = loss_evidence(losses[-1], member)
    found = []
    for since in against:
        difference = paired_auc_difference(now, loss_evidence(losses[since], member), level=level)
        two_sided = 1.0 if difference.p_value is None else difference.p_value
        found.append(
            Rise(
                since,
                difference,
                two_sided / 2 if difference.value > 0 else 1 - two_sided / 2,
                limit,
            )
        )
    return tuple(found)


def screening(
    losses: NDArray[np.floating], member: NDArray[np.bool_], *, level: float = 0.95
) -> Estimate | None:
    """The tail index of the last look, at 1 % of members missed or as little as the sample allows;
    None for under 10 members.
    """
    for missed in (0.01, 0.05, 0.1):
        try:
            return tail_index(loss_evidence(losses[-1], member), missed=missed, level=level)
        except NotEnoughData:
            continue
    return None


def most_exposed(
    losses: NDArray[np.floating], member: NDArray[np.bool_], *, share: float = 0.01
) -> NDArray[np.int64]:
    """The members whose mean loss over training was highest (learned last, by heart): row numbers,
    most exposed first.

    The range of the losses, `tacit.signals.traces.trace_iqr`, is the published statistic; the mean
    agrees with LiRA's ranking as well on digits and much better on Location-30
    (``benchmarks/results/loss_traces.md``).

    Parameters
    ----------
    losses : float (looks, n).
    member : bool (n,).
    share : of the members, rounded up.
    """
    inside = np.flatnonzero(member)
    order = np.argsort(-mean_loss(losses.T[inside]), kind="stable")
    return inside[order[: int(np.ceil(share * len(inside)))]].astype(np.int64)


def exposed_slices(
    losses: NDArray[np.floating],
    member: NDArray[np.bool_],
    columns: Mapping[str, Sequence[object] | NDArray[np.str_]],
    *,
    level: float = 0.95,
) -> tuple[CheckResult, ...]:
    """Slices of the members, the most exposed first: how much of each is among the tenth with the
    highest mean loss.

    An even spread gives 0.1. The intervals are Clopper-Pearson at a level shared by all slices
    (Bonferroni); the p-values are Fisher's, of "the slice is no more exposed than the rest",
    Holm-adjusted.

    Parameters
    ----------
    losses : float (looks, n).
    member : bool (n,).
    columns : a public category of all n records under each name.
    level : of all intervals together.
    """
    chosen = np.zeros(len(member), bool)
    chosen[most_exposed(losses, member, share=0.1)] = True
    groups = [
        (name, text, member & (_texts(column) == text))
        for name, column in columns.items()
        for text in np.unique(_texts(column))
    ]
    groups = [group for group in groups if group[2].any()]
    found = [
        _exposed(name, str(text), rows, chosen, member, 1 - (1 - level) / len(groups), level)
        for name, text, rows in groups
    ]
    return tuple(sorted(with_adjusted(found), key=lambda result: -result.estimates[0].low))


def _exposed(
    column: str,
    value: str,
    rows: NDArray[np.bool_],
    chosen: NDArray[np.bool_],
    member: NDArray[np.bool_],
    shared: float,
    level: float,
) -> CheckResult:
    n, hits, others = int(rows.sum()), int(chosen[rows].sum()), member & ~rows
    low, high = clopper_pearson(hits, n, level=shared)
    assumes = ("records are independent", "all slices hold together")
    estimate = Estimate(
        EXPOSED, hits / n, float(low), float(high), level, n, "Clopper-Pearson", assumes
    )
    rest = (int(chosen[others].sum()), int(others.sum()))
    p_value = fisher_p_value((hits, rest[0]), (n, rest[1])) if rest[1] else 1.0
    name = f"{column} = {value}"
    return CheckResult(
        name,
        "slice",
        "mean loss over training",
        "loss trace",
        column,
        value,
        n,
        0,
        (estimate,),
        p_value,
    )


def _texts(column: Sequence[object] | NDArray[np.str_]) -> NDArray[np.str_]:
    return np.asarray(column).astype(str)


def trace_signals(losses: NDArray[np.floating]) -> Signals:
    """A training's losses (looks, n) as Signals with one query a look, negated, oldest first."""
    return Signals.of(-losses.T, statistic="loss trace")
