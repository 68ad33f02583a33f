"""Losses of each record over the epochs of one training: which records was the model moved by most?

Every function takes losses float (n, epochs), oldest first, and returns float (n,), larger for a
more exposed record.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.core import InvalidInput, checking


def trace_iqr(losses: ArrayLike) -> NDArray[np.float64]:
    """Inter-quartile range of a record's losses over training (LT-IQR) [1]_.

    A record that the model learns late and by heart has a wide range of losses; one that it
    predicts from the others is low from early on. Among members, the records with the widest range
    are the ones that shadow models find most exposed.

    Raises
    ------
    InvalidInput : fewer than 4 epochs, or a number that is not finite.

    References
    ----------
    .. [1] Pollock, Shilov, Dodd, de Montjoye, Free record-level privacy risk evaluation through
       artifact-based methods, 2024.
    """
    low, high = np.quantile(_checked(losses, least=4), (0.25, 0.75), axis=1)
    return np.asarray(high - low)


def epochs_above(losses: ArrayLike, limit: float) -> NDArray[np.float64]:
    """Share of epochs at whose end the record's loss was above `limit`: how long the model took to
    take it in.

    Raises
    ------
    InvalidInput : a number that is not finite.
    """
    return np.asarray((_checked(losses, least=1) > limit).mean(axis=1))


def epochs_worse_than_half(losses: ArrayLike) -> NDArray[np.float64]:
    """Share of epochs in which the record's loss was above the median of all given records in that
    epoch; ties count half.

    Raises
    ------
    InvalidInput : a number that is not finite.
    """
    values = _checked(losses, least=1)
    middle = np.median(values, axis=0)
    return np.asarray(((values > middle) + 0.5 * (values == middle)).mean(axis=1))


def mean_loss(losses: ArrayLike) -> NDArray[np.float64]:
    """Mean loss of each record over training.

    Raises
    ------
    InvalidInput : a number that is not finite.
    """
    return np.asarray(_checked(losses, least=1).mean(axis=1))


def _checked(losses: ArrayLike, *, least: int) -> NDArray[np.float64]:
    values = checking.floats(losses, "losses", ndim=2).astype(np.float64)
    if values.shape[1] < least:
        raise InvalidInput(
            f"`losses` needs {least} or more epochs, got shape {values.shape} (records, epochs)."
            " Observe more often."
        )
    return values
