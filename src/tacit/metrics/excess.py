"""Two independent shares of right guesses: their difference, and what is left without luck."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr

from tacit.core import Estimate, InvalidInput, NotEnoughData
from tacit.metrics.clusters import CLUSTERED, INDEPENDENT, MIN_CLUSTERS, effective_size
from tacit.metrics.intervals import fisher_p_value, wilson
from tacit.metrics.risks import risk_limits


def share_excess(
    members: ArrayLike,
    nonmembers: ArrayLike,
    *,
    cluster: tuple[ArrayLike, ArrayLike] | None = None,
    level: float = 0.95,
    name: str = "excess",
) -> Estimate:
    """Share of hits among members minus share of hits among non-members.

    Newcombe's interval: the Wilson limits of both shares combined by their squared distances [1]_.
    The p-value is of "no more hits among members" (one-sided, Fisher's exact test). Over clusters
    the shares rest on as many records as the clusters are worth, and the test is Student's t.

    Parameters
    ----------
    members : ArrayLike
        bool (n1,), where the guess about a member was right.
    nonmembers : ArrayLike
        bool (n0,), the same of non-members.
    cluster : tuple[ArrayLike, ArrayLike] | None
        The unit of independence of each member and of each non-member.
    level : float
        Two-sided confidence.
    name : str
        What the estimate is called.

    Raises
    ------
    NotEnoughData
        No record on one side, or fewer than 5 clusters.

    References
    ----------
    .. [1] Newcombe, Interval estimation for the difference between independent proportions, 1998.

    Examples
    --------
    >>> print(share_excess([True] * 56 + [False] * 14, [True] * 48 + [False] * 32))
    excess = 0.2 [0.05243, 0.3339] (95 %, n = 150)
    """
    sides = _sides(members, nonmembers, cluster)
    (hits1, size1), (hits0, size0) = [(side.share * side.size, side.size) for side in sides]
    low, high = wilson(np.array([hits1, hits0]), np.array([size1, size0]), level=level)
    share = np.array([side.share for side in sides])
    value = float(share[0] - share[1])
    bottom = value - float(np.hypot(share[0] - low[0], high[1] - share[1]))
    top = value + float(np.hypot(high[0] - share[0], share[1] - low[1]))
    method = "Newcombe's score interval"
    return _estimate(name, (value, bottom, top), sides, level, method, cluster is not None)


def relative_excess(
    members: ArrayLike,
    nonmembers: ArrayLike,
    *,
    cluster: tuple[ArrayLike, ArrayLike] | None = None,
    level: float = 0.95,
    name: str = "relative excess",
) -> Estimate:
    """Share of the members about whom more than luck is known: (p1 - p0) / (1 - p0).

    That is 1 - q1 / q0 with the failure rates q, so its interval is one minus that of a ratio of
    two independent shares: Wilson's limits combined as in [1]_, eq. 8
    (`tacit.metrics.risks.risk_limits`). It is not cut at 0. Where a
    model returns the truth about a share r of its members, and guesses the rest as it guesses
    non-members, this is r.

    Parameters
    ----------
    members : ArrayLike
        bool (n1,), where the guess about a member was right.
    nonmembers : ArrayLike
        bool (n0,), the same of non-members.
    cluster : tuple[ArrayLike, ArrayLike] | None
        The unit of independence of each member and of each non-member.
    level : float
        Two-sided confidence.
    name : str
        What the estimate is called.

    Raises
    ------
    NotEnoughData
        No record on one side, fewer than 5 clusters, or no wrong guess about non-members: then luck
        alone explains everything.

    References
    ----------
    .. [1] Zou, Donner, Construction of confidence limits about effect measures, 2008.
    """
    sides = _sides(members, nonmembers, cluster)
    missed = [(1 - side.share) * side.size for side in sides]
    if missed[1] <= 0:
        message = (
            "A share beyond luck needs at least 1 wrong guess about non-members, got none: "
            "guessing without the model is always right there."
        )
        raise NotEnoughData(message, needed=1, got=0, unit="wrong guesses")
    size = (sides[0].size, sides[1].size)
    low, high = risk_limits((missed[0], missed[1]), size, level=level)
    limits = (1 - (missed[0] / size[0]) / (missed[1] / size[1]), low, high)
    method = "ratio of two score intervals (MOVER)"
    return _estimate(name, limits, sides, level, method, cluster is not None)


class _Side:
    """Hits on one side, and how many independent records they are worth."""

    def __init__(self, hit: NDArray[np.bool_], cluster: NDArray[Any] | None, unit: str) -> None:
        if hit.ndim != 1 or len(hit) == 0:
            message = (
                f"An excess needs guesses about at least 1 of the {unit}, got shape {hit.shape}."
            )
            raise NotEnoughData(message, needed=1, got=0, unit=unit)
        self.hits, self.n = int(np.count_nonzero(hit)), len(hit)
        self.share = self.hits / self.n
        self.size: float = self.n
        self.n_units = self.n
        if cluster is None:
            return
        if cluster.shape != hit.shape:
            raise InvalidInput(
                f"`cluster` needs {self.n} entries for the {unit}, got shape {cluster.shape}."
            )
        index = np.unique(cluster, return_inverse=True)[1]
        self.n_units = int(index.max()) + 1
        if self.n_units < MIN_CLUSTERS:
            message = (
                f"An interval over clusters needs {MIN_CLUSTERS} of {unit}, got {self.n_units}."
            )
            raise NotEnoughData(
                message, needed=MIN_CLUSTERS, got=self.n_units, unit=f"clusters of {unit}"
            )
        self.size = effective_size(hit, index)


def _sides(
    members: ArrayLike, nonmembers: ArrayLike, cluster: tuple[ArrayLike, ArrayLike] | None
) -> list[_Side]:
    units = (None, None) if cluster is None else tuple(np.asarray(part) for part in cluster)
    hits = (np.asarray(members, bool), np.asarray(nonmembers, bool))
    return [_Side(*parts) for parts in zip(hits, units, ("members", "non-members"))]


def _estimate(
    name: str,
    limits: tuple[float, float, float],
    sides: list[_Side],
    level: float,
    method: str,
    clustered: bool,
) -> Estimate:
    value, low, high = limits
    return Estimate(
        name=name,
        value=value,
        low=min(low, value),
        high=max(high, value),
        level=level,
        n=sum(side.n_units for side in sides),
        method=method,
        assumes=(CLUSTERED if clustered else INDEPENDENT,),
        p_value=_p_value(sides, clustered),
    )


def _p_value(sides: list[_Side], clustered: bool) -> float:
    one, other = sides
    if not clustered:
        return fisher_p_value((one.hits, other.hits), (one.n, other.n))
    size = one.size + other.size
    pooled = (one.share * one.size + other.share * other.size) / size
    spread = (pooled * (1 - pooled) * (1 / one.size + 1 / other.size)) ** 0.5
    df = min(one.n_units, other.n_units) - 1
    return float(stdtr(df, (other.share - one.share) / spread)) if spread > 0 else 1.0
