"""One search for the largest epsilon (or other parameter) that is refuted."""

from collections.abc import Callable
from functools import cache

from scipy.optimize import brentq

TOLERANCE = 1e-4  # of epsilon: far below the Monte Carlo spread of any audit
MOST = 64.0  # of epsilon: more than ten million canaries could refute (their ceiling is below 17)


def largest_refuted(
    margin: Callable[[float], float],
    *,
    low: float = 0.0,
    high: float | None = None,
    tolerance: float = TOLERANCE,
    most: float = MOST,
) -> float:
    """The largest parameter that is refuted, to `tolerance` and never above it.

    The end of what is refuted is bracketed by doubling and found by Brent's method [1]_, which also
    closes in on a jump (by halving), so that `margin` may be a step function.

    Parameters
    ----------
    margin : at least 0 where the parameter is refuted, below 0 where it stands; falling.
    low : where the search starts; it is the answer where nothing above it is refuted.
    high : where the search ends; None to find a parameter that stands by doubling.
    tolerance : how far below the end of what is refuted the answer may lie.
    most : the largest parameter looked at where `high` is None.

    Returns
    -------
    float in [low, high], or in [low, most].

    References
    ----------
    .. [1] Brent, Algorithms for Minimization without Derivatives, 1973, chapter 4.
    """
    margin = cache(margin)  # Brent's method asks for both ends again
    if margin(low) < 0:
        return low
    if high is None:
        high = max(1.0, 2 * low)
        while margin(high) >= 0:
            if high >= most:
                return most
            low, high = high, min(2 * high, most)
    elif margin(high) >= 0:
        return high
    # Brent's answer lies within xtol of the crossing, on either side of it
    end = float(brentq(margin, low, high, xtol=tolerance / 2, rtol=1e-12))
    return max(low, end - tolerance / 2)


def step(refuted: Callable[[float], bool]) -> Callable[[float], float]:
    """A margin of 1 or -1 for a test that answers only yes or no."""
    return lambda parameter: 1.0 if refuted(parameter) else -1.0
