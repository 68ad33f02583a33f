"""A smooth function of one variable, from the means of quantile bins, and the prior of moderated
variances.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, polygamma

MOST_BINS = 40
SMALLEST_BIN = 25
LARGEST_FREEDOM = 1e6


@dataclass(frozen=True, eq=False)
class Trend:
    """Piecewise linear through the means of quantile bins; constant beyond the outermost bins.

    Parameters
    ----------
    x : float64 (k,), increasing.
    y : float64 (k,).
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]

    @classmethod
    def of(
        cls, x: NDArray[np.float64], y: NDArray[np.float64], *, bins: int = MOST_BINS
    ) -> "Trend":
        """The trend of `y` in `x`, both (n,), n at least 1: at most `bins` bins of at least 25
        records.
        """
        k = int(np.clip(len(x) // SMALLEST_BIN, 1, bins))
        edges = np.quantile(x, np.arange(1, k) / k)
        part = np.searchsorted(edges, x, side="right")
        size = np.bincount(part, minlength=k)
        kept = size > 0
        size = np.maximum(size, 1)
        centre, level = (np.bincount(part, weights=value, minlength=k) / size for value in (x, y))
        return cls(centre[kept], level[kept])

    def __call__(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """The trend at `x`."""
        return np.interp(x, self.x, self.y)


@dataclass(frozen=True, eq=False)
class VariancePrior:
    """A scaled inverse chi-square prior whose level follows a trend; `freedom` may be infinite.

    Parameters
    ----------
    log_level : trend of the log of the prior variance.
    freedom : how many observations the prior is worth.
    """

    log_level: Trend
    freedom: float

    @classmethod
    def of(
        cls, centre: NDArray[np.float64], squares: NDArray[np.float64], freedom: NDArray[np.float64]
    ) -> "VariancePrior":
        """Fitted by the moments of log-variances ([1]_, sec. 6.2), the level smoothed along
        `centre` first.

        Parameters
        ----------
        centre, squares, freedom : float64 (n,), where to smooth along; sums of squares; their
            degrees of freedom, above 0.

        References
        ----------
        .. [1] Smyth, Linear Models and Empirical Bayes Methods for Assessing Differential
           Expression, 2004.
        """
        variance = squares / freedom
        variance = np.maximum(variance, 1e-8 * max(float(variance.mean()), 1e-300))
        residual = np.log(variance) - digamma(freedom / 2) + np.log(freedom / 2)
        trend = Trend.of(centre, residual)
        k = len(trend.x)
        excess = float(
            np.sum((residual - trend(centre)) ** 2) / max(len(centre) - k, 1)
            - polygamma(1, freedom / 2).mean()
        )
        prior = 2 * _inverse_trigamma(excess) if excess > 0 else np.inf
        if not prior < LARGEST_FREEDOM:
            return cls(trend, np.inf)
        return cls(Trend(trend.x, trend.y + float(digamma(prior / 2)) - np.log(prior / 2)), prior)

    def moderated(
        self,
        centre: NDArray[np.float64],
        squares: NDArray[np.float64],
        freedom: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Posterior variance (n,) and its degrees of freedom (n,); records without freedom get the
        prior's.
        """
        level = np.exp(self.log_level(centre))
        if np.isinf(self.freedom):
            return level, np.full(len(level), np.inf)
        total = self.freedom + freedom
        return (self.freedom * level + squares) / total, total


def _inverse_trigamma(value: float) -> float:
    """Solve ``polygamma(1, y) = value`` by Newton steps on 1 / trigamma, which is nearly linear."""
    if value > 1e7:
        return float(1 / np.sqrt(value))
    if value < 1e-6:
        return 1 / value
    y = 0.5 + 1 / value
    for _ in range(50):
        now = float(polygamma(1, y))
        step = now * (1 - now / value) / float(polygamma(2, y))
        y += step
        if -step / y < 1e-10:
            break
    return y
