"""The bound of Steinke, Nasr and Jagielski for guesses whose number was declared."""

import numpy as np
from scipy.special import betainc, expit

from tacit.dp.search import largest_refuted

# The maximum over i is reached before the tail P(W >= v - i) is near 1: twelve standard deviations
# below the mean it is 1 to 30 digits, and from there on the quotient only falls.
SPREAD = 12
FEWEST_TERMS = 64  # of i, where the tail is so short that the rule above is not safe


def steinke_bound(m: int, r: int, v: int, delta: float, alpha: float) -> float:
    """The largest epsilon at which `steinke_p_value` is at most `alpha`."""
    return largest_refuted(lambda epsilon: alpha - steinke_p_value(m, r, v, epsilon, delta))


def steinke_p_value(m: int, r: int, v: int, epsilon: float, delta: float) -> float:
    """Chance of at least `v` right among `r` guesses on `m` canaries under (epsilon, delta)-DP, at
    most.

    beta + 2 m delta max_i (P(W >= v - i) - beta) / i, with W ~ Binomial(r, e^epsilon / (1 +
    e^epsilon)), beta = P(W >= v) [1]_.

    Parameters
    ----------
    m : canaries.
    r : guesses, declared before looking.
    v : guesses that are right.
    epsilon, delta : of the claim.

    References
    ----------
    .. [1] Steinke, Nasr, Jagielski, Privacy Auditing with One (1) Training Run, 2023, theorem 5.2.
    """
    p = float(expit(epsilon))
    if v <= 0:
        return 1.0
    beta = float(betainc(v, r - v + 1, p))
    if delta == 0:
        return beta
    reach = min(v, max(FEWEST_TERMS, int(v - r * p + SPREAD * np.sqrt(r * p * (1 - p)))))
    i = np.arange(1, reach + 1)
    left = v - i
    tail = np.where(left > 0, betainc(np.maximum(left, 1), r - left + 1, p), 1.0)
    return float(min(1.0, beta + 2 * m * delta * np.max((tail - beta) / i)))
