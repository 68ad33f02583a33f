"""Intervals for shares and for differences of two shares, from counts."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincinv, gammaln, ndtri, stdtrit

Floats = NDArray[np.float64]
TAIL = 1e-17
BLOCK = 4096


def clopper_pearson(hits: ArrayLike, n: ArrayLike, *, level: float) -> tuple[Floats, Floats]:
    """Exact two-sided interval of a share from `hits` among `n`, elementwise; real numbers stand for effective counts.

    References
    ----------
    .. [1] Clopper, Pearson, The use of confidence or fiducial limits illustrated in the case of the binomial, 1934.
    """
    tail = (1 - level) / 2
    return lower_limit(hits, n, tail=tail), upper_limit(hits, n, tail=tail)


def lower_limit(hits: ArrayLike, n: ArrayLike, *, tail: float) -> Floats:
    """Exact lower limit of a share, wrong with probability `tail` at most."""
    x, size = np.broadcast_arrays(np.asarray(hits, np.float64), np.asarray(n, np.float64))
    inner = betaincinv(np.maximum(x, 1e-300), np.maximum(size - x, 0) + 1, tail)
    return np.asarray(np.where(x > 0, inner, 0.0))


def upper_limit(hits: ArrayLike, n: ArrayLike, *, tail: float) -> Floats:
    """Exact upper limit of a share, wrong with probability `tail` at most."""
    x, size = np.broadcast_arrays(np.asarray(hits, np.float64), np.asarray(n, np.float64))
    inner = betaincinv(x + 1, np.maximum(size - x, 1e-300), 1 - tail)
    return np.asarray(np.where(x < size, inner, 1.0))


def share_difference(hits: tuple[float, float], n: tuple[float, float], *, level: float) -> tuple[float, float]:
    """Interval of the difference of two independent shares, first minus second.

    The exact limits of each share are combined by their squared distances (MOVER): close to the nominal level for large
    counts, above it for small ones.

    References
    ----------
    .. [1] Newcombe, Interval estimation for the difference between independent proportions, 1998, eq. for method 10.
    .. [2] Zou, Donner, Construction of confidence limits about effect measures, 2008.
    """
    low, high = clopper_pearson(hits, n, level=level)
    first, second = hits[0] / n[0], hits[1] / n[1]
    down = np.hypot(first - low[0], high[1] - second)
    up = np.hypot(high[0] - first, second - low[1])
    return max(-1.0, float(first - second - down)), min(1.0, float(first - second + up))


def fisher_p_value(hits: tuple[int, int], n: tuple[int, int]) -> float:
    """Exact one-sided p-value that the first share is no larger than the second, given their total.

    References
    ----------
    .. [1] Fisher, The logic of inductive inference, 1935.
    """
    total, everyone = hits[0] + hits[1], n[0] + n[1]
    most = min(total, n[0])
    start = hits[0]
    if start <= max(0, total - n[1]):
        return 1.0
    log_p = _log_choose(n[0], start) + _log_choose(n[1], total - start) - _log_choose(everyone, total)
    mass, last = 0.0, float(np.exp(log_p))
    below_mode = start * (everyone + 2.0) < (n[0] + 1.0) * (total + 1.0)
    while start <= most:
        k = np.arange(start, min(start + BLOCK, most), dtype=np.float64)
        ratio = (n[0] - k) * (total - k) / ((k + 1) * (n[1] - total + k + 1))
        terms = last * np.concatenate([[1.0], np.cumprod(ratio)])
        mass += float(terms[:-1].sum()) if len(terms) > 1 else float(terms[-1])
        last, start = float(terms[-1]), start + max(1, len(k))
        if len(k) == 0 or (last <= TAIL * mass and not below_mode):
            break
        below_mode = start * (everyone + 2.0) < (n[0] + 1.0) * (total + 1.0)
    return min(1.0, mass)


def _log_choose(n: float, k: float) -> float:
    return float(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def mixture_limits(
    low_hits: NDArray[Any], high_hits: NDArray[Any], n: float, weight: Floats, *, level: float
) -> tuple[Floats, Floats]:
    """Interval of a share whose count of hits is itself uncertain.

    Row r mixes exact limits over the counts ``low_hits[r]`` (for the lower end) and ``high_hits[r]`` (for the upper end), which
    come true with probabilities `weight[r]`: the confidence distribution of the count melded with that of the share [1]_.

    Parameters
    ----------
    low_hits, high_hits : float (r, k). n : number of records (effective). weight : float (r, k), rows sum to 1.

    References
    ----------
    .. [1] Fay, Proschan, Brittain, Combining one-sample confidence procedures for inference in the two-sample case, 2015.
    """
    tail = (1 - level) / 2
    low = _mixture_quantile(low_hits, n - low_hits + 1, weight, tail, empty=low_hits <= 0, atom=0.0)
    high = _mixture_quantile(high_hits + 1, n - high_hits, weight, 1 - tail, empty=high_hits >= n, atom=1.0)
    return low, high


def _mixture_quantile(
    a: NDArray[Any], b: NDArray[Any], weight: Floats, p: float, *, empty: NDArray[np.bool_], atom: float
) -> Floats:
    """Quantile of a mixture of Beta(a, b), where `empty` components sit at `atom`; found by bisection with secant steps."""
    a, b = np.where(empty, 1.0, a), np.where(empty, 1.0, b)
    each = np.where(empty, atom, betaincinv(a, b, p))
    low, high = each.min(axis=1), each.max(axis=1)
    for _ in range(40):
        middle = (low + high) / 2
        mass = np.where(empty, float(atom == 0.0), betainc(a, b, middle[:, None]))
        reached = (mass * weight).sum(axis=1) >= p
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
        if np.all(high - low <= 1e-9 + 1e-6 * high):
            break
    return np.asarray(high if atom else low)


def normal_quantile(level: float) -> float:
    """Half-width of a two-sided normal interval in standard errors."""
    return float(ndtri(0.5 + level / 2))


def t_quantile(level: float, df: float) -> float:
    """Half-width of a two-sided interval of Student's t in standard errors."""
    return float(stdtrit(df, 0.5 + level / 2))
