"""The likelihood-ratio attack: a Gaussian for each world of each record."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.reference.densities import log_student_t, pooled_variance, smallest_variance
from tacit.attacks.reference.in_out import Mode, World, Worlds
from tacit.attacks.reference.moderated import VariancePrior
from tacit.attacks.reference.readings import over_queries, reading
from tacit.core import InvalidInput, Signals

Variance = Literal["auto", "within", "per_record", "fixed"]
# a variance from fewer models is noise: with 4 in each world LiRA falls behind the pooled variance
# by eight points of AUC on the game of `tacit.testing`, with 8 by three
FEWEST_OF_ONE_WORLD = 8


@dataclass(frozen=True)
class LiRA:
    """Compare each record's signal with the shadow models trained with it and without it (LiRA).

    Online, the score is the log-ratio of two Gaussian densities ([1]_, eq. 4). Offline it is the
    one-sided test of [1]_, sec. V-B, as the standardised excess over the OUT models ``(z - mean) /
    sd``: the same order as its p-value, without its saturation. (The authors' published code ranks
    by the two-sided OUT density instead, which also rewards signals that are far *below* the OUT
    models.) Several queries of a record are averaged.

    Parameters
    ----------
    variance : ``"auto"`` goes by the number of models: each record's own variance weighs as much
        as its models tell, and the rest comes from records of like signals ([2]_; the densities
        are then Student's t); where no record has two models of a world, it is ``"fixed"``.
        ``"within"`` pools the residual variance within records, for each world; ``"per_record"``
        estimates it for every record; ``"fixed"`` is the spread of all raw values of a world, as
        public code computes it, which holds the spread between records too.
    mode : ``"online"``, ``"offline"`` (IN models are not used), or ``"auto"``: online where every
        record has IN models.
    min_models : models in each world below which ``"per_record"`` is refused: a variance from fewer
        is noise.

    References
    ----------
    .. [1] Carlini et al., Membership Inference Attacks From First Principles, IEEE S&P 2022.
    .. [2] Smyth, Linear Models and Empirical Bayes Methods for Assessing Differential Expression,
       2004.

    Examples
    --------
    >>> shadow = [[2.0, 0.5], [1.0, 1.5], [1.8, 0.3], [1.2, 1.9]]
    >>> inside = [[1, 0], [0, 1], [1, 0], [0, 1]]
    >>> signals = Signals.of([1.9, 0.4], shadow=shadow, shadow_member=inside)
    >>> LiRA(variance="within")(signals).round(1).tolist()
    [15.5, -17.4]
    """

    variance: Variance = "auto"
    mode: Mode = "auto"
    min_models: int = FEWEST_OF_ONE_WORLD

    learns: ClassVar[bool] = False
    reference: ClassVar[str] = "Carlini et al. 2022"
    needs: ClassVar[str] = "needs shadow models with and without each record"
    sees: ClassVar[str] = "resolved signal"

    def __post_init__(self) -> None:
        if self.variance not in get_args(Variance):
            raise InvalidInput(
                f"`variance` needs one of {', '.join(get_args(Variance))}, got {self.variance!r}."
            )
        if self.min_models < 2:
            raise InvalidInput(f"`min_models` needs 2 or more, got {self.min_models}.")

    def __call__(self, signals: Signals) -> NDArray[np.floating[Any]]:
        """Scores (n,).

        Raises
        ------
        NotEnoughData : a record has too few shadow models in one of its worlds.
        """
        seen = reading(signals, self.sees)
        return self.score(Worlds.of(signals, transform=seen), seen(signals.target))

    def score(self, worlds: Worlds, target: NDArray[Any]) -> NDArray[np.float64]:
        """Scores (n,) of a model's signal `target` (n, q) against `worlds`."""
        needed = self.min_models if self.variance == "per_record" else 1
        online = worlds.online(
            self.mode, f"LiRA(variance={self.variance!r})", inside=needed, outside=needed
        )
        z = np.asarray(target, np.float64)
        floor = smallest_variance(worlds)
        out_variance, out_freedom = self._spread(worlds.outside, floor)
        away = z - worlds.outside.mean
        if not online:
            return over_queries(away / np.sqrt(out_variance))
        in_variance, in_freedom = self._spread(worlds.inside, floor)
        inside = log_student_t(z - worlds.inside.mean, in_variance, in_freedom)
        return over_queries(inside - log_student_t(away, out_variance, out_freedom))

    def _spread(
        self, world: World, floor: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Variance (n, q) or (q,) of a signal about the mean of `world`, and its degrees of
        freedom, infinite for a Gaussian.
        """
        sure = np.array(np.inf)
        if self.variance == "auto" and (world.count > 1).any():
            variance, freedom = moderated_variance(world)
            return np.maximum(variance, floor), freedom
        if self.variance == "per_record":
            return np.maximum(world.variance, floor), sure
        variance = pooled_variance(world) if self.variance == "within" else world.raw_variance
        return np.maximum(variance, floor), sure


def moderated_variance(world: World) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Variance (n, q) of one more signal about the mean of `world`, and degrees of freedom (n, q).

    Each record's variance is moderated towards a trend along the means, and holds the error of the
    mean: ``(1 + 1 / count)`` times.
    """
    left = np.maximum(world.count - 1, 0).astype(np.float64)
    variance, freedom = np.empty_like(world.mean), np.empty_like(world.mean)
    for query, (centre, squares) in enumerate(zip(world.mean.T, world.squares.T)):
        # models that all gave the very same number met the end of their scale: that says nothing
        # of how much they differ, and would pull the trend of all others down
        told = left * (squares > 0) if (squares > 0).any() else left
        free = told > 0
        prior = VariancePrior.of(centre[free], squares[free], told[free])
        variance[:, query], freedom[:, query] = prior.moderated(centre, squares, told)
    return variance * (1 + 1 / np.maximum(world.count, 1))[:, None], freedom
