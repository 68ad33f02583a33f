"""Audit a real DP-SGD training in one run, then break it on purpose and see whether the audit notices.

    python examples/audit_dp_sgd.py [--break all | MODE ...] [--epsilon 2] [--canaries 300]

Trains a small network on scikit-learn's digits with Opacus. Canaries (loud random images with random labels) are in the
training set or not, by a coin each. Three guessers look at them. One sees the loss of the final model (black box). One
sees every update and asks how much of each canary's clipped gradient it takes to explain it (white box; least squares,
small updates weighing most). One does the same after taking the mean update away, and looks at how much that share varies
from step to step, which is what shows repeated noise. Each gets a third of the error, so all may be tried.

Needs: pip install 'tacit[torch]' opacus
"""

import argparse
import math
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.func import functional_call, grad, vmap
from torch.utils.data import DataLoader, TensorDataset

from tacit.design import Canaries, insert_arrays, random_pixels
from tacit.suites.dp import dp_audit

DELTA, CLIP, RATE, EPOCHS, LEARNING_RATE = 1e-5, 10.0, 0.5, 8, 0.2
LOUD = 15.0  # pixels of a canary; those of a digit lie in 0..1
GUESSERS = ("black box: loss", "white box: gradient share", "white box: its variance")
MODES = {
    "unscaled": "noise of scale sigma, not sigma times the clipping norm",
    "per_batch": "the mean gradient of a batch is clipped, not each example's",
    "per_epoch": "noise is added once an epoch",
    "same_seed": "the noise generator is seeded anew in every step",
    "delta_one": "noise was chosen for delta = 1",
}


@dataclass
class Run:
    """What one training left behind: the claim and each guesser's score of every canary."""

    claimed: float
    noise: float
    accuracy: float
    scores: dict[str, np.ndarray]


def digits() -> tuple[np.ndarray, np.ndarray]:
    """The digits, twice as large: (1797, 256) in 0..1, and their labels."""
    data = load_digits()
    return np.kron(data.images, np.ones((2, 2))).reshape(-1, 256).astype(np.float32) / 16, data.target


def network(seed: int) -> nn.Module:
    """256 -> 32 -> 10."""
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(256, 32), nn.ReLU(), nn.Linear(32, 10))


