"""Model outputs to one number a record. LARGER ALWAYS MEANS MORE LIKE A MEMBER."""

from tacit.signals.classification import (
    confidence,
    correctness,
    entropy,
    hinge,
    loss,
    max_confidence,
    modified_entropy,
    scaled_logit,
)
from tacit.signals.features import feature_matrix
from tacit.signals.regression import gaussian_log_likelihood, negative_absolute_error, negative_log_error, negative_squared_error
from tacit.signals.statistics import STATISTICS, available, measure

__all__ = [
    "STATISTICS",
    "negative_absolute_error",
    "available",
    "confidence",
    "correctness",
    "entropy",
    "feature_matrix",
    "gaussian_log_likelihood",
    "hinge",
    "negative_log_error",
    "loss",
    "max_confidence",
    "measure",
    "modified_entropy",
    "scaled_logit",
    "negative_squared_error",
]
