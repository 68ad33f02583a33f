"""The likelihood-ratio attack: a Gaussian for each world of each record."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.reference.in_out import Mode, World, Worlds, over_queries
from tacit.core import InvalidInput, NotEnoughData, Signals

Variance = Literal["within", "per_record", "fixed"]
SMALLEST_SD = 1e-30


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
    variance : ``"within"`` pools the residual variance within records, for each world;
        ``"per_record"`` estimates it for every record; ``"fixed"`` is the spread of all raw values
        of a world, as public code computes it, which holds the spread between records too.
    mode : ``"online"``, ``"offline"`` (IN models are not used), or ``"auto"``: online where every
        record has IN models.
    min_models : models in each world below which ``"per_record"`` is refused: a variance from fewer
        is noise.

    References
    ----------
    .. [1] Carlini et al., Membership Inference Attacks From First Principles, IEEE S&P 2022.
    """

    variance: Variance = "within"
    mode: Mode = "auto"
    min_models: int = 8

    learns: ClassVar[bool] = False
    reference: ClassVar[str] = "Carlini et al. 2022"
    needs: ClassVar[str] = "needs shadow models with and without each record"
    sees: ClassVar[str] = "signal"

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
        return self.score(Worlds.of(signals), signals.target)

    def score(self, worlds: Worlds, target: NDArray[Any]) -> NDArray[np.float64]:
        """Scores (n,) of a model's signal `target` (n, q) against `worlds`."""
        needed = self.min_models if self.variance == "per_record" else 1
        online = worlds.online(
            self.mode, f"LiRA(variance={self.variance!r})", inside=needed, outside=needed
        )
        z = np.asarray(target, np.float64)
        outside = self._deviation(worlds.outside)
        if not online:
            return over_queries((z - worlds.outside.mean) / outside)
        inside = self._deviation(worlds.inside)
        return over_queries(
            _log_normal(z, worlds.inside.mean, inside)
            - _log_normal(z, worlds.outside.mean, outside)
        )

    def _deviation(self, world: World) -> NDArray[np.float64]:
        if self.variance == "per_record":
            variance = world.variance
        else:
            variance = pooled_variance(world) if self.variance == "within" else raw_variance(world)
        return np.sqrt(variance) + SMALLEST_SD


def pooled_variance(world: World) -> NDArray[np.float64]:
    """float64 (q,), the residual variance within records, pooled over all of them.

    Raises
    ------
    NotEnoughData : no record has two models in this world.
    """
    freedom = int(np.maximum(world.count - 1, 0).sum())
    if freedom == 0:
        message = (
            "A variance within records needs 2 shadow models in the same world of at least one"
            " record, got 1. Train 4 shadow models, or use BASE() or LiRA(variance='fixed')."
        )
        raise NotEnoughData(message, needed=2, got=1, unit="shadow models of one world")
    return np.asarray(world.squares.sum(axis=0) / freedom, np.float64)


def raw_variance(world: World) -> NDArray[np.float64]:
    """float64 (q,), the variance of all raw values of a world, between records and within."""
    total = max(1, int(world.count.sum()))
    weight = world.count[:, None] / total
    centre = (weight * world.mean).sum(axis=0)
    return np.asarray(
        world.squares.sum(axis=0) / total + (weight * (world.mean - centre) ** 2).sum(axis=0),
        np.float64,
    )


def _log_normal(
    z: NDArray[np.float64], mean: NDArray[np.float64], sd: NDArray[np.float64]
) -> NDArray[np.float64]:
    return -0.5 * ((z - mean) / sd) ** 2 - np.log(sd)
