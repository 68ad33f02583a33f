"""A guess from the whole course of training: whose signal was high, epoch after epoch?"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.reference.ranks import placement
from tacit.core import InvalidInput, Signals


@dataclass(frozen=True)
class EpochVote:
    """Share of epochs (the queries of `signals`, oldest first) in which a record is among the
    highest `share` of all.

    Ranks within an epoch do not care how far training has come, so early and late epochs count
    alike. `skip` leaves out the first epochs, in which members and non-members cannot differ yet.
    Mean ranks break the ties of the vote.

    Parameters
    ----------
    share : of the records that an epoch votes for.
    skip : epochs left out at the start.

    Examples
    --------
    >>> signals = Signals.of([[0.9, 0.8], [0.1, 0.9], [0.2, 0.1]])
    >>> EpochVote()(signals).round(3).tolist()
    [0.667, 0.625, 0.083]
    """

    share: float = 0.5
    skip: int = 0
    learns: ClassVar[bool] = False
    needs: ClassVar[str] = "needs the same signal at several epochs of one training"
    reference: ClassVar[str] = (
        "Liu, Zhao, Backes, Zhang, Membership inference attacks by exploiting loss trajectory, 2022"
    )

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise InvalidInput(
                f"`share` needs a number strictly between 0 and 1, got {self.share!r}."
            )

    def __call__(self, signals: Signals) -> NDArray[np.floating[Any]]:
        """Scores (n,)."""
        if not 0 <= self.skip < signals.n_queries:
            raise InvalidInput(
                f"`skip` needs to leave an epoch: 0 to {signals.n_queries - 1}, got {self.skip}."
            )
        place = np.stack([placement(column, column) for column in signals.target[:, self.skip :].T])
        votes = (place > 1 - self.share).mean(axis=0)
        return np.asarray(votes + place.mean(axis=0) / (2 * len(place)))
