"""The audit of a differential-privacy claim: canary scores and coins in, a Report out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from tacit.attacks import Threshold
from tacit.audits.steps.plausible import constant
from tacit.audits.steps.provenance import environment
from tacit.core import (
    AssumptionError,
    CheckResult,
    Estimate,
    Evidence,
    InvalidInput,
    Membership,
    Note,
    NotEnoughData,
    NotRefuted,
    Report,
    Signals,
    Verdict,
    collect,
    judge,
    overall,
)
from tacit.core.checking import confidence, floats
from tacit.core.dates import today
from tacit.core.estimate import rounded_down
from tacit.core.report import Finding
from tacit.design import Canaries, Manifest
from tacit.dp import Gaussian, epsilon_lower_bound, one_run_epsilon, require_fair_within
from tacit.dp.bounds import require_delta
from tacit.metrics import roc_points, score_histogram

EPSILON = "epsilon"
Runs = Literal["one", "many"]
# confidence that scores point backwards: once in a thousand honest audits it is said by chance
SURE = 0.999
INTERFERENCE = (
    "A low bound proves nothing: canaries of one run disturb one another, a stronger guesser may"
    " exist, and a rare failure need not have happened in this run."
)


def dp_audit(
    score: ArrayLike,
    canaries: Membership | Manifest | Canaries,
    *,
    delta: float,
    claimed_epsilon: float | None = None,
    runs: Runs = "one",
    level: float = 0.95,
    kind: ArrayLike | None = None,
    digest: Sequence[str] | None = None,
    title: str = "model",
    command: str = "",
) -> Report:
    """Try to refute a claim of (epsilon, delta)-DP from the scores of canaries.

    Parameters
    ----------
    score : float (m,), one a canary (one run) or one a run (many runs); larger means more like a
        member.
    canaries : the canaries or their manifest that was written before training, or the answer key
        itself.
    delta : of the claim.
    claimed_epsilon : what the training is said to guarantee; without it there is nothing to refute,
        and the verdict is inconclusive.
    runs : ``"one"``: all canaries were in the same training, one coin each. ``"many"``: independent
        trainings, one canary (or one group of canaries: `cluster`) each.
    level : one-sided confidence of the bound.
    kind : (m,), which kind of canary each is (numbers or text), where there are several. Coins are
        then tested within each kind: rates that differ between kinds look like a leak.
    digest : m texts, what `tacit.design.digests` made of the canaries as they were scored. A
        manifest of other canaries or of another order is then noticed, and without a manifest so
        are copies that no cluster declares.
    title, command : what the report says of the model and of itself.

    Returns
    -------
    Report whose verdict is "fail" if the claim is refuted, "pass" if it is not (which proves
    nothing more), and "inconclusive" where so few canaries could not have refuted it even if every
    guess had been right, where they are too few for any bound, or where the scores cannot be
    right: all equal, or pointing backwards.

    Raises
    ------
    AssumptionError : the coins cannot be fair and one a canary, or the claim needs another design.
    InvalidInput : see its text.
    """
    confidence(level)
    if runs not in ("one", "many"):
        raise InvalidInput(f'`runs` needs "one" or "many", got {runs!r}.')
    require_delta(delta)
    key = _answer_key(canaries, digest)
    signals = _signals(score)
    gates = () if claimed_epsilon is None else (NotRefuted(claimed_epsilon),)
    try:
        evidence = _evidence(signals, key, kind)
        bound = _bound(evidence, delta, runs=runs, level=level)
    except NotEnoughData as error:
        report = _empty(error, gates)
    else:
        ceiling = _ceiling(evidence, delta, runs=runs, level=level)
        bound = replace(bound, settings={**bound.settings, "delta": delta, "ceiling": ceiling})
        doubt = _doubt(evidence, bound, gates, delta, runs=runs)
        report = _report(evidence, bound, gates, delta, runs=runs, doubt=doubt)
    made = environment(
        {"score": signals.target},
        key,
        task="canaries",
        seed=0,
        level=level,
        command=command,
        delta=delta,
        runs=runs,
    )
    policy = (
        "no claim"
        if claimed_epsilon is None
        else f"claimed epsilon {claimed_epsilon:g} at delta {delta:g}"
    )
    return replace(report, policy=policy, environment=made, created=today(), title=title)


def dp_evidence(
    score: ArrayLike,
    canaries: Membership | Manifest | Canaries,
    *,
    kind: ArrayLike | None = None,
    digest: Sequence[str] | None = None,
) -> Evidence:
    """Scores beside coins, tested as `dp_audit` tests them, for the bounds of `tacit.dp`.

    Parameters
    ----------
    score : float (m,), larger means more like a member.
    canaries : the canaries, their manifest, or the answer key itself.
    kind : (m,), which kind of canary each is; see `dp_audit`.
    digest : m texts, of the canaries as they were scored; see `dp_audit`.

    Raises
    ------
    AssumptionError : the coins cannot be fair within each kind, or copies are not declared.
    InvalidInput : the manifest lists other canaries or another order.
    """
    key = _answer_key(canaries, digest)
    return _evidence(_signals(score), key, kind)


def _signals(score: ArrayLike) -> Signals:
    scores = floats(score, "score", ndim=(1, 2))
    if scores.ndim == 2 and scores.shape[1] != 1:
        raise InvalidInput(
            f"`score` needs one number a canary, got shape {scores.shape}: several guessers? Audit"
            " each by itself at a level that pays for having tried them all."
        )
    return Signals.of(scores, statistic="canary score")


def _answer_key(
    canaries: Membership | Manifest | Canaries, digest: Sequence[str] | None
) -> Membership:
    """The coins, once scores and coins are known to speak of the same canaries."""
    if isinstance(canaries, Membership):
        if digest is not None:
            _require_declared(canaries, digest)
        return canaries
    manifest = canaries.manifest if isinstance(canaries, Canaries) else canaries
    if not isinstance(manifest, Manifest):
        raise InvalidInput(
            "`canaries` needs the canaries, their manifest, or"
            f' tacit.Membership(member, assignment="coin"), got {type(canaries).__name__}.'
        )
    if digest is not None:
        manifest.require_same_digests(digest)
    _require_declared(manifest.membership, manifest.digest)
    return manifest.membership


def _require_declared(key: Membership, digest: Sequence[str]) -> None:
    """Raise where canaries of equal content are not declared as copies."""
    if len(digest) != key.n:
        raise InvalidInput(f"`digest` needs one text a canary, got {len(digest)} for {key.n}.")
    content = np.unique(np.asarray(digest, dtype=str), return_inverse=True)[1]
    cluster = np.arange(key.n) if key.cluster is None else key.cluster
    # each content has to belong to one cluster
    pairs = np.unique(np.stack([content, cluster]), axis=1)
    undeclared = int(pairs.shape[1] - content.max() - 1)
    if undeclared:
        raise AssumptionError(
            f"{undeclared} canaries have the same content as another that is not in their cluster:"
            " copies share a coin and count once. Declare them by `cluster` (column `canary` of a"
            " file), or pass the manifest."
        )


def _evidence(signals: Signals, key: Membership, kind: ArrayLike | None) -> Evidence:
    """Scores beside coins that are fair within each kind."""
    if kind is not None:
        _require_fair(key, kind)
    return collect(Threshold(), signals, key)


def _require_fair(key: Membership, kind: ArrayLike) -> None:
    """Test the coins within each kind; copies of a canary count once."""
    kinds = np.asarray(kind)
    if kinds.shape != (key.n,):
        raise InvalidInput(f"`kind` needs one entry a row, got shape {kinds.shape} for {key.n}.")
    if key.assignment != "coin":
        return
    first = slice(None) if key.cluster is None else np.unique(key.cluster, return_index=True)[1]
    require_fair_within(key.member[first], kinds[first])


def _empty(error: NotEnoughData, gates: Sequence[NotRefuted]) -> Report:
    """The report of too few canaries for any bound: inconclusive, with the number needed."""
    note = Note.of(EPSILON, error)
    return Report(
        finding="inconclusive",
        verdict="inconclusive",
        headline=f"Inconclusive: {error}",
        verdicts=judge(gates, (), (note,)),
        warnings=(INTERFERENCE,),
        unknown=(note,),
    )


def _doubt(
    evidence: Evidence, bound: Estimate, gates: Sequence[NotRefuted], delta: float, *, runs: Runs
) -> str:
    """Why scores that refute nothing cannot be right, or nothing."""
    if bound.low > (gates[0].claimed_epsilon if gates else 0.0):
        return ""
    if constant(evidence.score):
        return (
            "All scores are equal, as of a broken export: no guesser looked at the canaries, and so"
            " nothing could have been refuted."
        )
    try:
        other = _bound(replace(evidence, score=-evidence.score), delta, runs=runs, level=SURE).low
    except NotEnoughData:
        return ""
    if other <= bound.low:
        return ""
    return (
        "The scores point backwards: inserted canaries score lower than the others. Larger means"
        " more like a member, so pass minus the loss; turned round they show"
        f" {bound.name} >= {other:.3g} ({100 * SURE:g} % confidence)."
    )


def _report(
    evidence: Evidence,
    bound: Estimate,
    gates: Sequence[NotRefuted],
    delta: float,
    *,
    runs: Runs,
    doubt: str = "",
) -> Report:
    """What the bound says, held against the claim; with a `doubt`, nothing passes."""
    check = _check(evidence, bound, delta, runs=runs, level=bound.level)
    verdicts = judge(gates, (bound,), check.notes)
    if doubt:
        verdicts = tuple(
            replace(verdict, outcome="inconclusive", note=Note(verdict.metric, doubt))
            for verdict in verdicts
        )
    check = replace(check, verdicts=verdicts)
    claimed = gates[0].claimed_epsilon if gates else None
    refuted = any(verdict.outcome == "fail" for verdict in verdicts)
    return Report(
        finding="inconclusive" if doubt else _finding(bound),
        verdict=overall(verdicts),
        headline=f"Inconclusive: {doubt}" if doubt else _headline(bound, claimed, delta, verdicts),
        chosen=check.name,
        checks=(check,),
        verdicts=verdicts,
        assumes=bound.assumes,
        warnings=(doubt,) if doubt else () if refuted else (INTERFERENCE,),
        attributable=not doubt,
        figures={
            "roc": [roc_points(evidence, level=bound.level) | {"attack": check.name}],
            "scores": [score_histogram(evidence) | {"attack": check.name}],
        },
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
        f"{bound.name} of at least {rounded_down(bound.low, 3):.3g} at delta = {delta:g}",
    )
    if claimed is None:
        return f"This training shows an {shown} ({sure}); no claim was given to hold against it."
    if verdicts[0].outcome == "fail":
        return f"The claim is refuted: an {shown} is shown ({sure}), where {claimed:g} was claimed."
    if verdicts[0].outcome == "pass":
        return (
            f"The claim of epsilon = {claimed:g} is not refuted: an {shown} is shown ({sure})."
            " That is no proof that it holds."
        )
    return f"Inconclusive: {verdicts[0].reason}."
