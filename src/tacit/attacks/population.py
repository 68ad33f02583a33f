"""How unusual would this record's signal be among records that were not trained on?"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.learned.known_rows import one_value, require_told
from tacit.core import Signals


@dataclass(frozen=True)
class Population:
    """Accuse the records whose signal few known non-members reach (Attack P).

    The score is 1 - p with p = (1 + known non-members of the same class with at least this signal)
    / (1 + their number): accusing where p <= a accuses at most a share a of non-members from the
    same population. No member needs to be known. A class with fewer than `fewest` known non-members
    is compared with all of them.

    Parameters
    ----------
    fewest : known non-members that a class (``signals.group``) needs to be compared with its own.

    References
    ----------
    .. [1] Ye et al., Enhanced Membership Inference Attacks against Machine Learning Models, 2022,
       sec. 4.2 (Attack P).

    Examples
    --------
    >>> signals = Signals.of(np.r_[np.arange(99.0), 98.5, 49.5], known=np.r_[np.zeros(99), -1, -1])
    >>> Population()(signals)[-2:].tolist()
    [0.99, 0.5]
    """

    fewest: int = 100
    learns: ClassVar[bool] = True
    reads_features: ClassVar[bool] = False
    reference: ClassVar[str] = "Ye et al. 2022"
    needs: ClassVar[str] = "needs some known non-members"

    def __call__(self, signals: Signals) -> NDArray[np.floating[Any]]:
        """Scores (n,), 1 minus a valid p-value of "this record is a non-member"."""
        known = np.flatnonzero(signals.known == 0)
        require_told("Population", len(known), "non-members", of=len(known))
        value = one_value(signals)
        score = 1 - _p_value(value, value[known])
        sizes = np.bincount(signals.group[known], minlength=int(signals.group.max()) + 1)
        for group in np.flatnonzero(sizes >= self.fewest) if np.count_nonzero(sizes) > 1 else ():
            rows = np.flatnonzero(signals.group == group)
            score[rows] = 1 - _p_value(value[rows], value[known[signals.group[known] == group]])
        return score


def _p_value(
    value: NDArray[np.floating[Any]], population: NDArray[np.floating[Any]]
) -> NDArray[np.float64]:
    below = np.searchsorted(np.sort(population), value, side="left")
    return np.asarray((1 + len(population) - below) / (1 + len(population)), dtype=np.float64)
