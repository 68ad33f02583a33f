"""What to change: variants of a training raced against each other, and the winner confirmed on
fresh trainings.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tacit.audits.steps.bench import Bench, Failed, Params, Told, require_variants
from tacit.audits.steps.explored import comparison_of
from tacit.audits.steps.race import FEWEST_RUNS, asked, raced, winner_of
from tacit.audits.steps.runs import difference_of_runs
from tacit.core import InvalidInput, checking
from tacit.core.comparison import Confirmed
from tacit.core.exploration import Exploration
from tacit.core.options import require_callback, seed_of

# of `tacit.training.shadow`, what an exploration leaves to the caller
OPTIONS = ("cluster", "statistic", "queries", "version")


def explore(
    train_fn: Any,
    variants: Any,
    data: Any,
    *,
    runs: int = 3,
    confirm: bool | int = True,
    baseline: str = "",
    tolerance: float = 0.01,
    space: Callable[[Any], Params] | None = None,
    trials: int = 20,
    pool: Any = None,
    store: Any = None,
    seed: int = 0,
    level: float = 0.95,
    title: str = "exploration",
    seconds: float | None = None,
    progress: Told | None = None,
    **options: Any,
) -> Exploration:
    """Which variant of a training tells less about its records, and what does that cost?

    Every run of every variant draws its own records by coins, and its own seed; the other runs of
    the variant are its shadow models. A variant whose vulnerability is surely above the leader's
    leaves the race. The least vulnerable variant (by the upper limit) within `tolerance` of the
    best accuracy, give or take a standard error, is then trained again on fresh coins and seeds,
    and so is the baseline, with the runs of the race as shadow models: only that difference is
    claimed, since the least of many looks smaller than it is.

    A variant that fails (its training raises, or answers with NaN) is left out and named, with the
    reason, in ``failed`` and in the notes; the others go on.

    Parameters
    ----------
    train_fn : Any
        ``train_fn(indices, seed, **params) -> observe`` (see `tacit.training.shadow`), or a
        scikit-learn estimator or a recipe (`TorchRecipe`, `KerasRecipe`) whose parameters the
        variants set.
    variants : Any
        Name to parameters; ``share`` among them is the share of the records that each model is
        trained on (by default half). Or an Optuna study, or anything with ``ask()`` and
        ``tell(trial, value)``, with `space`: it is told the mean vulnerability over the runs, to
        be minimised, and where it has two ``directions`` the accuracy too. A failed trial is told
        as failed (Optuna), or as 1.
    data : Any
        ``(x, y)``, ``x``, or a function that loads them.
    runs : int
        Trainings a variant, 3 or more.
    confirm : bool | int
        Whether to confirm, or with how many fresh trainings of each, 3 or more (by default `runs`).
    baseline : str
        What is done today; by default the first variant. It is trained first.
    tolerance : float
        Accuracy that may be given up, as a share (0.01 is one point).
    space : Callable[[Any], Params] | None
        From a trial of the study to parameters.
    trials : int
        How many trials a study is asked for.
    pool, store
        See `tacit.training.shadow`. A store holds every run: nothing is trained twice.
    seed : int
        Of all draws.
    level : float
        Two-sided confidence.
    title : str
        What it is called.
    seconds : float | None
        When these have passed no further variant is begun; those left are named as untried. What
        was begun is finished, and the winner is confirmed all the same.
    progress : Told | None
        Called with (variant, done, of).
    **options : Any
        `cluster`, `statistic`, `queries`, `version` of `tacit.training.shadow`.

    Raises
    ------
    InvalidInput
        An argument cannot be used.
    Exception
        What the training of the baseline raised, as it was: without it nothing can be compared.
    OSError
        The store cannot be written (full disk); what was stored stays.

    Examples
    --------
    >>> def train(indices, seed, strength):
    ...     seen = np.random.default_rng(seed).normal(size=200)
    ...     seen[indices] += strength
    ...     return lambda rows: seen
    >>> variants = {"now": {"strength": 3.0}, "mild": {"strength": 0.1}}
    >>> found = explore(train, variants, np.arange(200))
    >>> found.winner, found.confirmed.better
    ('mild', True)
    """
    _require(runs, confirm, tolerance, trials, seconds, options)
    checking.confidence(level)
    seed_of(seed)
    require_callback(progress, "progress", "(variant, done, of)")
    bench = Bench(
        train_fn,
        data,
        store,
        pool,
        seed,
        level,
        options,
        progress or (lambda what, done, of: None),
        seconds,
    )
    dropped: tuple[str, ...] = ()
    if isinstance(variants, Mapping):
        params = _named(variants)
        first = _baseline(baseline, params)
        require_variants(train_fn, params)
        measured, dropped = raced(bench, params, first, runs=runs, tolerance=tolerance)
    else:
        params, measured = asked(bench, variants, space, runs=runs, trials=trials)
        first = _baseline(baseline, measured)
    winner = winner_of(measured, first, tolerance)
    confirmed = None
    if confirm and winner != first:
        fresh = runs if confirm is True else confirm
        confirmed = _confirmed(bench, params, first, winner, fresh)
    return Exploration(
        comparison_of(
            measured, bench, baseline=first, winner=winner, confirmed=confirmed, title=title
        ),
        params,
        first,
        winner,
        confirmed,
        dropped,
        {name: float(np.mean(found.seconds)) for name, found in measured.items()},
        sum(bench.models.values()),
        bench.trained,
        dict(bench.failed),
        tuple(bench.untried),
    )


def _require(
    runs: int,
    confirm: bool | int,
    tolerance: float,
    trials: int,
    seconds: float | None,
    options: Mapping[str, Any],
) -> None:
    checking.whole(runs, "runs", least=FEWEST_RUNS, unit="trainings a variant")
    checking.whole(trials, "trials", least=2, unit="trials")
    if confirm is not True and confirm is not False:
        fresh = checking.whole(confirm, "confirm", least=0, unit="fresh trainings")
        if 0 < fresh < FEWEST_RUNS:
            raise InvalidInput(
                f"`confirm` needs {FEWEST_RUNS} or more fresh trainings (or 0: none), got {fresh}."
            )
    if not (isinstance(tolerance, (int, float, np.number)) and 0 <= tolerance < 1):
        raise InvalidInput(f"`tolerance` needs a share from 0 to below 1, got {tolerance!r}.")
    if seconds is not None and not (isinstance(seconds, (int, float)) and 0 < seconds < math.inf):
        raise InvalidInput(f"`seconds` needs a number above 0, or None, got {seconds!r}.")
    odd = sorted(set(options) - set(OPTIONS))
    if odd:
        raise InvalidInput(f"`explore` has no {', '.join(odd)}; of shadow runs: {OPTIONS}.")


def _baseline(name: str, known: Mapping[str, Any]) -> str:
    first = name or next(iter(known))
    if first not in known:
        raise InvalidInput(f"`baseline` needs one of {', '.join(known)}, got {name!r}.")
    return first


def _named(variants: Mapping[str, Params]) -> dict[str, dict[str, Any]]:
    if len(variants) < 2:
        raise InvalidInput(
            f"`variants` needs two or more, the baseline first, got {len(variants)}."
        )
    for name, params in variants.items():
        named = isinstance(name, str) and name.strip() != ""
        if not named or not isinstance(params, Mapping):
            raise InvalidInput(
                f"`variants` needs names and parameters, such as {{'wide': {{'width': 64}}}}, got"
                f" {name!r}: {type(params).__name__}."
            )
    return {name: dict(params) for name, params in variants.items()}


def _confirmed(
    bench: Bench, params: Mapping[str, Params], baseline: str, winner: str, runs: int
) -> Confirmed | None:
    """Baseline against winner on fresh trainings; None where these fail."""
    # as many shadow models on both sides, or the better attacked one would look worse
    shadows = min(bench.runs[name].n_models for name in (baseline, winner))
    fresh = []
    for name in (baseline, winner):
        try:
            fresh.append(bench.confirmed(name, params[name], runs=runs, shadows=shadows))
        except Failed as error:
            bench.fails(name, error)
            return None
    before, after = fresh
    accuracy = None
    if before.accuracies and after.accuracies:
        accuracy = difference_of_runs(
            after.accuracies, before.accuracies, level=bench.level, name="accuracy"
        )
    score = difference_of_runs(before.scores, after.scores, level=bench.level, name="advantage")
    return Confirmed(score, accuracy, runs, before.score, after.score, baseline, winner)
