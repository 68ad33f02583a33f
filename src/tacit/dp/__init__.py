"""What follows from evidence for epsilon: lower bounds that hold, from one run or many."""

from tacit.dp.bands import ell_band, lower_limits, upper_limits
from tacit.dp.bounds import TradeoffBand, epsilon_lower_bound, runs_needed, tradeoff_band
from tacit.dp.coins import require_fair_within
from tacit.dp.gdp import claimed_curve_excess, family_epsilon, gaussian_epsilon, mu_lower_bound
from tacit.dp.mechanisms import ApproxDP, Curve, Gaussian, subsampled_gaussian
from tacit.dp.one_run import canaries_needed, one_run_epsilon
from tacit.dp.sequential import SequentialAudit, sequential_epsilon

__all__ = [
    "ApproxDP",
    "Curve",
    "Gaussian",
    "SequentialAudit",
    "TradeoffBand",
    "canaries_needed",
    "claimed_curve_excess",
    "ell_band",
    "epsilon_lower_bound",
    "family_epsilon",
    "gaussian_epsilon",
    "lower_limits",
    "mu_lower_bound",
    "one_run_epsilon",
    "require_fair_within",
    "runs_needed",
    "sequential_epsilon",
    "subsampled_gaussian",
    "tradeoff_band",
    "upper_limits",
]
