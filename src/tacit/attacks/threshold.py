"""The signal itself is the score."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tacit.core import Signals


@dataclass(frozen=True)
class Threshold:
    """Accuse the records whose signal is largest: one threshold for all.

    Several queries of a record are averaged.

    References
    ----------
    .. [1] Yeom et al., Privacy Risk in Machine Learning: Analyzing the Connection to Overfitting,
       2018, sec. 3.

    Examples
    --------
    >>> Threshold()(Signals.of([[0.9, 0.7], [0.2, 0.4]])).round(2).tolist()
    [0.8, 0.3]
    """

    learns: ClassVar[bool] = False
    reference: ClassVar[str] = "Yeom et al. 2018"
    needs: ClassVar[str] = "needs the model's outputs"

    def __call__(self, signals: Signals) -> NDArray[np.floating[Any]]:
        """Scores (n,)."""
        return signals.target[:, 0] if signals.n_queries == 1 else signals.target.mean(axis=1)
