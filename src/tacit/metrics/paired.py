"""Two guessers on the same records: the difference of their shares of right guesses."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtrc, stdtr

from tacit.core import Estimate, InvalidInput, NotEnoughData
from tacit.metrics.auc import ROUNDING
from tacit.metrics.clusters import CLUSTERED, INDEPENDENT, MIN_CLUSTERS, Weighted
from tacit.metrics.intervals import t_quantile, wilson

Floats = NDArray[np.float64]
SAME_RECORDS = "both guessers guess about the same records"


def paired_share_difference(
    first: ArrayLike,
    second: ArrayLike,
    *,
    cluster: ArrayLike | None = None,
    level: float = 0.95,
    name: str = "share difference",
) -> Estimate:
    """Share of hits of the first guesser minus that of the second, on the same records.

    The Wilson limits of both shares are combined by their squared distances, with the correlation
    that the records show [1]_ (method 10). The p-value is of "the first is right no more often than
    the second" (one-sided), by McNemar's exact test [2]_: only records on which the two disagree
    count. Over clusters, both are Student's t of the clusters' totals, with as many degrees of
    freedom as equal clusters would have that know as much.

    Parameters
    ----------
    first : ArrayLike
        bool (n,), where the first guesser was right.
    second : ArrayLike
        bool (n,), where the second guesser was right, about the same records in the same order.
    cluster : ArrayLike | None
        The unit of independence of each record, (n,); None: every record for itself.
    level : float
        Two-sided confidence of the interval.
    name : str
        What the estimate is called.

    Raises
    ------
    InvalidInput
        The lengths differ.
    NotEnoughData
        No record, or fewer than 5 clusters.

    References
    ----------
    .. [1] Newcombe, Improved confidence intervals for the difference between binomial proportions
       based on paired data, 1998.
    .. [2] McNemar, Note on the sampling error of the difference between correlated proportions,
       1947.

    Examples
    --------
    >>> right, also = [True] * 60 + [False] * 40, [True] * 40 + [False] * 60
    >>> print(paired_share_difference(right, also))
    share difference = 0.2 [0.1175, 0.2763] (95 %, n = 100)
    """
    one, other = np.asarray(first, bool), np.asarray(second, bool)
    if one.ndim != 1 or one.shape != other.shape:
        raise InvalidInput(
            "`first` and `second` need one entry a record each, for the same records, got shapes "
            f"{one.shape} and {other.shape}."
        )
    if len(one) == 0:
        message = "A difference of two shares needs at least one record, got none."
        raise NotEnoughData(message, needed=1, got=0)
    value = float(one.mean() - other.mean())
    if cluster is not None:
        change = one.astype(np.float64) - other
        low, high, p_value, units = _over_clusters(change, np.asarray(cluster), level)
        method, assumes = "Student's t over clusters", (CLUSTERED, SAME_RECORDS)
    else:
        low, high = _square_and_add(one, other, level)
        p_value, units = _mcnemar(one, other), len(one)
        method, assumes = "Newcombe's paired score interval", (INDEPENDENT, SAME_RECORDS)
    return Estimate(
        name=name,
        value=value,
        low=min(low, value),
        high=max(high, value),
        level=level,
        n=units,
        method=method,
        assumes=assumes,
        p_value=p_value,
    )


def _square_and_add(
    one: NDArray[np.bool_], other: NDArray[np.bool_], level: float
) -> tuple[float, float]:
    n = len(one)
    share = np.array([one.mean(), other.mean()])
    low, high = wilson(share * n, np.array([n, n]), level=level)
    link = _phi(one, other)
    down, up = share - low, high - share
    lower = down[0] ** 2 - 2 * link * down[0] * up[1] + up[1] ** 2
    upper = up[0] ** 2 - 2 * link * up[0] * down[1] + down[1] ** 2
    gain = float(share[0] - share[1])
    return gain - float(max(lower, 0.0)) ** 0.5, gain + float(max(upper, 0.0)) ** 0.5


def _phi(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """The correlation of two yes/no columns, with Newcombe's correction for continuity."""
    both = float(np.count_nonzero(one & other))
    neither = float(np.count_nonzero(~one & ~other))
    only_one = float(np.count_nonzero(one & ~other))
    only_other = float(np.count_nonzero(~one & other))
    margins = np.prod(
        [both + only_one, only_other + neither, both + only_other, only_one + neither]
    )
    if margins <= 0:
        return 0.0
    cross = both * neither - only_one * only_other
    # half a record less, never past zero: a correlation shown by few records is overstated
    cross = max(cross - len(one) / 2, 0.0) if cross > 0 else cross
    return float(cross / margins**0.5)


def _mcnemar(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Chance of so many disagreements in the first guesser's favour, if each were a fair coin."""
    wins = int(np.count_nonzero(one & ~other))
    apart = int(np.count_nonzero(one ^ other))
    return float(bdtrc(wins - 1, apart, 0.5)) if wins > 0 else 1.0


def _over_clusters(
    change: Floats, cluster: NDArray[Any], level: float
) -> tuple[float, float, float, int]:
    if cluster.shape != change.shape:
        raise InvalidInput(f"`cluster` needs {len(change)} entries, got shape {cluster.shape}.")
    unit = np.unique(cluster, return_inverse=True)[1]
    count = int(unit.max()) + 1
    if count < MIN_CLUSTERS:
        message = f"An interval over clusters needs {MIN_CLUSTERS} of them, got {count}."
        raise NotEnoughData(message, needed=MIN_CLUSTERS, got=count, unit="clusters")
    value = float(change.mean())
    # a few clusters that hold most of the records know no more than a few equal ones
    side = Weighted.of(unit, 0.0)
    error = side.variance(side.totals(change)) ** 0.5
    margin = t_quantile(level, side.df) * error
    if error <= ROUNDING:
        return value, value, 1.0 if value <= 0 else 2.0**-count, count
    return value - margin, value + margin, float(stdtr(side.df, -value / error)), count
