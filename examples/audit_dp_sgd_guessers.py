"""Guessers for the DP-SGD audit: from what a training showed to one score a canary. They never see
a coin.

The white-box guessers know all ordinary records, all canaries, and the weights before every step.
So they know the clipped gradient of every row, and explain each noisy sum as a combination of them:
a linear regression with one column a row. The coefficient of a row says whether it was in that
batch.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.special import log_softmax, softmax

from audit_dp_sgd_game import N_PARAMETERS, Plan, Trace, layers

Floats = NDArray[np.float64]
Labelled = tuple[NDArray[np.float32], NDArray[np.int64]]  # images (n, inputs) and labels (n,)
GUESSERS = ("black box: loss", "white box: each step", "white box: pairs of steps")
ROUNDING = 1e-3  # of the clipping norm: noise that 32-bit sums may have without meaning any


@dataclass(frozen=True)
class Rows:
    """The clipped gradients of n rows in factors: each is an outer product of what enters a layer
    and what it should change.
    """

    x: Floats  # (n, inputs)
    hidden: Floats  # (n, hidden)
    first: Floats  # (n, hidden)
    second: Floats  # (n, classes)

    def gram(self, other: "Rows") -> Floats:
        """Inner products of all gradients with those of `other`: (n, n')."""
        return (self.x @ other.x.T + 1) * (self.first @ other.first.T) + (
            self.hidden @ other.hidden.T + 1
        ) * (self.second @ other.second.T)

    def match(self, vector: Floats) -> Floats:
        """Inner products with a vector (p,): (n,)."""
        w1, b1, w2, b2 = layers(vector)
        return np.sum((self.x @ w1.T + b1) * self.first, axis=1) + np.sum(
            (self.hidden @ w2.T + b2) * self.second, axis=1
        )

    def total(self, share: Floats) -> Floats:
        """The sum of `share` (n,) times the gradients: (p,)."""
        first, second = share[:, None] * self.first, share[:, None] * self.second
        parts = (first.T @ self.x, first.sum(0), second.T @ self.hidden, second.sum(0))
        return np.concatenate([part.ravel() for part in parts])


def forward(weights: NDArray[np.floating], x: Floats) -> tuple[Floats, Floats]:
    """Hidden layer (n, hidden) and logits (n, classes)."""
    w1, b1, w2, b2 = layers(weights.astype(np.float64))
    hidden = np.maximum(x @ w1.T + b1, 0)
    return hidden, hidden @ w2.T + b2


def clipped_rows(
    weights: NDArray[np.floating], x: Floats, y: NDArray[np.int64], clip: float
) -> Rows:
    """The clipped gradient of the cross entropy of every row at these weights."""
    hidden, logits = forward(weights, x)
    second = softmax(logits, axis=1) - np.eye(logits.shape[1])[y]
    first = (second @ layers(weights.astype(np.float64))[2]) * (hidden > 0)
    square = (np.sum(x**2, 1) + 1) * np.sum(first**2, 1) + (np.sum(hidden**2, 1) + 1) * np.sum(
        second**2, 1
    )
    scale = np.minimum(1, clip / np.sqrt(np.maximum(square, 1e-30)))[:, None]
    return Rows(x, hidden, scale * first, scale * second)


def guessed(trace: Trace, ordinary: Labelled, canaries: Labelled, plan: Plan) -> dict[str, Floats]:
    """The score of every canary (m,) by each guesser; larger means that it was in the training
    set.
    """
    x = np.concatenate([ordinary[0], canaries[0]]).astype(np.float64)
    y = np.concatenate([ordinary[1], canaries[1]]).astype(np.int64)
    n_canaries = len(canaries[1])
    rows = [clipped_rows(weights, x, y, plan.clip) for weights in trace.weights[:-1]]
    loss = log_softmax(forward(trace.weights[-1], x)[1], axis=1)[np.arange(len(y)), y][-n_canaries:]
    steps = [[t] for t in range(plan.n_steps)]
    pairs = [[t, t + 1] for t in range(0, plan.n_steps - 1, 2)]
    scores = [
        sum(evidence(trace, rows, group, n_canaries, plan) for group in groups)
        for groups in (steps, pairs)
    ]
    return dict(zip(GUESSERS, (loss, *scores)))


def evidence(
    trace: Trace, rows: list[Rows], steps: list[int], n_canaries: int, plan: Plan
) -> Floats:
    """What one step, or the difference of two, says of each canary: log of the likelihood ratio of
    in and out, (m,).

    The difference of two steps loses whatever noise they share. Each coefficient is in (chance
    `rate`) or not; the regression takes the variance of that as its prior, and the noise from what
    it leaves unexplained, so quiet steps weigh most.
    """
    sign = np.array([1.0, -1.0])[: len(steps)]
    parts = [rows[t] for t in steps]
    canary = np.arange(len(parts[0].x)) >= len(parts[0].x) - n_canaries
    order = np.argsort(np.tile(canary, len(parts)), kind="stable")  # canaries last
    chance = np.where(canary, plan.rate / 2, plan.rate)  # a coin, then the batch
    target = sum(
        s * (trace.released[t].astype(np.float64) - part.total(chance))
        for s, t, part in zip(sign, steps, parts)
    )
    gram = np.block(
        [[s * r * a.gram(b) for r, b in zip(sign, parts)] for s, a in zip(sign, parts)]
    )[np.ix_(order, order)]
    match = np.concatenate([s * part.match(target) for s, part in zip(sign, parts)])[order]
    prior = np.tile(chance * (1 - chance), len(parts))[order]
    noise = _noise(gram, match, target, parts, sign, order) + (ROUNDING * plan.clip) ** 2
    share, width = _coefficients(gram, match, prior, noise, len(parts) * n_canaries)
    log_ratio = np.logaddexp(
        np.log1p(-plan.rate), np.log(plan.rate) + (share + plan.rate / 2 - 0.5) / width
    )
    return log_ratio.reshape(len(parts), n_canaries).sum(0)


def _noise(
    gram: Floats,
    match: Floats,
    target: Floats,
    parts: list[Rows],
    sign: Floats,
    order: NDArray[np.int64],
) -> float:
    """Variance of the noise, from what least squares leaves of the target."""
    factor = cholesky(gram + 1e-10 * np.mean(np.diag(gram)) * np.eye(len(gram)), lower=True)
    share = np.empty(len(gram))
    share[order] = cho_solve((factor, True), match)
    explained = sum(
        s * part.total(b) for s, part, b in zip(sign, parts, np.split(share, len(parts)))
    )
    return float(np.sum((target - explained) ** 2) / (N_PARAMETERS - len(gram)))


def _coefficients(
    gram: Floats, match: Floats, prior: Floats, noise: float, n_last: int
) -> tuple[Floats, Floats]:
    """Coefficients of the last columns less their prior means, as seen through the noise alone, and
    their variances.

    Bayesian linear regression gives each a mean and a variance; what the prior put in is divided
    out again.
    """
    factor = cholesky(gram + np.diag(noise / prior), lower=True)
    mean = cho_solve((factor, True), match)[-n_last:]
    root = solve_triangular(factor[-n_last:, -n_last:], np.eye(n_last), lower=True)
    variance = noise * np.sum(root**2, axis=0)
    width = 1 / np.maximum(1 / variance - 1 / prior[-n_last:], 1e-12)
    return mean * width / variance, width
