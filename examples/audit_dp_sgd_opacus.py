"""DP-SGD with Opacus, watched step by step, and five ways to break it."""

import math
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from opacus import PrivacyEngine
from opacus.accountants import RDPAccountant
from opacus.accountants.utils import get_noise_multiplier
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from audit_dp_sgd_game import CLASSES, HIDDEN, INPUTS, Plan, Trace


def train(
    x: NDArray[np.float32],
    y: NDArray[np.int64],
    first: NDArray[np.float32],
    plan: Plan,
    mode: str | None,
    seed: int,
) -> Trace:
    """One training from the weights `first`; `mode` breaks it."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(INPUTS, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, CLASSES))
    nn.utils.vector_to_parameters(torch.tensor(first), model.parameters())
    sigma, accounted = noise_for(plan, 1.0 if mode == "delta_one" else plan.delta)
    private, optimizer, loader = PrivacyEngine().make_private(
        module=model,
        optimizer=torch.optim.SGD(model.parameters(), lr=plan.learning_rate),
        data_loader=DataLoader(
            TensorDataset(torch.from_numpy(x), torch.from_numpy(y)), math.ceil(plan.rate * len(x))
        ),
        noise_multiplier=sigma,
        max_grad_norm=plan.clip,
    )
    optimizer.expected_batch_size = (
        plan.batch_size
    )  # Opacus' own is a share of the rows, and tells how many canaries are in
    if mode in BREAKS:
        BREAKS[mode](optimizer, plan)
    weights, released = [_flat(model.parameters())], []
    for _ in range(plan.epochs):
        for image, label in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(private(image), label).backward()
            optimizer.step()
            released.append(_flat(p.grad for p in model.parameters()) * np.float32(plan.batch_size))
            weights.append(_flat(model.parameters()))
    return Trace(np.stack(weights), np.stack(released), sigma, accounted)


@lru_cache
def noise_for(plan: Plan, delta: float) -> tuple[float, float]:
    """The noise multiplier that Opacus chooses for epsilon at `delta`, and its epsilon at the
    plan's delta.
    """
    sigma = get_noise_multiplier(
        target_epsilon=plan.epsilon,
        target_delta=delta,
        sample_rate=plan.rate,
        steps=plan.n_steps,
        accountant="rdp",
    )
    accountant = RDPAccountant()
    accountant.history = [(sigma, plan.rate, plan.n_steps)]
    return sigma, accountant.get_epsilon(plan.delta)


def _flat(tensors: Any) -> NDArray[np.float32]:
    return np.array(torch.cat([t.detach().reshape(-1) for t in tensors]), np.float32)


def _add(optimizer: Any, scale: float, generator: torch.Generator | None = None) -> None:
    for p in optimizer.params:
        p.grad = p.summed_grad + scale * torch.randn(p.summed_grad.shape, generator=generator)


def _unscaled(optimizer: Any, plan: Plan) -> None:
    optimizer.add_noise = lambda: _add(optimizer, optimizer.noise_multiplier)


def _per_batch(optimizer: Any, plan: Plan) -> None:
    def clip_the_mean() -> None:
        total = [p.grad_sample.sum(0) for p in optimizer.params]
        norm = math.sqrt(sum(float((t / plan.batch_size).pow(2).sum()) for t in total))
        for p, t in zip(optimizer.params, total):
            p.summed_grad = t * min(1.0, plan.clip / norm)

    optimizer.clip_and_accumulate = clip_the_mean


def _per_epoch(optimizer: Any, plan: Plan) -> None:
    step = [0]

    def once_an_epoch() -> None:
        _add(
            optimizer,
            optimizer.noise_multiplier * plan.clip if step[0] % plan.steps_an_epoch == 0 else 0.0,
        )
        step[0] += 1

    optimizer.add_noise = once_an_epoch


def _same_seed(optimizer: Any, plan: Plan) -> None:
    scale = optimizer.noise_multiplier * plan.clip
    optimizer.add_noise = lambda: _add(optimizer, scale, torch.Generator().manual_seed(7))


BREAKS = {
    "unscaled": _unscaled,
    "per_batch": _per_batch,
    "per_epoch": _per_epoch,
    "same_seed": _same_seed,
}
