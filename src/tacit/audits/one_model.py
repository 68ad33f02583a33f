"""The membership audit of one model: all attacks, one honest choice, slices, a blind baseline, one
Report.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tacit.audits.steps.ascending import reads_ascending
from tacit.audits.steps.blind_baseline import LABELS_ONLY, beside_warning, blind_result
from tacit.audits.steps.conclusion import concluded, figures, results_of
from tacit.audits.steps.default_checks import Effort, checks_given, default_checks
from tacit.audits.steps.differences import records_of
from tacit.audits.steps.joint_finding import Found, joint_finding
from tacit.audits.steps.near_copies import near_copies
from tacit.audits.steps.provenance import accuracy, arrays_of, environment
from tacit.audits.steps.record_table import record_table
from tacit.audits.steps.scoring import Progress, Scores, score_all
from tacit.audits.steps.slice_values import coded, slice_columns, with_slices
from tacit.audits.steps.slices import Column, columns_of, slice_looks, slice_results
from tacit.audits.steps.small_cells import hidden_notes, hidden_values
from tacit.audits.steps.split_warning import split_warning
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
    PolicyLike,
    Report,
    overall,
)
from tacit.core.checking import MIN_CELL
from tacit.core.dates import today
from tacit.core.options import require_options

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
    min_cell: int = MIN_CELL,
    policy: PolicyLike = DEFAULT_POLICY,
    level: float = 0.95,
    seed: int = 0,
    title: str = "model",
    command: str = "",
    records: bool = False,
    progress: Progress | None = None,
    paper: Evidence | None = None,
) -> Report:
    """Audit one model's outputs.

    One test looks at all attacks and slices on all records; its p-value pays for having looked so
    often, and every number that is shown pays for having been chosen. The finding does not depend
    on `seed` or on the order of the records.

    Parameters
    ----------
    outputs : what the model answered on n records.
    membership : which of them it was trained on.
    checks : attacks to run; by default all that the outputs allow.
    effort : ``"quick"`` leaves out the attacks that learn.
    features : (n, d), the records' own columns, for guessers that never see the model; numbers,
        or mixed with texts and missing values.
    slices : further columns to slice by, one value a record. Numbers with many values are cut at
        their quantiles; a column that names nearly every record is left out.
    min_cell : a slice with fewer members or non-members than this is not shown.
    policy : the gates.
    level : confidence.
    seed : of the learners that ask whether the records themselves explain a leak.
    title, command : what the report says of the model and of how it was made.
    records : keep the records' scores in the report. They say who was a member: do not
        publish them.
    progress : called with (what, done, of).
    paper : of losses alone without clusters, these records scored by them, in ascending order.

    Raises
    ------
    InvalidInput : see its text.
    """
    if outputs.n != membership.n:
        raise InvalidInput(
            f"`outputs` and `membership` need the same records, got {outputs.n} and {membership.n}."
        )
    policy = Policy.of(policy)
    require_options(level, seed, min_cell=min_cell, records=records, progress=progress)
    tell = progress or (lambda what, done, of: None)
    recipes = default_checks(outputs, effort=effort) if checks is None else checks_given(checks)
    _require_usable(recipes)
    given = slice_columns(slices, membership.member, min_cell)
    table = None if features is None else record_table(features)
    made = environment(
        arrays_of(outputs),
        membership,
        task=outputs.task,
        seed=seed,
        level=level,
        command=command,
    )
    known: dict[str, Any] = {
        "environment": made,
        "created": today(),
        "accuracy": accuracy(outputs, membership, level=level),
        "title": title,
    }
    if slices or records or features is not None or not reads_ascending(recipes):
        paper = None
    if paper is not None:
        membership = Membership(paper.member, None, membership.assignment)
        # the scores stand for the losses from here on
        outputs = outputs.take(np.zeros(1, int))
    try:
        scores = score_all(recipes, outputs, membership, tell=tell, paper=paper)
    except NotEnoughData as error:
        return replace(_nothing(Note.of("everything", error), policy=policy), **known)
    if not scores.items:
        return replace(_unscored(scores, policy=policy), **known)
    tell("slices", len(recipes), len(recipes) + 1)
    columns, found = _tested(scores, outputs, membership, coded(given), level=level)
    failed, shown = scores.failed, found.shown
    # ranks as long as the records have done their work
    del scores
    results = results_of(found, policy=policy, shown=shown)
    results |= {result.name: result for result in failed}
    shown.evidence.without_counts()
    parts = slice_results(found.test, columns, shown.evidence, level=level, min_cell=min_cell)
    hidden = hidden_values(columns, shown.evidence.some_rows, shown.evidence.member, min_cell)
    blind = None
    if paper is None:
        blind = blind_result(outputs, membership, table, order=found.order, level=level)
    tell("report", len(recipes) + 1, len(recipes) + 1)
    warning, tried = split_warning(
        found, outputs, table, parts=parts, columns=columns, blind=blind, seed=seed
    )
    near = None if table is None else near_copies(table, shown.evidence, level=level)
    baselines = (*(() if blind is None else (blind,)), *tried, *(near or ())[:1])
    report = concluded(
        found, results, parts, baselines, shown=shown, policy=policy, warning=warning
    )
    beside = beside_warning(blind) if report.finding == "leak" else ""
    more = [text for text in (beside, near[1] if near else "") if text]
    report = with_slices(report, given)
    return replace(
        report,
        unknown=(
            *report.unknown,
            *_unknowns(results[shown.name], parts, blind, failed),
            *hidden_notes(hidden, min_cell),
        ),
        assumes=_assumptions(shown.evidence, results[shown.name]),
        warnings=(*report.warnings, *more),
        figures={**report.figures, **figures(found.scored, shown, level=found.shown_level)},
        records=records_of(shown.evidence, shown.name) if records else None,
        **known,
    )


def _tested(
    scores: Scores,
    outputs: Outputs,
    membership: Membership,
    given: Mapping[str, Column],
    *,
    level: float,
) -> tuple[dict[str, Column], Found]:
    """The columns to slice by, those that were `given` among them, and what one test of all attacks
    and slices found.
    """
    columns = {**columns_of(outputs, scores.items[0].evidence), **given}
    found = joint_finding(
        scores.items,
        slice_looks(columns, scores.items, membership.member),
        membership.member,
        cluster=membership.cluster,
        order=scores.order,
        level=level,
    )
    return columns, found.without_rows() if membership.cluster is None else found


def _require_usable(recipes: Sequence[Check]) -> None:
    names = [check.name for check in recipes]
    if not names or len(set(names)) < len(names):
        came = f"the names {', '.join(names)}" if names else "none"
        raise InvalidInput(
            f"`checks` needs at least one Check, each with a name of its own, got {came}."
        )


def _unknowns(
    chosen: CheckResult,
    parts: Sequence[CheckResult],
    blind: CheckResult | None,
    failed: Sequence[CheckResult],
) -> list[Note]:
    unknown = [note for result in failed for note in result.notes]
    unknown += chosen.notes
    few = [part for part in parts if part.reason]
    if few:
        names = ", ".join(part.name for part in few[:3]) + (", ..." if len(few) > 3 else "")
        question = f"{len(few)} of {len(parts)} slices ({names})"
        unknown.append(replace(few[0].notes[0], metric=question))
    if blind is None:
        reason = (
            "neither features nor labels were given, so a guesser without the model could not be"
            " tried: the split is assumed to be random"
        )
        unknown.append(Note("is the split itself a giveaway?", reason))
    elif blind.reason:
        unknown += blind.notes
    elif blind.statistic == LABELS_ONLY:
        reason = (
            "only the labels were tried, so the split is assumed to be random otherwise; give"
            " `features=` to let the blind guesser see the records themselves"
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


def _unscored(scores: Scores, *, policy: Policy) -> Report:
    """The report of an audit in which no attack could be run."""
    return replace(_nothing(scores.failed[0].notes[0], policy=policy), checks=scores.failed)


def _nothing(note: Note, *, policy: Policy) -> Report:
    """The report of an audit that could not start: inconclusive, with the number that would be
    needed.
    """
    everything = replace(note, metric="everything")
    notes = [everything, *(replace(note, metric=gate.metric) for gate in policy.gates)]
    verdicts = policy.judge((), notes)
    return Report(
        "inconclusive",
        overall(verdicts),
        headline_of("inconclusive", None, None),
        verdicts=verdicts,
        unknown=(everything,),
        policy=policy.name,
    )
