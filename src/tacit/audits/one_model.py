"""The membership audit of one model: all attacks, one honest choice, slices, a blind baseline, one
Report.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tacit.audits.steps.blind_baseline import (
    LABELS_ONLY,
    backwards_warning,
    blind_result,
    blind_warning,
)
from tacit.audits.steps.conclusion import concluded, figures
from tacit.audits.steps.default_checks import Effort, default_checks
from tacit.audits.steps.halves import Halves
from tacit.audits.steps.provenance import accuracy, arrays_of, environment
from tacit.audits.steps.scoring import Marked, Progress, mark_all, result_of
from tacit.audits.steps.slices import columns_of, slice_results
from tacit.audits.steps.verdict import headline_of
from tacit.core import (
    DEFAULT_POLICY,
    Check,
    CheckResult,
    Evidence,
    InvalidInput,
    Membership,
    Note,
    NotEnoughData,
    Outputs,
    Policy,
    Report,
    overall,
)
from tacit.core.checking import confidence
from tacit.core.dates import today

ASSUMES = {
    "observed": (
        "The split into members and non-members was found, not drawn: nothing here bounds the"
        " epsilon of the training."
    ),
    "fixed_size": "Members were drawn at random from one pool, in a fixed number.",
    "coin": "Each record (or cluster) became a member by an independent fair coin.",
}


def membership_audit(
    outputs: Outputs,
    membership: Membership,
    *,
    checks: Sequence[Check] | None = None,
    effort: Effort = "full",
    features: ArrayLike | None = None,
    slices: Mapping[str, ArrayLike] | None = None,
    policy: Policy = DEFAULT_POLICY,
    level: float = 0.95,
    seed: int = 0,
    title: str = "model",
    command: str = "",
    records: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Audit one model's outputs.

    Half of the records choose the attack and its threshold, the other half grade it; so the
    headline is not the maximum of many. The p-value covers the chosen attack and every slice.

    Parameters
    ----------
    outputs : what the model answered on n records.
    membership : which of them it was trained on.
    checks : attacks to run; by default all that the outputs allow (`effort` ``"quick"`` leaves out
        those that learn).
    features : float (n, d), the records' own columns, for the blind guesser that never sees the
        model.
    slices : further columns to slice by, one value a record.
    policy : the gates.
    level : confidence.
    seed : decides the halves and every learner; the same seed, the same report.
    title, command : what the report says of the model and of how it was made.
    records : keep the measured records' scores in the report. They say who was a member: do not
        publish them.
    progress : called with (what, done, of).

    Raises
    ------
    InvalidInput : see its text.
    """
    if outputs.n != membership.n:
        raise InvalidInput(
            f"`outputs` and `membership` need the same records, got {outputs.n} and {membership.n}."
        )
    tell = progress or (lambda what, done, of: None)
    recipes = tuple(default_checks(outputs, effort=effort) if checks is None else checks)
    _require_usable(recipes, level, seed)
    columns = columns_of(outputs, slices)
    try:
        halves = Halves.dealt(membership, seed=seed)
    except NotEnoughData as error:
        report = _empty(error, policy=policy, title=title)
        made = environment(
            arrays_of(outputs),
            membership,
            task=outputs.task,
            seed=seed,
            level=level,
            command=command,
        )
        return replace(
            report, environment=made, created=today(), accuracy=accuracy(outputs, membership)
        )
    marked = mark_all(recipes, outputs, membership, halves, seed=seed, tell=tell)
    best = max(marked, key=lambda item: item.promise)
    results = {
        item.name: result_of(item, level=level, every=item is best, policy=policy)
        for item in marked
    }
    tell("slices", len(recipes), len(recipes) + 1)
    parts = slice_results(best.choosing, best.measured, columns, level=level)
    blind = blind_result(outputs, membership, halves, features, level=level, seed=seed)
    tell("report", len(recipes) + 1, len(recipes) + 1)
    chosen = results[best.name]
    warning = blind_warning(blind) or backwards_warning(best.measured)
    baseline = () if blind is None else (blind,)
    report = concluded(results, parts, baseline, best, policy=policy, level=level, warning=warning)
    return replace(
        report,
        unknown=tuple(_unknowns(chosen, parts, blind)),
        assumes=_assumptions(best.measured, chosen),
        accuracy=accuracy(outputs, membership),
        figures=figures(marked, best, level=level),
        environment=environment(
            arrays_of(outputs),
            membership,
            task=outputs.task,
            seed=seed,
            level=level,
            command=command,
        ),
        created=today(),
        title=title,
        records=_records(best) if records else None,
    )


def _require_usable(recipes: Sequence[Check], level: float, seed: int) -> None:
    confidence(level)
    if not isinstance(seed, (int, np.integer)) or seed < 0:
        raise InvalidInput(f"`seed` needs a whole number of 0 or more, got {seed!r}.")
    names = [check.name for check in recipes]
    if not names or len(set(names)) < len(names):
        came = f"the names {', '.join(names)}" if names else "none"
        raise InvalidInput(
            f"`checks` needs at least one Check, each with a name of its own, got {came}."
        )


def _unknowns(
    chosen: CheckResult, parts: Sequence[CheckResult], blind: CheckResult | None
) -> list[Note]:
    unknown = list(chosen.notes)
    few = [part for part in parts if part.reason]
    if few:
        names = ", ".join(part.name for part in few[:3]) + (", ..." if len(few) > 3 else "")
        question = f"{len(few)} of {len(parts)} slices ({names})"
        unknown.append(replace(few[0].notes[0], metric=question))
    if blind is None:
        reason = (
            "neither features nor labels were given, so a guesser without the model could not be"
            " tried"
        )
        unknown.append(Note("is the split itself a giveaway?", reason))
    elif blind.reason:
        unknown += blind.notes
    elif blind.statistic == LABELS_ONLY:
        reason = (
            "only the labels were tried; give `features=` to let the blind guesser see the records"
            " themselves"
        )
        unknown.append(Note("do the records themselves give the split away?", reason))
    return unknown


def _assumptions(evidence: Evidence, chosen: CheckResult) -> tuple[str, ...]:
    unit = (
        "Records are independent of one another"
        if evidence.cluster is None
        else "Clusters are independent of one another"
    )
    drawn = f"{unit}, and members and non-members come from the same population."
    own = [text for estimate in chosen.estimates for text in estimate.assumes]
    return tuple(dict.fromkeys([drawn, ASSUMES[evidence.assignment], *own]))


def _records(best: Marked) -> dict[str, Any]:
    measured = best.measured
    kept: dict[str, Any] = {
        "attack": best.name,
        "threshold": best.threshold,
        "row": measured.row.tolist(),
        "member": measured.member.tolist(),
        "score": [float(score) for score in measured.score],
    }
    return kept if measured.cluster is None else kept | {"cluster": measured.cluster.tolist()}


def _empty(error: NotEnoughData, *, policy: Policy, title: str) -> Report:
    """The report of an audit that could not start: inconclusive, with the number that would be
    needed.
    """
    everything = Note.of("everything", error)
    notes = [everything, *(Note.of(gate.metric, error) for gate in policy.gates)]
    verdicts = policy.judge((), notes)
    return Report(
        "inconclusive",
        overall(verdicts),
        headline_of("inconclusive", None, None),
        verdicts=verdicts,
        unknown=(everything,),
        policy=policy.name,
        title=title,
    )
