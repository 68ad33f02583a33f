"""Confidence limits on tail probabilities that hold at every threshold at once."""

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, gammaln

from tacit.core import InvalidInput
from tacit.core.checking import fraction, frozen

Band = Literal["ell", "dkw", "bonferroni", "fixed"]
BANDS = ("ell", "dkw", "bonferroni", "fixed")
N_EVERY_RANK = 5000  # scores up to which every rank has its bound: the recursion takes a second
# Distance of the ranks above that, in square roots of the rank (the spread of its order statistic)
# and in shares of it: the band is then within 1 % of the one over all ranks.
ROOT_STEP = 0.25
RELATIVE_STEP = 0.004
MARGIN = 1e-6  # of probability: swallows all rounding of the recursion
DIRECT = 400_000  # products up to which a direct convolution is faster than three FFTs
# where the search for the local level starts, nothing more
START_LOG_N = np.log([1, 10, 100, 500, 1000, 5000, 2e4, 1e5, 1e7])
START_RATIO = np.array([1.0, 6.8, 22.9, 39.2, 47.0, 63.0, 76.7, 95.5, 120.0])
SPREAD = 8.5  # standard deviations kept of a count: the rest is below 1e-16 and counts as lost


def upper_limits(
    count: NDArray[np.integer], n: int, *, alpha: float, band: Band = "ell"
) -> NDArray[np.float64]:
    """Upper confidence limits on P(score >= t), where `count` of n independent scores are at or
    above t.

    With every band but ``"fixed"`` the limits hold for all thresholds t at once, so t may be chosen
    after looking. Ties and atoms are allowed.

    Parameters
    ----------
    count : int, any shape, in 0..n.
    n : number of independent scores.
    alpha : chance that some limit is wrong, at most.
    band : ``"ell"``: equal local levels (Berk-Jones), exact [1]_, [2]_. ``"dkw"``:
        Dvoretzky-Kiefer-Wolfowitz with Massart's constant [3]_. ``"bonferroni"``: Clopper-Pearson
        at alpha / n. ``"fixed"``: Clopper-Pearson at alpha, for one threshold that was chosen
        without looking.

    Returns
    -------
    Limits in (0, 1], of the shape of `count`.

    References
    ----------
    .. [1] Berk, Jones, Goodness-of-fit test statistics that dominate the Kolmogorov statistics,
       1979.
    .. [2] Moscovich, Nadler, Fast calculation of boundary crossing probabilities for Poisson
       processes, 2017.
    .. [3] Massart, The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality, 1990.
    """
    fraction(alpha, "alpha")
    if band not in BANDS:
        raise InvalidInput(f"`band` needs one of {', '.join(BANDS)}, got {band!r}.")
    k = np.asarray(count)
    if n < 1 or np.any(k < 0) or np.any(k > n):
        raise InvalidInput(
            f"`count` needs whole numbers in 0..n with n >= 1, got n = {n} and counts up to"
            f" {k.max(initial=0)}."
        )
    if band == "ell":
        rank, bound = ell_band(n, alpha)
        return np.asarray(np.append(bound, 1.0)[np.searchsorted(rank, k + 1)], np.float64)
    if band == "dkw":
        return np.asarray(
            np.minimum(1.0, k / n + np.sqrt(np.log(1 / min(alpha, 0.5)) / (2 * n))), np.float64
        )
    local = alpha / n if band == "bonferroni" else alpha
    inside = k < n
    limit: NDArray[np.float64] = betaincinv(
        np.where(inside, k, 0) + 1, np.where(inside, n - k, 1), 1 - local
    )
    return np.where(inside, limit, 1.0)


def lower_limits(
    count: NDArray[np.integer], n: int, *, alpha: float, band: Band = "ell"
) -> NDArray[np.float64]:
    """Lower confidence limits on P(score >= t); the mirror of `upper_limits`."""
    return 1 - upper_limits(n - np.asarray(count), n, alpha=alpha, band=band)


