"""Every attack of an audit on all records, with what the joint test looks at."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tacit.audits.steps.pooled_order import pooled_order
from tacit.core import (
    Attack,
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
    collect,
    judge,
)
from tacit.core.sorting import Places, taken
from tacit.metrics import advantage, named
from tacit.metrics.looks import Look, Ranked, cut_look, rank_look
from tacit.metrics.prequential import deal_folds, learned_looks, places_within
from tacit.metrics.vulnerability import Candidate
from tacit.signals import feature_matrix, kept

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
# An attacker that learns is fitted on at most so many records of the folds before.
FIT_LIMIT = 10_000
# What blind guessing gives; of a rate, what it is allowed or what is known before.
CHANCE = {"auc": 0.5, "balanced_accuracy": 0.5, "pauc": 0.5, "advantage": 0.0}
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Scored:
    """One attack and what it says of the records.

    Parameters
    ----------
    check : the recipe.
    evidence : the records that it scored: all, or all but the first fold of one that learns.
    looks : what the joint test looks at; empty where another attack ranks the records the same.
    learned : for the vulnerability score, one that learns; None of an attack that is `ranked`.
    ranked : its scores sorted, None of one that learns.
    fold : int8 (n,), of one that learns, the fold of each record; 0 where it did not score it.
    same_as : name of the attack that ranks the records the same.
    """

    check: Check
    evidence: Evidence
    looks: tuple[Look, ...]
    learned: Candidate | None = None
    ranked: Ranked | None = None
    fold: NDArray[np.int8] | None = None
    same_as: str = ""

    @property
    def name(self) -> str:
        """Of the check."""
        return self.check.name

    def without_rows(self) -> "Scored":
        """The same attack, whose ranks are no longer summed: they are as long as the records."""
        looks = tuple(look.without_rows() for look in self.looks)
        ranked = self.ranked
        if ranked is not None:
            ranked = replace(ranked, rank=ranked.rank[:0].copy())
        return replace(self, looks=looks, ranked=ranked, learned=self.candidate)

    @property
    def candidate(self) -> Candidate:
        """The attack for the vulnerability score."""
        if self.learned is not None:
            return self.learned
        assert self.ranked is not None
        return Candidate.of(self.ranked)

    @property
    def source(self) -> str:
        """Name under which its looks are."""
        return self.same_as or self.name


@dataclass(frozen=True, eq=False)
class Scores:
    """All attacks of an audit.

    Parameters
    ----------
    items : the attacks that could be run.
    failed : one result with its reason for each that could not.
    order : gives int (n,), an order of the records that does not depend on how they came.
    """

    items: tuple[Scored, ...]
    failed: tuple[CheckResult, ...]
    order: Callable[[], Places]


def score_all(
    recipes: Sequence[Check],
    outputs: Outputs,
    membership: Membership,
    *,
    tell: Progress,
    paper: Evidence | None = None,
) -> Scores:
    """Run every check on all records; attackers that learn by prequential folds.

    Parameters
    ----------
    recipes : the checks.
    outputs : what the model answered.
    membership : the truth.
    tell : called with (what, done, of).
    paper : negated losses of these records in ascending order, where all that is known of them are
        losses and all `recipes` read them; `membership` is in that order then.
    """
    signals = _signals(recipes, outputs, paper)
    seen_by = [signals[check.statistic] for check in recipes]
    found = partial(pooled_order, seen_by, membership.member, paper)
    order: Callable[[], Places] = cache(found) if paper is None else found
    items: list[Scored] = []
    failed: list[CheckResult] = []
    learns = any(check.attack.learns for check in recipes)
    fold = deal_folds(order(), cluster=membership.cluster) if learns else np.zeros(0, np.int8)
    first = seen_by[0].target[:, 0]
    for done, check in enumerate(recipes):
        tell(check.name, done, len(recipes) + 1)
        seen = signals[check.statistic]
        try:
            if check.attack.learns:
                items.append(by_folds(check, seen, membership, fold, order()))
            else:
                evidence = collect(check.attack, seen, membership)
                evidence = _sorted(evidence, first, order, paper)
                items.append(at_thresholds(check, evidence, items))
        except NotEnoughData as error:
            failed.append(_failed(check, error))
    return Scores(tuple(items), tuple(failed), order)


def _signals(
    recipes: Sequence[Check], outputs: Outputs, paper: Evidence | None
) -> dict[str, Signals]:
    if paper is not None:
        return {"loss": Signals.of(paper.score, statistic="loss")}
    group = outputs.label if outputs.label is not None and outputs.label.ndim == 1 else None
    reads = any(
        check.attack.learns and getattr(check.attack, "reads_features", True) for check in recipes
    )
    features = feature_matrix(outputs) if reads else None
    return {
        name: Signals.of(kept(outputs, name), features=features, group=group, statistic=name)
        for name in dict.fromkeys(check.statistic for check in recipes)
    }


def _failed(check: Check, error: NotEnoughData) -> CheckResult:
    return CheckResult(
        name=check.name,
        role="attack",
        attack=repr(check.attack),
        statistic=check.statistic,
        notes=(Note.of(check.name, error),),
    )


def _sorted(
    evidence: Evidence,
    values: NDArray[np.floating[Any]],
    order: Callable[[], Places],
    paper: Evidence | None,
) -> Evidence:
    """The evidence, sorted; what was sorted before is not sorted again: a `paper` with the same
    scores, or `values` (n,), of which `order` gives the ascending places.
    """
    if paper is not None:
        return evidence.sorted_like(paper)
    known = np.array_equal(evidence.score, values)
    return evidence.sorted_by(order() if known else None)


def at_thresholds(check: Check, evidence: Evidence, before: Sequence[Scored] = ()) -> Scored:
    """An attack that scored all records without being told any.

    Parameters
    ----------
    check : the recipe.
    evidence : the scores.
    before : attacks that were scored already; one that ranks the records the same pays for both.
    """
    evidence = evidence.sorted_by()
    ranked = Ranked.of(check.name, evidence.score, order=evidence.order, step=evidence.step)
    for other in before:
        if other.ranked is not None and np.array_equal(other.ranked.rank, ranked.rank):
            return Scored(check, evidence, (), None, ranked, same_as=other.source)
    looks = (rank_look(ranked, evidence.member), cut_look(ranked, evidence.member))
    kept = tuple(look for look in looks if look is not None)
    return Scored(check, evidence, kept, None, ranked)


def by_folds(
    check: Check,
    signals: Signals,
    membership: Membership,
    fold: NDArray[np.int8],
    order: Places,
) -> Scored:
    """An attack that learns: each fold is scored by a fit on the folds before it.

    Parameters
    ----------
    check : the recipe.
    signals : what the attack sees of n records.
    membership : the truth.
    fold : int8 (n,), the fold of each record.
    order : int (n,), an order of the records that does not depend on how they came.

    Raises
    ------
    NotEnoughData : no fold could be scored.
    """
    score, scored = prequential_scores(check.attack, signals, membership, fold, order)
    member = membership.member
    rank, top = learned_looks(check.name, score, scored, member)
    rows, place = places_within(rank, scored)
    evidence = Evidence(
        place,
        member[rows],
        None if membership.cluster is None else membership.cluster[rows],
        membership.assignment,
        repr(check.attack),
        rows,
    )
    candidate = Candidate.learned(rank, scored)
    return Scored(check, evidence, (rank, top), candidate, fold=scored)


def prequential_scores(
    attack: Attack,
    signals: Signals,
    membership: Membership,
    fold: NDArray[np.int8],
    order: Places,
) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Scores (n,) of each fold by an attacker who was told the folds before it, and the folds.

    A fold before which too few records were told is not scored: its number becomes 0. What was told
    decides that, never the fold itself.

    Raises
    ------
    NotEnoughData : no fold could be scored.
    """
    score = np.zeros(signals.n)
    scored = np.zeros(signals.n, np.int8)
    shortage: NotEnoughData | None = None
    fold_in_order = taken(fold, order)
    for number in range(1, int(fold.max()) + 1):
        before, here = order[fold_in_order < number], np.flatnonzero(fold == number)
        told = before[:: max(1, -(-len(before) // FIT_LIMIT))]
        rows = np.concatenate([told, here])
        known = np.full(len(rows), -1, np.int8)
        known[: len(told)] = membership.member[told]
        try:
            with warnings.catch_warnings():
                # learners warn of few records; their grades hold whatever they have learned
                warnings.simplefilter("ignore", UserWarning)
                values = np.asarray(attack(signals.take(rows).told(known)), np.float64)
        except NotEnoughData as error:
            shortage = error
            continue
        score[here] = values[len(told) :]
        scored[here] = number
    if not scored.any():
        raise shortage or NotEnoughData(
            f"{attack!r} needs at least two folds of records.", needed=2, got=1, unit="folds"
        )
    return score, scored


def result_of(
    item: Scored,
    *,
    level: float,
    every: bool,
    policy: Policy,
    p_value: float | None = None,
    p_adjusted: float | None = None,
    score: Estimate | None = None,
    found: bool = True,
) -> CheckResult:
    """What one attack measured: the check's metrics, and for the attack that is shown all.

    Parameters
    ----------
    item : the attack.
    level : of its intervals.
    every : whether all metrics are wanted, and those of the policy's gates.
    policy : the gates.
    p_value, p_adjusted : of its looks alone, and corrected for all that was looked at.
    score : the vulnerability score, of the attack that is shown.
    found : whether the attack is significant; if not, no interval leaves chance out.
    """
    wanted: list[str | Metric] = list(item.check.metrics)
    if every:
        wanted += CHOSEN_METRICS
    if score is None:
        wanted.append(partial(advantage, level=level))
    estimates, notes = measured([*dict.fromkeys(wanted)], item.evidence, level=level)
    if every:
        # a check may bring its own metric under the name that the policy limits
        had = {"epsilon", "advantage", *(known.name for known in estimates)}
        had |= {note.metric for note in notes}
        asked = [gate.metric for gate in policy.gates if gate.metric not in had]
        more, unknown = measured(asked, item.evidence, level=level)
        estimates, notes = [*estimates, *more], [*notes, *unknown]
    if not found:
        estimates = [reaching_chance(estimate) for estimate in estimates]
    result = CheckResult(
        name=item.name,
        role="attack",
        attack=repr(item.check.attack),
        statistic=item.check.statistic,
        n_members=item.evidence.n_members,
        n_nonmembers=item.evidence.n_nonmembers,
        estimates=(*estimates, *(() if score is None else (score,))),
        p_value=p_value,
        p_adjusted=p_adjusted,
        notes=tuple(notes),
    )
    return replace(result, verdicts=judge(item.check.gates, result.estimates, result.notes))


def reaching_chance(estimate: Estimate) -> Estimate:
    """The same estimate with an interval that reaches down to what blind guessing gives."""
    chance = _chance(estimate)
    if chance is None or estimate.low <= chance:
        return estimate
    return replace(estimate, low=chance)


def _chance(estimate: Estimate) -> float | None:
    """What blind guessing gives; None where that is not known."""
    name = estimate.name.partition("@")[0]
    settings = estimate.settings
    if name in ("tpr", "ppv"):
        return settings.get("fpr", settings.get("max_fpr", settings.get("prior")))
    return CHANCE.get(name)


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
