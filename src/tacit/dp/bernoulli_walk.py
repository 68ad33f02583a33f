"""Every number of guesses at once: the exact law of the best count along a Bernoulli walk."""

from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, expit, gammaln, pdtri

from tacit.dp.bands import MARGIN, SPREAD, convolved
from tacit.dp.search import largest_refuted, step

GROWTH = 1.08  # ratio of numbers of guesses: a finer grid sharpens the bound by under .01
FIRST = 4  # guesses: fewer, all right, refute nothing at any level in use (alpha < 2 ** -4)
TOLERANCE = 5e-4  # of epsilon: one evaluation costs a whole walk, so coarser than elsewhere
STEP = 0.25  # of epsilon: how finely the allowance for failures follows it
EFFECTIVE_LOOKS = 10  # only steers the choice of `allowance`, which is valid whatever it is
# Allowances tried: each where a single failure counts, then 60 up to more than any audit needs.
ALLOWANCES = np.unique(np.concatenate([np.arange(1, 11), np.geomspace(10, 1e5, 60).astype(int)]))
# How far from the mean a boundary is looked for: the local level is above 1e-12, which is 7
# standard deviations, and a few guesses more where those are few.
REACH, REACH_MORE = 12, 20
ROUNDING = 1e-9  # relative, of a local level: swallows the last digits of `betainc`


def walk_bound(
    right: NDArray[np.bool_],
    block_end: NDArray[np.integer],
    *,
    failures: float,
    alpha: float,
    at_least: float = 0.0,
) -> float:
    """The largest epsilon refuted by how many of the surest guesses are right, whatever number of
    guesses is best.

    Put the guesses in the order of their confidence. Under epsilon-DP, given what was released and
    the coins of the guesses before, each guess is right with chance at most p = e^epsilon / (1 +
    e^epsilon) [1]_; so the running count of right guesses stays below a Bernoulli walk, at all
    numbers of guesses together. The walk's chance to pass a boundary of equal local level is
    computed exactly (guess counts on a geometric grid of ratio 1.08).

    With delta, a guess may exceed p. Given the coins of all others, let P and Q be the laws of the
    release with and without the canary: a guess "member" exceeds p by (1 - p) (P - e^epsilon Q)+ /
    2 in expectation, which is at most delta / (2 (1 + e^epsilon)), and "not" likewise. By Markov's
    inequality `allowance` or more guesses are right for this reason with chance at most (their
    expected number) / allowance, and one fewer is taken off every count. That holds however those
    guesses depend on the walk. What is allowed for shrinks as epsilon grows, on steps of 0.25; the
    bound is the first epsilon that is not refuted.

    Parameters
    ----------
    right : bool (r,), whether each guess was right, surest first.
    block_end : int (b,), ascending: counts at which one may stop without cutting a tie.
    failures : m delta, or m delta / 2 where all guesses say the same.
    alpha : chance of a bound that is too large.
    at_least : what is refuted already; the answer is not below it.

    References
    ----------
    .. [1] Steinke, Nasr, Jagielski, Privacy Auditing with One (1) Training Run, 2023, sec. 5.
    """
    if len(right) == 0:
        return at_least
    stop = guess_counts(block_end)
    total: NDArray[np.int64] = np.cumsum(right, dtype=np.int64)[stop - 1]
    low, known = at_least, np.floor(at_least / STEP) * STEP
    while True:
        count, budget = _sure(total, known, failures=failures, alpha=alpha)
        low = largest_refuted(
            step(partial(_refuted, count, stop, budget)),
            low=low,
            high=known + STEP,
            tolerance=TOLERANCE,
        )
        if low < known + STEP:
            return low
        known += STEP


def walk_refutes(
    total: NDArray[np.integer],
    stop: NDArray[np.integer],
    epsilon: float,
    *,
    failures: float,
    alpha: float,
) -> bool:
    """Whether `total` right of the first `stop` guesses (ascending, both (k,)) refute `epsilon`;
    see `walk_bound`.
    """
    # at the edge of two steps the search has to end one and to begin the next
    edges = {np.floor(epsilon / STEP), max(0.0, np.ceil(epsilon / STEP) - 1)}
    sure = [_sure(total, edge * STEP, failures=failures, alpha=alpha) for edge in edges]
    return all(_refuted(count, stop, budget, epsilon) for count, budget in sure)


