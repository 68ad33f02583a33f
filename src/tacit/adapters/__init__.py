"""From a framework's object, or a file, to Outputs."""

from collections.abc import Callable, Mapping
from importlib import import_module
from os import PathLike
from typing import Any, cast

from tacit.adapters import density
from tacit.adapters.answers import Kind
from tacit.adapters.arrays import is_a
from tacit.adapters.categories import numbered, with_names
from tacit.adapters.description import describe
from tacit.core import InvalidInput, Outputs
from tacit.core.plugins import plugin, plugin_names

__all__ = ["adapter_of", "describe", "outputs_of"]

BOOSTERS = ("xgboost.Booster", "lightgbm.Booster")
WRAPPERS = ("torch.DistributedDataParallel", "torch.DataParallel")
# the first that fits: a Keras model on the PyTorch backend is a torch.Module too, and so is every
# transformers model
BY_CLASS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("keras", ("keras.Model", "tf_keras.Model")),
    ("transformers", ("transformers.PreTrainedModel",)),
    ("torch", ("torch.Module",)),
    ("jax", ("flax.Module", "jaxlib.PjitFunction")),
    ("sklearn", ("sklearn.BaseEstimator",)),
)


def outputs_of(
    model: Any,
    x: Any,
    y: Any = None,
    *,
    batch_size: int = 256,
    kind: Kind = "auto",
    check: bool = True,
) -> Outputs:
    """What a model answers for some records, whatever framework it comes from.

    Knows scikit-learn estimators and pipelines (and XGBoost, LightGBM; densities, anomaly detectors
    and clusterings by a loss of their own, see `density`), PyTorch modules, Keras
    models on three backends, Flax NNX modules and jitted JAX functions, transformers models, and
    any function from inputs to scores. Records go through in batches, on the device where the model
    lives, in evaluation mode and without gradients. Nothing that training depends on changes:
    modes, weights, statistics and random states are as they were.

    Parameters
    ----------
    model : the model.
    x : the records in the form that the model takes, or a loader of its framework that yields
        inputs and labels in a fixed order.
    y : the true class of each record, 0..k-1, or a pandas Categorical, whose names the report then
        uses (for scikit-learn: as the estimator was fitted; for a
        regression: the truth). Leave it out where `x` yields it.
    batch_size : records a batch.
    kind : what the model's answers are: ``"logits"``, ``"probs"``, ``"prediction"`` or ``"loss"``.
        "auto" decides: rows that are non-negative and sum to one are probabilities; numbers for
        labels that are no classes are predictions.
    check : ask about the first batch three times to see that the answers can be trusted. An
        observer that looks again and again does so once.

    Raises
    ------
    InvalidInput : the answers are random (dropout, augmentation) or depend on the rest of the batch
        (batch norm in training mode), the loader shuffles, or the model, its answers or its labels
        cannot be used.

    Examples
    --------
    >>> import numpy as np
    >>> outputs_of(lambda x: x @ [[1.0, -1.0]], np.array([[2.0], [-0.5]]), [0, 1]).logits.tolist()
    [[2.0, -2.0], [-0.5, 0.5]]
    """
    offered = plugin_for(model)
    if offered is not None:
        return offered(model, x, y, batch_size=batch_size, kind=kind, check=check)
    model = model.module if is_a(model, *WRAPPERS) else model
    name, names = adapter_of(model), None
    if name != "sklearn":
        # an estimator was fitted on the names themselves
        y, names = numbered(y)
    adapter = import_module(f"tacit.adapters.{name}")
    result: Outputs = adapter.outputs_of(model, x, y, batch_size=batch_size, kind=kind, check=check)
    return with_names(result, names)


def plugin_for(model: Any) -> Callable[..., Outputs] | None:
    """The adapter of another package that fits `model`, or None.

    An entry point of the group ``tacit.adapters`` is named by the classes that it serves, for
    example ``catboost.CatBoost`` (package and class, as in `BY_CLASS`), and leads to a function
    like `outputs_of`.
    """
    for name in plugin_names("tacit.adapters"):
        if is_a(model, name):
            return cast("Callable[..., Outputs]", plugin("tacit.adapters", name))
    return None


def adapter_of(model: Any) -> str:
    """Name of the adapter that fits `model`, found by the names of its classes: no framework is
    imported to find out.

    Raises
    ------
    InvalidInput : none fits.

    Examples
    --------
    >>> adapter_of(lambda x: x)
    'callables'
    """
    _require_a_model(model)
    if is_a(model, "peft.PeftModel"):
        # trained adapters answer as the model that they were put into
        return adapter_of(model.get_base_model())
    for name, classes in BY_CLASS:
        if is_a(model, *classes):
            return "density" if name == "sklearn" and density.fits(model) else name
    if hasattr(model, "predict_proba") or (hasattr(model, "fit") and hasattr(model, "predict")):
        return "sklearn"
    if callable(model):
        return "callables"
    raise _without_adapter(model)


def _require_a_model(model: Any) -> None:
    if isinstance(model, type):
        raise InvalidInput(
            f"`model` is the class {model.__name__}, and not a model: make one and fit it first."
        )
    if isinstance(model, (str, PathLike)):
        raise InvalidInput(
            f"`model` is the path `{model}`: tacit opens no files of models, since most run code"
            " when they are opened. Load it first, and pass the model."
        )
    if is_a(model, *BOOSTERS):
        raise InvalidInput(
            f"A {type(model).__name__} does not say what its answers are. Pass a function, for"
            " example `lambda x: booster.predict(xgboost.DMatrix(x), output_margin=True)` with"
            " kind='logits' (LightGBM: `booster.predict(x, raw_score=True)`)."
        )


def _without_adapter(model: Any) -> InvalidInput:
    if isinstance(model, Mapping):
        return InvalidInput(
            f"`model` is a {type(model).__name__} with {len(model)} entries: weights? Load them"
            " into their model, and pass that."
        )
    if hasattr(model, "predict"):
        return InvalidInput(
            f"A {type(model).__name__} has `predict` alone, and nothing says what it answers with."
            " Pass `model.predict` with kind='probs', 'logits', 'prediction' or 'loss'; where it"
            " answers with classes, call `tacit.audit_label_only`."
        )
    return InvalidInput(
        f"No adapter knows a {type(model).__name__}. Pass a scikit-learn, PyTorch, Keras, Flax or"
        " transformers model, or any function from a batch of records to scores; numbers that a"
        " model answered go into `tacit.Outputs`."
    )
