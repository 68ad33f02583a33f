"""The signal minus what reference models make of the record."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.reference.in_out import Worlds
from tacit.attacks.reference.readings import over_queries
from tacit.core import Signals


@dataclass(frozen=True)
class DifficultyCalibration:
    """Take off how hard the record is: the signal minus the mean signal of the models trained
    without it.

    One reference model is enough. With more, BASE or EB-LiRA see more at the same cost.

    References
    ----------
    .. [1] Watson et al., On the Importance of Difficulty Calibration in Membership Inference
       Attacks, ICLR 2022, eq. 4.

    Examples
    --------
    >>> shadow = [[2.0, 0.5], [1.0, 1.5], [1.8, 0.3], [1.2, 1.9]]
    >>> inside = [[1, 0], [0, 1], [1, 0], [0, 1]]
    >>> signals = Signals.of(
    ...     [1.9, 0.4], shadow=shadow, shadow_member=inside, statistic="scaled_logit"
    ... )
    >>> DifficultyCalibration()(signals).round(2).tolist()
    [0.8, 0.0]
    """

    learns: ClassVar[bool] = False
    reference: ClassVar[str] = "Watson et al. 2022"
    needs: ClassVar[str] = "needs shadow models without each record"
    sees: ClassVar[str] = "signal"

    def __call__(self, signals: Signals) -> NDArray[np.floating[Any]]:
        """Scores (n,).

        Raises
        ------
        NotEnoughData : a record has no shadow model without it.
        """
        return self.score(Worlds.of(signals), signals.target)

    def score(self, worlds: Worlds, target: NDArray[Any]) -> NDArray[np.float64]:
        """Scores (n,) of a model's signal `target` (n, q) against `worlds`."""
        worlds.require("DifficultyCalibration", inside=0, outside=1)
        return over_queries(np.asarray(target, np.float64) - worlds.outside.mean)
