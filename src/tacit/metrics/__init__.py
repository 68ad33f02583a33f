"""Evidence in, an Estimate with its interval out."""

from tacit.metrics.advantage import advantage, balanced_accuracy
from tacit.metrics.attack_differences import paired_advantage_difference, paired_auc_difference
from tacit.metrics.auc import auc, no_leak_p_value
from tacit.metrics.curves import roc_points, score_histogram
from tacit.metrics.detectable import detectable_advantage
from tacit.metrics.multiplicity import holm, simultaneous_level
from tacit.metrics.names import named
from tacit.metrics.partial import partial_auc
from tacit.metrics.rates import guaranteed_threshold, ppv, tpr_at_fpr, tpr_at_guaranteed_fpr
from tacit.metrics.roc import best_threshold
from tacit.metrics.tail import tail_index

__all__ = [
    "advantage",
    "auc",
    "balanced_accuracy",
    "best_threshold",
    "detectable_advantage",
    "guaranteed_threshold",
    "holm",
    "named",
    "no_leak_p_value",
    "paired_advantage_difference",
    "paired_auc_difference",
    "partial_auc",
    "ppv",
    "roc_points",
    "score_histogram",
    "simultaneous_level",
    "tail_index",
    "tpr_at_fpr",
    "tpr_at_guaranteed_fpr",
]
