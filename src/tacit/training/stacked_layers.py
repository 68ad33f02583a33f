"""K small networks of linear layers in one program, with derivatives written by hand.

What costs a small network its time is not arithmetic but PyTorch's record of each operation and its
walk back. A chain of linear layers and rectifiers needs neither.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tacit.core.optional import require
from tacit.training.torch_steps import autocast, optimizer_of, set_rate

if TYPE_CHECKING:
    from tacit.training.torch_recipe import TorchRecipe

PURPOSE = "Training K models in one program"
# (row numbers (K, b), how many of them count for each model (K,), generators)
Step = tuple[NDArray[np.int64], NDArray[np.int64], list[np.random.Generator]]


def linear_chains(models: list[Any], rows: Any) -> list[list[Any]] | None:
    """The linear layers of each module, where every one is nothing but these, a rectifier between
    each two, and one part before them that flattens the input perhaps; None otherwise.

    Parameters
    ----------
    models : modules of one shape.
    rows : what they are shown, the records along the first axis.
    """
    torch = require("torch", extra="torch", purpose=PURPOSE)
    if rows.dtype != torch.float32:
        return None
    chains = []
    for model in models:
        layers = _chain(model, flat=rows.ndim == 2)
        if layers is None:
            return None
        chains.append(layers)
    return chains


def _chain(model: Any, *, flat: bool) -> list[Any] | None:
    nn = require("torch.nn", extra="torch", purpose=PURPOSE)
    parts = list(model) if type(model) is nn.Sequential else [model]
    if parts and type(parts[0]) is nn.Flatten and (parts[0].start_dim, parts[0].end_dim) == (1, -1):
        parts, flat = parts[1:], True
    layers, between = parts[::2], parts[1::2]
    plain = (
        flat
        and len(layers) == len(between) + 1
        and all(type(part) is nn.ReLU for part in between)
        and all(type(part) is nn.Linear and part.bias is not None for part in layers)
        # a layer that stands twice is trained once
        and len({id(part) for part in layers}) == len(layers)
        and not _watched(model)
    )
    return layers if plain and all(map(_trained, model.parameters())) else None


def _trained(parameter: Any) -> bool:
    return str(parameter.dtype) == "torch.float32" and bool(parameter.requires_grad)


def _watched(model: Any) -> bool:
    """Whether a hook or a parametrisation hangs on some part."""
    names = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return any(getattr(part, name, None) for part in model.modules() for name in names)


class Stack:
    """K networks of the same linear layers: all weights in one table, a row a model.

    Parameters
    ----------
    chains : the linear layers of each model; their weights are the first ones.
    """

    def __init__(self, chains: list[list[Any]]) -> None:
        torch = require("torch", extra="torch", purpose=PURPOSE)
        self.shapes = [tuple(layer.weight.shape) for layer in chains[0]]
        rows = [
            torch.cat(
                [value.reshape(-1) for layer in chain for value in (layer.weight, layer.bias)]
            )
            for chain in chains
        ]
        self.weights = torch.stack([row.detach() for row in rows])
        self.gradient = torch.zeros_like(self.weights)
        self.layers, self.slopes = self._views(self.weights), self._views(self.gradient)

    def _views(self, table: Any) -> list[tuple[Any, Any]]:
        """Weights (K, out, in) and offsets (K, 1, out) of each layer, as parts of a table."""
        views, start = [], 0
        for out, inside in self.shapes:
            end = start + out * inside
            weight = table[:, start:end].unflatten(1, (out, inside))
            views.append((weight, table[:, None, end : end + out]))
            start = end + out
        return views

    def forward(self, x: Any) -> list[Any]:
        """What each layer is given (K, b, in), and last what the network answers (K, b, out)."""
        torch = require("torch", extra="torch", purpose=PURPOSE)
        given = [x]
        for number, (weight, offset) in enumerate(self.layers):
            answer = torch.baddbmm(offset, given[-1], weight.transpose(1, 2))
            given.append(answer if number == len(self.layers) - 1 else answer.relu_())
        return given

    def backward(self, given: list[Any], slope: Any) -> None:
        """Fill `gradient` from the slope (K, b, out) of the loss by the answer."""
        torch = require("torch", extra="torch", purpose=PURPOSE)
        for number in range(len(self.layers) - 1, -1, -1):
            weight, offset = self.slopes[number]
            weight.copy_(torch.bmm(slope.transpose(1, 2), given[number]))
            offset.copy_(slope.sum(dim=1, keepdim=True))
            if number:
                # a rectifier that gave 0 hands nothing back; a product with booleans takes 20 times
                # as long
                slope = torch.bmm(slope, self.layers[number][0]).mul_(given[number].sign())

    def hand_back(self, chains: list[list[Any]]) -> None:
        """Write each row into the layers of its model."""
        for k, chain in enumerate(chains):
            for layer, (weight, offset) in zip(chain, self.layers, strict=True):
                layer.weight.data.copy_(weight[k])
                layer.bias.data.copy_(offset[k, 0])


def train(
    recipe: "TorchRecipe",
    chains: list[list[Any]],
    rows: Any,
    target: Any,
    epochs: Iterable[list[Step]],
    inputs: Any,
) -> None:
    """Train the layers of K models in place.

    Parameters
    ----------
    recipe : the loop.
    chains : the linear layers of each model.
    rows, target : all records.
    epochs : the steps of each epoch.
    inputs : ``inputs(batch, sizes, generators)``, the augmented batch.
    """
    torch = require("torch", extra="torch", purpose=PURPOSE)
    with torch.no_grad():
        stack = Stack(chains)
        models = list(stack.weights.unbind(0))
        slopes = stack.gradient.unbind(0)
        step = optimizer_of(recipe, models)
        for epoch, steps in enumerate(epochs):
            set_rate(recipe, step, epoch)
            for batch, sizes, rngs in steps:
                picked = torch.from_numpy(batch).to(rows.device)
                shown = rows.index_select(0, picked.flatten()).unflatten(0, batch.shape)
                seen = inputs(shown, sizes, rngs).flatten(2)
                with autocast(recipe):
                    given = stack.forward(seen)
                    slope = slope_of(recipe, given[-1].float(), target[picked], sizes)
                    stack.backward(given, slope)
                for model, slope, size in zip(models, slopes, sizes.tolist(), strict=True):
                    # a model without a batch rests, and its optimizer does not count the step
                    model.grad = slope if size else None
                step.step()
        stack.hand_back(chains)


def slope_of(recipe: "TorchRecipe", answer: Any, target: Any, sizes: NDArray[np.int64]) -> Any:
    """The derivative (K, b, out) of the sum over models of each one's mean loss by the answer.

    Parameters
    ----------
    recipe : says which loss.
    answer : (K, b, out).
    target : (K, b).
    sizes : (K,), how many records of a batch count for each model.
    """
    torch = require("torch", extra="torch", purpose=PURPOSE)
    counts = torch.from_numpy(sizes).to(answer.device)
    if recipe.loss == "cross_entropy":
        slope = answer.softmax(dim=-1)
        kept = 1 - recipe.label_smoothing
        wanted = torch.full_like(target, -kept, dtype=slope.dtype)[..., None]
        slope.scatter_add_(-1, target[..., None], wanted)
        slope -= recipe.label_smoothing / answer.shape[-1]
    else:
        slope = 2 * (answer - target[..., None])
    share = 1 / counts.clamp(min=1).to(slope.dtype)[:, None]
    if (sizes != target.shape[1]).any():
        share = share * (torch.arange(target.shape[1], device=answer.device) < counts[:, None])
    return slope.mul_(share[..., None])
