"""From what was measured of a release to its Report."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tacit.audits.steps.beyond_release import Rows, beyond_release
from tacit.audits.steps.blind_baseline import (
    beside_warning,
    blind_result,
    blind_warning,
    explained_warning,
    gives_away,
)
from tacit.audits.steps.choice import graded_advantage
from tacit.audits.steps.closeness import share_result, twin_rows, twins_result
from tacit.audits.steps.differences import records_of
from tacit.audits.steps.overlap import hiding, reference_warning
from tacit.audits.steps.pooled_order import ties_by_chance
from tacit.audits.steps.provenance import environment
from tacit.audits.steps.relabelling import Joint
from tacit.audits.steps.release_words import assumptions, headline
from tacit.audits.steps.table_risks import success
from tacit.audits.steps.tables import Tables
from tacit.audits.steps.verdict import finding_of
from tacit.core import (
    CheckResult,
    Estimate,
    Evidence,
    Note,
    NotEnoughData,
    Outputs,
    Policy,
    Report,
    overall,
)
from tacit.core.dates import today
from tacit.core.sorting import Places
from tacit.metrics import (
    advantage,
    named,
    roc_points,
    score_histogram,
    simultaneous_level,
)
from tacit.signals.embedding import Embedding

Floats = NDArray[np.float64]

# How the error of the whole audit is shared: the scores together, then slices, then risks.
JOINT_SHARE, SLICE_SHARE, RISK_SHARE = 0.8, 0.1, 0.1
MOST_SECRETS = 20
ROC_POINTS = 400
METRICS = ("auc", "tpr@fpr=0.01", "tpr@fpr=0.001")
CHOSEN_METRICS = (
    "balanced_accuracy",
    "tpr@fpr=0.1",
    "tpr@fpr<=0.01",
    "ppv@prior=0.5",
    "ppv@prior=0.1",
    "ppv@prior=0.01",
    "ppv@prior=0.001",
)
LABELS = {
    "distance": "distance to the release",
    "calibrated_distance": "calibrated distance",
    "domias_kernel": "DOMIAS, kernel densities",
    "domias_classifier": "DOMIAS, classifier",
    "gen_lra": "Gen-LRA",
}


@dataclass(frozen=True, eq=False)
class Release:
    """What an audit was asked for, and how it was made."""

    tables: Tables
    policy: Policy
    level: float
    seed: int
    title: str
    command: str

    @property
    def environment(self) -> dict[str, Any]:
        """Versions, seed, digest and sizes."""
        tables = self.tables
        return environment(
            tables.arrays,
            tables.membership,
            task="synthetic table",
            audit="synthetic data",
            seed=self.seed,
            level=self.level,
            command=self.command,
            n_released=tables.synthetic.n,
            n_reference=tables.reference.n,
            n_columns=len(tables.rows.names),
        )

    def evidence(self, score: Floats, attack: str) -> Evidence:
        """The marked paper of one score."""
        key = self.tables.membership
        row = np.arange(key.n)
        return Evidence(score, key.member, key.cluster, key.assignment, attack, row)

    @property
    def unknown(self) -> list[Note]:
        """What of the tables could not be compared."""
        left_out = self.tables.left_out.items()
        return [Note(f"the column {name!r}", reason) for name, reason in left_out]

    def empty(self, error: NotEnoughData) -> Report:
        """The report of an audit that could not start: inconclusive, with what would be needed."""
        everything = Note.of("everything", error)
        notes = [everything, *(Note.of(gate.metric, error) for gate in self.policy.gates)]
        verdicts = self.policy.judge((), notes)
        return Report(
            "inconclusive",
            overall(verdicts),
            headline("inconclusive", None, None, best="", chosen_shown=False),
            verdicts=verdicts,
            unknown=(everything, *self.unknown),
            policy=self.policy.name,
            environment=self.environment,
            created=today(),
            title=self.title,
        )


@dataclass(frozen=True, eq=False)
class Found:
    """What was measured; `to_reference` is how far each row is from the nearest reference row."""

    attacks: Mapping[str, Floats]
    counts: Mapping[str, Floats]
    joint: Joint
    chosen: str
    slices: tuple[CheckResult, ...]
    risks: tuple[CheckResult, ...]
    to_reference: Floats

    @property
    def p_value(self) -> float:
        """Of "no leak" for the whole audit: scores, slices and risks."""
        least = [self.joint.p_value / JOINT_SHARE]
        for results, share in ((self.slices, SLICE_SHARE), (self.risks, RISK_SHARE)):
            adjusted = [r.p_adjusted for r in results if r.p_adjusted is not None]
            least += [min(adjusted) / share] if adjusted else []
        return min(1.0, *least)

    @property
    def best(self) -> str:
        """What shows most: a score, a count, a slice or a risk."""
        ways = {name: p / JOINT_SHARE for name, p in self.joint.adjusted.items()}
        for results, share in ((self.slices, SLICE_SHARE), (self.risks, RISK_SHARE)):
            ways |= {r.name: r.p_adjusted / share for r in results if r.p_adjusted is not None}
        return min(ways, key=lambda name: ways[name])


def released_report(made: Release, found: Found, *, records: bool) -> Report:
    """The Report of everything that was measured; `records` keeps the scores of each row."""
    tables, level = made.tables, made.level
    wide = simultaneous_level(level, len(found.attacks))
    evidences = {name: made.evidence(score, name) for name, score in found.attacks.items()}
    evidence = evidences[found.chosen]
    score = _score(evidence, found, tables, level=wide, seed=made.seed)
    results = {
        name: _result(name, paper, found, made, score, level=wide)
        for name, paper in evidences.items()
    }
    chosen = results[found.chosen]
    twin = twins_result(evidence, twin_rows(tables.rows, tables.membership), level=wide)
    alarm = share_result(
        found.counts["nearest"],
        tables.membership,
        level=level,
        p_adjusted=found.joint.adjusted["nearest"],
    )
    verbatim = tuple(
        _verbatim(name, count, found, made)
        for name, count in found.counts.items()
        if name != "nearest"
    )
    blind, warning, tried = _split(made, found)
    hidden = hiding(tables, found.counts["nearest"])
    warning = reference_warning(tables) or warning
    if not warning and hidden and found.p_value > 1 - level:
        # a leak that shows nevertheless is one; that none shows says nothing
        warning, hidden = hidden[0], hidden[1:]
    detectable = found.joint.detectable(found.chosen, alpha=JOINT_SHARE * (1 - level))
    p_value = found.p_value
    finding = finding_of(p_value, detectable, level=level, attributable=not warning)
    shown = found.joint.adjusted[found.chosen] / JOINT_SHARE <= 1 - level
    verdicts = made.policy.judge(chosen.estimates, chosen.notes, attributable=not warning)
    beside = beside_warning(blind, subject="release") if finding == "leak" else ""
    said = [text for text in (warning, beside) if text]
    baselines = (blind, *tried, twin)
    return Report(
        finding=finding,
        verdict=overall(verdicts),
        headline=headline(
            finding, chosen, detectable, best=found.best, chosen_shown=shown, warning=warning
        ),
        p_value=p_value,
        detectable=detectable,
        score=score,
        chosen=found.chosen,
        checks=(*results.values(), *found.slices, alarm, *verbatim, *found.risks, *baselines),
        verdicts=verdicts,
        unknown=tuple(_unknown(made, chosen, found)),
        assumes=assumptions(evidence, n_reference=tables.reference.n),
        warnings=(*said, *hidden, *tables.remarks),
        figures=_figures(evidence, found.chosen, level=wide),
        policy=made.policy.name,
        environment=made.environment,
        created=today(),
        title=made.title,
        records=records_of(evidence, found.chosen) if records else None,
        attributable=not warning,
    )


def _score(
    evidence: Evidence, found: Found, tables: Tables, *, level: float, seed: int
) -> Estimate:
    """The advantage of the best score: its value by rows that did not choose it."""
    whole = advantage(evidence, level=level)
    value = graded_advantage(found.attacks, tables.membership, seed=seed)
    k = len(found.attacks)
    return replace(
        whole,
        value=min(max(value, whole.low), whole.high),
        p_value=found.joint.adjusted[found.chosen],
        method=f"graded by rows that did not choose; limits hold for all {k} scores at once",
    )


def _result(
    name: str, evidence: Evidence, found: Found, made: Release, score: Estimate, *, level: float
) -> CheckResult:
    """What one score measured, for the chosen one in every way."""
    is_chosen = name == found.chosen
    metrics: list[str] = list(METRICS)
    if is_chosen:
        own = (gate.metric for gate in made.policy.gates if isinstance(gate.metric, str))
        metrics += [*CHOSEN_METRICS, *(m for m in own if m not in ("advantage", "epsilon"))]
    estimates = [score if is_chosen else advantage(evidence, level=level)]
    notes = []
    for metric in dict.fromkeys(metrics):
        try:
            estimates.append(cast(Callable[..., Estimate], named(metric))(evidence, level=level))
        except NotEnoughData as error:
            notes.append(Note.of(metric, error))
    return CheckResult(
        name=name,
        role="attack",
        attack=evidence.attack,
        statistic=next(
            (statistic for statistic, label in LABELS.items() if label == name), "all five scores"
        ),
        n_members=evidence.n_members,
        n_nonmembers=evidence.n_nonmembers,
        estimates=tuple(estimates),
        p_value=next((e.p_value for e in estimates if e.name == "auc"), None),
        p_adjusted=found.joint.adjusted[name],
        notes=tuple(notes),
    )


def _verbatim(name: str, count: Floats, found: Found, made: Release) -> CheckResult:
    """The share of members, and of non-members, that is in the release as it is."""
    member = made.tables.membership.member
    hit = count > 0
    return CheckResult(
        name=name,
        role="risk",
        statistic="equality",
        n_members=int(member.sum()),
        n_nonmembers=int((~member).sum()),
        estimates=(
            success("share of members", hit[member], level=made.level),
            success("share of non-members", hit[~member], level=made.level),
        ),
        p_value=found.joint.adjusted[name],
        p_adjusted=found.joint.adjusted[name],
    )


def _split(made: Release, found: Found) -> tuple[CheckResult, str, tuple[CheckResult, ...]]:
    """The guesser that never sees the release, why the numbers speak of the split and not of the
    release (empty where they do not), and what scores were compared with.

    A split that was drawn cannot be explained by the rows, so it is compared with them only where
    the blind guesser contradicts the draw.
    """
    tables, key = made.tables, made.tables.membership
    embed = Embedding.fitted(tables.reference, tables.rows, tables.synthetic)
    features = embed(tables.rows).astype(np.float32)
    order: Places = np.lexsort(features.T)
    same = (features[order[1:]] == features[order[:-1]]).all(axis=1)
    order = ties_by_chance(order, same, key.member)
    nothing = Outputs(loss=np.zeros(key.n))
    blind = blind_result(nothing, key, features, order=order, level=made.level)
    assert blind is not None
    alpha, loud = JOINT_SHARE * (1 - made.level), gives_away(blind)
    shown = {**found.attacks, **found.counts}
    alone = all(found.joint.adjusted[name] > alpha for name in shown)
    drawn = key.assignment != "observed"
    if found.p_value > 1 - made.level or (not loud and (drawn or alone)):
        return blind, blind_warning(blind, subject="release"), ()
    columns = embed.ordered(tables.rows)
    rows = Rows(embed(tables.rows), columns, found.to_reference, order, key, seed=made.seed)
    beyond = beyond_release(shown, found.joint, rows, alpha=alpha, level=made.level)
    return blind, explained_warning(beyond, blind, subject="release"), beyond.results


def _unknown(made: Release, chosen: CheckResult, found: Found) -> list[Note]:
    unknown = [*made.unknown, *chosen.notes]
    unknown += [replace(note, metric=risk.name) for risk in found.risks for note in risk.notes]
    few = [part for part in found.slices if part.reason]
    if few:
        names = ", ".join(part.name for part in few[:3]) + (", ..." if len(few) > 3 else "")
        question = f"{len(few)} of {len(found.slices)} slices ({names})"
        unknown.append(replace(few[0].notes[0], metric=question))
    skipped = len(made.tables.rows.names) - MOST_SECRETS
    if skipped > 0:
        reason = f"the first {MOST_SECRETS} columns were tried; name others in `secrets=`"
        unknown.append(Note(f"inference of {skipped} columns", reason))
    return unknown


def _figures(evidence: Evidence, name: str, *, level: float) -> dict[str, Any]:
    curve = roc_points(evidence, max_points=ROC_POINTS, level=level)
    return {
        "roc": [curve | {"attack": name}],
        "scores": [score_histogram(evidence) | {"attack": name}],
    }
