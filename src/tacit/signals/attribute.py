"""What a model says of a secret column when it is asked with each value in its place."""

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, Outputs
from tacit.signals.classification import margins
from tacit.signals.statistics import measure

Floats = NDArray[np.float64]
# a forest or a vote knows a chance to a few thousandths at best: smaller ones are no evidence
SMALLEST_CHANCE = 1e-3


def log_likelihood(outputs: Outputs, *, spread: Floats | None = None) -> Floats:
    """Log-chance that the model gives to the true label of each record; float64 (n,).

    Chances below 0.001 count as 0.001. A regression's errors are taken for normal.

    Parameters
    ----------
    outputs : Outputs
        What the model answered, with labels, truths or losses.
    spread : NDArray[np.float64] | None
        Standard deviation of a regression's error, one an output; see `error_spread`.
    """
    if outputs.task == "loss":
        return np.asarray(measure(outputs, "loss"), np.float64)
    if outputs.task == "regression":
        if spread is None:
            raise InvalidInput("A regression needs `spread`, the size of its errors.")
        scaled = _errors(outputs) / spread
        return np.asarray(-(scaled**2).sum(axis=1) / 2)
    if outputs.label is None:
        raise InvalidInput("`outputs` needs labels: how well the model fits them is what it tells.")
    if outputs.task == "multiclass":
        fit = np.asarray(measure(outputs, "loss"), np.float64)
        return np.asarray(np.maximum(fit, np.log(SMALLEST_CHANCE)))
    # log(1 / (1 + exp(-margin))) of every yes/no answer
    chances = -np.logaddexp(0.0, -margins(outputs)).reshape(outputs.n, -1)
    return np.asarray(np.maximum(chances, np.log(SMALLEST_CHANCE)).sum(axis=1))


def error_spread(outputs: Outputs) -> Floats:
    """Standard deviation of a regression's error around 0, one an output; float64 (d,)."""
    spread = np.sqrt((_errors(outputs) ** 2).mean(axis=0))
    return np.asarray(np.where(spread > 0, spread, 1.0))


def _errors(outputs: Outputs) -> Floats:
    if outputs.prediction is None or outputs.truth is None:
        raise InvalidInput(f"This needs a regression, got a {outputs.task} model.")
    error = np.asarray(outputs.prediction, np.float64) - outputs.truth
    return np.asarray(error.reshape(len(error), -1))


def guesses(log_chance: Floats, match: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The guess that is most likely right, as an index into the candidates; int64 (n,).

    Parameters
    ----------
    log_chance : NDArray[np.float64]
        (n, k), log-chances of the k candidates, up to a constant a record.
    match : NDArray[np.bool_]
        (k, k), is guess g right where the truth is candidate v? The identity for categories; for
        numbers, all pairs that are near enough.

    Examples
    --------
    >>> near = np.array([[1, 1, 0], [1, 1, 1], [0, 1, 1]], bool)
    >>> guesses(np.log([[0.4, 0.2, 0.4]]), near).tolist()
    [1]
    """
    chance = np.exp(log_chance - log_chance.max(axis=1, keepdims=True))
    right = chance @ match.T.astype(np.float64)
    # equal but for rounding is equal: the first of the best, whatever the order of summation
    best = right.max(axis=1, keepdims=True)
    return np.asarray(np.argmax(right >= best * (1 - 1e-12), axis=1).astype(np.int64))


def auditor_score(log_prior: Floats, likelihood: Floats, truth: NDArray[np.int64]) -> Floats:
    """How much better the model fits the true secret than what was to be expected; float64 (n,).

    It needs the truth, so no attacker has it: it bounds what the model tells about a record.

    Parameters
    ----------
    log_prior : NDArray[np.float64]
        (n, k), log-chances of the candidates without the model.
    likelihood : NDArray[np.float64]
        (n, k), log-likelihood of each record's label with each candidate in its place.
    truth : NDArray[np.int64]
        (n,), index of the true candidate.
    """
    joint = log_prior + likelihood
    most = joint.max(axis=1)
    expected = most + np.log(np.exp(joint - most[:, None]).sum(axis=1))
    return np.asarray(likelihood[np.arange(len(truth)), truth] - expected)
