"""What the DP-SGD audit hands to a training engine and what it gets back, whichever library
trains.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

INPUTS, HIDDEN, CLASSES = 256, 32, 10
SHAPES = (
    (HIDDEN, INPUTS),
    (HIDDEN,),
    (CLASSES, HIDDEN),
    (CLASSES,),
)  # weights and biases, the order of all flat vectors
N_PARAMETERS = sum(int(np.prod(shape)) for shape in SHAPES)
LOUD = 15.0  # pixels of a canary; those of a digit lie in 0..1

MODES = {
    "unscaled": "noise of scale sigma, not sigma times the clipping norm",
    "per_batch": "the mean gradient of a batch is clipped, not each example's",
    "per_epoch": "noise is added once an epoch",
    "same_seed": "the noise generator is seeded anew in every step",
    "delta_one": "noise was chosen for delta = 1",
}


@dataclass(frozen=True)
class Plan:
    """What is public about a training.

    Parameters
    ----------
    epsilon, delta : the guarantee to train for, and the claim.
    n_ordinary, n_canaries : digits in the training set, known to the guessers; canaries, each in it
        or not.
    clip : norm to which the gradient of each example is clipped.
    rate : chance of each example to be in a batch, 1 / a whole number.
    epochs : of 1 / rate steps each.
    learning_rate : of plain SGD.
    """

    epsilon: float
    delta: float = 1e-5
    n_ordinary: int = 900
    n_canaries: int = 300
    clip: float = 10.0
    rate: float = 0.5
    epochs: int = 8
    learning_rate: float = 0.2

    @property
    def batch_size(self) -> float:
        """What the noisy sum of gradients is divided by: what is expected before the coins fall, so
        that it tells none.
        """
        return self.rate * (self.n_ordinary + self.n_canaries / 2)

    @property
    def steps_an_epoch(self) -> int:
        """Steps in which each example is expected once."""
        return round(1 / self.rate)

    @property
    def n_steps(self) -> int:
        """Steps of the whole training."""
        return self.epochs * self.steps_an_epoch


@dataclass(frozen=True)
class Trace:
    """What a training shows to an adversary who watches it.

    Parameters
    ----------
    weights : float (steps + 1, p), before each step and at the end.
    released : float (steps, p), the noisy sum of clipped gradients of each step.
    noise : multiplier of the clipping norm that the library chose.
    accounted : epsilon at the plan's delta of that noise, by the library's accountant.
    """

    weights: NDArray[np.float32]
    released: NDArray[np.float32]
    noise: float
    accounted: float


# (rows, labels, first weights, plan, mode or None, seed) -> what was seen
Engine = Callable[
    [NDArray[np.float32], NDArray[np.int64], NDArray[np.float32], Plan, str | None, int], Trace
]


def digits() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """scikit-learn's digits, twice as large: (1797, 256) in 0..1, and their labels."""
    data = load_digits()
    images = np.kron(data.images, np.ones((2, 2))).reshape(-1, INPUTS) / 16
    return images.astype(np.float32), data.target.astype(np.int64)


def first_weights(seed: int) -> NDArray[np.float32]:
    """Where training starts: uniform in +-1 / sqrt(inputs of the layer), flat (p,)."""
    rng = np.random.default_rng([seed, 1])
    width = (INPUTS, INPUTS, HIDDEN, HIDDEN)
    return np.concatenate(
        [rng.uniform(-1, 1, np.prod(s)) / np.sqrt(w) for s, w in zip(SHAPES, width)]
    ).astype(np.float32)


def layers(flat: NDArray[np.floating]) -> list[NDArray[np.floating]]:
    """A flat vector (p,) as first weights, first biases, second weights, second biases."""
    ends = np.cumsum([np.prod(shape) for shape in SHAPES])
    return [part.reshape(shape) for part, shape in zip(np.split(flat, ends[:-1]), SHAPES)]
