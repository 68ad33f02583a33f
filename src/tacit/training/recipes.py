"""How to train one model: a function, a scikit-learn estimator, a Keras `build_fn`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, Outputs
from tacit.core.checking import whole
from tacit.core.optional import require
from tacit.core.options import require_builder, require_choice
from tacit.training.jobs import Observe, Recipe

MAX_SEED = 2**32


def recipe_of(train_fn: Any) -> Recipe:
    """A recipe from what the user gave: a recipe, a scikit-learn estimator or ``train_fn(indices,
    seed) -> observe``.
    """
    if hasattr(train_fn, "get_params") and hasattr(train_fn, "fit"):
        return EstimatorRecipe(train_fn)
    if isinstance(train_fn, (FunctionRecipe, KerasRecipe)) or _is_recipe(train_fn):
        return train_fn  # type: ignore[no-any-return]
    if callable(train_fn):
        return FunctionRecipe(train_fn)
    raise InvalidInput(
        "`train_fn` needs a function (indices, seed) -> observe, a scikit-learn estimator or a"
        f" recipe with `fit(x, y, indices, seed)`, got {type(train_fn).__name__}."
    )


def _is_recipe(value: Any) -> bool:
    code = getattr(getattr(value, "fit", None), "__code__", None)
    return code is not None and code.co_varnames[1 : code.co_argcount] == (
        "x",
        "y",
        "indices",
        "seed",
    )


@dataclass(frozen=True, eq=False)
class FunctionRecipe:
    """A function ``train_fn(indices, seed) -> observe`` that has the data already."""

    train_fn: Callable[[NDArray[np.int64], int], Observe]

    def fit(self, x: Any, y: Any, indices: NDArray[np.int64], seed: int) -> Observe:
        """Call the function; it is told the row numbers and the seed, not the records."""
        observe = self.train_fn(indices, seed)
        if not callable(observe):
            raise InvalidInput(
                f"`train_fn` needs to return a function observe(x), got {type(observe).__name__}."
            )
        return observe


@dataclass(frozen=True, eq=False)
class EstimatorRecipe:
    """A scikit-learn classifier or regressor, cloned and seeded for every model.

    Classes that a model never saw have probability 0 in its answers. A classifier without
    `predict_proba` answers with its decision function.
    """

    estimator: Any

    def fit(self, x: Any, y: Any, indices: NDArray[np.int64], seed: int) -> Observe:
        """Fit a clone on the rows `indices`; every parameter called `random_state` is set to the
        seed.
        """
        from sklearn.base import clone, is_classifier

        if y is None:
            raise InvalidInput(
                "A scikit-learn estimator needs `data` as (x, y), got inputs without targets."
            )
        model = clone(self.estimator)
        seeds = {
            name: seed % MAX_SEED
            for name in model.get_params()
            if name.rpartition("__")[2] == "random_state"
        }
        model.set_params(**seeds)
        target = np.asarray(y)
        model.fit(_rows(x, indices), target[indices])
        return _Classifier(model, target) if is_classifier(model) else _Regressor(model, target)


@dataclass(frozen=True, eq=False)
class _Classifier:
    model: Any
    target: NDArray[Any]

    def __call__(self, x: Any) -> Outputs:
        classes, label = np.unique(self.target, return_inverse=True)
        column = np.searchsorted(classes, self.model.classes_)
        if hasattr(self.model, "predict_proba"):
            probs = np.zeros((len(label), len(classes)))
            probs[:, column] = self.model.predict_proba(x)
            return Outputs(probs=probs, label=label)
        score = np.asarray(self.model.decision_function(x), np.float64)
        if score.ndim == 1:
            score = np.column_stack([-score, score]) / 2
        if len(column) < len(classes):
            missing = np.setdiff1d(np.arange(len(classes)), column)
            raise InvalidInput(
                f"A shadow model saw no record of {len(missing)} of {len(classes)} classes and its"
                " estimator has no `predict_proba`: give more records a class or another"
                " estimator."
            )
        return Outputs(logits=score, label=label)


@dataclass(frozen=True, eq=False)
class _Regressor:
    model: Any
    target: NDArray[Any]

    def __call__(self, x: Any) -> Outputs:
        return Outputs(
            prediction=np.asarray(self.model.predict(x), np.float64),
            truth=np.asarray(self.target, np.float64),
        )


def _rows(x: Any, indices: NDArray[np.int64]) -> Any:
    return x.iloc[indices] if hasattr(x, "iloc") else x[indices]


@dataclass(frozen=True, eq=False)
class KerasRecipe:
    """A function that builds and compiles a Keras model, and how long to fit it; every backend.

    Parameters
    ----------
    build_fn : ``build_fn() -> keras.Model``, compiled.
    outputs : whether the model answers with ``"logits"`` or ``"probs"``.
    epochs, batch_size : of the fit.
    """

    build_fn: Callable[[], Any]
    outputs: Literal["logits", "probs"]
    epochs: int = 1
    batch_size: int = 32

    def __post_init__(self) -> None:
        require_builder(self.build_fn, "compiled keras.Model")
        require_choice(self.outputs, "outputs", ("logits", "probs"))
        for name in ("epochs", "batch_size"):
            whole(getattr(self, name), name, least=1)

    def fit(self, x: Any, y: Any, indices: NDArray[np.int64], seed: int) -> Observe:
        """Seed Keras, build, and fit on the rows `indices`."""
        keras = require("keras", extra="keras", purpose="A Keras recipe")
        keras.utils.set_random_seed(seed % MAX_SEED)
        model = self.build_fn()
        model.fit(x[indices], y[indices], epochs=self.epochs, batch_size=self.batch_size, verbose=0)
        return _KerasObserve(model, self.outputs, self.batch_size)


@dataclass(frozen=True, eq=False)
class _KerasObserve:
    model: Any
    outputs: str
    batch_size: int

    def __call__(self, x: Any) -> Outputs:
        size = max(self.batch_size, 256)
        answers = [
            np.asarray(self.model.predict_on_batch(x[start : start + size]))
            for start in range(0, len(x), size)
        ]
        given: dict[str, Any] = {self.outputs: np.concatenate(answers)}
        return Outputs(**given)
