"""PyTorch modules, with tensors, arrays, data sets or loaders."""

import inspect
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.adapters.answers import Kind, answered
from tacit.adapters.arrays import as_array, batches, columns_and_label, is_a, pair, same
from tacit.adapters.random_state import untouched_rng
from tacit.core import InvalidInput, Outputs
from tacit.core.optional import require

RANDOM_SAMPLERS = (
    "torch.RandomSampler",
    "torch.WeightedRandomSampler",
    "torch.SubsetRandomSampler",
    "torch.DistributedSampler",
)
ANSWER_NAMES = ("logits", "probs", "output", "prediction")


def outputs_of(
    model: Any,
    x: Any,
    y: Any = None,
    *,
    batch_size: int = 256,
    kind: Kind = "auto",
    check: bool = True,
) -> Outputs:
    """What a module answers; see `tacit.adapters.outputs_of`.

    `x` is a tensor, an array, a ``Dataset`` or a ``DataLoader`` that does not shuffle. The module
    runs on its own device in evaluation mode without gradients; afterwards every submodule is in
    the mode it was in, and the random states of Python, NumPy and PyTorch are as they were.
    """
    if y is None and hasattr(x, "column_names"):
        x, y = columns_and_label(x)
    if hasattr(x, "to_numpy") and hasattr(x, "columns"):
        # a table of numbers, of pandas or polars
        x = x.to_numpy()
    with untouched_rng(), evaluating(model):
        stream = (
            loaded(x, y, batch_size, check=check) if is_loader(x) else batches(x, y, batch_size)
        )
        return answered(lambda part: ask(model, part), stream, kind=kind, check=check)


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """Evaluation mode and no gradients, and each submodule's own mode back on leaving."""
    torch = require("torch", extra="torch", purpose="A PyTorch model")
    modes = [(module, module.training) for module in model.modules()]
    try:
        # flags are set by hand: an overridden train() may do more (merge adapters, unfreeze), which
        # would change the model
        for module, _ in modes:
            module.training = False
        # no_grad, not inference_mode: a tensor that the model caches meanwhile must stay usable in
        # training
        with torch.no_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training


def ask(model: Any, x: Any) -> NDArray[Any]:
    """One batch through the module, on its device and in its precision."""
    weights = next((p for p in model.parameters() if p.is_floating_point()), None)
    placed = _for_forward(model, move(x, weights))
    answer = (
        model(**placed)
        if isinstance(placed, dict)
        else model(*placed)
        if isinstance(placed, tuple)
        else model(placed)
    )
    return as_array(scores_in(answer))


def _for_forward(model: Any, x: Any) -> Any:
    """Entries of a dict whose names the model does not take: a single one is its only input."""
    if not isinstance(x, dict):
        return x
    parameters = inspect.signature(model.forward).parameters.values()
    if any(item.kind is item.VAR_KEYWORD for item in parameters):
        return x
    known = {item.name for item in parameters}
    strange = [name for name in x if name not in known]
    if strange and len(x) == 1:
        return next(iter(x.values()))
    if strange:
        raise InvalidInput(
            f"The records have {', '.join(x)}, and the model's forward takes"
            f" {', '.join(known)}. Let the data set yield (x, y), or a dict with those names and"
            " `label`."
        )
    return x


def scores_in(answer: Any) -> Any:
    """The scores in what a module returned: a tensor, the first of a tuple, or the entry called
    logits, probs or the like.
    """
    if hasattr(answer, "logits"):
        return answer.logits
    if isinstance(answer, dict):
        found = [name for name in ANSWER_NAMES if name in answer]
        if not found:
            raise InvalidInput(
                f"The model returned a dict with {', '.join(map(str, answer))}; one of"
                f" {', '.join(ANSWER_NAMES)} is needed."
            )
        return answer[found[0]]
    return answer[0] if isinstance(answer, (tuple, list)) else answer


def move(x: Any, weights: Any) -> Any:
    """Arrays and tensors on the device of `weights`; floats in its precision."""
    torch = require("torch", extra="torch", purpose="A PyTorch model")
    if hasattr(x, "items"):
        return {name: move(part, weights) for name, part in x.items()}
    if isinstance(x, tuple):
        return tuple(move(part, weights) for part in x)
    tensor = x if torch.is_tensor(x) else torch.as_tensor(as_array(x))
    if weights is None:
        return tensor
    return tensor.to(weights.device, weights.dtype if tensor.is_floating_point() else None)


def is_loader(x: Any) -> bool:
    """A DataLoader or Dataset of PyTorch, told by the names of its classes."""
    return is_a(x, "torch.DataLoader", "torch.Dataset", "torch.IterableDataset")


def loaded(x: Any, y: Any, batch_size: int, *, check: bool) -> Iterator[tuple[Any, Any]]:
    """Batches of a loader in its own order.

    Raises
    ------
    InvalidInput : the loader shuffles or leaves records out, its records are augmented at random,
        or labels come twice.
    """
    if y is not None:
        raise InvalidInput(
            "`y` cannot be given beside a loader or data set: let it yield (x, y), or pass x and y"
            " as arrays."
        )
    loader = _ordered(x, batch_size)
    if check:
        _require_no_augmentation(loader)
    return (_two(item) for item in loader)


def _two(item: Any) -> tuple[Any, Any]:
    """Inputs and labels of a batch; a third thing must be a weight or the number of the row.

    Raises
    ------
    InvalidInput : the third thing could be the label just as well.
    """
    if isinstance(item, (tuple, list)) and len(item) > 2:
        third = as_array(item[2]) if len(item) == 3 and hasattr(item[2], "shape") else None
        weight = third is not None and third.dtype.kind == "f"
        steps = third is not None and third.ndim == 1 and third.dtype.kind in "iu"
        if not weight and not (steps and third is not None and (np.diff(third) == 1).all()):
            raise InvalidInput(
                f"The data set yields {len(item)} things a record and tacit cannot know which is"
                " the label: let it yield (x, y), with several inputs as ((a, b), y)."
            )
    return pair(item)


def _ordered(x: Any, batch_size: int) -> Any:
    data = require("torch.utils.data", extra="torch", purpose="A PyTorch model")
    if not is_a(x, "torch.DataLoader"):
        return data.DataLoader(x, batch_size=batch_size)
    fix = "Pass DataLoader(dataset, shuffle=False, drop_last=False), or the data set itself."
    samplers = (x.sampler, getattr(x.batch_sampler, "sampler", None))
    if any(is_a(sampler, *RANDOM_SAMPLERS) for sampler in samplers):
        raise InvalidInput(
            f"The loader shuffles, so its rows would name other records each time it is read. {fix}"
        )
    if x.drop_last:
        raise InvalidInput(
            f"The loader drops its last batch, so some records would never be audited. {fix}"
        )
    if is_a(x.dataset, "torch.IterableDataset"):
        return x
    # `loader.generator` would be moved on by reading
    return (
        data.DataLoader(
            x.dataset,
            batch_sampler=x.batch_sampler,
            collate_fn=x.collate_fn,
            num_workers=x.num_workers,
            worker_init_fn=x.worker_init_fn,
        )
        if x.batch_sampler is not None
        else x
    )


def _require_no_augmentation(loader: Iterable[Any]) -> None:
    first, second = (next(iter(loader), None) for _ in range(2))
    if first is not None and not same(pair(first)[0], pair(second)[0]):
        raise InvalidInput(
            "The loader gives different numbers each time it is read: it shuffles or augments its"
            " records at random. Pass a data set with the evaluation transforms."
        )
