"""The share of reference models that fit the record no better than the audited model does."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tacit.core import NotEnoughData, Signals


@dataclass(frozen=True)
class ReferencePopulation:
    """The rank of the audited model among the shadow models trained without the record (Attack-R).

    The score is the share of OUT models whose signal is lower, ties counted half: a p-value for
    each record, and as coarse as one over the number of OUT models, which limits the false-positive
    rates that it can reach. Several queries are averaged.

    References
    ----------
    .. [1] Ye et al., Enhanced Membership Inference Attacks against Machine Learning Models, CCS
       2022, sec. 4 (Attack R).

    Examples
    --------
    >>> shadow = [[2.0, 0.5], [1.0, 1.5], [1.8, 0.3], [1.2, 1.9]]
    >>> inside = [[1, 0], [0, 1], [1, 0], [0, 1]]
    >>> signals = Signals.of(
    ...     [1.9, 0.4], shadow=shadow, shadow_member=inside, statistic="scaled_logit"
    ... )
    >>> ReferencePopulation()(signals).tolist()
    [1.0, 0.5]
    """

    learns: ClassVar[bool] = False
    reference: ClassVar[str] = "Ye et al. 2022 (Attack-R)"
    needs: ClassVar[str] = "needs shadow models without each record"

    def __call__(self, signals: Signals) -> NDArray[np.floating[Any]]:
        """Scores (n,) in [0, 1].

        Raises
        ------
        NotEnoughData : a record has no shadow model without it.
        """
        count = np.count_nonzero(~signals.shadow_member, axis=0)
        bare = np.flatnonzero(count == 0)
        if len(bare):
            message = (
                "ReferencePopulation needs 1 shadow model without each record, got 0 for"
                f" {len(bare)} records (first: {bare[0]})."
            )
            raise NotEnoughData(message, needed=1, got=0, unit="shadow models without each record")
        beaten = np.zeros(signals.target.shape)
        for shadow, member in zip(signals.shadow, signals.shadow_member):
            half = ((shadow < signals.target).astype(np.float64) + (shadow <= signals.target)) / 2
            beaten += np.where(member[:, None], 0.0, half)
        return np.asarray((beaten / count[:, None]).mean(axis=1), np.float64)
