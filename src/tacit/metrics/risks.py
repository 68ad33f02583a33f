"""Residual risk: how much more often a guess is right about a member than about a non-member."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtrc

from tacit.core import Estimate, InvalidInput, NotEnoughData, checking
from tacit.metrics.intervals import fisher_p_value, wilson

PAIRED = "each guess was tried on one member and on one non-member"
INDEPENDENT = "guesses are independent of one another"


def residual_risk(
    member_hit: ArrayLike,
    nonmember_hit: ArrayLike,
    *,
    paired: bool = False,
    level: float = 0.95,
) -> Estimate:
    """Of the guesses that fail without the record, the share that succeed with it.

    With success rates p1 on members and p0 on non-members the residual risk is
    ``(p1 - p0) / (1 - p0)`` [1]_, which is ``1 - q1 / q0`` with the failure rates ``q = 1 - p``:
    one minus a ratio of two proportions. Its interval is found from Wilson's limits of both rates
    by squared distances [2]_. It is not cut at 0: a risk of less than none is chance, and is shown.

    Parameters
    ----------
    member_hit : bool (n1,), which guesses about members were right.
    nonmember_hit : bool (n0,), the same about non-members.
    paired : whether guess i is the same guess on both sides.
    level : two-sided confidence.

    Raises
    ------
    NotEnoughData : fewer than 2 guesses a side, or no guess about a non-member failed, so that
        there is nothing that membership could add.

    References
    ----------
    .. [1] Giomi et al., A Unified Framework for Quantifying Privacy Risk in Synthetic Data, 2023,
       eq. 3.
    .. [2] Donner, Zou, Closed-form confidence intervals for functions of the normal mean and
       standard deviation, 2012, eq. 8 (ratio of two correlated estimates).

    Examples
    --------
    >>> risk = residual_risk([True] * 30 + [False] * 70, [True] * 20 + [False] * 80)
    >>> round(risk.value, 3), round(risk.low, 3), round(risk.high, 3)
    (0.125, -0.028, 0.26)
    """
    checking.fraction(level, "level")
    inside = checking.booleans(member_hit, "member_hit")
    outside = checking.booleans(nonmember_hit, "nonmember_hit")
    if paired and len(inside) != len(outside):
        raise InvalidInput(
            f"Paired guesses need the same number on both sides, got {len(inside)} and "
            f"{len(outside)}."
        )
    fewest = min(len(inside), len(outside))
    if fewest < 2:
        message = f"A residual risk needs 2 guesses a side, got {fewest}."
        raise NotEnoughData(message, needed=2, got=fewest, unit="guesses")
    if outside.all():
        raise NotEnoughData(
            f"All {len(outside)} guesses about non-members were right, so membership can add "
            "nothing: the value is known without the release.",
            needed=1,
            got=0,
            unit="failed guesses about non-members",
        )
    failures = (int(np.count_nonzero(~inside)), int(np.count_nonzero(~outside)))
    n = (len(inside), len(outside))
    link = correlation(inside, outside) if paired else 0.0
    low, high = risk_limits(failures, n, link=link, level=level)
    value = 1 - (failures[0] / n[0]) / (failures[1] / n[1])
    p = (
        _mcnemar(inside, outside)
        if paired
        else fisher_p_value((n[0] - failures[0], n[1] - failures[1]), n)
    )
    return Estimate(
        "residual risk",
        value,
        min(low, value),
        max(high, value),
        level,
        n[0] + n[1],
        "ratio of failure rates (MOVER, Wilson)",
        (INDEPENDENT, PAIRED) if paired else (INDEPENDENT,),
        p,
    )


def risk_limits(
    failures: tuple[float, float], n: tuple[float, float], *, link: float = 0.0, level: float
) -> tuple[float, float]:
    """Limits of one minus the ratio of two failure rates.

    Parameters
    ----------
    failures : failed guesses about members and about non-members; the latter more than 0.
    n : guesses about members and about non-members; real numbers stand for effective counts.
    link : correlation of the two rates' errors; 0 where they are independent.
    level : two-sided confidence.
    """
    low, high = wilson(np.array(failures), np.array(n), level=level)
    (q1, q0), (l1, l0), (u1, u0) = np.array(failures) / np.array(n), low, high
    least = _ratio(q1, q0, l1, u0, link * (q1 - l1) * (u0 - q0), sign=-1)
    most = _ratio(q1, q0, u1, l0, link * (u1 - q1) * (q0 - l0), sign=1)
    return 1 - most, 1 - least


def _ratio(q1: float, q0: float, end1: float, end0: float, shared: float, *, sign: int) -> float:
    """One limit of q1 / q0 from the ends that matter for it.

    The lower one holds also where `end0` is more than twice q0 (few failures): numerator and
    denominator are then both negative, and the limit goes on without a step.
    """
    middle = q1 * q0 - shared
    below = end0 * (2 * q0 - end0)
    inner = middle**2 - end1 * (2 * q1 - end1) * below
    return float((middle + sign * np.sqrt(max(0.0, inner))) / below)


def correlation(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Of two columns of successes; 0 where one of them does not vary."""
    spread = float(first.std() * second.std())
    return float(np.mean(first * second) - first.mean() * second.mean()) / spread if spread else 0.0


def _mcnemar(inside: NDArray[np.bool_], outside: NDArray[np.bool_]) -> float:
    """Exact one-sided p-value: of the guesses that differ, how many favour the member."""
    more, less = np.count_nonzero(inside & ~outside), np.count_nonzero(outside & ~inside)
    if more == 0:
        return 1.0
    return float(bdtrc(more - 1, more + less, 0.5))
