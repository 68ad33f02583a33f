"""Recipes on signals: the level below `audit`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tacit.audits.steps.default_checks import checks_given
from tacit.audits.steps.joint_finding import learned_p
from tacit.audits.steps.multiplicity import with_adjusted
from tacit.audits.steps.pooled_order import pooled_order
from tacit.audits.steps.scoring import by_folds, measured
from tacit.audits.steps.verdict import finding_of
from tacit.core import (
    Check,
    CheckResult,
    InvalidInput,
    Membership,
    Note,
    NotEnoughData,
    Report,
    Signals,
    collect,
    judge,
    overall,
)
from tacit.core.checking import confidence
from tacit.core.dates import today
from tacit.core.options import require_a, seed_of
from tacit.metrics.prequential import deal_folds


def run(
    checks: Sequence[Check],
    signals: Signals | Mapping[str, Signals],
    membership: Membership,
    *,
    level: float = 0.95,
    seed: int = 0,
    title: str = "model",
) -> Report:
    """Run recipes on signals and put the results into a Report.

    Every check is measured on all records: declare the checks before you look. p-values are
    Holm-adjusted over them.

    Parameters
    ----------
    checks : what to run.
    signals : one Signals for all checks, or one for each `Check.statistic`.
    membership : the answer key.
    level : confidence of metrics given by name.
    seed : deals records for attacks that learn.
    title : the model's name in the report.

    Raises
    ------
    InvalidInput : no checks, a statistic without signals, or an unknown metric.
    """
    confidence(level)
    seed_of(seed)
    checks = checks_given(checks)
    if not checks:
        raise InvalidInput("`checks` needs at least one Check, got none.")
    results = with_adjusted(
        [
            _result(check, _signals_for(check, signals), membership, level=level, seed=seed)
            for check in checks
        ]
    )
    adjusted = [result.p_adjusted for result in results if result.p_adjusted is not None]
    p_value = min(adjusted, default=None)
    verdicts = tuple(verdict for result in results for verdict in result.verdicts)
    finding = finding_of(p_value, None, level=level, attributable=True)
    return Report(
        finding=finding,
        verdict=overall(verdicts),
        headline=_headline(results, p_value, finding),
        p_value=p_value,
        checks=tuple(results),
        verdicts=verdicts,
        assumes=tuple(
            dict.fromkeys(
                text
                for result in results
                for estimate in result.estimates
                for text in estimate.assumes
            )
        ),
        policy="gates of the checks",
        environment={"seed": seed, "level": level},
        created=today(),
        title=title,
    )


def _signals_for(check: Check, signals: Signals | Mapping[str, Signals]) -> Signals:
    if isinstance(signals, Signals):
        return signals
    require_a(signals, Mapping, "signals", "Give one, or one for each statistic.")
    if check.statistic not in signals:
        raise InvalidInput(
            f"Check {check.name!r} needs signals called {check.statistic!r}, got"
            f" {', '.join(sorted(signals))}."
        )
    return signals[check.statistic]


def _result(
    check: Check, signals: Signals, membership: Membership, *, level: float, seed: int
) -> CheckResult:
    result = CheckResult(
        name=check.name, role="attack", attack=repr(check.attack), statistic=check.statistic
    )
    try:
        evidence = collect(check.attack, signals, membership, seed=seed)
    except NotEnoughData as error:
        notes = [Note.of(check.name, error)]
        notes += [Note.of(gate.metric, error) for gate in check.gates]
        return replace(result, notes=tuple(notes), verdicts=judge(check.gates, (), notes))
    estimates, notes = measured(check.metrics, evidence, level=level)
    p_values = [estimate.p_value for estimate in estimates if estimate.p_value is not None]
    if p_values and check.attack.learns and (signals.known == -1).all() and not signals.n_shadows:
        p_values = [_learned_p_value(check, signals, membership)]
    return replace(
        result,
        n_members=evidence.n_members,
        n_nonmembers=evidence.n_nonmembers,
        estimates=tuple(estimates),
        # the smallest of several p-values pays for each of them
        p_value=min(1.0, len(p_values) * min(p_values)) if p_values else None,
        verdicts=judge(check.gates, estimates, notes),
        notes=tuple(notes),
    )


def _learned_p_value(check: Check, signals: Signals, membership: Membership) -> float:
    """P-value of an attack that learns.

    Cross-fitted scores depend on the labels of all folds, so that their own p-values would call a
    leak in 10 to 16 % of models without one; those of prequential folds hold.
    """
    order = pooled_order([signals], membership.member)
    cluster = membership.cluster
    fold = deal_folds(order, cluster=cluster)
    try:
        item = by_folds(check, signals, membership, fold, order)
    except NotEnoughData:
        return 1.0
    return learned_p([item], membership.member, cluster)


def _headline(results: Sequence[CheckResult], p_value: float | None, finding: str) -> str:
    if p_value is None:
        return "Inconclusive: nothing could be measured."
    best = min(
        (result for result in results if result.p_adjusted is not None),
        key=lambda result: result.p_adjusted or 0.0,
    )
    told = f"{best.name}: {'; '.join(str(estimate) for estimate in best.estimates[:2])}"
    return (
        f"This model leaks. {told}"
        if finding == "leak"
        else f"Whether it leaks is open: no leak was shown by these checks. {told}"
    )
