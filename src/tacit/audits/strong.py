"""The strongest audit that can be had here: the free attacks and the attacks with shadow models on
the same records, side by side in one Report.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from tacit.audits.one_model import membership_audit
from tacit.audits.shadow import shadow_audit
from tacit.audits.steps.differences import evidence_of
from tacit.audits.steps.scoring import Progress
from tacit.audits.steps.side_warnings import told
from tacit.audits.steps.sides import Sides, compared
from tacit.audits.steps.verdict import ONLY_FREE, none_milder, rejudged
from tacit.core import (
    DEFAULT_POLICY,
    Attack,
    Check,
    CheckResult,
    Estimate,
    InvalidInput,
    Membership,
    NotEnoughData,
    Outputs,
    Policy,
    PolicyLike,
    Report,
    Signals,
    overall,
)
from tacit.core.checking import MIN_CELL
from tacit.metrics import paired_auc_difference

Game = Literal["online", "offline", "mixed"]
FREE = "without shadow models: "
GAIN = "auc gain"


def game_of(signals: Signals) -> Game:
    """Which game is played: online where every scored record was in some shadow model's training
    set, offline where none was.

    Examples
    --------
    >>> game_of(Signals.of([0.0, 1.0], shadow=[[0.0, 1.0]], shadow_member=[[True, False]]))
    'mixed'
    """
    seen = signals.shadow_member[:, signals.known < 0].any(axis=0)
    return "online" if seen.all() else "mixed" if seen.any() else "offline"


def strong_audit(
    outputs: Outputs,
    signals: Signals,
    membership: Membership,
    *,
    seconds: Sequence[float] = (),
    shadow_accuracy: Sequence[float] = (),
    shadow_attacks: Sequence[Attack] | None = None,
    checks: Sequence[Check] | None = None,
    effort: Literal["full", "quick"] = "full",
    features: ArrayLike | None = None,
    sides: Sides | None = None,
    slices: Mapping[str, ArrayLike] | None = None,
    min_cell: int = MIN_CELL,
    policy: PolicyLike = DEFAULT_POLICY,
    level: float = 0.95,
    seed: int = 0,
    title: str = "model",
    command: str = "",
    records: bool = False,
    facts: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Audit a model with its shadow models, and without them, on the same records.

    The attack with shadow models is the one that is judged; what the free attacks find stands
    beside it. A leak that only the free attacks show is never lost: nothing passes then.

    Parameters
    ----------
    outputs : Outputs
        What the audited model answered on n records.
    signals : Signals
        Of the audited model and its m shadow models on the same records.
    membership : Membership
        Which of them the audited model was trained on.
    seconds : Sequence[float]
        What training took, one number a shadow model.
    shadow_accuracy : Sequence[float]
        Of each shadow model on records that it was not trained on.
    shadow_attacks : Sequence[Attack] | None
        Attacks with shadow models to choose from; see `shadow_audit`.
    checks, effort, features
        Of the audit without shadow models; see `membership_audit`.
    sides : Sides | None
        What is the same on both sides, where they were compared already; then repeats are clusters
        in `membership` too. None compares the answers.
    slices : Mapping[str, ArrayLike] | None
        Further columns to slice by, one value a record.
    min_cell : int
        A slice with fewer members or non-members than this is not shown.
    policy : Policy
        The gates. A gate that the free attacks fail is failed.
    level, seed, title, command
        See `membership_audit`.
    records : bool
        Keep each record's score and vulnerability; they say who was a member.
    facts : Mapping[str, Any] | None
        What else the report should say of how it was made.
    progress : Progress | None
        Called with (what, done, of).

    Raises
    ------
    InvalidInput
        Lengths differ.
    """
    if outputs.n != signals.n:
        raise InvalidInput(
            f"`outputs` and `signals` need the same records, got {outputs.n} and {signals.n}."
        )
    policy = Policy.of(policy)
    if sides is None:
        sides = compared(outputs, membership.member, cluster=membership.cluster)
        if sides.cluster is not None:
            membership = replace(membership, cluster=sides.cluster)
    free = membership_audit(
        outputs,
        membership,
        checks=checks,
        effort=effort,
        features=features,
        slices=slices,
        min_cell=min_cell,
        policy=policy,
        level=level,
        seed=seed,
        title=title,
        records=True,
        progress=progress,
    )
    strong = shadow_audit(
        signals,
        membership,
        attacks=shadow_attacks,
        slices=slices,
        min_cell=min_cell,
        accuracy=free.accuracy.get("nonmember"),
        shadow_accuracy=shadow_accuracy,
        policy=policy,
        level=level,
        title=title,
        command=command,
        records=True,
        progress=progress,
    )
    facts = {
        "game": game_of(signals),
        "free_check": f"{FREE}{free.chosen}" if free.chosen else "",
        "free_finding": free.finding,
        **_cost(seconds),
        **(facts or {}),
    }
    report = replace(
        strong,
        checks=_side_by_side(strong, free, auc_gain(strong, free, level=level)),
        accuracy=free.accuracy,
        environment={**strong.environment, "task": outputs.task, "seed": seed, **facts},
        records=strong.records if records else None,
    )
    report = _never_milder(report, free, policy)
    return told(report, sides, policy)


