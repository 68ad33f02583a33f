"""Evidence in, an Estimate with its interval out."""

from tacit.metrics.advantage import advantage, balanced_accuracy
from tacit.metrics.auc import auc, no_leak_p_value
from tacit.metrics.bands import ell_band, lower_limits, upper_limits
from tacit.metrics.curves import roc_points, score_histogram
from tacit.metrics.epsilon import TradeoffBand, epsilon_lower_bound, runs_needed, tradeoff_band
from tacit.metrics.gdp import claimed_curve_excess, family_epsilon, gaussian_epsilon, mu_lower_bound
from tacit.metrics.mechanisms import ApproxDP, Curve, Gaussian, subsampled_gaussian
from tacit.metrics.names import named
from tacit.metrics.one_run import canaries_needed, one_run_epsilon
from tacit.metrics.partial import partial_auc
from tacit.metrics.rates import guaranteed_threshold, ppv, tpr_at_fpr, tpr_at_guaranteed_fpr
from tacit.metrics.roc import best_threshold
from tacit.metrics.selection import detectable_advantage, paired_advantage_difference, paired_auc_difference
from tacit.metrics.sequential import SequentialAudit, sequential_epsilon
from tacit.metrics.slices import holm, simultaneous_level
from tacit.metrics.tail import tail_index

__all__ = [
    "ApproxDP",
    "Curve",
    "Gaussian",
    "SequentialAudit",
    "TradeoffBand",
    "advantage",
    "auc",
    "balanced_accuracy",
    "best_threshold",
    "canaries_needed",
    "claimed_curve_excess",
    "detectable_advantage",
    "ell_band",
    "epsilon_lower_bound",
    "family_epsilon",
    "gaussian_epsilon",
    "guaranteed_threshold",
    "holm",
    "lower_limits",
    "mu_lower_bound",
    "named",
    "no_leak_p_value",
    "one_run_epsilon",
    "paired_advantage_difference",
    "paired_auc_difference",
    "partial_auc",
    "ppv",
    "roc_points",
    "runs_needed",
    "score_histogram",
    "sequential_epsilon",
    "simultaneous_level",
    "subsampled_gaussian",
    "tail_index",
    "tpr_at_fpr",
    "tpr_at_guaranteed_fpr",
    "tradeoff_band",
    "upper_limits",
]
