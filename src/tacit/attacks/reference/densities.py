"""Log-densities that attacks compare, and the variances that go into them."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from tacit.attacks.reference.in_out import World, Worlds
from tacit.core import NotEnoughData

# float32 keeps seven digits: a spread below a millionth of the spread of all signals is rounding,
# and a density about it would compare roundings (the square, because this is of variances)
SMALLEST_SHARE = 1e-12
# signals that are equal up to float64's rounding (2e-16 of their size) have no spread of their own
ROUNDING = 1e-14
SMALLEST_VARIANCE = 1e-300  # where all signals are 0: any positive number gives equal densities


def smallest_variance(worlds: Worlds) -> NDArray[np.float64]:
    """float64 (q,), the variance below which a spread is rounding: see `SMALLEST_SHARE`.

    It moves with the unit of the signal, so scores do not depend on that unit.
    """
    inside, outside = worlds.inside, worlds.outside
    n_in, n_out = int(inside.count.sum()), int(outside.count.sum())
    share = n_in / max(1, n_in + n_out)
    within = share * inside.raw_variance + (1 - share) * outside.raw_variance
    between = share * (1 - share) * (inside.centre - outside.centre) ** 2
    size = ROUNDING * (share * inside.centre + (1 - share) * outside.centre)
    return np.maximum(SMALLEST_SHARE * (within + between), size**2 + SMALLEST_VARIANCE)


def pooled_variance(world: World) -> NDArray[np.float64]:
    """float64 (q,), the residual variance within records, pooled over all of them.

    Squares are divided by their degrees of freedom, one less than the models for each record.

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
    return world.sum_of_squares / freedom


def log_normal(
    deviation: NDArray[np.float64], variance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Log-density of a Gaussian at `deviation` from its mean."""
    return -0.5 * (deviation**2 / variance + np.log(2 * np.pi * variance))


def log_student_t(
    deviation: NDArray[np.float64],
    squared_scale: NDArray[np.float64],
    freedom: NDArray[np.float64] | float,
) -> NDArray[np.float64]:
    """Log-density of a Student-t at `deviation` from its centre; infinite `freedom` is the
    Gaussian.
    """
    nu = np.asarray(freedom, np.float64)
    gaussian = log_normal(deviation, squared_scale)
    finite = np.where(np.isinf(nu), 1.0, nu)
    constant = gammaln((finite + 1) / 2) - gammaln(finite / 2)
    scale = 0.5 * np.log(finite * np.pi * squared_scale)
    tail = (finite + 1) / 2 * np.log1p(deviation**2 / (finite * squared_scale))
    return np.where(np.isinf(nu), gaussian, constant - scale - tail)