def _cost(seconds: Sequence[float]) -> dict[str, Any]:
    known = [float(value) for value in seconds if np.isfinite(value)]
    if not known:
        return {}
    return {
        "seconds_of_training": round(sum(known), 3),
        "seconds_a_shadow_model": round(sum(known) / len(known), 3),
    }


def _side_by_side(strong: Report, free: Report, gain: Estimate | None) -> tuple[CheckResult, ...]:
    """The checks of the strong audit, the free attack that was chosen as one more, and the
    baselines of the free audit (a split that a blind guesser tells apart is no better for shadow
    models).
    """
    beside, chosen = [], free.chosen_check
    if chosen is not None:
        estimates = (*chosen.estimates, *(() if gain is None else (gain,)))
        name = f"{FREE}{chosen.name}"
        beside = [
            replace(chosen, name=name, estimates=estimates, p_adjusted=None, verdicts=()),
        ]
    return (*strong.checks, *beside, *(check for check in free.checks if check.role == "blind"))


def auc_gain(strong: Report, free: Report, *, level: float) -> Estimate | None:
    """AUC of the strong attack minus that of the free one, on the records that both scored; None
    where reports kept too few. Over clusters, where they kept those.
    """
    first, second = evidence_of(strong.records), evidence_of(free.records)
    if first is None or second is None:
        return None
    shared = np.intersect1d(first.row, second.row)
    try:
        both = [part.take(np.isin(part.row, shared)) for part in (first, second)]
        gain = paired_auc_difference(both[0], both[1], level=level)
    except (InvalidInput, NotEnoughData):
        return None
    return replace(gain, name=GAIN)


def _never_milder(report: Report, free: Report, policy: Policy) -> Report:
    """What the free audit saw against the split, a leak or a broken rule stays."""
    if not free.attributable:
        warning = next(iter(free.warnings), "the split itself is a giveaway.")
        report = rejudged(
            replace(
                report,
                attributable=False,
                finding="inconclusive",
                headline=f"Inconclusive: {warning}",
                warnings=tuple(dict.fromkeys([*free.warnings, *report.warnings])),
            ),
            policy,
        )
    only_free = free.finding == "leak" and report.finding != "leak"
    if only_free:
        # the leak is the model's, whatever was wrong with the shadow models
        report = replace(
            report,
            attributable=True,
            finding="inconclusive",
            headline=f"Inconclusive: {ONLY_FREE}",
            warnings=(*report.warnings, ONLY_FREE),
        )
    verdicts = none_milder(report.verdicts, free.verdicts, only_free=only_free)
    return replace(report, verdicts=verdicts, verdict=overall(verdicts))
