"""How high a recommender ranks what each user chose."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.core import InvalidInput
from tacit.core.checking import booleans, floats, rows_text


def mean_log_rank(score: ArrayLike, chosen: ArrayLike) -> NDArray[np.float64]:
    """Minus the mean log-rank of a user's own items among all; float64 (u,). LARGER: MEMBER.

    The best item has rank 1; items that tie share the middle of their ranks. The unit is the user:
    a recommender is trained on users, and their items are not independent.

    Parameters
    ----------
    score : ArrayLike
        (u, i), how much the model recommends each item to each user.
    chosen : ArrayLike
        bool (u, i), the items that the user had chosen; at least one each.

    Raises
    ------
    InvalidInput
        Shapes differ, or a user chose nothing.

    Examples
    --------
    >>> np.exp(-mean_log_rank([[0.9, 0.1, 0.5]], [[True, False, False]])).tolist()
    [1.0]
    """
    table = np.asarray(floats(score, "score", ndim=2), np.float64)
    own = booleans(chosen, "chosen", ndim=2)
    if table.shape != own.shape:
        raise InvalidInput(f"`chosen` needs the shape of `score` {table.shape}, got {own.shape}.")
    count = own.sum(axis=1)
    if (count == 0).any():
        raise InvalidInput(
            f"`chosen` needs an item a user; none in {rows_text(np.flatnonzero(count == 0))}."
        )
    result = np.empty(len(table))
    for user, (row, mask) in enumerate(zip(table, own)):
        sorted_row = np.sort(row)
        above = len(row) - np.searchsorted(sorted_row, row[mask], side="right")
        level = len(row) - np.searchsorted(sorted_row, row[mask], side="left")
        result[user] = -np.log((above + 1 + level) / 2).mean()
    return result
