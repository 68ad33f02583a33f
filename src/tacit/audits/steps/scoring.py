"""Every attack of the suite, marked on both halves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

import numpy as np

from tacit.audits.steps.halves import Halves
from tacit.core import (
    Check,
    CheckResult,
    Estimate,
    Evidence,
    Membership,
    Metric,
    Note,
    NotEnoughData,
    Outputs,
    Policy,
    Signals,
    judge,
)
from tacit.metrics import advantage, auc, best_threshold, named
from tacit.signals import feature_matrix, measure

CHOSEN_METRICS = (
    "balanced_accuracy",
    "tpr@fpr=0.1",
    "tpr@fpr=0.01",
    "tpr@fpr=0.001",
    "tpr@fpr=0.0001",
    "tpr@fpr<=0.01",
    "tpr@fpr<=0.001",
    "pauc@fpr=0.01",
    "ppv@prior=0.5",
    "ppv@prior=0.1",
    "ppv@prior=0.01",
    "ppv@prior=0.001",
)
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Marked:
    """One attack, marked on both halves."""

    check: Check
    choosing: Evidence
    measured: Evidence
    threshold: float
    promise: float

    @property
    def name(self) -> str:
        """Of the check."""
        return self.check.name


def mark_all(
    recipes: Sequence[Check],
    outputs: Outputs,
    membership: Membership,
    halves: Halves,
    *,
    seed: int,
    tell: Progress,
) -> list[Marked]:
    """Run every check: the attack on its signal, marked on both halves, with the threshold that the
    choosing half sets.
    """
    group = outputs.label if outputs.label is not None and outputs.label.ndim == 1 else None
    learns = any(check.attack.learns for check in recipes)
    features = feature_matrix(outputs) if learns else None
    signals: dict[str, Signals] = {}
    marked = []
    for done, check in enumerate(recipes):
        tell(check.name, done, len(recipes) + 1)
        if check.statistic not in signals:
            values = measure(outputs, check.statistic)
            signals[check.statistic] = Signals.of(
                values, features=features, group=group, statistic=check.statistic
            )
        marked.append(mark_one(check, signals[check.statistic], membership, halves, seed=seed))
    return marked


def mark_one(
    check: Check, signals: Signals, membership: Membership, halves: Halves, *, seed: int
) -> Marked:
    """One check on its signal, marked on both halves, with the choosing half's threshold."""
    choosing, measured = halves.mark(check.attack, signals, membership, seed=seed)
    threshold = best_threshold(choosing)
    return Marked(check, choosing, measured, threshold, _promise(choosing, threshold))


def _promise(choosing: Evidence, threshold: float) -> float:
    tpr = 1 - np.searchsorted(choosing.member_scores, threshold, "left") / choosing.n_members
    fpr = 1 - np.searchsorted(choosing.nonmember_scores, threshold, "left") / choosing.n_nonmembers
    return float(tpr - fpr)


def result_of(item: Marked, *, level: float, every: bool, policy: Policy) -> CheckResult:
    """What one attack measured: the check's metrics, and for the chosen attack (`every`) all that
    there are.
    """
    wanted: list[str | Metric] = list(item.check.metrics)
    if every:
        wanted += CHOSEN_METRICS
    by_threshold = partial(advantage, threshold=item.threshold, level=level)
    estimates, notes = measured([*dict.fromkeys(wanted), by_threshold], item.measured, level=level)
    if every:
        # a check may bring its own metric under the name that the policy limits
        had = {"epsilon", *(found.name for found in estimates), *(note.metric for note in notes)}
        asked = [gate.metric for gate in policy.gates if gate.metric not in had]
        more, unknown = measured(asked, item.measured, level=level)
        estimates, notes = [*estimates, *more], [*notes, *unknown]
    area = next((estimate for estimate in estimates if estimate.name == "auc"), None)
    result = CheckResult(
        name=item.name,
        role="attack",
        attack=repr(item.check.attack),
        statistic=item.check.statistic,
        n_members=item.measured.n_members,
        n_nonmembers=item.measured.n_nonmembers,
        estimates=tuple(estimates),
        p_value=None if area is None else area.p_value,
        notes=tuple(notes),
    )
    return replace(result, verdicts=judge(item.check.gates, result.estimates, result.notes))


def measured(
    metrics: Sequence[str | Metric], evidence: Evidence, *, level: float
) -> tuple[list[Estimate], list[Note]]:
    """The estimates that the data allows, and a note for each that it does not."""
    estimates, notes = [], []
    for metric in metrics:
        function = (
            partial(cast(Callable[..., Estimate], named(metric)), level=level)
            if isinstance(metric, str)
            else metric
        )
        try:
            estimates.append(function(evidence))
        except NotEnoughData as error:
            notes.append(Note.of(_name(metric), error))
    return estimates, notes


def _name(metric: str | Metric) -> str:
    if isinstance(metric, str):
        return metric
    return str(getattr(getattr(metric, "func", metric), "__name__", "metric"))


def main_p_value(best: Marked, level: float) -> float | None:
    """Three looks at the chosen attack (ranks, its threshold, its tail), with the threshold of each
    from the choosing half.
    """
    nonmembers = best.choosing.nonmember_scores
    strict = float(nonmembers[max(0, len(nonmembers) - 1 - len(nonmembers) // 100)])
    above = float(np.nextafter(strict, np.inf, dtype=nonmembers.dtype.type))
    thresholds = [
        partial(advantage, threshold=threshold, level=level)
        for threshold in (best.threshold, above)
    ]
    looks, _ = measured([auc, *thresholds], best.measured, level=level)
    known = [estimate.p_value for estimate in looks if estimate.p_value is not None]
    return min(1.0, 3 * min(known)) if known else None
