"""The share of the population against which the audited model favours the record."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.reference.in_out import Mode, Worlds
from tacit.attacks.reference.readings import log_probability, over_queries, reading
from tacit.core import InvalidInput, Signals


@dataclass(frozen=True)
class RMIA:
    """Pairwise likelihood ratios of the record against population points (RMIA).

    With the ratio ``r = p / p_mean`` of each record, the score is the share of population points z
    with ``r(x) / r(z) >= gamma``: sorted once, then looked up, O((n + z) log z). That share is a
    step function of r; inside a step records are ordered by r itself, so that neither ties nor the
    size of the population limit the false-positive rate. Rounded down to a multiple of ``1 / (z +
    1)`` the score is the exact share times ``z / (z + 1)``.

    Population points are the records that the guesser was told are not members (``signals.known ==
    0``), or all records where none were told. Several queries of a record are averaged in the
    logarithm of r.

    Parameters
    ----------
    gamma : how much more the record must be favoured; it moves the scores, hardly ever their order.
    mode : ``"online"`` uses ``p_mean = (mean_in + mean_out) / 2``; ``"offline"`` estimates it from
        OUT models as ``((1 + a) mean_out + 1 - a) / 2``; ``"auto"`` is online where every record
        has IN models.
    a : of the offline estimate, in [0, 1].

    References
    ----------
    .. [1] Zarifzadeh, Liu, Shokri, Low-Cost High-Power Membership Inference Attacks, ICML 2024,
       sec. 3 and eq. 10.

    Examples
    --------
    >>> shadow = [[2.0, 0.5], [1.0, 1.5], [1.8, 0.3], [1.2, 1.9]]
    >>> inside = [[1, 0], [0, 1], [1, 0], [0, 1]]
    >>> signals = Signals.of(
    ...     [1.9, 0.4], shadow=shadow, shadow_member=inside, statistic="scaled_logit"
    ... )
    >>> RMIA()(signals).round(2).tolist()
    [0.84, 0.48]
    """

    gamma: float = 1.0
    mode: Mode = "auto"
    a: float = 0.3

    learns: ClassVar[bool] = False
    reference: ClassVar[str] = "Zarifzadeh et al. 2024"
    needs: ClassVar[str] = "needs shadow models"
    sees: ClassVar[str] = "probability"

    def __post_init__(self) -> None:
        if not self.gamma > 0:
            raise InvalidInput(f"`gamma` needs a number above 0, got {self.gamma}.")
        if not 0 <= self.a <= 1:
            raise InvalidInput(f"`a` needs a number from 0 to 1, got {self.a}.")

    def __call__(self, signals: Signals) -> NDArray[np.floating[Any]]:
        """Scores (n,) in (0, 1).

        Raises
        ------
        NotEnoughData : a record has no shadow model without it, or, online, none with it.
        """
        seen = reading(signals, self.sees)
        ratio = self.log_ratio(Worlds.of(signals, transform=seen), seen(signals.target))
        population = ratio[signals.known == 0]
        return share(ratio, population if len(population) else ratio, gamma=self.gamma)

    def score(self, worlds: Worlds, target: NDArray[Any]) -> NDArray[np.float64]:
        """Scores (n,) of probabilities `target` (n, q) against `worlds` of probabilities; all
        records are the population.
        """
        ratio = self.log_ratio(worlds, target)
        return share(ratio, ratio, gamma=self.gamma)

    def log_ratio(self, worlds: Worlds, target: NDArray[Any]) -> NDArray[np.float64]:
        """float64 (n,), log r of each record."""
        online = worlds.online(self.mode, "RMIA")
        outside = worlds.outside.mean
        mean = (
            (worlds.inside.mean + outside) / 2
            if online
            else ((1 + self.a) * outside + 1 - self.a) / 2
        )
        return over_queries(log_probability(target) - log_probability(mean))


def share(
    ratio: NDArray[np.float64], population: NDArray[np.float64], *, gamma: float
) -> NDArray[np.float64]:
    """Share of `population` (z,) that each record of `ratio` (n,) exceeds by `gamma`; both are
    log-ratios.

    Examples
    --------
    >>> share(np.log([1.0, 3.0]), np.log([0.5, 2.0]), gamma=1.0).round(3)
    array([0.5  , 0.917])
    """
    beaten = np.searchsorted(np.sort(population), ratio - np.log(gamma), side="right")
    within = 1 / (1 + np.exp(-ratio))
    return np.asarray((beaten + within) / (len(population) + 1), np.float64)