def _sure(
    total: NDArray[np.integer], known: float, *, failures: float, alpha: float
) -> tuple[NDArray[np.int64], float]:
    """Right guesses that no failure accounts for, and what is left of alpha, for epsilons from
    `known` on.
    """
    expected = failures * float(expit(-known))
    allowance = _allowance(expected, alpha)
    return np.maximum(total - (allowance - 1), 0).astype(np.int64), alpha - expected / allowance


def _refuted(
    count: NDArray[np.int64], stop: NDArray[np.integer], budget: float, epsilon: float
) -> bool:
    p = float(expit(epsilon))
    local = float(np.min(_tail(count, stop, p)))
    if local >= budget:  # a single stop passes more often
        return False
    if local * len(stop) <= budget:  # the union bound is enough
        return True
    return _crossing(stop, _boundary(stop, p, local), p) <= budget


def guess_counts(block_end: NDArray[np.integer]) -> NDArray[np.int64]:
    """The numbers of guesses looked at: those of `block_end` nearest above a geometric grid."""
    last = int(block_end[-1])
    n_steps = int(np.log(max(last / FIRST, 1.0)) / np.log(GROWTH)) + 2
    wanted = np.unique(np.minimum((FIRST * GROWTH ** np.arange(n_steps)).astype(np.int64), last))
    return np.unique(block_end[np.searchsorted(block_end, wanted)]).astype(np.int64)


def _tail(count: NDArray[np.int64], trials: NDArray[np.integer], p: float) -> NDArray[np.float64]:
    """P(Binomial(trials, p) >= count)."""
    inside = (count >= 1) & (count <= trials)
    value = betainc(np.where(inside, count, 1), np.where(inside, trials - count + 1, 1), p)
    return np.where(inside, value, np.where(count < 1, 1.0, 0.0))


def _boundary(stop: NDArray[np.integer], p: float, local: float) -> NDArray[np.int64]:
    """The smallest counts with `_tail` at most `local` (allowing for rounding), one a stop."""
    spread = REACH * np.sqrt(stop * p * (1 - p)) + REACH_MORE
    low: NDArray[np.int64] = np.maximum(0, (stop * p - spread).astype(np.int64))
    high: NDArray[np.int64] = np.minimum(stop + 1, (stop * p + spread).astype(np.int64) + 1)
    while np.any(high - low > 1):
        middle = (low + high) // 2
        small = _tail(middle, stop, p) <= local * (1 + ROUNDING)
        high, low = np.where(small, middle, high), np.where(small, low, middle)
    return high


def _crossing(stop: NDArray[np.integer], boundary: NDArray[np.int64], p: float) -> float:
    """Chance that the walk reaches its boundary at some stop, at most (what is cut off counts as
    crossing).
    """
    alive, lowest, seen = np.ones(1), 0, 0
    kernels: dict[int, tuple[int, NDArray[np.float64]]] = {}
    for r, c in zip(stop.tolist(), boundary.tolist(), strict=True):
        if r - seen not in kernels:
            kernels[r - seen] = _binomial(r - seen, p)
        first, kernel = kernels[r - seen]
        alive = convolved(alive, kernel)
        lowest += first
        start = max(0, int(r * p - SPREAD * np.sqrt(r * p * (1 - p)) - 15) - lowest)
        alive = alive[start : max(start, c - lowest)]
        lowest, seen = lowest + start, r
    return float(min(1.0, 1 - alive.sum() + MARGIN))


def _binomial(trials: int, p: float) -> tuple[int, NDArray[np.float64]]:
    reach = SPREAD * np.sqrt(trials * p * (1 - p)) + 15
    first, last = max(0, int(trials * p - reach)), min(trials, int(trials * p + reach) + 1)
    k = np.arange(first, last + 1)
    log_choose = gammaln(trials + 1) - gammaln(k + 1) - gammaln(trials - k + 1)
    return first, np.exp(log_choose + k * np.log(p) + (trials - k) * np.log1p(-p))


@lru_cache(maxsize=256)
def _allowance(failures: float, alpha: float) -> int:
    """How many failures to allow for: the choice that costs least where all guesses are right. A
    function of the plan only.
    """
    left = alpha - failures / ALLOWANCES
    valid = ALLOWANCES[left > 0]
    if len(valid) == 0:
        return int(ALLOWANCES[-1])
    # the mean of wrong guesses at which as few as the allowance are as rare as a look may be
    mean = pdtri(valid - 1, left[left > 0] / EFFECTIVE_LOOKS)
    return int(valid[int(np.argmin(mean))])
