"""What an attack reads from a signal: the signal itself, its probability, or the signal no finer
than the data's own resolution.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from tacit.attacks.reference.in_out import Transform
from tacit.core import InvalidInput, Scale, Signals

Reading = Literal["signal", "probability", "resolved signal"]
# below the mean probability of 1e-15 a sum of float64 probabilities near one keeps nothing apart
SMALLEST_P = 1e-15
# a probability of 0 is measured as the smallest normal number of its type; one of 1 among k classes
# as the logarithm of k - 1 such numbers, so the whole range that up to a million classes give
MARKS = tuple(float(-np.log(np.finfo(kind).tiny)) for kind in (np.float64, np.float32))
MOST_CLASSES = 1e6
MARK_TOLERANCE = 1e-3  # of float32 logarithms near 87: their spacing is 8e-6, sums of classes add
BLOCK = 1 << 20


def reading(signals: Signals, sees: str) -> Transform:
    """What an attack that `sees` this makes of raw values of `signals`: a function to float64.

    Parameters
    ----------
    signals : of the target and all shadow models.
    sees : ``"signal"``, ``"probability"`` or ``"resolved signal"``.

    Raises
    ------
    InvalidInput : a probability is needed, and the signal has no scale to read it from.
    """
    if sees == "probability":
        scale = signals.scale
        if scale == "none":
            raise InvalidInput(
                f"This attack needs a probability of each record, and the signal"
                f" {signals.statistic!r} has no scale to read it from. Say what it is with"
                " `Signals.of(..., scale=...)`: 'logit', 'log-likelihood' or 'probability'; or take"
                " an attack that needs none, such as EBLiRA()."
            )
        return lambda value: probability(value, scale)
    limits = resolution(signals) if sees == "resolved signal" else None
    if limits is None:
        return _itself
    low, high = limits
    return lambda value: np.clip(_itself(value), low, high)


def probability(value: NDArray[Any], scale: Scale) -> NDArray[np.float64]:
    """The signal as a probability: the logistic function of a logit, the exponential of a
    log-likelihood, or itself.

    Examples
    --------
    >>> probability(np.array([0.0]), "logit").tolist()
    [0.5]
    """
    wide = _itself(value)
    if scale == "logit":
        return np.asarray(expit(wide), np.float64)
    return np.asarray(np.exp(wide) if scale == "log-likelihood" else wide, np.float64)


def log_probability(p: NDArray[Any]) -> NDArray[np.float64]:
    """The logarithm of a probability, not below that of the smallest one that sums keep apart from
    zero.
    """
    return np.asarray(np.log(np.maximum(p, SMALLEST_P)), np.float64)


def resolution(signals: Signals) -> tuple[float, float] | None:
    """Smallest and largest signal that the answers of these models can tell apart from certainty.

    Where some probabilities are exactly 0 or 1 (trees, nearest neighbours, rounding), their logits
    are the logarithm of the smallest number of the type: hundreds away from everything else, a
    distance that is not in the data. They stand for half of the smallest probability that is not 0,
    of p and 1 - p alike, over the target and all shadow models together. None where no probability
    is exactly 0 or 1, or all are.

    Examples
    --------
    >>> sure = -np.log(np.finfo(np.float64).tiny)
    >>> signals = Signals.of([sure, np.log(0.2 / 0.8)], statistic="scaled_logit")
    >>> low, high = resolution(signals)
    >>> round(float(expit(low)), 12), round(float(expit(-high)), 12)
    (0.1, 0.1)
    """
    two_sided = signals.scale == "logit"
    if not two_sided and signals.scale != "log-likelihood":
        return None
    parts = [signals.target, *signals.shadow]
    lowest = min(float(part.min()) for part in parts)
    highest = max(float(part.max()) for part in parts)
    none, one = _marks_none(lowest), two_sided and _marks_one(highest)
    if not none and not one:
        return None
    low = lowest + MARK_TOLERANCE if none else -np.inf
    high = highest - MARK_TOLERANCE if one else np.inf
    smallest, largest = np.inf, -np.inf
    for part in parts:
        inside = part[(part > low) & (part < high)]
        if inside.size:
            smallest = min(smallest, float(inside.min()))
            largest = max(largest, float(inside.max()))
    if not smallest <= largest:
        return None
    if not two_sided:
        return smallest - float(np.log(2)), np.inf
    log_p = -np.logaddexp(0.0, max(-smallest, largest)) - np.log(2)
    limit = float(np.log1p(-np.exp(log_p)) - log_p)
    return -limit, limit


def over_queries(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over the queries of each record, float64 (n,)."""
    return value[:, 0] if value.shape[1] == 1 else value.mean(axis=1)


def _itself(value: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(value, np.float64)


def _marks_none(lowest: float) -> bool:
    """Whether a smallest signal is what a probability of exactly 0 is measured as."""
    return any(abs(lowest + mark) < MARK_TOLERANCE for mark in MARKS)


def _marks_one(highest: float) -> bool:
    """Whether a largest signal is what a probability of exactly 1 is measured as."""
    for mark in MARKS:
        gap = mark - highest
        if not -MARK_TOLERANCE < gap < np.log(MOST_CLASSES):
            continue
        others = float(np.exp(gap))
        if abs(others - round(others)) < MARK_TOLERANCE * others:
            return True
    return False
