"""How well a survival model fits the time and the event of each record."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.core import InvalidInput
from tacit.core.checking import booleans, floats, require_length

# a curve that drops to 0 before the event would be infinitely surprised
SMALLEST = 1e-6


def survival_log_likelihood(
    survival: ArrayLike, times: ArrayLike, *, time: ArrayLike, event: ArrayLike
) -> NDArray[np.float64]:
    """Log-likelihood of what happened to each record; float64 (n,). LARGER: MORE LIKE A MEMBER.

    For an event: the log of the drop of its survival curve over the interval of `times` that holds
    it (all events of an interval count as its end). For a censored record: the log of the curve at
    its time. The two lie on different scales, so slice by event, or let the attack see it as a
    group.

    Parameters
    ----------
    survival : ArrayLike
        (n, t), each record's chance to live longer than each of `times`; from scikit-survival
        ``predict_survival_function(x, return_array=True)``, from lifelines
        ``predict_survival_function(x, times=times).T``.
    times : ArrayLike
        (t,), ascending.
    time : ArrayLike
        (n,), when the event or the end of observation was.
    event : ArrayLike
        bool (n,), True where the event was seen.

    Raises
    ------
    InvalidInput
        Shapes differ, times do not ascend, or a curve rises or leaves [0, 1].

    Examples
    --------
    >>> curves = [[0.9, 0.5, 0.1], [0.9, 0.5, 0.1]]
    >>> fit = survival_log_likelihood(curves, [1, 2, 3], time=[2, 2.5], event=[True, False])
    >>> np.exp(fit).round(2).tolist()
    [0.4, 0.5]
    """
    curve = np.asarray(floats(survival, "survival", ndim=2), np.float64)
    grid = floats(times, "times", ndim=1)
    when = floats(time, "time", ndim=1)
    seen = booleans(event, "event")
    require_length(len(curve), time=when, event=seen)
    if len(grid) != curve.shape[1] or len(grid) < 2 or not (np.diff(grid) > 0).all():
        raise InvalidInput(
            f"`times` needs {curve.shape[1]} ascending times, one a column of `survival`."
        )
    if curve.min() < -SMALLEST or curve.max() > 1 + SMALLEST or np.diff(curve).max() > SMALLEST:
        raise InvalidInput("`survival` needs curves that fall from 1 to 0, one a row.")
    whole = np.column_stack([np.ones(len(curve)), curve, np.zeros(len(curve))])
    row = np.arange(len(curve))
    # interval j ends at grid[j]; the last one never ends
    ends = np.searchsorted(grid, when, side="left")
    drop = whole[row, ends] - whole[row, ends + 1]
    alive = whole[row, np.searchsorted(grid, when, side="right")]
    return np.asarray(np.log(np.maximum(np.where(seen, drop, alive), SMALLEST)))
