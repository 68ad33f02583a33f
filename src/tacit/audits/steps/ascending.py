"""Records that stand in ascending order of the one number that is known of each.

Nothing that an audit says of losses alone depends on how the records came. Where they stand in
order it reads them from front to back, and needs neither an index of them nor a second copy.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.attacks import Threshold
from tacit.core import Check, Evidence
from tacit.core.sorting import Places, backwards, pieces, taken


def by_falling_loss(
    loss: NDArray[np.floating[Any]],
    member: NDArray[np.bool_],
    order: Places,
    step: NDArray[np.bool_],
) -> Evidence | None:
    """The records scored by their negated loss, in ascending order of the score, equal ones as they
    came; None without members or non-members.

    Parameters
    ----------
    loss : float (n,), as they came.
    member : bool (n,), the truth.
    order : int (n,), places of the losses in ascending order, equal ones as they came.
    step : bool (n - 1,), whether the sorted loss grows from each place to the next.
    """
    n_members = int(np.count_nonzero(member))
    if n_members in (0, len(member)):
        return None
    score = np.empty_like(loss)
    for part in pieces(len(loss)):
        np.negative(taken(loss, order[part]), out=score[::-1][part])
    paper = Evidence(score, backwards(taken(member, order), step), attack=repr(Threshold()))
    return paper.sorted_already(step[::-1].copy())


def reads_ascending(recipes: Sequence[Check]) -> bool:
    """Whether nothing but thresholds on the loss is asked for, to which it does not matter in which
    order the records stand.
    """
    return all(
        check.statistic == "loss" and isinstance(check.attack, Threshold) for check in recipes
    )
