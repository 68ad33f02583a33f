"""What one PyTorch model and K in one program share: rows, order of batches, steps, losses."""

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, Outputs
from tacit.core.optional import require

if TYPE_CHECKING:
    from tacit.training.torch_recipe import TorchRecipe

MAX_SEED = 2**63


def tensors(recipe: "TorchRecipe", x: Any, y: Any) -> tuple[Any, Any]:
    """Records and targets on the recipe's device; classes as int64, everything else as float32."""
    torch = require("torch", extra="torch", purpose="A PyTorch recipe")
    if y is None:
        raise InvalidInput("A PyTorch recipe needs `data` as (x, y), got inputs without targets.")
    rows = x if torch.is_tensor(x) else torch.from_numpy(np.ascontiguousarray(x))
    rows = rows.float() if rows.dtype == torch.float64 else rows
    kind = torch.int64 if recipe.loss == "cross_entropy" else torch.float32
    return rows.to(recipe.device), torch.as_tensor(np.asarray(y), dtype=kind).to(recipe.device)


@contextmanager
def drawing(seed: int) -> Iterator[None]:
    """Let the global generator begin at `seed`, and leave it as it was."""
    torch = require("torch", extra="torch", purpose="A PyTorch recipe")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed % MAX_SEED)
        yield


def seeded(recipe: "TorchRecipe", seed: int) -> Any:
    """A new model whose first weights depend on the seed alone; the global generator is left as it
    was.
    """
    with drawing(seed):
        return recipe.build_fn()


def orders(recipe: "TorchRecipe", indices: NDArray[np.int64], seed: int) -> Any:
    """For each epoch, the batches of row numbers in the order of this seed, each with the model's
    own generator.
    """
    rng = np.random.default_rng(seed)
    noise = np.random.default_rng([seed, 1])
    for _ in range(recipe.epochs):
        order = rng.permutation(indices)
        starts = range(0, len(order), recipe.batch_size)
        yield [(order[start : start + recipe.batch_size], noise) for start in starts]


def optimizer_of(recipe: "TorchRecipe", parameters: Any) -> Any:
    """The optimizer of the recipe, as one kernel for all parameters where this PyTorch has it for
    the device.
    """
    torch = require("torch", extra="torch", purpose="A PyTorch recipe")
    kinds = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}
    own = {"momentum": recipe.momentum} if recipe.optimizer == "sgd" else {}
    every, options = list(parameters), {"lr": recipe.lr, "weight_decay": recipe.weight_decay, **own}
    try:
        return kinds[recipe.optimizer](every, fused=True, **options)
    except (RuntimeError, TypeError):  # before PyTorch 2.4 there is none for the CPU
        return kinds[recipe.optimizer](every, **options)


def set_rate(recipe: "TorchRecipe", step: Any, epoch: int) -> None:
    """The learning rate of an epoch."""
    share = (
        1.0
        if recipe.schedule == "constant"
        else (1 + math.cos(math.pi * epoch / recipe.epochs)) / 2
    )
    for group in step.param_groups:
        group["lr"] = recipe.lr * share


def autocast(recipe: "TorchRecipe") -> AbstractContextManager[Any]:
    """Within it, products are taken in the recipe's precision.

    Entered anew for each step: rounded copies of the weights are kept until it is left.
    """
    if recipe.precision == "float32":
        return nullcontext()
    torch = require("torch", extra="torch", purpose="A PyTorch recipe")
    kind, within = torch.device(recipe.device).type, getattr(torch, recipe.precision)
    rounded: AbstractContextManager[Any] = torch.autocast(kind, dtype=within)
    return rounded


def losses(recipe: "TorchRecipe", answer: Any, target: Any) -> Any:
    """One loss a record, for any leading shape: answer (..., k) and target (...); in float32 of
    rounded answers too.
    """
    if recipe.precision != "float32":
        answer = answer.float()
    functional = require("torch.nn.functional", extra="torch", purpose="A PyTorch recipe")
    if recipe.loss == "cross_entropy":
        flat = functional.cross_entropy(
            answer.reshape(-1, answer.shape[-1]),
            target.reshape(-1),
            reduction="none",
            label_smoothing=recipe.label_smoothing,
        )
        return flat.reshape(target.shape)
    return (answer.reshape(target.shape) - target) ** 2


@dataclass(frozen=True, eq=False)
class Answering:
    """A trained model that answers in batches, without gradients."""

    model: Any
    recipe: "TorchRecipe"
    y: Any = None

    def __call__(self, x: Any) -> Outputs | NDArray[np.floating[Any]]:
        """Logits for classes; for numbers the predictions, which need the truth."""
        torch = require("torch", extra="torch", purpose="A PyTorch recipe")
        rows = x if torch.is_tensor(x) else torch.from_numpy(np.ascontiguousarray(x))
        rows = rows.float() if rows.dtype == torch.float64 else rows
        size = max(1024, self.recipe.batch_size)
        with torch.inference_mode():
            parts = [
                self.model(rows[start : start + size].to(self.recipe.device)).float().cpu()
                for start in range(0, len(rows), size)
            ]
        answer = torch.cat(parts).numpy()
        if self.recipe.loss == "squared_error":
            return Outputs(
                prediction=answer.reshape(len(answer), -1)[:, 0],
                truth=np.asarray(self.y, np.float64),
            )
        return Outputs(logits=answer)
