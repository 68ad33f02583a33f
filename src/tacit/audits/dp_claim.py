"""The audit of a differential-privacy claim: canary scores and coins in, a Report out."""

from dataclasses import replace
from typing import Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike

from tacit.attacks import Threshold
from tacit.audits.steps.provenance import environment, today
from tacit.core import (
    CheckResult,
    Estimate,
    Evidence,
    InvalidInput,
    Membership,
    Note,
    NotRefuted,
    Report,
    Signals,
    Verdict,
    collect,
    judge,
    overall,
)
from tacit.core.checking import confidence
from tacit.core.report import Finding
from tacit.dp import Gaussian, epsilon_lower_bound, one_run_epsilon
from tacit.metrics import roc_points, score_histogram

EPSILON = "epsilon"
Runs = Literal["one", "many"]
INTERFERENCE = (
    "A low bound proves nothing: canaries of one run disturb one another, a stronger guesser may"
    " exist, and a rare failure need not have happened in this run."
)


class Coins(Protocol):
    """Anything with an answer key, such as a canary manifest."""

    @property
    def membership(self) -> Membership:
        """Which canaries were inserted."""
        ...


def dp_audit(
    score: ArrayLike,
    canaries: Membership | Coins,
    *,
    delta: float,
    claimed_epsilon: float | None = None,
    runs: Runs = "one",
    level: float = 0.95,
    title: str = "model",
    command: str = "",
) -> Report:
    """Try to refute a claim of (epsilon, delta)-DP from the scores of canaries.

    Parameters
    ----------
    score : float (m,), one a canary (one run) or one a run (many runs); larger means more like a
        member.
    canaries : the manifest that was written before training, or the answer key itself.
    delta : of the claim.
    claimed_epsilon : what the training is said to guarantee; without it there is nothing to refute,
        and the verdict is inconclusive.
    runs : ``"one"``: all canaries were in the same training, one coin each. ``"many"``: independent
        trainings, one canary (or one group of canaries: `cluster`) each.
    level : one-sided confidence of the bound.
    title, command : what the report says of the model and of itself.

    Returns
    -------
    Report whose verdict is "fail" if the claim is refuted, "pass" if it is not (which proves
    nothing more), and "inconclusive" where so few canaries could not have refuted it even if every
    guess had been right.

    Raises
    ------
    AssumptionError : the coins cannot be coins, or the claim needs another design.
    InvalidInput : see its text.
    """
    confidence(level)
    if runs not in ("one", "many"):
        raise InvalidInput(f'`runs` needs "one" or "many", got {runs!r}.')
    key = canaries if isinstance(canaries, Membership) else canaries.membership
    signals = Signals.of(score, statistic="canary score")
    evidence = collect(Threshold(), signals, key)
    bound = _bound(evidence, delta, runs=runs, level=level)
    ceiling = _ceiling(evidence, delta, runs=runs, level=level)
    bound = replace(bound, settings=dict(bound.settings) | {"delta": delta, "ceiling": ceiling})
    check = _check(evidence, bound, delta, runs=runs, level=level)
    gates = () if claimed_epsilon is None else (NotRefuted(claimed_epsilon),)
    verdicts = judge(gates, (bound,), check.notes)
    check = replace(check, verdicts=verdicts)
    return Report(
        finding=_finding(bound),
        verdict=overall(verdicts),
        headline=_headline(bound, claimed_epsilon, delta, verdicts),
        chosen=check.name,
        checks=(check,),
        verdicts=verdicts,
        assumes=bound.assumes,
        warnings=(INTERFERENCE,) if not (verdicts and verdicts[0].outcome == "fail") else (),
        figures={
            "roc": [roc_points(evidence, level=level) | {"attack": check.name}],
            "scores": [score_histogram(evidence) | {"attack": check.name}],
        },
        policy=(
            "no claim"
            if claimed_epsilon is None
            else f"claimed epsilon {claimed_epsilon:g} at delta {delta:g}"
        ),
        environment=environment(
            {"score": signals.target},
            key,
            task="canaries",
            seed=0,
            level=level,
            command=command,
            delta=delta,
            runs=runs,
        ),
        created=today(),
        title=title,
    )


def _bound(evidence: Evidence, delta: float, *, runs: Runs, level: float) -> Estimate:
    if runs == "one":
        return one_run_epsilon(evidence, delta, level=level)
    return epsilon_lower_bound(evidence, delta, level=level)


def _ceiling(evidence: Evidence, delta: float, *, runs: Runs, level: float) -> float:
    """The bound that this audit would show if every guess were right."""
    perfect = replace(evidence, score=evidence.member + np.linspace(0, 0.5, len(evidence.member)))
    return _bound(perfect, delta, runs=runs, level=level).low


def _check(
    evidence: Evidence,
    bound: Estimate,
    delta: float,
    *,
    runs: Runs,
    level: float,
) -> CheckResult:
    estimates: tuple[Estimate, ...] = (bound,)
    if runs == "one" and delta > 0:
        estimates = (
            bound,
            one_run_epsilon(evidence, delta, level=level, method="fdp", family=Gaussian),
        )
    return CheckResult(
        name=f"canaries, {runs} run{'s' if runs == 'many' else ''}",
        role="attack",
        attack=evidence.attack,
        statistic="canary score",
        n_members=evidence.n_members,
        n_nonmembers=evidence.n_nonmembers,
        estimates=estimates,
        notes=() if bound.name == EPSILON else (_no_claim(bound),),
        remarks=(bound.method,),
    )


def _no_claim(bound: Estimate) -> Note:
    """Why the bound of an observed split is no bound on the training."""
    return Note(EPSILON, f"{bound.name}: {bound.assumes[0]}")


def _finding(bound: Estimate) -> Finding:
    return "leak" if bound.low > 0 else "inconclusive"


def _headline(
    bound: Estimate, claimed: float | None, delta: float, verdicts: tuple[Verdict, ...]
) -> str:
    sure, shown = (
        f"{100 * bound.level:g} % confidence",
        f"{bound.name} >= {bound.low:.3g} at delta = {delta:g}",
    )
    if claimed is None or not verdicts:
        return f"This training shows {shown} ({sure}); no claim was given to hold against it."
    if verdicts[0].outcome == "fail":
        return f"The claim is refuted: {shown} ({sure}), where {claimed:g} was claimed."
    if verdicts[0].outcome == "pass":
        return (
            f"The claim of epsilon = {claimed:g} is not refuted: {shown} ({sure}). That is no proof"
            " that it holds."
        )
    return f"Inconclusive: {verdicts[0].reason}."
