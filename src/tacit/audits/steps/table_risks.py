"""The three risks that privacy officers ask for, each with its control and its baseline."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from tacit.audits.steps.inference import inference
from tacit.audits.steps.linkability import linkability
from tacit.audits.steps.multiplicity import with_adjusted
from tacit.audits.steps.singling_out import WIDTH, singling_out
from tacit.audits.steps.table_game import Bools, TableGame
from tacit.core import CheckResult, Estimate, Note, NotEnoughData
from tacit.metrics import simultaneous_level
from tacit.metrics.intervals import clopper_pearson
from tacit.metrics.risks import INDEPENDENT, residual_risk

Hits = tuple[Bools, Bools, Bools]


def table_risks(
    game: TableGame, secrets: Sequence[str], *, seed: int, level: float
) -> tuple[CheckResult, ...]:
    """Singling out, linkability, and inference of every secret.

    Each result has four numbers: the success on members, on non-members (the control) and of the
    baseline that knows the population only; and the residual risk, members against controls. The
    intervals of the residual risks hold for all of them at once, p-values are Holm's.

    Parameters
    ----------
    game : the tables.
    secrets : columns to infer.
    seed : of the guesses.
    level : two-sided confidence.
    """
    wide = simultaneous_level(level, 3 + len(secrets))
    pairs: list[tuple[str, bool, Callable[[], Hits]]] = [
        (f"singling out by {WIDTH} columns", True, lambda: singling_out(game, seed=seed)),
        ("singling out by one value", True, lambda: singling_out(game, width=1, seed=seed)),
        ("linkability", False, lambda: linkability(game, seed=seed)),
    ]
    results = [_result(name, make, paired=paired, level=wide) for name, paired, make in pairs]
    for secret, hits in inference(game, secrets).items():
        results.append(_measured(f"inference of {secret}", hits, paired=False, level=wide))
    return tuple(with_adjusted(results))


def _result(name: str, make: Callable[[], Hits], *, paired: bool, level: float) -> CheckResult:
    try:
        return _measured(name, make(), paired=paired, level=level)
    except NotEnoughData as error:
        return CheckResult(name=name, role="risk", notes=(Note.of(name, error),))


def _measured(name: str, hits: Hits, *, paired: bool, level: float) -> CheckResult:
    inside, outside, baseline = hits
    result = CheckResult(name=name, role="risk", statistic="release")
    estimates = [
        success("success on members", inside, level=level),
        success("success on non-members", outside, level=level),
    ]
    if len(baseline):
        estimates.append(success("success of the baseline", baseline, level=level))
    result = replace(
        result,
        n_members=len(inside),
        n_nonmembers=len(outside),
        estimates=tuple(estimates),
    )
    try:
        risk = residual_risk(inside, outside, paired=paired, level=level)
    except NotEnoughData as error:
        return replace(result, notes=(Note.of("residual risk", error),))
    return replace(result, estimates=(risk, *estimates), p_value=risk.p_value)


def success(name: str, hit: Bools, *, level: float) -> Estimate:
    """The share of guesses that are right, with exact limits."""
    n = len(hit)
    low, high = clopper_pearson(int(hit.sum()), n, level=level)
    value = float(hit.mean())
    ends = (min(value, float(low)), max(value, float(high)))
    return Estimate(name, value, *ends, level, n, "exact limits", (INDEPENDENT,))
