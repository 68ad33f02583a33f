"""Where the variants of a training are trained: each on coins and seeds of its own, and one that
fails takes no other with it.
"""

import inspect
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from tacit.audits.steps.trials import Trials
from tacit.core import InvalidInput, TacitError
from tacit.core.checking import fraction
from tacit.training import ShadowRun, shadow
from tacit.training.stores import store_of

Params = Mapping[str, Any]
Told = Callable[[str, int, int], None]
# stages have coins and seeds of their own
RACE, CONFIRMATION = 1, 2
# of the records, what each model is trained on where the variant does not say
SHARE = 0.5
# how much of an error is shown
LONGEST = 200


class Failed(Exception):
    """A variant could not be trained or measured; ``__cause__`` says why."""


@dataclass(eq=False)
class Bench:
    """Variants are trained here.

    Parameters
    ----------
    train_fn, data, store, pool : see `tacit.explore`.
    seed : of all draws.
    level : confidence of the intervals.
    shared : further options of `tacit.training.shadow`.
    tell : called with (variant, done, of).
    seconds : no variant is begun when these have passed; None sets no limit.
    """

    train_fn: Any
    data: Any
    store: Any
    pool: Any
    seed: int
    level: float
    shared: Mapping[str, Any]
    tell: Told
    seconds: float | None = None
    trained: int = 0
    models: dict[tuple[str, int], int] = field(default_factory=dict)
    runs: dict[str, ShadowRun] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    untried: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    _stopped: BaseException | None = None

    def __post_init__(self) -> None:
        self.store = store_of(self.store)

    @property
    def late(self) -> bool:
        """Whether the time for new variants has passed."""
        return self.seconds is not None and time.monotonic() - self.began > self.seconds

    def raced(self, name: str, params: Params, *, runs: int) -> Trials:
        """Train what is not stored yet of `runs` runs, and score them with each other's help.

        Raises
        ------
        Failed : the training raised, or its answers cannot be scored.
        """
        run = self._run(name, params, runs, RACE)
        self.models[name, RACE] = runs
        self.runs[name] = run
        return self._scored(name, run)

    def confirmed(self, name: str, params: Params, *, runs: int, shadows: int) -> Trials:
        """Fresh runs, with the first `shadows` runs of the race as shadow models.

        Raises
        ------
        Failed : see `raced`.
        """
        taught = self.runs[name]
        if shadows < taught.n_models:
            taught = replace(taught, shadow=taught.shadow[:shadows], member=taught.member[:shadows])
        fresh = self._run(name, params, runs, CONFIRMATION)
        self.models[name, CONFIRMATION] = runs
        return self._scored(name, fresh, taught)

    def fails(self, name: str, error: Failed) -> None:
        """Write down why a variant is left out."""
        cause = error.__cause__
        said = " ".join(f"{type(cause).__name__}: {cause}".split()).rstrip(".: ")
        self.failed[name] = said if len(said) <= LONGEST else f"{said[:LONGEST]} ..."

    def _scored(self, name: str, run: ShadowRun, taught: ShadowRun | None = None) -> Trials:
        try:
            return Trials.of(name, run, level=self.level, taught=taught)
        except (TacitError, ArithmeticError) as error:
            raise Failed(name) from error

    def _run(self, name: str, params: Params, runs: int, stage: int) -> ShadowRun:
        given = {key: value for key, value in params.items() if key != "share"}
        draws = np.random.SeedSequence(
            self.seed, spawn_key=(stage, zlib.crc32(name.encode("utf8")))
        )
        counted: list[int] = []

        def count(progress: Any) -> None:
            counted.append(progress.done)
            try:
                self.tell(name, progress.done, progress.total)
            except BaseException as error:
                self._stopped = error
                raise

        try:
            return shadow(
                trainable(self.train_fn, given),
                self.data,
                n=runs,
                kind="coin",
                share=float(params.get("share", SHARE)),
                store=self.store,
                pool=self.pool,
                seed=int(draws.generate_state(1)[0]),
                progress=count,
                name="explore",
                **self.shared,
            )
        except OSError:
            # of the store: it would fail every variant
            raise
        except Exception as error:
            if error is self._stopped:
                raise
            raise Failed(name) from error
        finally:
            self.trained += counted[-1] - counted[0] if counted else 0


def trainable(train_fn: Any, params: Params) -> Any:
    """The training with these parameters.

    Parameters
    ----------
    train_fn : a function, a recipe or a scikit-learn estimator.
    params : what a variant sets.

    Raises
    ------
    InvalidInput : it takes no such parameters.
    """
    if hasattr(train_fn, "get_params") and hasattr(train_fn, "fit"):
        return _estimator(train_fn, params)
    if is_dataclass(train_fn) and not isinstance(train_fn, type) and hasattr(train_fn, "fit"):
        return _recipe(train_fn, params)
    if not callable(train_fn):
        raise InvalidInput(
            "`train_fn` needs a function (indices, seed, **params) -> observe, a recipe or a"
            f" scikit-learn estimator, got {type(train_fn).__name__}."
        )
    _require_taken(train_fn, params)
    return partial(train_fn, **params) if params else train_fn


def require_variants(train_fn: Any, variants: Mapping[str, Params]) -> None:
    """Refuse, before anything is trained, what cannot be trained.

    Raises
    ------
    InvalidInput : a variant sets what the training does not take, or its `share` is none.
    """
    for name, params in variants.items():
        try:
            trainable(train_fn, {key: value for key, value in params.items() if key != "share"})
            fraction(params.get("share", SHARE), "share")
        except InvalidInput as error:
            raise InvalidInput(f"The variant {name!r} cannot be trained: {error}") from error


def _estimator(estimator: Any, params: Params) -> Any:
    from sklearn.base import clone

    try:
        return clone(estimator).set_params(**params)
    except (ValueError, TypeError) as error:
        raise InvalidInput(str(error)) from error


def _recipe(recipe: Any, params: Params) -> Any:
    known = {item.name for item in fields(recipe) if item.init}
    odd = sorted(set(params) - known)
    if odd:
        raise InvalidInput(
            f"A {type(recipe).__name__} has no {', '.join(odd)}. `variants` can set"
            f" {', '.join(sorted(known))} and `share`."
        )
    return replace(recipe, **params)


def _require_taken(train_fn: Any, params: Params) -> None:
    try:
        takes = inspect.signature(train_fn)
    except (ValueError, TypeError):
        return
    try:
        takes.bind(None, 0, **params)
    except TypeError as error:
        raise InvalidInput(
            f"`train_fn{takes}` is called as (indices, seed, **params): {error}."
        ) from error
