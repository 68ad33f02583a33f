"""Which shadow models give each other's membership away, and must be left out together."""

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput

# records in exactly so many models make it -1, coins and pairs make it 0
SMALLEST_GAP = -0.6
FEWEST_RECORDS = 100


def families(member: NDArray[np.bool_]) -> list[tuple[int, ...]]:
    """Shadow models grouped by training set: the same one, or exactly the other records (an
    antithetic mate).

    Parameters
    ----------
    member : bool (m, n), which record each shadow model was trained on.

    Examples
    --------
    >>> families(np.array([[1, 0, 1], [0, 1, 0], [1, 1, 0]], bool))
    [(0, 1), (2,)]
    """
    found: dict[bytes, list[int]] = {}
    for model, row in enumerate(member):
        found.setdefault(np.packbits(row ^ row[0]).tobytes(), []).append(model)
    return [tuple(models) for models in found.values()]


def require_independent(member: NDArray[np.bool_], groups: list[tuple[int, ...]]) -> None:
    """Raise where the number of other shadow models trained on a record tells whether a shadow
    model was.

    Raises
    ------
    InvalidInput : a design in which every record is in exactly so many models; coins or antithetic
        pairs are what is needed.
    """
    count = member.sum(axis=0)
    gaps = []
    for group in groups:
        others = count - member[list(group)].sum(axis=0)
        for model in group:
            inside = member[model]
            if inside.any() and not inside.all():
                gaps.append(others[inside].mean() - others[~inside].mean())
    if gaps and float(np.mean(gaps)) < SMALLEST_GAP and member.shape[1] >= FEWEST_RECORDS:
        raise InvalidInput(
            "`shadow_member` gives itself away: how many other shadow models hold a record tells"
            " whether this one does (every record in exactly so many models). Draw membership by"
            " coins or in antithetic pairs, so that shadow models can stand in for the target."
        )
