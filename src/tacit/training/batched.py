"""K PyTorch models in one program: stacked weights, one pass for all, each with its own rows, order
and seed.
"""

import copy
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput
from tacit.core.optional import require
from tacit.training.jobs import Observe
from tacit.training.stacked_layers import linear_chains, train
from tacit.training.torch_steps import (
    Answering,
    autocast,
    losses,
    optimizer_of,
    orders,
    seeded,
    set_rate,
    tensors,
)

if TYPE_CHECKING:
    from tacit.training.torch_recipe import TorchRecipe


# A gain that a probe on a busy machine cannot mistake for none.
LEAST_GAIN = 1.1
# Batches that the probe trains on, the least of so many runs, with at most so many models: some
# hundredths of a second for the small networks that gain. A step of a twentieth of a second is not
# made of overhead, and overhead is all that a common program saves.
PROBED_STEPS, PROBES, PROBED_MODELS = 8, 3, 16
LONG_STEP = 0.05
MOST_ON_CPU = 16  # beyond, the stacked weights leave the cache and nothing is won
MOST_ON_GPU = 64
MEMORY_SHARE = 0.5
UNSEEN_GPU_BYTES = 8e9  # the planner may have no GPU where the workers have one
UNSEEN_MEMORY_BYTES = 4e9
COPIES_OF_WEIGHTS = 5  # weights, gradients, two moments of Adam, and one in passing


