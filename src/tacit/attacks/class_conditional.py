"""One threshold a class."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.learned.known_rows import known_records, one_value
from tacit.core import Signals


@dataclass(frozen=True)
class ClassConditional:
    """Accuse the records whose signal exceeds the threshold of their class.

    Each class (``signals.group``) gets the threshold that tells its known members and non-members
    apart best (largest balanced accuracy); a class with fewer than `fewest` known members or
    non-members uses the one of all records. It learns from records whose membership it was told, or
    where none was told from the shadow models. The score is the signal minus the threshold: 0 or
    more accuses.

    Parameters
    ----------
    fewest : known members, and known non-members, that a class needs for a threshold of its own.

    References
    ----------
    .. [1] Song and Mittal, Systematic Evaluation of Privacy Risks of Machine Learning Models, 2021,
       sec. 3.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> member = rng.random(400) < 0.5
    >>> known = np.where(np.arange(400) < 200, member, -1)
    >>> signals = Signals.of(rng.normal(size=400) + 2.0 * member, known=known)
    >>> score = ClassConditional()(signals)[200:]
    >>> bool(score[member[200:]].mean() > score[~member[200:]].mean())
    True
    """

    fewest: int = 50
    learns: ClassVar[bool] = True
    reads_features: ClassVar[bool] = False
    reference: ClassVar[str] = "Song and Mittal 2021"
    needs: ClassVar[str] = "needs some known members and non-members, or shadow models"

    def __call__(self, signals: Signals) -> NDArray[np.floating[Any]]:
        """Scores (n,)."""
        learned = known_records(signals, "ClassConditional")
        threshold = np.full(
            int(signals.group.max()) + 1, best_threshold(learned.value, learned.member)
        )
        for group, value, member in learned.by_group():
            if min(np.count_nonzero(member), np.count_nonzero(~member)) >= self.fewest:
                threshold[group] = best_threshold(value, member)
        return np.asarray(one_value(signals) - threshold[signals.group], dtype=np.float64)


def best_threshold(value: NDArray[np.floating[Any]], member: NDArray[np.bool_]) -> float:
    """The observed value t whose rule ``value >= t`` has the largest balanced accuracy; the largest
    such where several tie.
    """
    values, inverse = np.unique(value, return_inverse=True)
    inside = np.bincount(inverse, weights=member, minlength=len(values))
    outside = np.bincount(inverse, weights=~member, minlength=len(values))
    tpr = inside[::-1].cumsum() / max(1, int(np.count_nonzero(member)))
    fpr = outside[::-1].cumsum() / max(1, int(np.count_nonzero(~member)))
    best = len(values) - 1 - int(np.argmax(np.round(tpr - fpr, 12)))
    return float(values[best])
