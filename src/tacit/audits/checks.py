"""Recipes on signals: the level below `audit`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tacit.audits.steps.provenance import today
from tacit.audits.steps.scoring import measured
from tacit.audits.steps.verdict import finding_of
from tacit.core import (
    Check,
    CheckResult,
    InvalidInput,
    Membership,
    NotEnoughData,
    Report,
    Signals,
    collect,
)
from tacit.core.gate import Verdict, overall
from tacit.metrics import holm


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

    Raises
    ------
    InvalidInput : no checks, a statistic without signals, or an unknown metric.
    """
    if not checks:
        raise InvalidInput("`checks` needs at least one Check, got none.")
    results = _adjusted(
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
        verdicts = tuple(_missing(gate.metric, str(error)) for gate in check.gates)
        return replace(result, reason=str(error), verdicts=verdicts)
    estimates, notes = measured(check.metrics, evidence, level=level)
    found = {estimate.name: estimate for estimate in estimates}
    reasons = dict(note.split(": ", 1) for note in notes)
    verdicts = tuple(
        (
            gate(found[gate.metric])
            if gate.metric in found
            else _missing(gate.metric, reasons.get(gate.metric, "not among the metrics"))
        )
        for gate in check.gates
    )
    p_value = min(
        (estimate.p_value for estimate in estimates if estimate.p_value is not None), default=None
    )
    tested = sum(estimate.p_value is not None for estimate in estimates)
    return replace(
        result,
        n_members=evidence.n_members,
        n_nonmembers=evidence.n_nonmembers,
        estimates=tuple(estimates),
        p_value=None if p_value is None else min(1.0, tested * p_value),
        verdicts=verdicts,
        notes=tuple(notes),
    )


def _missing(metric: str, reason: str) -> Verdict:
    return Verdict("inconclusive", f"gate on {metric}", f"{metric} could not be measured: {reason}")


def _adjusted(results: list[CheckResult]) -> list[CheckResult]:
    tested = [i for i, result in enumerate(results) if result.p_value is not None]
    for i, p in zip(tested, holm([results[i].p_value or 0.0 for i in tested])):
        results[i] = replace(results[i], p_adjusted=float(p))
    return results


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
        else f"Inconclusive: no leak was shown by these checks. {told}"
    )