def fit_many(
    recipe: "TorchRecipe",
    x: Any,
    y: Any,
    indices: Sequence[NDArray[np.int64]],
    seeds: Sequence[int],
) -> list[Observe]:
    """Train K models at once and return one observing function each.

    The weights of all models are stacked along a first axis. A chain of linear layers and
    rectifiers is trained with derivatives written by hand (`tacit.training.stacked_layers`); of
    every other module `torch.func.vmap` runs all as one [1]_. Model k sees exactly the batches that
    the plain loop would show it: orders are drawn from its own seed, training sets may differ in
    size, and a model that has finished its epoch rests while others take their last step. The loss
    is the SUM over models of each model's mean, so that no gradient is scaled by 1/K.

    Parameters
    ----------
    recipe : the model and its loop.
    x, y : all records.
    indices : one array of row numbers a model.
    seeds : one a model.

    Raises
    ------
    InvalidInput : the module keeps running statistics, draws random numbers, or cannot be
        vectorised; says which part.

    References
    ----------
    .. [1] https://docs.pytorch.org/tutorials/intermediate/ensembling.html
    """
    torch = require("torch", extra="torch", purpose="Training K models in one program")
    if recipe.noise:
        raise InvalidInput("Models of DP-SGD (`noise`) cannot share a program: call `fit`.")
    models = [seeded(recipe, seed).to(recipe.device).train() for seed in seeds]
    obstacle = obstacle_of(models[0])
    if obstacle is not None:
        raise InvalidInput(
            f"This module cannot share a program with others: {obstacle} Pass group_size=1."
        )
    rows, target = tensors(recipe, x, y)
    chains = linear_chains(models, rows)
    if chains is not None:
        steps = _together(recipe, indices, seeds)
        train(recipe, chains, rows, target, steps, partial(_inputs, recipe))
        return [Answering(model.eval(), recipe, y) for model in models]
    weights, buffers = torch.func.stack_module_state(models)
    # where no model ever rests, one optimizer step for the stacked weights is that of each model
    whole = len({-(-len(rows) // recipe.batch_size) for rows in indices}) == 1
    parts = [
        [value.detach()[k].requires_grad_() for value in weights.values()]
        for k in range(len(models))
    ]
    every = list(weights.values()) if whole else [part for model in parts for part in model]
    step = optimizer_of(recipe, every)
    forward = _forward(models[0])
    for epoch, batches in enumerate(_together(recipe, indices, seeds)):
        set_rate(recipe, step, epoch)
        for batch, sizes, rngs in batches:
            picked = torch.from_numpy(batch).to(recipe.device)
            inputs = _inputs(recipe, rows[picked], sizes, rngs)
            with autocast(recipe):
                answer = forward(weights, buffers, inputs)
            _total(recipe, answer, target[picked], sizes).backward()
            if not whole:
                _hand_out(weights, parts, sizes)
            step.step()
            if whole:
                step.zero_grad()
    return [Answering(_unstacked(models[k], parts[k]), recipe, y) for k in range(len(models))]


def _forward(model: Any) -> Any:
    torch = require("torch", extra="torch", purpose="Training K models in one program")
    skeleton = copy.deepcopy(model).to("meta")

    def one(weights: dict[str, Any], buffers: dict[str, Any], inputs: Any) -> Any:
        return torch.func.functional_call(skeleton, (weights, buffers), (inputs,))

    return torch.func.vmap(one, randomness="different")


def _together(
    recipe: "TorchRecipe", indices: Sequence[NDArray[np.int64]], seeds: Sequence[int]
) -> Iterator[list[tuple[NDArray[np.int64], NDArray[np.int64], list[np.random.Generator]]]]:
    """For each epoch, steps of (row numbers (K, b), how many of them count for each model (K,),
    generators).
    """
    for epoch in zip(
        *(orders(recipe, rows, seed) for rows, seed in zip(indices, seeds, strict=True)),
        strict=True,
    ):
        yield [_padded(list(step)) for step in _longest(epoch)]


def _longest(epoch: Sequence[list[Any]]) -> Iterator[list[Any]]:
    for number in range(max(len(batches) for batches in epoch)):
        yield [
            batches[number] if number < len(batches) else (batches[0][0][:0], batches[0][1])
            for batches in epoch
        ]


def _padded(
    step: list[Any],
) -> tuple[NDArray[np.int64], NDArray[np.int64], list[np.random.Generator]]:
    sizes = np.array([len(batch) for batch, _ in step], np.int64)
    batch = np.zeros((len(step), sizes.max()), np.int64)
    for row, (order, _) in zip(batch, step, strict=True):
        row[: len(order)] = order
    return batch, sizes, [rng for _, rng in step]


def _inputs(
    recipe: "TorchRecipe", rows: Any, sizes: NDArray[np.int64], rngs: list[np.random.Generator]
) -> Any:
    """The batch of every model, augmented from its own generator; what fills up a short batch draws
    nothing.
    """
    if recipe.augment is None:
        return rows
    for part, size, rng in zip(rows, sizes.tolist(), rngs, strict=True):
        if size:
            part[:size] = recipe.augment(part[:size].clone(), rng)
    return rows


def _total(recipe: "TorchRecipe", answer: Any, target: Any, sizes: NDArray[np.int64]) -> Any:
    """The sum over models of each model's mean loss."""
    each = losses(
        recipe, answer if recipe.loss == "cross_entropy" else answer.reshape(target.shape), target
    )
    if (sizes == target.shape[1]).all():
        return each.sum() / target.shape[1]
    torch = require("torch", extra="torch", purpose="Training K models in one program")
    counts = torch.from_numpy(sizes).to(each.device)
    inside = torch.arange(target.shape[1], device=each.device) < counts[:, None]
    return ((each * inside).sum(dim=1) / counts.clamp(min=1)).sum()


def _hand_out(weights: dict[str, Any], parts: list[list[Any]], sizes: NDArray[np.int64]) -> None:
    """Give each model its slice of the gradients; a model without a batch gets none and rests."""
    slices = [value.grad.unbind(0) for value in weights.values()]
    for value in weights.values():
        value.grad = None
    for k, model in enumerate(parts):
        for number, part in enumerate(model):
            part.grad = slices[number][k] if sizes[k] else None


def _unstacked(model: Any, parts: list[Any]) -> Any:
    torch = require("torch", extra="torch", purpose="Training K models in one program")
    with torch.no_grad():
        for parameter, part in zip(model.parameters(), parts, strict=True):
            parameter.copy_(part)
    return model.eval()


def obstacle_of(model: Any) -> str | None:
    """Why a module cannot share a program with others, or None."""
    nn = require("torch.nn", extra="torch", purpose="Training K models in one program")
    for name, part in model.named_modules():
        if isinstance(part, nn.modules.batchnorm._NormBase) and (
            part.track_running_stats or "Batch" in type(part).__name__
        ):
            return (
                f"`{name}` ({type(part).__name__}) mixes the records of a batch or keeps running"
                " statistics; GroupNorm does not."
            )
        if isinstance(part, nn.modules.dropout._DropoutNd) and part.p > 0:
            return (
                f"`{name}` ({type(part).__name__}) draws random numbers, which would differ from"
                " those of sequential training."
            )
        if isinstance(part, nn.RNNBase):
            return (
                f"`{name}` ({type(part).__name__}) is recurrent and cannot be vectorised over"
                " models."
            )
    return None


def group_size(recipe: "TorchRecipe", x: Any) -> int:
    """How many models one program holds: 1 where they cannot share one or gain nothing, else what
    half of the memory allows.

    On a processor a short probe decides whether anything is gained: that depends on the processor,
    on the width of the layers and on the size of a batch, and no rule foretold it on two machines.
    """
    torch = require("torch", extra="torch", purpose="Training K models in one program")
    model = seeded(recipe, 0)
    if obstacle_of(model) is not None:
        return 1
    sample = x[:2] if torch.is_tensor(x) else torch.from_numpy(np.ascontiguousarray(x[:2]))
    sample = (sample.float() if sample.dtype == torch.float64 else sample).cpu()
    if not _vectorises(model.eval(), sample):
        return 1
    on_gpu = recipe.device.startswith("cuda")
    if not on_gpu and any(
        isinstance(part, torch.nn.modules.conv._ConvNd) for part in model.modules()
    ):
        # stacked convolutions become grouped ones, which a CPU runs slower than one by one
        return 1
    each = _bytes_of(model, sample, recipe.batch_size)
    most = int(
        np.clip(
            MEMORY_SHARE * _free_bytes(recipe.device) // each,
            1,
            MOST_ON_GPU if on_gpu else MOST_ON_CPU,
        )
    )
    if on_gpu or most == 1:
        return most
    return most if gain_of(recipe, x, most) >= LEAST_GAIN else 1


def gain_of(recipe: "TorchRecipe", x: Any, n_models: int) -> float:
    """How many times less processor time a model takes in one program with others than alone.

    Measured on a few steps on the first records, all of class 0. Of a model whose single step is
    long enough to be bound by arithmetic, nothing is measured: it gains nothing, so 1.

    Parameters
    ----------
    recipe : the model and its loop.
    x : all records.
    n_models : in one program.
    """
    n = min(len(x), PROBED_STEPS * recipe.batch_size)
    kind = np.int64 if recipe.loss == "cross_entropy" else np.float32
    rows, target, order = x[:n], np.zeros(n, kind), np.arange(n)
    short = replace(recipe, epochs=1)
    steps = -(-n // recipe.batch_size)
    first = _seconds(lambda: short.fit(rows, target, order, 0))
    if first > steps * LONG_STEP:
        return 1.0
    few = min(n_models, PROBED_MODELS)
    alone, together = first, np.inf
    for _ in range(PROBES):
        alone = min(alone, _seconds(lambda: short.fit(rows, target, order, 0)))
        together = min(
            together, _seconds(lambda: short.fit_many(rows, target, [order] * few, range(few)))
        )
    return few * alone / together


def _seconds(work: Callable[[], Any]) -> float:
    """Processor seconds; what else runs on the machine counts little."""
    start = time.process_time()
    work()
    return max(time.process_time() - start, 1e-9)


def _vectorises(model: Any, sample: Any) -> bool:
    """Whether two copies answer in one program what the module answers alone."""
    torch = require("torch", extra="torch", purpose="Training K models in one program")
    try:
        weights, buffers = torch.func.stack_module_state([model, copy.deepcopy(model)])
        both = _forward(model)(weights, buffers, torch.stack([sample, sample.flip(0)]))
    except (RuntimeError, NotImplementedError, ValueError):
        return False
    with torch.no_grad():
        return bool(torch.allclose(both[0], model(sample), rtol=1e-4, atol=1e-5))


def _bytes_of(model: Any, sample: Any, batch_size: int) -> int:
    """Memory that one model needs in training: its weights and their copies, and what a batch
    leaves for the backward pass.
    """
    torch = require("torch", extra="torch", purpose="Training K models in one program")
    saved: dict[int, int] = {}

    def note(value: Any) -> Any:
        saved[value.data_ptr()] = value.numel() * value.element_size()
        return value

    own = {parameter.data_ptr() for parameter in model.parameters()}
    with torch.autograd.graph.saved_tensors_hooks(note, lambda value: value):
        model(sample)
    weights = sum(parameter.numel() * parameter.element_size() for parameter in model.parameters())
    activations = sum(size for place, size in saved.items() if place not in own) / len(sample)
    return int(COPIES_OF_WEIGHTS * weights + 2 * batch_size * activations) + 1


def _free_bytes(device: str) -> float:
    torch = require("torch", extra="torch", purpose="Training K models in one program")
    if device.startswith("cuda"):
        return (
            float(torch.cuda.mem_get_info(device)[0])
            if torch.cuda.is_available()
            else UNSEEN_GPU_BYTES
        )
    if hasattr(os, "sysconf") and "SC_AVPHYS_PAGES" in os.sysconf_names:
        return float(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return UNSEEN_MEMORY_BYTES
