"""The audit with shadow models: every shadow model is a target first, and only then the audited
one, once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from tacit.attacks import BASE, EBLiRA, LiRA, ShadowStack
from tacit.attacks.reference.families import families
from tacit.attacks.reference.leave_one_out import require_targets
from tacit.audits.steps.conclusion import concluded, figures, results_of
from tacit.audits.steps.differences import records_of
from tacit.audits.steps.joint_finding import joint_finding
from tacit.audits.steps.named_attacks import attack_of
from tacit.audits.steps.plausible import implausible, require_no_copy
from tacit.audits.steps.pooled_order import pooled_order
from tacit.audits.steps.provenance import environment
from tacit.audits.steps.resemblance import resemblance
from tacit.audits.steps.scoring import (
    Progress,
    Scored,
    at_thresholds,
    result_of,
)
from tacit.audits.steps.shadow_targets import between_models, shadow_evidence, vulnerability
from tacit.audits.steps.slice_values import SliceColumn, coded, slice_columns, with_slices
from tacit.audits.steps.slices import slice_looks, slice_results
from tacit.audits.steps.small_cells import hidden_notes, hidden_values
from tacit.audits.steps.unstarted import unstarted
from tacit.audits.steps.verdict import require_known
from tacit.core import (
    DEFAULT_POLICY,
    Attack,
    Check,
    CheckResult,
    Estimate,
    Evidence,
    InvalidInput,
    Membership,
    NotEnoughData,
    Policy,
    PolicyLike,
    Report,
    Scale,
    Signals,
    collect,
)
from tacit.core.checking import MIN_CELL, labelled_codes
from tacit.core.dates import today
from tacit.core.options import require_a, require_options, several
from tacit.metrics import auc, named

METRICS = ("auc", "tpr@fpr=0.01", "tpr@fpr=0.001")
CHOOSING = ("tpr@fpr=0.01", "auc")
ASSUMES = (
    "Shadow models were trained as the audited model was, on records from the same population."
)


def shadow_attacks(scale: Scale = "logit") -> tuple[Attack, ...]:
    """The attacks that `shadow_audit` chooses from, for a signal of this scale: BASE needs one."""
    return (ShadowStack(), EBLiRA(), LiRA()) + (() if scale == "none" else (BASE(),))


@dataclass(frozen=True, eq=False)
class Played:
    """One attack against every shadow model, and what it promises."""

    attack: Attack
    evidences: tuple[Evidence, ...]
    promise: float

    @property
    def name(self) -> str:
        """The attack's class."""
        return type(self.attack).__name__


