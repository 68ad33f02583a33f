"""What to change: variants of a training raced against each other, and the winner confirmed on
fresh trainings.
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from tacit.audits.compare import front, paying
from tacit.audits.steps.race import Trials
from tacit.audits.steps.runs import difference_of_runs
from tacit.core import Comparison, InvalidInput, checking
from tacit.core.comparison import Confirmed, Difference, Point
from tacit.core.dates import today
from tacit.core.exploration import Exploration
from tacit.training import ShadowRun, shadow
from tacit.training.stores import store_of

Params = Mapping[str, Any]
Progress = Callable[[str, int, int], None]
# an interval needs two runs, and a run two others to be attacked well
FEWEST_RUNS = 3
# stages have coins and seeds of their own
RACE, CONFIRMATION = 1, 2


@dataclass(eq=False)
class _Bench:
    """Where variants are trained: every variant and stage on coins and seeds of its own."""

    train_fn: Any
    data: Any
    store: Any
    pool: Any
    seed: int
    level: float
    shared: Mapping[str, Any]
    tell: Progress
    trained: int = 0
    models: dict[tuple[str, int], int] = field(default_factory=dict)
    runs: dict[str, ShadowRun] = field(default_factory=dict)

    def raced(self, name: str, params: Params, *, runs: int) -> Trials:
        """Train what is not stored yet of `runs` runs, and score them with each other's help."""
        run = self._run(name, params, runs, RACE)
        self.models[name, RACE] = runs
        self.runs[name] = run
        return Trials.of(name, run, level=self.level)

    def confirmed(self, name: str, params: Params, *, runs: int, shadows: int) -> Trials:
        """Fresh runs, with the first `shadows` runs of the race as shadow models."""
        taught = self.runs[name]
        if shadows < taught.n_models:
            taught = replace(taught, shadow=taught.shadow[:shadows], member=taught.member[:shadows])
        fresh = self._run(name, params, runs, CONFIRMATION)
        self.models[name, CONFIRMATION] = runs
        return Trials.of(name, fresh, level=self.level, taught=taught)

    def _run(self, name: str, params: Params, runs: int, stage: int) -> ShadowRun:
        share = float(params.get("share", 0.5))
        given = {key: value for key, value in params.items() if key != "share"}
        draws = np.random.SeedSequence(
            self.seed, spawn_key=(stage, zlib.crc32(name.encode("utf8")))
        )
        counted: list[int] = []

        def count(progress: Any) -> None:
            counted.append(progress.done)
            self.tell(name, progress.done, progress.total)

        run = shadow(
            _with(self.train_fn, given),
            self.data,
            n=runs,
            kind="coin",
            share=share,
            store=self.store,
            pool=self.pool,
            seed=int(draws.generate_state(1)[0]),
            progress=count,
            name="explore",
            **self.shared,
        )
        self.trained += counted[-1] - counted[0] if counted else 0
        return run


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
    progress: Progress | None = None,
    **options: Any,
) -> Exploration:
    """Which variant of a training tells less about its records, and what does that cost?

    Every run of every variant draws its own records by coins, and its own seed; the other runs of
    the variant are its shadow models. A variant whose vulnerability is surely above the leader's
    leaves the race. The least vulnerable variant (by the upper limit) within `tolerance` of the
    best accuracy is then trained again on fresh coins and seeds, and so is the baseline, with the
    runs of the race as shadow models: only that difference is claimed, since the least of many
    looks smaller than it is.

    Parameters
    ----------
    train_fn : Any
        ``train_fn(indices, seed, **params) -> observe`` (see `tacit.training.shadow`), or a
        scikit-learn estimator or a recipe (`TorchRecipe`, `KerasRecipe`) whose parameters the
        variants set.
    variants : Any
        Name to parameters; ``share`` among them is the share of the records that each model is
        trained on (by default half). Or an Optuna study, or anything with ``ask()`` and
        ``tell(trial, value)``, with `space`: it is told the upper limit of the vulnerability, to
        be minimised, and where it has two ``directions`` the accuracy too.
    data : Any
        ``(x, y)``, ``x``, or a function that loads them.
    runs : int
        Trainings a variant, 3 or more.
    confirm : bool | int
        Whether to confirm, or with how many fresh trainings of each (by default `runs`).
    baseline : str
        What is done today; by default the first variant.
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
    progress : Progress | None
        Called with (variant, done, of).
    **options : Any
        `cluster`, `statistic`, `queries`, `version` of `tacit.training.shadow`.

    Raises
    ------
    InvalidInput
        An argument cannot be used.

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
    _require(runs, tolerance, trials)
    checking.confidence(level)
    bench = _Bench(
        train_fn,
        data,
        store_of(store),
        pool,
        seed,
        level,
        options,
        progress or (lambda what, done, of: None),
    )
    if isinstance(variants, Mapping):
        params = _named(variants)
        measured, dropped = _raced(bench, params, runs, tolerance)
    else:
        params, measured = _asked(bench, variants, space, runs=runs, trials=trials)
        dropped = ()
    first = baseline or next(iter(params))
    if first not in params:
        raise InvalidInput(f"`baseline` needs one of {', '.join(params)}, got {baseline!r}.")
    winner = _winner(measured, first, tolerance)
    fresh = runs if confirm is True else int(confirm)
    confirmed = None
    if fresh and winner != first:
        confirmed = _confirmed(bench, params, first, winner, max(fresh, FEWEST_RUNS))
    return Exploration(
        _comparison(measured, first, winner, confirmed, bench, title),
        params,
        first,
        winner,
        confirmed,
        dropped,
        {name: float(np.mean(found.seconds)) for name, found in measured.items()},
        sum(bench.models.values()),
        bench.trained,
    )


def _require(runs: int, tolerance: float, trials: int) -> None:
    if runs < FEWEST_RUNS:
        raise InvalidInput(f"`runs` needs {FEWEST_RUNS} or more trainings a variant, got {runs!r}.")
    if not 0 <= tolerance < 1:
        raise InvalidInput(f"`tolerance` needs a share from 0 to below 1, got {tolerance!r}.")
    if trials < 2:
        raise InvalidInput(f"`trials` needs 2 or more, got {trials!r}.")


def _named(variants: Mapping[str, Params]) -> dict[str, dict[str, Any]]:
    if len(variants) < 2:
        raise InvalidInput(
            f"`variants` needs two or more, the baseline first, got {len(variants)}."
        )
    for name, params in variants.items():
        if not isinstance(name, str) or not isinstance(params, Mapping):
            raise InvalidInput(
                f"`variants` needs names and parameters, such as {{'wide': {{'width': 64}}}}, got"
                f" {name!r}: {type(params).__name__}."
            )
    return {name: dict(params) for name, params in variants.items()}


def _with(train_fn: Any, params: Params) -> Any:
    """The training with these parameters."""
    if hasattr(train_fn, "get_params") and hasattr(train_fn, "fit"):
        from sklearn.base import clone

        return clone(train_fn).set_params(**params)
    if is_dataclass(train_fn) and not isinstance(train_fn, type) and hasattr(train_fn, "fit"):
        return _changed(train_fn, params)
    if not callable(train_fn):
        raise InvalidInput(
            "`train_fn` needs a function (indices, seed, **params) -> observe, a recipe or a"
            f" scikit-learn estimator, got {type(train_fn).__name__}."
        )
    return partial(train_fn, **params) if params else train_fn


def _changed(recipe: Any, params: Params) -> Any:
    """The recipe with these fields."""
    known = {item.name for item in fields(recipe)}
    odd = sorted(set(params) - known)
    if odd:
        raise InvalidInput(
            f"A {type(recipe).__name__} has no {', '.join(odd)}. `variants` can set"
            f" {', '.join(sorted(known))} and `share`."
        )
    return replace(recipe, **params)


def _raced(
    bench: _Bench, params: Mapping[str, Params], runs: int, tolerance: float
) -> tuple[dict[str, Trials], tuple[str, ...]]:
    measured: dict[str, Trials] = {}
    dropped: list[str] = []
    for number in range(FEWEST_RUNS, runs + 1):
        for name, given in params.items():
            if name not in dropped:
                measured[name] = bench.raced(name, given, runs=number)
        leader = min(_close(measured.values(), tolerance), key=lambda item: item.score.high)
        dropped += [
            name
            for name, item in measured.items()
            if name not in dropped and item.score.low > leader.score.high
        ]
    return measured, tuple(dropped)


def _asked(
    bench: _Bench, study: Any, space: Callable[[Any], Params] | None, *, runs: int, trials: int
) -> tuple[dict[str, dict[str, Any]], dict[str, Trials]]:
    if not callable(getattr(study, "ask", None)) or not callable(getattr(study, "tell", None)):
        raise InvalidInput(
            "`variants` needs a mapping of names to parameters, or a study with `ask` and `tell`,"
            f" got {type(study).__name__}."
        )
    if space is None:
        raise InvalidInput("A study needs `space`: a function from its trials to parameters.")
    two = len(getattr(study, "directions", ("minimize",))) == 2
    params: dict[str, dict[str, Any]] = {}
    measured: dict[str, Trials] = {}
    for number in range(trials):
        trial = study.ask()
        given = dict(space(trial))
        name = f"trial {number}: " + ", ".join(f"{key}={_short(v)}" for key, v in given.items())
        params[name] = given
        measured[name] = bench.raced(name, given, runs=runs)
        accuracy = measured[name].accuracy
        upper = measured[name].score.high
        study.tell(trial, [upper, 0.0 if accuracy is None else accuracy.value] if two else upper)
    return params, measured


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _close(measured: Any, tolerance: float) -> list[Trials]:
    """Those whose accuracy is within `tolerance` of the best; all where none is known."""
    items = list(measured)
    known = [item.accuracy.value for item in items if item.accuracy is not None]
    if not known:
        return items
    least = max(known) - tolerance
    return [item for item in items if item.accuracy is not None and item.accuracy.value >= least]


def _winner(measured: Mapping[str, Trials], baseline: str, tolerance: float) -> str:
    best = min(_close(measured.values(), tolerance), key=lambda item: item.score.high)
    return baseline if best.score.value >= measured[baseline].score.value else best.name


def _confirmed(
    bench: _Bench, params: Mapping[str, Params], baseline: str, winner: str, runs: int
) -> Confirmed:
    # as many shadow models on both sides, or the better attacked one would look worse
    shadows = min(bench.runs[name].n_models for name in (baseline, winner))
    before, after = (
        bench.confirmed(name, params[name], runs=runs, shadows=shadows)
        for name in (baseline, winner)
    )
    accuracy = None
    if before.accuracies and after.accuracies:
        accuracy = difference_of_runs(
            after.accuracies, before.accuracies, level=bench.level, name="accuracy"
        )
    score = difference_of_runs(before.scores, after.scores, level=bench.level, name="advantage")
    return Confirmed(score, accuracy, runs, before.score, after.score, baseline, winner)


def _comparison(
    measured: Mapping[str, Trials],
    baseline: str,
    winner: str,
    confirmed: Confirmed | None,
    bench: _Bench,
    title: str,
) -> Comparison:
    points = front(tuple(_point(item) for item in measured.values()))
    claimed = confirmed is not None and confirmed.better
    recommended = winner if claimed else baseline
    points = tuple(paying(p, len(points)) if p.name == winner else p for p in points)
    return Comparison(
        points,
        _differences(measured, baseline, bench.level),
        recommended,
        _said(baseline, winner, confirmed),
        tuple(_notes(bench)),
        bench.level,
        today(),
        title,
        baseline=baseline,
        confirmed=confirmed,
    )


def _point(item: Trials) -> Point:
    accuracy = item.accuracy
    return Point(
        item.name,
        item.name,
        None,
        None if accuracy is None else accuracy.value,
        item.score,
        runs=len(item.scores),
        accuracy_low=None if accuracy is None else accuracy.low,
        accuracy_high=None if accuracy is None else accuracy.high,
        seconds=float(np.mean(item.seconds)),
    )


def _differences(
    measured: Mapping[str, Trials], baseline: str, level: float
) -> tuple[Difference, ...]:
    """Every variant against the baseline, corrected; none of it is claimed."""
    from tacit.audits.steps.multiplicity import with_adjusted

    base = measured[baseline]
    found = []
    for name, item in measured.items():
        if name != baseline:
            change = difference_of_runs(item.scores, base.scores, level=level, name="advantage")
            price = None
            if item.accuracies and base.accuracies:
                price = difference_of_runs(
                    item.accuracies, base.accuracies, level=level, name="accuracy"
                )
            found.append(Difference(name, baseline, change, change.p_value, accuracy=price))
    return tuple(
        replace(item, real=item.p_adjusted is not None and item.p_adjusted <= 1 - level)
        for item in with_adjusted(found)
    )


def _said(baseline: str, winner: str, confirmed: Confirmed | None) -> str:
    """What may be claimed: the confirmed difference, and nothing else."""
    if winner == baseline:
        return f"No variant within the tolerance was less vulnerable than {baseline}."
    if confirmed is None:
        return (
            f"{winner} looked least vulnerable. This was not confirmed on fresh trainings, and the"
            " least of many looks smaller than it is."
        )
    change, price = confirmed.score, confirmed.accuracy
    fresh = f"on {confirmed.runs} fresh trainings of each"
    if not confirmed.better:
        return (
            f"{winner} looked least vulnerable, but {fresh} it is not shown to be less vulnerable"
            f" than {baseline} (by {change.value:.3f}, {change.low:.3f} to {change.high:.3f})."
        )
    cost = ""
    if price is not None:
        cost = (
            f" Its accuracy changes by {100 * price.value:+.1f} points ({100 * price.low:+.1f} to"
            f" {100 * price.high:+.1f})."
        )
    return (
        f"{winner} lowers the vulnerability of {baseline} by {change.value:.3f}"
        f" ({change.low:.3f} to {change.high:.3f}), confirmed {fresh}.{cost}"
    )


def _notes(bench: _Bench) -> Sequence[str]:
    models = sum(bench.models.values())
    return [
        f"{models} models were trained; every run drew its own records and seed, and the other runs"
        " of its variant were its shadow models.",
        "Only the headline was confirmed on fresh trainings. Differences between variants in the"
        " table were looked at to choose, and the smallest of many looks smaller than it is; runs"
        " of one variant share their shadow models, so that error bars in the table are short.",
    ]
