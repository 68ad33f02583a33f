"""The best of several scores, chosen without flattering it."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tacit.core import Membership, deal

Floats = NDArray[np.float64]

# Halves are dealt so many times: the value then depends little on one deal.
DEALS = 5


def graded_advantage(scores: Mapping[str, Floats], membership: Membership, *, seed: int) -> float:
    """The advantage of the best score at its best threshold, by records that did not choose them.

    Each half of the records grades the score and the threshold that the other half chose; the mean
    over several deals.

    Parameters
    ----------
    scores : float (n,) each, larger for members.
    membership : who is a member.
    seed : of the deals.

    Raises
    ------
    NotEnoughData : fewer than 2 members or non-members (or clusters of them).
    """
    member = membership.member
    order = {name: np.argsort(-score, kind="stable") for name, score in scores.items()}
    values = []
    for deal_seed in range(DEALS):
        half = deal(membership, 2, seed=seed + deal_seed) == 1
        values += [_graded(scores, order, member, side) for side in (half, ~half)]
    return float(np.mean(values))


def _graded(
    scores: Mapping[str, Floats],
    order: Mapping[str, NDArray[np.int64]],
    member: NDArray[np.bool_],
    choosing: NDArray[np.bool_],
) -> float:
    """What the choice of one half is worth on the other."""
    name, cut = max(
        (
            (name, *_best_cut(scores[name], rows[choosing[rows]], member))
            for name, rows in order.items()
        ),
        key=lambda found: found[2],
    )[:2]
    accused = scores[name] >= cut
    return float(accused[~choosing & member].mean() - accused[~choosing & ~member].mean())


def _best_cut(
    score: Floats, rows: NDArray[np.int64], member: NDArray[np.bool_]
) -> tuple[float, float]:
    """The threshold at which TPR - FPR is largest among `rows` (in descending order), and both."""
    inside = member[rows]
    gain = np.cumsum(np.where(inside, 1 / inside.sum(), -1 / (~inside).sum()))
    own = score[rows]
    # equal scores are accused together: a cut is possible where the next score is lower
    gain[:-1][own[1:] == own[:-1]] = -np.inf
    place = int(gain.argmax())
    return (float(own[place]), float(gain[place])) if gain[place] > 0 else (np.inf, 0.0)
