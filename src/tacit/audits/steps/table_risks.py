"""The three risks that privacy officers ask for, each with its control and its baseline."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from tacit.audits.steps.inference import inference
from tacit.audits.steps.linkability import linkability
from tacit.audits.steps.multiplicity import with_adjusted
from tacit.audits.steps.singling_out import WIDTH, singling_out
from tacit.audits.steps.table_game import Bools, Codes, TableGame
from tacit.core import CheckResult, Estimate, Note, NotEnoughData
from tacit.metrics import simultaneous_level
from tacit.metrics.clusters import effective_size
from tacit.metrics.excess import relative_excess
from tacit.metrics.intervals import clopper_pearson
from tacit.metrics.risks import INDEPENDENT, residual_risk
from tacit.metrics.singled import Dealt, singled_out_risk

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
    results = [
        _singled(f"singling out by {WIDTH} columns", game, WIDTH, seed=seed, level=wide),
        _singled("singling out by one value", game, 1, seed=seed, level=wide),
    ]
    try:
        results.append(_guessed("linkability", linkability(game, seed=seed), game, level=wide))
    except NotEnoughData as error:
        results.append(_none("linkability", error))
    for secret, hits in inference(game, secrets).items():
        results.append(_guessed(f"inference of {secret}", hits, game, level=wide))
    return tuple(with_adjusted(results))


def _none(name: str, error: NotEnoughData) -> CheckResult:
    return CheckResult(name=name, role="risk", notes=(Note.of(name, error),))


def _singled(name: str, game: TableGame, width: int, *, seed: int, level: float) -> CheckResult:
    """Descriptions depend on one another: their worth is told by the records that they fit."""
    try:
        member, nonmember, baseline = singling_out(game, width=width, seed=seed)
    except NotEnoughData as error:
        return _none(name, error)
    dealt = Dealt.of(member, nonmember)
    size = len(member) / dealt.design_effect
    hits = (member.sum(axis=1) == 1, nonmember.sum(axis=1) == 1, baseline)
    sizes = (size, size, float(len(baseline)))

    def measure() -> Estimate:
        return singled_out_risk(member, nonmember, level=level, dealt=dealt)

    return _measured(name, hits, sizes, measure, level=level)


def _guessed(name: str, hits: Hits, game: TableGame, *, level: float) -> CheckResult:
    """One guess a row; rows of one cluster are no evidence of their own."""
    inside, outside, _ = hits
    sizes = tuple(
        float(len(hit)) if unit is None or not len(hit) else effective_size(hit, unit)
        for hit, unit in zip(hits, _units(game))
    )

    def measure() -> Estimate:
        if game.cluster is None or outside.all():
            return residual_risk(inside, outside, level=level)
        return relative_excess(
            inside, outside, cluster=game.cluster, level=level, name="residual risk"
        )

    return _measured(name, hits, sizes, measure, level=level)


def _units(game: TableGame) -> tuple[Codes | None, Codes | None, Codes | None]:
    """Of members, non-members, and the members that the baseline was asked about."""
    if game.cluster is None:
        return None, None, None
    return game.cluster[0], game.cluster[1], game.cluster[0]


def _measured(
    name: str,
    hits: Hits,
    sizes: Sequence[float],
    measure: Callable[[], Estimate],
    *,
    level: float,
) -> CheckResult:
    names = ("success on members", "success on non-members", "success of the baseline")
    estimates = [
        success(what, hit, level=level, size=size)
        for what, hit, size in zip(names, hits, sizes)
        if len(hit)
    ]
    result = CheckResult(
        name=name,
        role="risk",
        statistic="release",
        n_members=len(hits[0]),
        n_nonmembers=len(hits[1]),
        estimates=tuple(estimates),
    )
    try:
        risk = measure()
    except NotEnoughData as error:
        return replace(result, notes=(Note.of("residual risk", error),))
    return replace(result, estimates=(risk, *estimates), p_value=risk.p_value)


def success(name: str, hit: Bools, *, level: float, size: float | None = None) -> Estimate:
    """The share of guesses that are right, with exact limits.

    Parameters
    ----------
    name : what it is called.
    hit : bool (n,), which guesses were right.
    level : two-sided confidence.
    size : independent guesses that they are worth; None for all.
    """
    n, value = len(hit), float(hit.mean())
    worth = float(n) if size is None else size
    low, high = clopper_pearson(value * worth, worth, level=level)
    ends = (min(value, float(low)), max(value, float(high)))
    return Estimate(name, value, *ends, level, n, "exact limits", (INDEPENDENT,))
