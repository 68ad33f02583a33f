"""Statistics of yes/no answers, from the margin z = log(p / (1 - p)) of the true answer;
elementwise.
"""

import numpy as np
from numpy.typing import NDArray

Margin = NDArray[np.float64]


def margin(logit: Margin, label: NDArray[np.int64]) -> Margin:
    """The logit of "yes", turned towards the true answer: (2y - 1) z."""
    return np.where(label == 1, logit, -logit)


def log_likelihood(z: Margin) -> NDArray[np.float64]:
    """log p of the true answer."""
    return np.asarray(-np.logaddexp(0.0, -z), dtype=np.float64)


def scaled_logit(z: Margin) -> NDArray[np.float64]:
    """The margin itself."""
    return z


def confidence(z: Margin) -> NDArray[np.float64]:
    """p of the true answer."""
    return np.exp(log_likelihood(z))


def negative_entropy(z: Margin) -> NDArray[np.float64]:
    """p log p + (1 - p) log(1 - p)."""
    larger, smaller = log_likelihood(np.abs(z)), log_likelihood(-np.abs(z))
    with np.errstate(under="ignore"):
        return np.asarray(np.exp(larger) * larger + np.exp(smaller) * smaller, dtype=np.float64)


def max_confidence(z: Margin) -> NDArray[np.float64]:
    """The larger of p and 1 - p."""
    return confidence(np.abs(z))


def negative_modified_entropy(z: Margin) -> NDArray[np.float64]:
    """2 (1 - p) log p: the sum over the two classes of the multi-class formula."""
    with np.errstate(under="ignore"):
        return np.asarray(2.0 * np.exp(log_likelihood(-z)) * log_likelihood(z), dtype=np.float64)


def correctness(z: Margin) -> NDArray[np.float64]:
    """1 where the true answer is the likelier one, else 0."""
    return (z > 0).astype(np.float64)
