"""Keras models on any backend (TensorFlow, JAX, PyTorch)."""

import warnings
from collections.abc import Iterable, Iterator
from typing import Any

from numpy.typing import NDArray

from tacit.adapters.answers import Kind, answered
from tacit.adapters.arrays import (
    as_array,
    batches,
    is_a,
    n_records,
    padded,
    pair,
    require_end,
    same,
)
from tacit.adapters.random_state import untouched_rng
from tacit.core import InvalidInput, Outputs

LAST_LAYER: dict[str, Kind] = {"softmax": "probs", "sigmoid": "probs"}


def outputs_of(
    model: Any,
    x: Any,
    y: Any = None,
    *,
    batch_size: int = 256,
    kind: Kind = "auto",
    check: bool = True,
) -> Outputs:
    """What a Keras model answers; see `tacit.adapters.outputs_of`.

    `x` is an array, a list, tuple or dict of arrays (several inputs), a ``tf.data.Dataset``, a
    ``keras.utils.PyDataset`` or a PyTorch loader. Every batch has the same size (the last is filled
    up), so that the model is compiled once, and goes through ``predict_on_batch``: unlike
    ``predict`` it leaves the state of training alone on every backend.
    """
    with untouched_rng():
        if is_loader(x):
            stream: Iterable[tuple[Any, Any]] = loaded(x, y, check=check)
            size = 0
        else:
            several = isinstance(x, list) and len(getattr(model, "inputs", None) or ()) > 1
            stream, size = batches(tuple(x) if several else x, y, batch_size), batch_size
        known = last_activation(model) if kind == "auto" else kind
        return answered(lambda part: _ask(model, part, size), stream, kind=known, check=check)


def is_loader(x: Any) -> bool:
    """A ``tf.data.Dataset``, a ``PyDataset`` or a PyTorch loader, told by the names of its
    classes.
    """
    return is_a(x, "tensorflow.DatasetV2", "keras.PyDataset", "torch.DataLoader")


def _ask(model: Any, x: Any, size: int) -> NDArray[Any]:
    n = n_records(x)
    full = padded(x, size) if size else x
    with warnings.catch_warnings():
        # Keras on PyTorch makes arrays in a way that new releases of NumPy warn of
        warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
        answer = model.predict_on_batch(list(full) if isinstance(full, tuple) else full)
    if isinstance(answer, (list, dict)):
        raise InvalidInput(
            "The model has several outputs; build a keras.Model that ends in the one to audit."
        )
    return as_array(answer)[:n]


def last_activation(model: Any) -> Kind:
    """What the last layer makes of a model's answers; "auto" where it does not say."""
    layers = getattr(model, "layers", None) or []
    activation = getattr(layers[-1], "activation", None) if layers else None
    return LAST_LAYER.get(getattr(activation, "__name__", ""), "auto")


def loaded(x: Any, y: Any, *, check: bool) -> Iterator[tuple[Any, Any]]:
    """Batches of a data set in its own order.

    Raises
    ------
    InvalidInput : the data set has no end or no batches, shuffles or augments its records, or
        labels come twice.
    """
    if y is not None:
        raise InvalidInput(
            "`y` cannot be given beside a data set: let it yield (x, y), or pass x and y as arrays."
        )
    if is_a(x, "torch.DataLoader"):
        from tacit.adapters.torch import loaded as of_torch

        return of_torch(x, None, 0, check=check)
    require_end(x)
    if check:
        first, second = (next(iter(_items(x)), None) for _ in range(2))
        label = None if first is None else pair(first)[1]
        if label is not None and len(getattr(label, "shape", "?")) == 0:
            raise InvalidInput(
                "The data set yields single records, and the model takes batches of them: pass it"
                " with .batch(256)."
            )
        if first is not None and not same(pair(first)[0], pair(second)[0]):
            raise InvalidInput(
                "The data set gives different numbers each time it is read: it shuffles or augments"
                " its records at random. Pass it without .shuffle() and without random layers in"
                " .map()."
            )
    return (pair(item) for item in _items(x))


def _items(x: Any) -> Iterator[Any]:
    if is_a(x, "keras.PyDataset"):
        return (x[i] for i in range(x.num_batches))
    return iter(x)
