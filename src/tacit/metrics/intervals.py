"""Intervals for shares and for differences of two shares, from counts."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincinv, gammaln, ndtr, ndtri, stdtrit

Floats = NDArray[np.float64]
TAIL = 1e-17
BLOCK = 4096
# Chances beyond these have no finite normal score.
SMALLEST, LARGEST = 1e-300, 1 - 2.0**-53
FEW = 10
_EDGES = ndtr(np.linspace(-6, 6, 73))
NODES = (_EDGES[1:] + _EDGES[:-1]) / 2
NODE_WEIGHTS = np.diff(_EDGES)[:, None] * np.diff(_EDGES)[None, :]
MOST_STEPS = 40
NEGLIGIBLE = 1e-9
RESOLUTION, RELATIVE = 1e-9, 5e-4
# A crossing is known to so small a part of the ends between which it lies: fifty bisections.
FINEST = 2.0**-50
MOST_SECANTS, MOST_EVALUATIONS = 20, 75
# Of a bracket, by how much a first guess lies inside.
INSIDE = 1e-3
# A false position that has not closed a bracket by now is halved in every other step.
SURE = 6


def clopper_pearson(hits: ArrayLike, n: ArrayLike, *, level: float) -> tuple[Floats, Floats]:
    """Exact two-sided interval of a share from `hits` among `n`, elementwise; real numbers stand
    for effective counts.

    References
    ----------
    .. [1] Clopper, Pearson, The use of confidence or fiducial limits illustrated in the case of the
       binomial, 1934.
    """
    tail = (1 - level) / 2
    return lower_limit(hits, n, tail=tail), upper_limit(hits, n, tail=tail)


def lower_limit(hits: ArrayLike, n: ArrayLike, *, tail: float) -> Floats:
    """Exact lower limit of a share, wrong with probability `tail` at most."""
    x, size = np.asarray(hits, np.float64), np.asarray(n, np.float64)
    inner = betaincinv(np.maximum(x, 1e-300), np.maximum(size - x, 0) + 1, tail)
    return np.asarray(np.where(x > 0, inner, 0.0))


def upper_limit(hits: ArrayLike, n: ArrayLike, *, tail: float) -> Floats:
    """Exact upper limit of a share, wrong with probability `tail` at most."""
    x, size = np.asarray(hits, np.float64), np.asarray(n, np.float64)
    inner = betaincinv(x + 1, np.maximum(size - x, 1e-300), 1 - tail)
    return np.asarray(np.where(x < size, inner, 1.0))


def furthest_limit(n: ArrayLike, *, tail: float) -> Floats:
    """How far from the share an exact limit lies at most, whatever the hits among `n`, elementwise.

    The limit is a quantile of a beta law whose mean lies within 1 / (n + 1) of the share, and which
    falls off as fast as a normal law of variance 1 / (4 (n + 2)) at least [1]_.

    References
    ----------
    .. [1] Marchal, Arbel, On the sub-Gaussianity of the Beta and Dirichlet distributions, 2017,
       theorem 1.
    """
    size = np.asarray(n, np.float64)
    return np.asarray(1 / (size + 1) + (math.log(1 / tail) / (2 * (size + 2))) ** 0.5)


def wilson(hits: ArrayLike, n: ArrayLike, *, level: float) -> tuple[Floats, Floats]:
    """Wilson's score interval of a share from `hits` among `n`, elementwise.

    References
    ----------
    .. [1] Wilson, Probable inference, the law of succession, and statistical inference, 1927.

    Examples
    --------
    >>> low, high = wilson(81, 263, level=0.95)
    >>> round(float(low), 4), round(float(high), 4)
    (0.2553, 0.3662)
    """
    z = normal_quantile(level)
    count, size = np.asarray(hits, np.float64), np.asarray(n, np.float64)
    share = count / size
    centre = (count + z**2 / 2) / (size + z**2)
    half = z * np.sqrt(size * share * (1 - share) + z**2 / 4) / (size + z**2)
    # rounding may leave 1e-17 where the limit is exactly 0 or 1
    low = np.where(count <= 0, 0.0, centre - half)
    high = np.where(count >= size, 1.0, centre + half)
    return np.asarray(low), np.asarray(high)


def share_difference(
    hits: tuple[float, float], n: tuple[float, float], *, level: float
) -> tuple[float, float]:
    """Interval of the difference of two independent shares, first minus second.

    The exact limits of each share are combined by their squared distances (MOVER) [1]_ [2]_, which
    is close to the nominal level for large counts and above it for small ones. Near a difference of
    1 or -1 both limits rest on few misses, where squared distances are too short: there the exact
    limits are melded [3]_.

    References
    ----------
    .. [1] Newcombe, Interval estimation for the difference between independent proportions, 1998.
    .. [2] Zou, Donner, Construction of confidence limits about effect measures, 2008.
    .. [3] Fay, Proschan, Brittain, Combining one-sample confidence procedures for inference in the
       two-sample case, 2015.
    """
    # the difference the other way round has the same interval with its sign turned
    both = np.array([hits[::-1], hits]), np.array([n[::-1], n])
    bottom, top = upper_ends(*both, level=level).tolist()
    return 0.0 - bottom, top


def upper_ends(hits: NDArray[Any], n: NDArray[Any], *, level: float) -> Floats:
    """The upper ends (k,) of `share_difference` alone, for `hits` among `n`, both (k, 2)."""
    top = upper_differences(hits, n, level=level)
    for row in np.flatnonzero(np.maximum(n[:, 0] - hits[:, 0], hits[:, 1]) <= FEW):
        top[row] = max(top[row], _melded_difference(hits[row], n[row], 0.5 + level / 2))
    return np.minimum(1.0, top)


def share_differences(hits: ArrayLike, n: ArrayLike, *, level: float) -> tuple[Floats, Floats]:
    """Lower and upper ends (k,) of the squared-distances interval for `hits` among `n`, both (k,
    2).
    """
    counts, sizes = np.asarray(hits, np.float64), np.asarray(n, np.float64)
    bottom = -upper_differences(counts[:, ::-1], sizes[:, ::-1], level=level)
    return bottom, upper_differences(counts, sizes, level=level)


def upper_differences(hits: ArrayLike, n: ArrayLike, *, level: float) -> Floats:
    """The upper ends (k,) of `share_differences` alone."""
    counts, sizes = np.asarray(hits, np.float64), np.asarray(n, np.float64)
    tail = (1 - level) / 2
    high = upper_limit(counts[:, 0], sizes[:, 0], tail=tail)
    low = lower_limit(counts[:, 1], sizes[:, 1], tail=tail)
    first, second = (counts / sizes).T
    return np.asarray(first - second + np.hypot(high - first, second - low))


def _melded_difference(hits: NDArray[Any], n: NDArray[Any], p: float) -> float:
    first = confidence_nodes(hits[0] + 1, n[0] - hits[0])
    second = confidence_nodes(hits[1], n[1] - hits[1] + 1)
    return melded_quantile(first[:, None] - second[None, :], p)


def confidence_nodes(a: float, b: float) -> Floats:
    """Quantiles of Beta(a, b) at the probabilities `NODES`; all 0 or all 1 where `a` or `b` is
    0.
    """
    if a <= 0 or b <= 0:
        return np.full(len(NODES), float(b <= 0))
    return np.asarray(betaincinv(a, b, NODES))


def melded_quantile(values: Floats, p: float) -> float:
    """Quantile `p` of a function of two independent rates, from its `values` at their
    `confidence_nodes` (k, k).
    """
    order = np.argsort(values, axis=None)
    reached = np.searchsorted(np.cumsum(NODE_WEIGHTS.ravel()[order]), p)
    return float(values.ravel()[order[min(int(reached), len(order) - 1)]])


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
    log_p = (
        _log_choose(n[0], start) + _log_choose(n[1], total - start) - _log_choose(everyone, total)
    )
    mass = 0.0
    while start <= most:
        k = np.arange(start, min(start + BLOCK, most + 1), dtype=np.float64)
        # from one table to the next: its chance is multiplied by this, 0 after the last
        ratio = (n[0] - k) * (total - k) / ((k + 1) * (n[1] - total + k + 1))
        steps = np.cumsum(np.log(np.maximum(ratio, SMALLEST)))
        terms = np.exp(log_p + np.concatenate([[0.0], steps[:-1]]))
        mass += float(terms.sum())
        if ratio[-1] < 1 and terms[-1] <= TAIL * mass:
            break
        log_p, start = log_p + float(steps[-1]), start + len(k)
    return min(1.0, mass)


def _log_choose(n: float, k: float) -> float:
    return float(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def mixture_limits(
    low_hits: NDArray[Any], high_hits: NDArray[Any], n: float, weight: Floats, *, level: float
) -> tuple[Floats, Floats]:
    """Interval of a share whose count of hits is itself uncertain.

    Row r mixes exact limits over the counts ``low_hits[r]`` (for the lower end) and
    ``high_hits[r]`` (for the upper end), which come true with probabilities `weight[r]`: the
    confidence distribution of the count melded with that of the share [1]_.

    Parameters
    ----------
    low_hits, high_hits : float (r, k).
    n : number of records (effective).
    weight : float (r, k), rows sum to 1.
    level : two-sided confidence.

    References
    ----------
    .. [1] Fay, Proschan, Brittain, Combining one-sample confidence procedures for inference in the
       two-sample case, 2015.
    """
    tail = (1 - level) / 2
    low = _mixture_quantile(low_hits, n - low_hits + 1, weight, tail, upper=False)
    high = _mixture_quantile(high_hits + 1, n - high_hits, weight, 1 - tail, upper=True)
    return low, high


def _mixture_quantile(
    a: NDArray[Any], b: NDArray[Any], weight: Floats, p: float, *, upper: bool
) -> Floats:
    """Quantile of mixtures of Beta(a, b), where ``a + b`` is the same; rounded up if it is an
    `upper` limit, else down.
    """
    rows, columns = np.nonzero(weight > NEGLIGIBLE)
    a, b, part = a[rows, columns], b[rows, columns], weight[rows, columns]
    start = np.searchsorted(rows, np.arange(len(weight)))
    total = (a + b)[start]
    ends = np.minimum.reduceat(a, start), np.maximum.reduceat(a, start)
    low, high = (_beta_quantile(end, total - end, p) for end in ends)

    def mixed(values: Floats) -> Floats:
        return np.asarray(np.add.reduceat(values * part, start))

    def excess(x: Floats) -> Floats:
        mass = np.where(at_end, a <= 0, betainc(inner_a, inner_b, x[rows]))
        return _score(mixed(mass)) - score

    # all hits, or none, put a component at an end
    at_end = (a <= 0) | (b <= 0)
    inner_a, inner_b = np.where(at_end, 1.0, a), np.where(at_end, 1.0, b)
    score = _score(p)
    mean = a / (a + b)
    centre = mixed(mean)
    variance = mixed(mean * (1 - mean) / (a + b + 1) + mean**2) - centre**2
    spread = np.sqrt(np.maximum(variance, SMALLEST))
    low, high = _root(excess, low, high, centre + score * spread, spread)
    return high if upper else low


def _beta_quantile(a: Floats, b: Floats, p: float) -> Floats:
    """Quantiles of Beta(a, b); of one without an a, or without a b, the end at which it lies."""
    inner = betaincinv(np.where(a > 0, a, 1.0), np.where(b > 0, b, 1.0), p)
    return np.asarray(np.where(a <= 0, 0.0, np.where(b <= 0, 1.0, inner)))


def _score(chance: ArrayLike) -> Floats:
    """The normal score of a chance: of a mixture nearly a straight line in the share."""
    return np.asarray(ndtri(np.clip(chance, SMALLEST, LARGEST)))


def _root(
    excess: Callable[[Floats], Floats], low: Floats, high: Floats, guess: Floats, run: Floats
) -> tuple[Floats, Floats]:
    """Brackets of the roots of rising functions, elementwise: false position with halving
    (Illinois), then bisection.

    Parameters
    ----------
    excess : the functions.
    low, high : between which each root lies.
    guess : where it may lie.
    run : over so much each function may rise by 1.
    """
    near = np.clip(guess, low + INSIDE * (high - low), high - INSIDE * (high - low))
    left, right = (low - near) / run, (high - near) / run
    last = np.zeros(len(low))
    for step in range(MOST_STEPS):
        width, slope = high - low, right - left
        enough = RESOLUTION + RELATIVE * high
        if np.all(width <= enough):
            break
        secant = (slope > 0) & (step < SURE or step % 2 == 0)
        share = np.divide(-left, slope, out=np.full(len(low), 0.5), where=secant)
        # no step so small that it could not close the bracket
        least = np.minimum(0.4 * enough / np.maximum(width, SMALLEST), 0.5)
        middle = low + np.clip(share, least, 1 - least) * width
        value = excess(middle)
        side = np.where(value >= 0, 1.0, -1.0)
        again = np.where(side == last, 0.5, 1.0)
        low, left = np.where(side > 0, low, middle), np.where(side > 0, left * again, value)
        high, right = np.where(side > 0, middle, high), np.where(side > 0, value, right * again)
        last = side
    return low, high


def crossing(
    excess: Callable[[float], float], near: float, end: float, *, finest: float = FINEST
) -> float:
    """Where `excess` becomes positive on the way from `near` to `end`, rounded towards `end`: there
    it is positive, unless it is nowhere.

    False position with halving (Illinois); where that is slow, bisection.
    """
    width = finest * max(abs(near), abs(end))
    below, above = excess(near), excess(end)
    last = 0
    for step in range(MOST_EVALUATIONS):
        if abs(end - near) <= width or above <= 0:
            break
        share = -below / (above - below) if step < MOST_SECANTS and below < 0 else 0.5
        # no step so small that it could not close the bracket
        least = width / abs(end - near) / 2
        middle = near + min(max(share, least), 1 - least) * (end - near)
        value = excess(middle)
        if value > 0:
            end, above = middle, value
            below = below / 2 if last == 1 else below
            last = 1
        else:
            near, below = middle, value
            above = above / 2 if last == -1 else above
            last = -1
    return end


def normal_quantile(level: float) -> float:
    """Half-width of a two-sided normal interval in standard errors."""
    return float(ndtri(0.5 + level / 2))


def t_quantile(level: float, df: float) -> float:
    """Half-width of a two-sided interval of Student's t in standard errors."""
    return float(stdtrit(df, 0.5 + level / 2))