def shadow_audit(
    signals: Signals,
    membership: Membership,
    *,
    attacks: Sequence[Attack] | None = None,
    slices: Mapping[str, ArrayLike] | None = None,
    min_cell: int = MIN_CELL,
    accuracy: float | None = None,
    shadow_accuracy: Sequence[float] = (),
    policy: PolicyLike = DEFAULT_POLICY,
    level: float = 0.95,
    title: str = "model",
    command: str = "",
    records: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Audit one model with shadow models.

    Every attack plays against every shadow model first. The attack is chosen there; the audited
    model is attacked once, by the attack that was chosen, and one test looks at its thresholds and
    slices. The others are reported beside it, each for itself.

    Parameters
    ----------
    signals : of the audited model and m shadow models.
    membership : the audited model's truth.
    attacks : to choose from; by default `shadow_attacks()`.
    slices : columns to slice by, one value a record; the group of `signals` (usually the class) is
        always one. Numbers with many values are cut at their quantiles; a column that names nearly
        every record is left out.
    min_cell : a slice with fewer members or non-members than this is not shown.
    accuracy, shadow_accuracy : on records that the model (each shadow model) was not trained on, to
        see whether they fit.
    policy : the gates.
    level : confidence.
    title, command : what the report says.
    records : keep each record's score and vulnerability with its error bar. They say who was a
        member: do not publish them.
    progress : called with (what, done, of).

    Returns
    -------
    Report, which is inconclusive and says what it would take where records, clusters or shadow
    models are too few for all of the attacks.

    Raises
    ------
    InvalidInput : lengths differ, or the audited model is one of the shadow models.
    """
    require_a(signals, Signals, "signals", "tacit.training.shadow(...).signals(target) gives them.")
    require_a(membership, Membership, "membership", "Membership(member) makes one of 0 and 1.")
    require_options(level, 0, min_cell=min_cell, records=records, progress=progress)
    _require_shares(accuracy, shadow_accuracy)
    if signals.n != membership.n:
        raise InvalidInput(
            f"`signals` and `membership` need the same records, got {signals.n} and {membership.n}."
        )
    policy = Policy.of(policy)
    require_known(policy)
    chosen_from = (
        shadow_attacks(signals.scale)
        if attacks is None
        else tuple(map(attack_of, _listed(attacks)))
    )
    require_no_copy(signals)
    made = _environment(signals, membership, level=level, command=command)
    given = slice_columns(slices, membership.member, min_cell)
    try:
        require_targets(signals)
        report = _played(
            signals,
            membership,
            attacks=chosen_from,
            slices=given,
            min_cell=min_cell,
            accuracy=accuracy,
            shadow_accuracy=shadow_accuracy,
            policy=policy,
            level=level,
            records=records,
            tell=progress or (lambda what, done, of: None),
        )
    except NotEnoughData as error:
        report = unstarted("is there a leak at all?", error, policy=policy, title=title)
    return replace(report, environment=made, created=today(), title=title)


def _listed(attacks: Any) -> tuple[Any, ...]:
    listed = several(attacks, "attacks", "attacks, such as [LiRA()]")
    if not listed:
        raise InvalidInput("`attacks` needs at least one attack, got none.")
    return listed


def _require_shares(accuracy: Any, shadow_accuracy: Any) -> None:
    others = several(shadow_accuracy, "shadow_accuracy", "shares")
    for name, value in (("accuracy", accuracy), *(("shadow_accuracy", item) for item in others)):
        number = isinstance(value, (int, float, np.integer, np.floating))
        if value is not None and not (number and 0 <= value <= 1):
            raise InvalidInput(
                f"`{name}` needs a share from 0 to 1 (0.87 for 87 %), got {value!r}."
            )


def _played(
    signals: Signals,
    membership: Membership,
    *,
    attacks: tuple[Attack, ...],
    slices: Mapping[str, SliceColumn],
    min_cell: int,
    accuracy: float | None,
    shadow_accuracy: Sequence[float],
    policy: Policy,
    level: float,
    records: bool,
    tell: Progress,
) -> Report:
    """The report of attacks that have enough shadow models.

    Raises
    ------
    NotEnoughData : records, clusters or shadow models are too few.
    """
    doubts = implausible(signals)
    played = played_by(attacks, signals, membership, level=level, tell=tell)
    scored = [_scored(item, signals, membership) for item in played]
    best = max(played, key=lambda item: item.promise)
    chosen = scored[played.index(best)]
    columns = coded(slices)
    if int(signals.group.max()) > 0:
        columns = {"class": labelled_codes(signals.group, "group"), **columns}
    found = joint_finding(
        [chosen],
        slice_looks(columns, [chosen], membership.member),
        membership.member,
        cluster=membership.cluster,
        order=pooled_order([signals], membership.member),
        level=level,
    )
    results = {
        item.name: _beside(item, level=level, policy=policy)
        for item in scored
        if item is not chosen
    }
    results = results_of(found, policy=policy, shown=chosen) | results
    parts = slice_results(found.test, columns, chosen.evidence, level=level, min_cell=min_cell)
    hidden = hidden_values(columns, chosen.evidence.row, chosen.evidence.member, min_cell)
    fit = resemblance(
        signals, membership.member, accuracy=accuracy, shadow_accuracy=shadow_accuracy
    )
    controls = (models_control(best, signals, chosen.evidence, membership, level=level),)
    doubts += fit.warnings
    report = concluded(
        found, results, parts, controls, shown=chosen, policy=policy, warning=" ".join(doubts)
    )
    report = with_slices(report, slices)
    result = results[chosen.name]
    return replace(
        report,
        unknown=(*report.unknown, *result.notes, *hidden_notes(hidden, min_cell)),
        assumes=tuple(
            dict.fromkeys(
                [ASSUMES, *(text for estimate in result.estimates for text in estimate.assumes)]
            )
        ),
        warnings=(*doubts, *(text for text in report.warnings if text not in report.headline)),
        figures={**report.figures, **figures(scored, chosen, level=level)},
        records=(
            _records(chosen.evidence, chosen.name, best.evidences, level=level) if records else None
        ),
    )


def _environment(
    signals: Signals, membership: Membership, *, level: float, command: str
) -> dict[str, Any]:
    return environment(
        {
            "target": signals.target,
            "shadow": signals.shadow,
            "shadow_member": signals.shadow_member,
        },
        membership,
        task="signals",
        seed=0,
        level=level,
        command=command,
        n_shadows=signals.n_shadows,
    )


def played_by(
    attacks: tuple[Attack, ...],
    signals: Signals,
    membership: Membership,
    *,
    level: float,
    tell: Progress,
) -> list[Played]:
    """Every attack that has enough shadow models, against all of them.

    Raises
    ------
    NotEnoughData : no attack has enough.
    """
    played, short = [], []
    for done, attack in enumerate(attacks):
        tell(type(attack).__name__, done, len(attacks) + 1)
        try:
            evidences = shadow_evidence(attack, signals, cluster=membership.cluster)
        except NotEnoughData as error:
            short.append(error)
            continue
        played.append(Played(attack, evidences, _promise(evidences, level)))
    if not played:
        raise short[0]
    return played


def _promise(evidences: tuple[Evidence, ...], level: float) -> float:
    """Mean TPR at 1 % FPR over shadow targets, or the AUC where they have too few records for
    it.
    """
    for metric in CHOOSING:
        try:
            function = cast(Callable[..., Estimate], named(metric))
            return float(np.mean([function(evidence, level=level).value for evidence in evidences]))
        except NotEnoughData:
            continue
    return 0.0


def _scored(item: Played, signals: Signals, membership: Membership) -> Scored:
    check = Check(item.name, signals.statistic, item.attack, METRICS)
    return at_thresholds(check, collect(item.attack, signals, membership))


def _beside(item: Scored, *, level: float, policy: Policy) -> CheckResult:
    """An attack that was not chosen: its numbers stand for themselves."""
    p_value = min(min(look.p_value) for look in item.looks)
    return result_of(item, level=level, every=False, policy=policy, p_value=float(p_value))


def models_control(
    best: Played, signals: Signals, measured: Evidence, membership: Membership, *, level: float
) -> CheckResult:
    """What the chosen attack does to the shadow models, and how the audited model's result
    (`measured`) depends on their number.
    """
    groups = families(signals.shadow_member)
    estimates = []
    for metric in METRICS:
        try:
            estimates.append(between_models(best.evidences, metric, level=level, pairs=groups))
        except NotEnoughData:
            continue
    used = (
        f"{signals.n_shadows} shadow models were used ({len(groups)} independent draws of records)"
    )
    notes = [used, *_by_number(best, signals, measured, membership, level)]
    return CheckResult(
        name="shadow models as targets",
        role="control",
        attack=repr(best.attack),
        statistic=signals.statistic,
        n_members=int(signals.shadow_member.sum()),
        n_nonmembers=int((~signals.shadow_member).sum()),
        estimates=tuple(estimates),
        remarks=tuple(notes),
    )


def _by_number(
    best: Played, signals: Signals, measured: Evidence, membership: Membership, level: float
) -> list[str]:
    """The audited model's AUC with a quarter and a half of the shadow models: from which number on
    is the finding the same?
    """
    groups = families(signals.shadow_member)
    whole = auc(measured, level=level)
    found = [(signals.n_shadows, whole.value, _shown(whole, level))]
    for share in (2, 4):
        kept = [model for group in groups[: len(groups) // share] for model in group]
        if not 0 < len(kept) < found[0][0]:
            continue
        fewer = replace(
            signals, shadow=signals.shadow[kept], shadow_member=signals.shadow_member[kept]
        )
        try:
            area = auc(collect(best.attack, fewer, membership), level=level)
        except NotEnoughData:
            continue
        found.insert(0, (len(kept), area.value, _shown(area, level)))
    steps = ", ".join(f"{number}: {area:.3f}" for number, area, _ in found)
    first = next(
        number
        for number, _, _ in found
        if all(leak == found[-1][2] for n, _, leak in found if n >= number)
    )
    if len(found) == 1:
        return []
    stable = f"the finding is the same from {first} on"
    told = stable if first < found[-1][0] else "fewer would have changed the finding"
    return [f"AUC on the audited model by the number of shadow models ({steps}); {told}"]


def _shown(estimate: Estimate, level: float) -> bool:
    return estimate.p_value is not None and estimate.p_value <= 1 - level


def _records(
    evidence: Evidence, name: str, evidences: Sequence[Evidence], *, level: float
) -> dict[str, Any]:
    plain = records_of(evidence, name)
    exposed = vulnerability(evidences, level=level)
    return plain | {key: [values[row] for row in plain["row"]] for key, values in exposed.items()}
