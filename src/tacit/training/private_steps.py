"""DP-SGD for a PyTorch recipe, by Opacus: every record's gradient is clipped, noise is added, and
batches are drawn by coins.
"""

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput
from tacit.core.optional import require
from tacit.training.torch_steps import losses, optimizer_of, set_rate

if TYPE_CHECKING:
    from tacit.training.torch_recipe import TorchRecipe

# The streams of one seed. The first weights come from the seed itself, dropout from the seed with
# its last bit turned, and augmentation from part 1: noise from any of these would lean on them.
NOISE, COINS = 2, 3
# what Opacus says to everybody: its noise is not cryptographic, and gradients need no input
KNOWN_WARNINGS = ("Secure RNG turned off", "Full backward hook", "Using a non-full backward hook")


def train_privately(
    recipe: "TorchRecipe",
    model: Any,
    records: tuple[Any, Any],
    indices: NDArray[np.int64],
    seed: int,
) -> Any:
    """The model, trained on the rows `indices` of `records` (inputs and targets).

    A record is in a batch with the chance of one over the number of batches, as the accountant
    assumes. Noise and coins come from the seed: that is right for an audit and wrong for a release.

    Raises
    ------
    InvalidInput
        The module has parts that mix the records of a batch.
    MissingDependency
        Opacus is not installed.
    """
    purpose = "A PyTorch recipe with `noise`"
    torch = require("torch", extra="torch", purpose=purpose)
    opacus = require("opacus", extra="opacus", purpose=purpose)
    problems = opacus.validators.ModuleValidator.validate(model, strict=False)
    if problems:
        raise InvalidInput(f"DP-SGD cannot train this module: {problems[0]}.")
    noise, coins = (torch.Generator().manual_seed(_part(seed, part)) for part in (NOISE, COINS))
    rng = np.random.default_rng([seed, 1])
    picked = torch.from_numpy(np.ascontiguousarray(indices))
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(*(part[picked] for part in records)),
        batch_size=recipe.batch_size,
        generator=coins,
    )
    with warnings.catch_warnings():
        for text in KNOWN_WARNINGS:
            warnings.filterwarnings("ignore", message=text)
        private, step, batches = opacus.PrivacyEngine().make_private(
            module=model,
            optimizer=optimizer_of(recipe, model.parameters()),
            data_loader=loader,
            noise_multiplier=recipe.noise,
            max_grad_norm=recipe.clip,
            noise_generator=noise,
        )
        for epoch in range(recipe.epochs):
            set_rate(recipe, step, epoch)
            for inputs, target in batches:
                given = inputs if recipe.augment is None else recipe.augment(inputs, rng)
                step.zero_grad()
                losses(recipe, private(given), target).mean().backward()
                step.step()
    return private._module


def _part(seed: int, part: int) -> int:
    """A seed of 63 bits for one stream of a model."""
    return int(np.random.SeedSequence([seed, part]).generate_state(1, np.uint64)[0] >> 1)