def canary_gradients(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The clipped gradient of every canary at the current weights: (m, parameters)."""
    weights = {name: value.detach() for name, value in model.named_parameters()}

    def loss(values: dict[str, torch.Tensor], image: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(functional_call(model, values, (image[None],)), label[None])

    each = vmap(grad(loss), in_dims=(None, 0, 0))(weights, x, y)
    flat = torch.cat([each[name].reshape(len(x), -1) for name in weights], dim=1)
    return flat * (CLIP / flat.norm(dim=1).clamp(min=1e-9)).clamp(max=1.0)[:, None]


def flat_weights(model: nn.Module) -> torch.Tensor:
    """All weights in one vector."""
    return torch.cat([value.detach().reshape(-1) for value in model.parameters()])


def trained(canaries: Canaries, epsilon: float, mode: str | None, seed: int) -> Run:
    """One training with Opacus, watched update by update; `mode` breaks it."""
    from opacus import PrivacyEngine

    images, labels = digits()
    x, y = insert_arrays(images[:900], labels[:900], canaries, seed=seed)
    data = TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
    model = network(seed)
    plain = network(seed)  # same shape, for gradients without Opacus' hooks
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    engine = PrivacyEngine(accountant="rdp")
    private, optimizer, loader = engine.make_private_with_epsilon(
        module=model,
        optimizer=optimizer,
        data_loader=DataLoader(data, batch_size=int(RATE * len(data))),
        epochs=EPOCHS,
        target_epsilon=epsilon,
        target_delta=DELTA,
        max_grad_norm=CLIP,
    )
    noise = float(optimizer.noise_multiplier)
    if mode is not None:
        broken(optimizer, mode, steps_an_epoch=len(loader))
    scores = watched(private, plain, optimizer, loader, canaries)
    right = private(torch.from_numpy(images[900:])).argmax(1).numpy() == labels[900:]
    return Run(epsilon, noise, float(right.mean()), scores)


def watched(private: nn.Module, plain: nn.Module, optimizer: Any, loader: Any, canaries: Canaries) -> dict[str, np.ndarray]:
    """Train, and let the guessers look: scores (m,) of each."""
    cx, cy = torch.from_numpy(np.array(canaries.x)), torch.from_numpy(np.array(canaries.label))
    updates, gradients = [], []
    for _ in range(EPOCHS):
        for image, label in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(private(image), label).backward()
            before = flat_weights(private)
            plain.load_state_dict(private._module.state_dict())
            optimizer.step()
            updates.append(before - flat_weights(private))
            gradients.append(canary_gradients(plain, cx, cy))
    update = torch.stack(updates)
    share = torch.stack([explained(g, u) / u.pow(2).sum() for g, u in zip(gradients, update)])
    centred = torch.stack([explained(g, u) for g, u in zip(gradients, update - update.mean(0))])
    with torch.no_grad():
        loss = nn.functional.cross_entropy(private(cx), cy, reduction="none")
    return {GUESSERS[0]: -loss.numpy(), GUESSERS[1]: share.sum(0).numpy(), GUESSERS[2]: centred.var(0).numpy()}


def explained(gradient: torch.Tensor, update: torch.Tensor) -> torch.Tensor:
    """How much of each canary's gradient (m, p) it takes to explain an update (p,): ridge regression, (m,)."""
    gram = gradient @ gradient.T
    ridge = 1e-3 * gram.diagonal().mean() * torch.eye(len(gram))
    return torch.linalg.solve(gram + ridge, gradient @ update)


def broken(optimizer: Any, mode: str, *, steps_an_epoch: int) -> None:
    """Break the optimiser in one of the ways that have happened."""
    sigma, step = optimizer.noise_multiplier, [0]
    add_noise: Callable[[], None] = optimizer.add_noise

    def noisy(scale: float, generator: torch.Generator | None = None) -> None:
        for p in optimizer.params:
            p.grad = p.summed_grad + scale * torch.randn(p.summed_grad.shape, generator=generator)

    def once_an_epoch() -> None:
        step[0] += 1
        noisy(sigma * CLIP if step[0] % steps_an_epoch == 1 else 0.0)

    def clip_the_batch() -> None:
        total = [p.grad_sample.sum(0) for p in optimizer.params]
        size = optimizer.expected_batch_size
        norm = math.sqrt(sum(float((t / size).pow(2).sum()) for t in total))
        for p, t in zip(optimizer.params, total):
            p.summed_grad = t * min(1.0, CLIP / norm)

    if mode == "unscaled":
        optimizer.add_noise = lambda: noisy(sigma)
    elif mode == "per_batch":
        optimizer.clip_and_accumulate = clip_the_batch
    elif mode == "per_epoch":
        optimizer.add_noise = once_an_epoch
    elif mode == "same_seed":
        optimizer.add_noise = lambda: noisy(sigma * CLIP, torch.Generator().manual_seed(7))
    elif mode == "delta_one":
        optimizer.noise_multiplier = 0.01 * sigma
        optimizer.add_noise = add_noise
    else:
        raise ValueError(f"unknown mode {mode!r}; there are {', '.join(MODES)}")


def audited(run: Run, canaries: Canaries, name: str) -> bool:
    """Print claim, bounds and gap of one training; True if the claim is refuted."""
    refuted = False
    print(f"\n{name}\n  claimed epsilon {run.claimed:.2f} at delta {DELTA:g}, noise {run.noise:.2f}, accuracy {run.accuracy:.3f}")
    for guesser in GUESSERS:
        level = 1 - 0.05 / len(GUESSERS)
        report = dp_audit(run.scores[guesser], canaries.manifest, delta=DELTA, claimed_epsilon=run.claimed, level=level)
        low = report.checks[0].estimates[0].low
        word = {"fail": "REFUTED", "pass": "not refuted", "inconclusive": "inconclusive"}[report.verdict]
        print(f"  {guesser:<30} epsilon >= {low:.3f}   gap to the claim {run.claimed - low:+.2f}   {word}")
        refuted |= report.verdict == "fail"
    return refuted


def main(argv: Sequence[str] | None = None) -> int:
    """Audit the correct training, then the broken ones; 0 if the audit told them apart."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--break", dest="modes", nargs="*", default=[], help=f"all, or some of {', '.join(MODES)}")
    parser.add_argument("--epsilon", type=float, default=2.0, help="the guarantee to train for")
    parser.add_argument("--canaries", type=int, default=300, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="of canaries, coins and training")
    arguments = parser.parse_args(argv)
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    modes = list(MODES) if arguments.modes == ["all"] else arguments.modes
    canaries = random_pixels(arguments.canaries, (256,), n_classes=10, low=-LOUD, high=LOUD, seed=arguments.seed)
    print(f"{arguments.canaries} canaries, {int(canaries.member.sum())} of them in the training set by their coins.")
    start = time.process_time()
    wrong = audited(trained(canaries, arguments.epsilon, None, arguments.seed), canaries, "correct DP-SGD (Opacus)")
    found = [
        audited(trained(canaries, arguments.epsilon, mode, arguments.seed), canaries, f"broken, {mode}: {MODES[mode]}")
        for mode in modes
    ]
    print(
        f"\nThe correct training is {'REFUTED' if wrong else 'not refuted'}. {sum(found)} of {len(modes)} broken ones are refuted."
    )
    print(f"{time.process_time() - start:.0f} CPU seconds.")
    return int(wrong or sum(found) < min(3, len(modes)))


if __name__ == "__main__":
    raise SystemExit(main())
