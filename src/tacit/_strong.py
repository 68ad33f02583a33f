"""`tacit.audit(model, ..., shadows=8)`: shadow models are planned over the training and the test
records together, trained, kept, and the model is attacked with them once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit._given import Given, Pair, Slices
from tacit.adapters import adapter_of, outputs_of
from tacit.adapters.answers import Kind
from tacit.adapters.arrays import take
from tacit.adapters.pairs import paired, require_uncrossed
from tacit.audits.strong import strong_audit
from tacit.core import InvalidInput, Membership, Outputs, Report
from tacit.core.checking import codes
from tacit.training import RecordColumns, shadow
from tacit.training.recipes import MAX_SEED

# two pairs: a model and its partner, trained on the other half, give each other away
FEWEST = 4
CLONED = ("sklearn", "density")


@dataclass(frozen=True, eq=False)
class ClonedEstimator:
    """A scikit-learn estimator, cloned and seeded for every shadow model and read as the audited
    model is read.

    Parameters
    ----------
    estimator : Any
        Fitted or not; only its parameters are used.
    """

    estimator: Any

    def fit(
        self, x: Any, y: Any, indices: NDArray[np.int64], seed: int
    ) -> Callable[[Any], Outputs]:
        """Fit a clone on the rows `indices`; every parameter called `random_state` is set to the
        seed.
        """
        from sklearn.base import clone

        model = clone(self.estimator)
        seeds = {
            name: seed % MAX_SEED
            for name in model.get_params()
            if name.rpartition("__")[2] == "random_state"
        }
        model.set_params(**seeds)
        given = (take(x, indices),) if y is None else (take(x, indices), np.asarray(y)[indices])
        try:
            model.fit(*given)
        except ValueError as error:
            raise InvalidInput(
                f"A shadow model could not be fitted on {len(indices)} of the records: {error}. It"
                " takes more records, or more of each class; or give `train_fn`."
            ) from error
        return lambda rows: _answers(model, rows, y)


def _answers(model: Any, x: Any, y: Any) -> Outputs:
    """What a shadow model answers; a class that it never saw has probability 0."""
    classes = np.asarray(getattr(model, "classes_", []))
    missing = len(classes) and y is not None and not np.isin(np.asarray(y), classes).all()
    if not missing or not hasattr(model, "predict_proba"):
        return outputs_of(model, x, y, check=False)
    names, label = np.unique(np.asarray(y), return_inverse=True)
    probs = np.zeros((len(label), len(names)))
    probs[:, np.searchsorted(names, classes)] = model.predict_proba(x)
    return Outputs(probs=probs, label=label)


def strong(
    model: Any,
    train: Any,
    test: Any,
    *,
    shadows: int,
    train_fn: Any = None,
    store: Any = None,
    pool: Any = None,
    seed: int = 0,
    cluster: Pair | None = None,
    assignment: Any = "observed",
    features: Pair | None = None,
    kind: Kind = "auto",
    slices: Slices = None,
    utility: Any = None,
    level: float = 0.95,
    progress: Callable[[str, int, int], None] | None = None,
    **options: Any,
) -> Report:
    """The audit of a model with shadow models that are trained for it.

    Of the larger side as many records are drawn at random as the smaller one has; these and the
    smaller side are the records of the game, and every shadow model is trained on a random half of
    them (pairs of models on complementary halves). The other training records are in every shadow
    model, as they are in the audited one, so that all training sets have the same size; the other
    test records are in none.

    Parameters
    ----------
    model : Any
        The audited model.
    train, test : Any
        ``(X, y)``, or X alone, of its training records and of others from the same population.
    shadows : int
        Number of shadow models, 4 or more.
    train_fn : Any
        How the model was trained: a recipe, or ``train_fn(indices, seed) -> observe``, where
        `indices` count the training records first and then the test records. None clones a
        scikit-learn estimator.
    store, pool : Any
        See `tacit.training.shadow`.
    seed : int
        Of the draws and of every shadow model.
    cluster, assignment, features, kind, slices, utility, level
        See `tacit.audit`. Records that repeat on one side are one unit here too: a shadow model
        is trained on all of their copies or on none.
    progress : Callable[[str, int, int], None] | None
        Called with (what, done, of).
    **options : Any
        Of `tacit.audits.strong.strong_audit`.

    Raises
    ------
    InvalidInput
        The model cannot be trained again from what was given, or the sides do not fit.
    """
    if isinstance(shadows, bool) or not isinstance(shadows, (int, np.integer)) or shadows < FEWEST:
        raise InvalidInput(
            f"`shadows` needs a number of {FEWEST} or more, 8 for example, got {shadows!r}."
        )
    train, test = paired(train, "train"), paired(test, "test")
    require_uncrossed(train, test)
    recipe = _recipe(model, train_fn)
    x, y, sizes = _joined(model, train, test)
    if y is None and train_fn is None and adapter_of(model) == "sklearn":
        raise InvalidInput(
            "`shadows` trains models like this one, which takes labels: give train=(X, y) and"
            " test=(X, y)."
        )
    given = Given.of(
        model,
        train=train,
        test=test,
        kind=kind,
        features=features,
        slices=slices,
        cluster=cluster,
        utility=utility,
        level=level,
    )
    answers = given.outputs
    unit = None if given.cluster is None else codes(given.cluster, "cluster")
    fixed = _fixed(sizes, unit, seed)
    run = shadow(
        recipe,
        x if y is None else (x, y),
        n=int(shadows),
        store=store,
        pool=pool,
        progress=_Told(progress) if progress else None,
        seed=seed,
        cluster=unit,
        fixed=fixed,
    )
    if run.statistic == "signal":
        raise InvalidInput(
            "`train_fn` needs to return a function from records to tacit.Outputs, so that shadow"
            " models and the audited model are measured alike; it returned numbers."
        )
    rows = np.flatnonzero(fixed < 0)
    group = answers.label if answers.label is not None and answers.label.ndim == 1 else None
    report = strong_audit(
        answers.take(rows),
        run.signals(answers, group=group).take(rows),
        Membership(given.member[rows], None if unit is None else unit[rows], assignment),
        seconds=run.seconds.tolist(),
        shadow_accuracy=run.accuracy[:, 1][np.isfinite(run.accuracy[:, 1])].tolist(),
        features=None if given.features is None else np.asarray(given.features)[rows],
        sides=given.sides,
        slices=given.rows_of_slices(rows),
        level=level,
        seed=seed,
        progress=progress,
        facts={
            "always_trained_on": int((fixed == 1).sum()),
            "left_out": int((fixed == 0).sum()),
        },
        **options,
    )
    return given.finished(report, assignment)


class _Told:
    """Progress of a training, told as the steps of an audit are."""

    def __init__(self, tell: Callable[[str, int, int], None]) -> None:
        self.tell = tell

    def __call__(self, progress: Any) -> None:
        self.tell("shadow models", progress.done, max(1, progress.total))


def _recipe(model: Any, train_fn: Any) -> Any:
    if train_fn is not None:
        return train_fn
    if hasattr(model, "get_params") and hasattr(model, "fit") and adapter_of(model) in CLONED:
        return ClonedEstimator(model)
    raise InvalidInput(
        f"A {type(model).__name__} does not say how it was trained. Give `train_fn`:"
        f" {_way_of(model)}a function (indices, seed) -> observe that trains on these rows of the"
        " training and test records put together."
    )


def _way_of(model: Any) -> str:
    """The ready-made recipe for a model of this framework."""
    kind = adapter_of(model)
    if kind == "transformers":
        from tacit.adapters.transformers import is_language_model

        if is_language_model(model):
            raise InvalidInput(
                "A language model is audited with fine-tunes by tacit.audit_text(..., shadows=2,"
                " recipe=tacit.training.FineTune(base, tokenizer, ...))."
            )
        return "a tacit.training.ClassifierFineTune(base, epochs=3, ...), or "
    ready = {"keras": "KerasRecipe", "torch": "TorchRecipe"}
    return f"a tacit.training.{ready[kind]}, or " if kind in ready else ""


def _pair(part: Any) -> tuple[Any, ...]:
    return part if isinstance(part, tuple) else (part,)


def _joined(model: Any, train: Any, test: Any) -> tuple[Any, Any, tuple[int, int]]:
    """All records, training records first, their targets, and how many of each side there are."""
    sides = [_pair(part) for part in (train, test)]
    if any(part is None for part in (train, test)) or {len(side) for side in sides} - {1, 2}:
        raise InvalidInput(
            "Shadow models need `train=(X, y)` and `test=(X, y)`: arrays, tensors or tables whose"
            " rows can be drawn."
        )
    if len(sides[0]) != len(sides[1]):
        raise InvalidInput("`train` and `test` need targets both, or none of them.")
    if adapter_of(model) == "transformers" and all(_is_table(side[0]) for side in sides):
        return _tokens(model, sides[0], sides[1])
    for side, name in zip(sides, ("train", "test")):
        if not hasattr(side[0], "__len__") and not hasattr(side[0], "shape"):
            raise InvalidInput(
                f"Shadow models need `{name}` with rows that can be drawn, got"
                f" {type(side[0]).__name__}: give arrays in the place of a loader."
            )
    columns = [stacked(first, second) for first, second in zip(*sides)]
    sizes = (_length(sides[0][0]), _length(sides[1][0]))
    return columns[0], (columns[1] if len(columns) > 1 else None), sizes


def _is_table(x: Any) -> bool:
    return hasattr(x, "column_names") or (hasattr(x, "items") and not hasattr(x, "iloc"))


def _tokens(
    model: Any, train: tuple[Any, ...], test: tuple[Any, ...]
) -> tuple[Any, Any, tuple[int, int]]:
    """Records of a transformers model, which are several columns."""
    from tacit.adapters.transformers import columns_of, columns_of_both

    pad = getattr(model.config, "pad_token_id", None)
    columns, label = columns_of_both(train, test, pad=0 if pad is None else pad)
    rows = RecordColumns(columns)
    n_train = len(RecordColumns(columns_of(*train)[0]))
    return rows, label, (n_train, len(rows) - n_train)


def _length(x: Any) -> int:
    return int(x.shape[0]) if hasattr(x, "shape") else len(x)


def stacked(first: Any, second: Any) -> Any:
    """The rows of two arrays, tables, sparse matrices or tensors, one after the other.

    Examples
    --------
    >>> stacked(np.ones(2), np.zeros(1)).tolist()
    [1.0, 1.0, 0.0]
    """
    if hasattr(first, "iloc"):
        import pandas

        return pandas.concat([first, second], ignore_index=True)
    if hasattr(first, "tocsr"):
        from scipy import sparse

        return sparse.vstack([first, second]).tocsr()
    if type(first).__module__.partition(".")[0] == "torch":
        import torch

        return torch.cat([first, second])
    return np.concatenate([np.asarray(first), np.asarray(second)])


def _fixed(sizes: tuple[int, int], unit: NDArray[np.int64] | None, seed: int) -> NDArray[np.int64]:
    """1 for training records that every shadow model sees, 0 for test records that none sees, -1
    for the records of the game: as many of each side.
    """
    fixed = np.full(sum(sizes), -1, np.int64)
    surplus = abs(sizes[0] - sizes[1])
    start = 0 if sizes[0] > sizes[1] else sizes[0]
    larger = np.arange(start, start + max(sizes))
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2,)))
    own = larger if unit is None else codes(unit[larger], "cluster")
    order = rng.permutation(int(own.max()) + 1) if unit is not None else rng.permutation(max(sizes))
    # whole clusters go first to last
    ranked = np.argsort(order[own - start if unit is None else own], kind="stable")
    fixed[larger[ranked[:surplus]]] = 1 if sizes[0] > sizes[1] else 0
    return fixed
