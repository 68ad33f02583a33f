"""Many slices, one honest statement."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.core import InvalidInput, checking


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """P-values adjusted for the number of questions asked: valid together, in the order given.

    Parameters
    ----------
    p_values : float (k,), each in [0, 1].

    References
    ----------
    .. [1] Holm, A simple sequentially rejective multiple test procedure, 1979.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, np.float64)
    if p.ndim != 1 or not np.all((p >= 0) & (p <= 1)):
        raise InvalidInput(f"`p_values` needs one number in [0, 1] a question, got {p.tolist()}.")
    order = np.argsort(p, kind="stable")
    adjusted = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    result = np.empty(len(p))
    result[order] = np.minimum(adjusted, 1.0)
    return result


def simultaneous_level(level: float, k: int) -> float:
    """Level that each of `k` intervals needs so that all hold together with probability `level`
    (Bonferroni).

    Examples
    --------
    >>> round(simultaneous_level(0.95, 10), 4)
    0.995
    """
    checking.fraction(level, "level")
    if k < 1:
        raise InvalidInput(f"`k` needs 1 or more intervals, got {k}.")
    return 1 - (1 - level) / k
