"""How much likelier the record is to the audited model than to the average reference model."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.reference.in_out import Mode, Worlds
from tacit.attacks.reference.readings import log_probability, over_queries, reading
from tacit.core import Signals


@dataclass(frozen=True)
class BASE:
    """The log-ratio of the audited model's probability and the mean probability of the reference
    models (BASE).

    Online: ``log p - log mean_k p_k`` over all shadow models; offline: over those without the
    record, weighted by `weight`. The signal is read as a logit, or as a log-likelihood where the
    statistic is ``"loss"``. On one model it ranks records as RMIA does. Strong where the shadow
    models are few.

    Parameters
    ----------
    mode : ``"online"``, ``"offline"`` or ``"auto"``: online where every record has IN models.
    weight : of the reference term offline; 1 is BASE1 of [2]_, the code of [1]_ uses 0.33.

    References
    ----------
    .. [1] Lassila, Ostman, Ngo, Graell i Amat, Practical Bayes-Optimal Membership Inference
       Attacks, NeurIPS 2025.
    .. [2] Brannvall, Exponential-Family Membership Inference: From LiRA and RMIA to BaVarIA, 2026
       (BASE1).

    Examples
    --------
    >>> shadow = [[2.0, 0.5], [1.0, 1.5], [1.8, 0.3], [1.2, 1.9]]
    >>> inside = [[1, 0], [0, 1], [1, 0], [0, 1]]
    >>> signals = Signals.of(
    ...     [1.9, 0.4], shadow=shadow, shadow_member=inside, statistic="scaled_logit"
    ... )
    >>> BASE()(signals).round(3).tolist()
    [0.072, -0.186]
    """

    mode: Mode = "auto"
    weight: float = 1.0

    learns: ClassVar[bool] = False
    reference: ClassVar[str] = "Lassila et al. 2025"
    needs: ClassVar[str] = "needs shadow models"
    sees: ClassVar[str] = "probability"

    def __call__(self, signals: Signals) -> NDArray[np.floating[Any]]:
        """Scores (n,).

        Raises
        ------
        NotEnoughData : a record has no shadow model without it (offline), or none at all.
        """
        seen = reading(signals, self.sees)
        return self.score(Worlds.of(signals, transform=seen), seen(signals.target))

    def score(self, worlds: Worlds, target: NDArray[Any]) -> NDArray[np.float64]:
        """Scores (n,) of probabilities `target` (n, q) against `worlds` of probabilities."""
        one_each = bool(((worlds.inside.count > 0) | (worlds.outside.count > 0)).all())
        online = (
            self.mode != "offline"
            and one_each
            and (self.mode == "online" or bool((worlds.inside.count > 0).any()))
        )
        if not online:
            worlds.online("offline", "BASE", outside=1)
        weight = 1.0 if online else self.weight
        reference = worlds.mean_of_all if online else worlds.outside.mean
        return over_queries(log_probability(target) - weight * log_probability(reference))
