"""One number a record from a regression model's predictions. LARGER ALWAYS MEANS MORE LIKE A
MEMBER.
"""

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, Outputs

MAD_TO_SIGMA = 1.4826
SMALLEST = 1e-12


def negative_absolute_error(outputs: Outputs) -> NDArray[np.float64]:
    """Minus the absolute error, averaged over the outputs of a record; (n,)."""
    return np.asarray(
        -np.abs(_residual(outputs, "negative_absolute_error")).mean(axis=1), dtype=np.float64
    )


def negative_squared_error(outputs: Outputs) -> NDArray[np.float64]:
    """Minus the squared error, averaged over the outputs of a record; (n,)."""
    return np.asarray(
        -(_residual(outputs, "negative_squared_error") ** 2).mean(axis=1), dtype=np.float64
    )


def negative_log_error(outputs: Outputs) -> NDArray[np.float64]:
    """Minus the log of the mean absolute error, nearly normal over retrained models: for attacks
    that fit normals; (n,).
    """
    return np.asarray(
        -np.log(np.abs(_residual(outputs, "negative_log_error")).mean(axis=1) + SMALLEST),
        dtype=np.float64,
    )


def gaussian_log_likelihood(outputs: Outputs) -> NDArray[np.float64]:
    """Log-likelihood of the residuals, independent normals with one spread an output; (n,).

    The spread of each output is the scaled median absolute residual of the records given, so
    measure members and non-members together. With a single output the order is that of the absolute
    error.
    """
    residual = _residual(outputs, "gaussian_log_likelihood")
    spread = MAD_TO_SIGMA * np.median(np.abs(residual), axis=0)
    spread = np.maximum(spread, SMALLEST)
    density = -0.5 * (residual / spread) ** 2 - np.log(spread * np.sqrt(2 * np.pi))
    return np.asarray(density.sum(axis=1), dtype=np.float64)


def _residual(outputs: Outputs, name: str) -> NDArray[np.float64]:
    if outputs.prediction is None or outputs.truth is None:
        raise InvalidInput(
            f"The statistic {name!r} needs a regression (`prediction` and `truth`), got a"
            f" {outputs.task} model."
        )
    residual = np.asarray(outputs.prediction, np.float64) - outputs.truth
    return residual.reshape(len(residual), -1)
