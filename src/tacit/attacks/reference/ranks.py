"""Where values stand among others: the counting of Mann and Whitney."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def placement(value: NDArray[Any], among: NDArray[Any]) -> NDArray[np.float64]:
    """Share of `among` (m,) that each of `value` (n,) exceeds, ties counted half.

    The mean placement of members among non-members is the area under the ROC curve [1]_.

    References
    ----------
    .. [1] Hanley, McNeil, The Meaning and Use of the Area under a Receiver Operating Characteristic
       (ROC) Curve, 1982.

    Examples
    --------
    >>> placement(np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 2.0, 3.0])).tolist()
    [0.125, 0.5, 1.0]
    """
    ordered = np.sort(among)
    below = np.searchsorted(ordered, value, "left")
    return (below + np.searchsorted(ordered, value, "right")) / (2 * len(ordered))
