"""A small neural network that tells members by what the model answered."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from tacit.attacks.learned.fitting import Classifier, Learner

RATE = 3e-3  # of Adam's steps: with some hundred steps a tenth of it learns too little
FORGET, FORGET_SQUARES = 0.9, 0.999  # of Adam, as published
TINY = 1e-8  # keeps Adam from dividing by 0
# A batch is a twentieth of the records, so that few records still make 20 steps a pass, within
# bounds between which a step costs little more than its overhead.
BATCHES, SMALLEST, LARGEST = 20, 16, 256


@dataclass(frozen=True)
class MultilayerPerceptron(Learner):
    """A small neural network on the model's outputs (``signals.features``) and the signal.

    Parameters
    ----------
    width : of its one hidden layer.
    epochs : passes over the known records.
    seed : of the first weights, and of the order of the records.

    References
    ----------
    .. [1] Shokri et al., Membership Inference Attacks Against Machine Learning Models, 2017, sec.
       V.

    Examples
    --------
    >>> from tacit.core import Signals
    >>> rng = np.random.default_rng(0)
    >>> member = rng.random(400) < 0.5
    >>> known = np.where(np.arange(400) < 200, member, -1)
    >>> signals = Signals.of(rng.normal(size=400) + 2.0 * member, known=known)
    >>> score = MultilayerPerceptron()(signals)[200:]
    >>> bool(score[member[200:]].mean() > score[~member[200:]].mean())
    True
    """

    width: int = 32
    epochs: int = 15
    seed: int = 0

    def classifier(self) -> Classifier:
        """On NumPy alone."""
        return Network(self.width, self.epochs, self.seed)


class Network:
    """One hidden layer of rectifiers, and a fixed number of passes with Adam [1]_.

    References
    ----------
    .. [1] Kingma, Ba, Adam: A Method for Stochastic Optimization, 2015, algorithm 1.
    """

    def __init__(self, width: int, epochs: int, seed: int) -> None:
        self.width, self.epochs, self.seed = width, epochs, seed

    def fit(self, x: NDArray[Any], y: NDArray[Any]) -> Any:
        rng = np.random.default_rng(self.seed)
        inputs, member = _with_ones(x), y.astype(np.float32)
        size = min(LARGEST, max(SMALLEST, len(x) // BATCHES))
        weights, first, last = _drawn(inputs.shape[1], self.width, rng)
        gradient, of_first, of_last = _empty_like(first, last)
        mean, square = np.zeros_like(weights), np.zeros_like(weights)
        steps = 0
        for _ in range(self.epochs):
            order = rng.permutation(len(x))
            for start in range(0, len(x), size):
                rows = order[start : start + size]
                batch = inputs[rows]
                hidden = np.maximum(batch @ first, 0)
                error = (expit(_answered(hidden, last)) - member[rows]) / len(rows)
                of_last[:-1], of_last[-1] = error @ hidden, error.sum()
                np.matmul(batch.T, np.outer(error, last[:-1]) * (hidden > 0), out=of_first)
                steps += 1
                mean += (1 - FORGET) * (gradient - mean)
                square += (1 - FORGET_SQUARES) * (gradient**2 - square)
                rate = RATE * (1 - FORGET_SQUARES**steps) ** 0.5 / (1 - FORGET**steps)
                weights -= rate * mean / (np.sqrt(square) + TINY)
        self.first, self.last = first, last
        return self

    def predict_proba(self, x: NDArray[Any]) -> NDArray[Any]:
        p = expit(_answered(np.maximum(_with_ones(x) @ self.first, 0), self.last))
        return np.stack([1 - p, p], axis=1)


def _with_ones(x: NDArray[Any]) -> NDArray[np.float32]:
    """A column of ones beside the inputs, whose weights are the offsets."""
    return np.concatenate([x, np.ones((len(x), 1))], axis=1, dtype=np.float32)


def _answered(hidden: NDArray[np.float32], last: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log-odds (b,) of what the hidden layer (b, h) gave."""
    return np.asarray(hidden @ last[:-1] + last[-1], np.float32)


def _drawn(
    inputs: int, width: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """First weights, so spread that no layer shrinks or swells what it is given: all in one row,
    and those of both layers as views of it.
    """
    first = rng.uniform(-1, 1, (inputs, width)) * (6 / (inputs + width)) ** 0.5
    last = rng.uniform(-1, 1, width + 1) * (6 / (width + 1)) ** 0.5
    weights = np.concatenate([first.ravel(), last]).astype(np.float32)
    return weights, weights[: first.size].reshape(first.shape), weights[first.size :]


def _empty_like(
    first: NDArray[np.float32], last: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    both = np.zeros(first.size + last.size, np.float32)
    return both, both[: first.size].reshape(first.shape), both[first.size :]
