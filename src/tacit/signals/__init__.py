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
from tacit.signals.regression import (
    gaussian_log_likelihood,
    negative_absolute_error,
    negative_log_error,
    negative_squared_error,
)
from tacit.signals.statistics import STATISTICS, available, keep, kept, measure
from tacit.signals.traces import epochs_above, epochs_worse_than_half, mean_loss, trace_iqr

__all__ = [
    "STATISTICS",
    "available",
    "confidence",
    "correctness",
    "entropy",
    "epochs_above",
    "epochs_worse_than_half",
    "feature_matrix",
    "gaussian_log_likelihood",
    "hinge",
    "keep",
    "kept",
    "loss",
    "max_confidence",
    "mean_loss",
    "measure",
    "modified_entropy",
    "negative_absolute_error",
    "negative_log_error",
    "negative_squared_error",
    "scaled_logit",
    "trace_iqr",
]