@lru_cache(maxsize=512)
def ell_band(n: int, alpha: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Ranks i and bounds b such that the i-th smallest of n uniforms is at most b_i, for all of
    them, with chance 1 - alpha.

    Every bound is the same quantile of its own Beta law: the local level is equal. Up to 5,000
    every rank has its bound; above, the bounds stand on a grid of ranks and hold between them
    because order statistics increase. Either way the chance is computed exactly for this n and
    these bounds, so the level is proven for any n; a coarser grid only costs sharpness.

    Returns
    -------
    int (k,), ascending ranks in 1..n, and float (k,), their bounds.
    """
    rank = ranks(n)
    eta = local_level(n, alpha)
    return rank, frozen(betaincinv(rank, n - rank + 1, 1 - eta))


@lru_cache(maxsize=512)
def local_level(n: int, alpha: float) -> float:
    """The local level of the equal-local-level band: the largest at which no bound fails with
    chance 1 - alpha.

    Solved to a thousandth, on the safe side: `crossing_probability` at the level returned is at
    most `alpha`.
    """
    fraction(alpha, "alpha")
    if n < 1:
        raise InvalidInput(f"`n` needs at least one score, got {n}.")
    rank = ranks(n)
    low, high = 0.0, alpha
    eta = alpha / float(np.interp(np.log(n), START_LOG_N, START_RATIO))
    for _ in range(60):
        crossing = crossing_probability(n, rank, betaincinv(rank, n - rank + 1, 1 - eta))
        if crossing <= alpha:
            low = eta
            if crossing >= 0.998 * alpha:
                break
        else:
            high = eta
        guess = eta * 0.9995 * alpha / crossing if crossing > 0 else high
        eta = guess if low < guess < high else (low + high) / 2
    return float(low)


@lru_cache(maxsize=64)
def ranks(n: int) -> NDArray[np.int64]:
    """The ranks 1..n that carry a bound: all of them up to 5,000, above that dense at both ends and
    sparse between.
    """
    if n <= N_EVERY_RANK:
        return frozen(np.arange(1, n + 1))
    steps, rank = [], 1.0
    while rank < n / 2:
        steps.append(int(rank))
        rank += max(1.0, ROOT_STEP * np.sqrt(rank), RELATIVE_STEP * rank)
    half = np.unique(np.array(steps, np.int64))
    return frozen(np.unique(np.concatenate([half, n + 1 - half])))


def crossing_probability(n: int, rank: NDArray[np.integer], bound: NDArray[np.floating]) -> float:
    """Chance that some of the chosen order statistics of n uniforms exceeds its bound, at most (to
    a millionth).

    The counts of a Poisson process are followed from bound to bound, paths that have fallen behind
    are dropped, and the rest is conditioned on n points in all [1]_. All terms are positive, so
    nothing cancels; what is cut off is counted as a crossing.

    Parameters
    ----------
    n : number of uniforms.
    rank : int (k,), ascending, in 1..n.
    bound : float (k,), ascending, in (0, 1).

    References
    ----------
    .. [1] Moscovich, Nadler, Fast calculation of boundary crossing probabilities for Poisson
       processes, 2017, sec. 3.
    """
    alive, lowest, time = np.ones(1), 0, 0.0
    for i, b in zip(rank.tolist(), bound.tolist(), strict=True):
        first, kernel = _poisson(n * (b - time))
        alive = convolved(alive, kernel)
        lowest += first
        highest = min(n, int(n * b + SPREAD * np.sqrt(n * b * (1 - b)) + 15))
        start = max(0, i - lowest)
        alive = alive[start : max(start, highest - lowest + 1)]
        lowest += start
        time = b
        if len(alive) == 0:
            return 1.0
    rest = n - lowest - np.arange(len(alive))
    log_finish = -n * (1 - time) + rest * np.log(n * (1 - time)) - gammaln(rest + 1)
    log_total = -n + n * np.log(n) - gammaln(n + 1)
    return float(min(1.0, 1 - np.sum(alive * np.exp(log_finish - log_total)) + MARGIN))


def convolved(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """The convolution of two non-negative arrays: direct where that is short, else by FFT with
    negatives set to 0.
    """
    if len(first) * len(second) <= DIRECT:
        return np.convolve(first, second)
    from scipy.fft import irfft, next_fast_len, rfft

    length = len(first) + len(second) - 1
    size = next_fast_len(length, real=True)
    product: NDArray[np.float64] = irfft(rfft(first, size) * rfft(second, size), size)[:length]
    return np.maximum(product, 0.0)


def _poisson(mean: float) -> tuple[int, NDArray[np.float64]]:
    """Where the Poisson law has its mass, and the mass."""
    if mean <= 0:
        return 0, np.ones(1)
    reach = SPREAD * np.sqrt(mean) + 15
    first = max(0, int(mean - reach))
    k = np.arange(first, int(mean + reach) + 1)
    return first, np.exp(k * np.log(mean) - mean - gammaln(k + 1))
