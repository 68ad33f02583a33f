"""The bound of Mahloujifar, Melis and Chaudhuri: what a trade-off function allows in one run."""

from collections.abc import Callable, Sequence

from tacit.dp.mechanisms import ApproxDP, Mechanism
from tacit.dp.search import largest_refuted, step

Mark = tuple[int, int]  # guesses made, guesses right


def fdp_refuted(m: int, r: int, v: int, mechanism: Mechanism, alpha: float) -> bool:
    """Whether `v` right among `r` guesses on `m` canaries refute that the mechanism's trade-off
    function holds.

    Take a canary u at random. The event "u is guessed right and i guesses are right" turns into "u
    is guessed wrong and i - 1 are right" when the coin of u is turned, so the chances p_i of i
    right guesses obey sum_{i >= k} i p_i / m <= (1 - f)(sum_{i >= k} (r - i + 1) p_{i-1} / m) for
    every k. The recursion asks whether p_i with sum_{i >= v} p_i = alpha can obey all of them
    ([1]_, algorithm 3, with two options a canary); it stops as soon as the outcome is certain.

    Parameters
    ----------
    m : canaries.
    r : guesses; the same number whatever the scores.
    v : guesses that are right.
    mechanism : the claim.
    alpha : chance of a false refutation.

    References
    ----------
    .. [1] Mahloujifar, Melis, Chaudhuri, Auditing f-Differential Privacy in One Run, 2025.
    """
    inverse = mechanism.inverse_blowup
    reached, before, limit = alpha * v / m, alpha * (r - v) / m, r / m
    for i in range(v - 1, -1, -1):
        needed = max(before, inverse(reached))
        if needed == before or reached + before > limit:
            break
        reached = min(1.0, reached + i / (r - i) * (needed - before))
        before = needed
    return reached + before > limit


def fdp_parameter(
    m: int, marks: Sequence[Mark], build: Callable[[float], Mechanism], alpha: float
) -> float:
    """The largest parameter of a family that some (guesses made, guesses right) refute at `alpha`
    each.
    """
    return largest_refuted(
        step(lambda x: any(fdp_refuted(m, r, v, build(x), alpha) for r, v in marks))
    )


def fdp_bound(
    m: int, r: int, v: int, delta: float, alpha: float, *, at_least: float = 0.0
) -> float:
    """The largest epsilon that is refuted at `delta`, or `at_least` where that is more."""
    return largest_refuted(
        step(lambda epsilon: fdp_refuted(m, r, v, ApproxDP(epsilon, delta), alpha)), low=at_least
    )


def failing(side: str, delta: float) -> float:
    """The delta that guesses of a side can use.

    A guess "member" fails by the part of delta in which the release with the canary is too likely,
    a guess "not" by the other. A coin shows each with chance 1/2, so guesses that all say the same
    fail with delta / 2 on average over the coin.
    """
    return delta if side == "both" else delta / 2
