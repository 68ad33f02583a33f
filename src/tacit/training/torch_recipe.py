"""A PyTorch model and how to train it: one at a time, or K in one program."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput
from tacit.core.checking import whole
from tacit.core.optional import require
from tacit.core.options import require_builder, require_choice
from tacit.training.jobs import Observe
from tacit.training.torch_steps import (
    Answering,
    autocast,
    drawing,
    losses,
    optimizer_of,
    orders,
    seeded,
    set_rate,
    tensors,
)

Precision = Literal["float32", "bfloat16"]
CHOICES = {
    "optimizer": ("adam", "sgd"),
    "schedule": ("constant", "cosine"),
    "loss": ("cross_entropy", "squared_error"),
}


@dataclass(frozen=True, eq=False)
class TorchRecipe:
    """A function that builds a `torch.nn.Module`, and the loop that trains it.

    `fit` is the plain loop. `fit_many` trains K models in one program, with the same seeds, orders
    and steps, and ends at the same weights but for rounding; see `tacit.training.batched`.

    Parameters
    ----------
    build_fn : ``build_fn() -> nn.Module`` that maps (b, ...) to logits (b, k), or to predictions
        for ``"squared_error"``.
    epochs, batch_size : of the loop; the last batch of an epoch may be smaller.
    lr, weight_decay, momentum : of the optimizer; momentum for ``"sgd"`` only.
    optimizer : ``"adam"`` or ``"sgd"``.
    schedule : ``"constant"`` or ``"cosine"`` (from `lr` to 0, one step an epoch).
    loss : ``"cross_entropy"`` for classes, ``"squared_error"`` for numbers.
    augment : ``augment(batch, rng) -> batch`` with a `numpy.random.Generator` of the model's own;
        applied in training only.
    device : ``"cpu"``, ``"cuda"``, ...
    label_smoothing : share of the target that is spread over all classes.
    noise : noise multiplier of DP-SGD, which Opacus carries out; 0 trains without.
    clip : largest norm of one record's gradient, with `noise` only.
    precision : ``"bfloat16"`` lets PyTorch's autocast take matrix products and convolutions in
        bfloat16 while a model is trained; weights, losses and optimizer stay in float32, and so do
        answers. The weights are other ones than float32 gives. Processors with bfloat16 products
        (``avx512_bf16``) take less time where layers are wide.
    group_size : models in one program; None chooses from the memory that is free, and trains models
        that cannot share a program (batch normalisation, dropout, recurrent layers) one at a time.
    """

    build_fn: Callable[[], Any]
    epochs: int
    batch_size: int = 128
    lr: float = 1e-3
    optimizer: Literal["adam", "sgd"] = "adam"
    weight_decay: float = 0.0
    momentum: float = 0.0
    schedule: Literal["constant", "cosine"] = "constant"
    loss: Literal["cross_entropy", "squared_error"] = "cross_entropy"
    augment: Callable[[Any, np.random.Generator], Any] | None = None
    device: str = "cpu"
    group_size: int | None = None
    label_smoothing: float = 0.0
    noise: float = 0.0
    clip: float = 1.0
    precision: Precision = "float32"

    def __post_init__(self) -> None:
        require_builder(self.build_fn, "torch.nn.Module")
        for name in ("epochs", "batch_size"):
            whole(getattr(self, name), name, least=1)
        for name, choices in CHOICES.items():
            require_choice(getattr(self, name), name, choices)
        if not (0 <= self.label_smoothing < 1 and self.noise >= 0 and self.clip > 0):
            raise InvalidInput(
                "`label_smoothing` needs a share from 0 to below 1, `noise` 0 or more and `clip`"
                f" more than 0, got {self.label_smoothing!r}, {self.noise!r} and {self.clip!r}."
            )
        if self.precision not in get_args(Precision):
            raise InvalidInput(
                f"`precision` needs 'float32' or 'bfloat16', got {self.precision!r}."
            )
        if self.noise and self.precision != "float32":
            raise InvalidInput(
                "`precision` needs 'float32' with `noise`: DP-SGD is trained in float32 only, got"
                f" {self.precision!r}."
            )

    def fit(self, x: Any, y: Any, indices: NDArray[np.int64], seed: int) -> Observe:
        """Train one model on the rows `indices` by the plain loop."""
        rows, target = tensors(self, x, y)
        model = seeded(self, seed).to(self.device).train()
        # dropout draws from the global generator; not what drew the first weights once more
        with drawing(seed ^ 1):
            if self.noise:
                from tacit.training.private_steps import train_privately

                model = train_privately(self, model, (rows, target), indices, seed)
            else:
                self._train(model, rows, target, indices, seed)
        return Answering(model.eval(), self, y)

    def _train(
        self, model: Any, rows: Any, target: Any, indices: NDArray[np.int64], seed: int
    ) -> None:
        torch = require("torch", extra="torch", purpose="A PyTorch recipe")
        step = optimizer_of(self, model.parameters())
        for epoch, batches in enumerate(orders(self, indices, seed)):
            set_rate(self, step, epoch)
            for batch, rng in batches:
                picked = torch.from_numpy(batch).to(self.device)
                inputs = rows[picked] if self.augment is None else self.augment(rows[picked], rng)
                step.zero_grad()
                with autocast(self):
                    answer = model(inputs)
                losses(self, answer, target[picked]).mean().backward()
                step.step()

    def fit_many(
        self, x: Any, y: Any, indices: Sequence[NDArray[np.int64]], seeds: Sequence[int]
    ) -> list[Observe]:
        """Train K models in one program, each on its own rows, seed and order."""
        from tacit.training.batched import fit_many

        return fit_many(self, x, y, indices, seeds)

    @property
    def identity(self) -> "TorchRecipe":
        """The recipe without what changes no result: the size of the groups."""
        return replace(self, group_size=None)

    def group(self, x: Any) -> int:
        """How many models fit into one program; those of DP-SGD are trained one by one."""
        from tacit.training.batched import group_size

        if self.noise:
            return 1
        return group_size(self, x) if self.group_size is None else self.group_size
