"""Coverage without simulation: every outcome of two binomials, weighted by its chance."""

from collections.abc import Iterator

import numpy as np
from scipy.stats import binom

from tacit.metrics.intervals import share_difference

SIZES = ((10, 10), (9, 91), (91, 9), (50, 50))
RATES = (0.0005, 0.002, 0.01, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99, 0.998, 0.9995)
LEAST = 1e-7


def difference_coverage() -> Iterator[tuple[str, float, float, float]]:
    """For each size: its name, and at the worst pair of rates the shares of worlds in which the
    truth lies below and above.

    The fourth number is the median coverage over all pairs of rates.
    """
    for n1, n0 in SIZES:
        ends = np.array(
            [
                [share_difference((i, j), (n1, n0), level=0.95) for j in range(n0 + 1)]
                for i in range(n1 + 1)
            ]
        )
        found = [(_missed(ends, (n1, n0), (tpr, fpr)), tpr, fpr) for tpr in RATES for fpr in RATES]
        (below, above), tpr, fpr = max(found, key=lambda item: sum(item[0]))
        name = f"worst of {len(RATES) ** 2} pairs of rates (TPR {tpr:g}, FPR {fpr:g}), {n1} + {n0}"
        yield name, below, above, float(1 - np.median([sum(item[0]) for item in found]))


def _missed(
    ends: np.ndarray, n: tuple[int, int], rates: tuple[float, float]
) -> tuple[float, float]:
    chance = [binom.pmf(np.arange(size + 1), size, rate) for size, rate in zip(n, rates)]
    weight = chance[0][:, None] * chance[1][None, :]
    truth = rates[0] - rates[1]
    return float(weight[ends[..., 0] > truth + LEAST].sum()), float(
        weight[ends[..., 1] < truth - LEAST].sum()
    )
