"""What to expect of a record's signal in each world, with everything that few models cannot tell
borrowed from the other records.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.reference.densities import log_student_t, smallest_variance
from tacit.attacks.reference.in_out import World, Worlds
from tacit.attacks.reference.moderated import Trend, VariancePrior
from tacit.core import NotEnoughData

# a world without a model: its noise is so large that its mean, which is not known, weighs nothing
FRACTION_OF_A_MODEL = 1e-9


@dataclass(frozen=True, eq=False)
class Predictive:
    """Student-t predictive of a record's signal in one world: float64 (n,) each."""

    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    freedom: NDArray[np.float64]

    def log_density(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-density at `z` (n,)."""
        return log_student_t(z - self.mean, self.variance, self.freedom)


def predictive(
    worlds: Worlds, *, query: int, own_inside: bool = True
) -> tuple[Predictive, Predictive]:
    """The IN and OUT predictive of each record under one query.

    Parameters
    ----------
    worlds : of n records.
    query : which.
    own_inside : whether a record's own IN models may be used for itself.

    Raises
    ------
    NotEnoughData : no record has a model in both worlds.
    """
    inside, outside = _Side(worlds.inside, query), _Side(worlds.outside, query)
    floor = float(smallest_variance(worlds)[query])
    both = (inside.n > 0) & (outside.n > 0)
    if not both.any():
        message = (
            "EBLiRA needs 1 record with shadow models both with and without it, got 0: add the"
            " shadow models' training records."
        )
        raise NotEnoughData(message, needed=1, got=0, unit="records with IN and OUT models")
    centre = np.where(
        both, (inside.mean + outside.mean) / 2, np.where(outside.n > 0, outside.mean, inside.mean)
    )
    along = centre if own_inside else outside.mean
    _moderate(inside, outside, along, both, floor)
    noise_in, noise_out = inside.variance / inside.models, outside.variance / outside.models
    shift, spread = _typical_shift(
        along[both], (inside.mean - outside.mean)[both], (noise_in, noise_out), both, own_inside
    )
    move, extra = shift(along), np.maximum(spread(along), 0.0)
    if not own_inside:
        return (
            Predictive(outside.mean + move, inside.variance + extra, inside.freedom),
            Predictive(outside.mean, outside.variance + noise_out, outside.freedom),
        )
    mean_out, noise = _combined(outside.mean, noise_out, inside.mean - move, noise_in + extra)
    mean_in, noise_too = _combined(inside.mean, noise_in, outside.mean + move, noise_out + extra)
    return (
        Predictive(mean_in, inside.variance + noise_too, inside.freedom),
        Predictive(mean_out, outside.variance + noise, outside.freedom),
    )


class _Side:
    """One world under one query, being fitted."""

    def __init__(self, world: World, query: int) -> None:
        self.n = world.count
        self.mean = world.mean[:, query]
        self.squares = world.squares[:, query]
        self.models = np.where(self.n > 0, self.n, FRACTION_OF_A_MODEL)
        self.variance = np.empty(0)
        self.freedom = np.empty(0)


def _moderate(
    inside: _Side,
    outside: _Side,
    along: NDArray[np.float64],
    both: NDArray[np.bool_],
    floor: float,
) -> None:
    """Fill in the moderated variances; where no record has two models in a world, from how much the
    shifts scatter.
    """
    for side in (inside, outside):
        left = np.maximum(side.n - 1, 0).astype(np.float64)
        free = left > 0
        if not free.any():
            continue
        prior = VariancePrior.of(along[free], side.squares[free], left[free])
        side.variance, side.freedom = prior.moderated(along, side.squares, left)
        side.variance = np.maximum(side.variance, floor)
    if not len(inside.variance) and not len(outside.variance):
        move = (inside.mean - outside.mean)[both]
        rest = (move - Trend.of(along[both], move)(along[both])) ** 2 / 2
        level = np.maximum(Trend.of(along[both], rest)(along), floor)
        inside.variance = outside.variance = level
        inside.freedom = outside.freedom = np.full(len(level), np.inf)
    for side, other in ((inside, outside), (outside, inside)):
        if not len(side.variance):
            side.variance, side.freedom = other.variance, other.freedom


def _typical_shift(
    along: NDArray[np.float64],
    move: NDArray[np.float64],
    noise: tuple[NDArray[np.float64], NDArray[np.float64]],
    both: NDArray[np.bool_],
    own_inside: bool,
) -> tuple[Trend, Trend]:
    """Trends of the shift and of its variance between records, what the models' noise explains
    taken off.
    """
    shift = Trend.of(along, move)
    known = noise[0][both] + (noise[1][both] if own_inside else 0.0)
    return shift, Trend.of(along, (move - shift(along)) ** 2 - known)


def _combined(
    first: NDArray[np.float64],
    noise: NDArray[np.float64],
    second: NDArray[np.float64],
    noise_too: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two estimates of one mean, weighted by their precision, and the variance of the result."""
    weight = noise_too / (noise + noise_too)
    return weight * first + (1 - weight) * second, noise * weight
