"""What a privacy claim allows a reconstruction, and what successes say of a claim."""

from math import inf, log

import numpy as np
from scipy.special import ndtri

from tacit.core import Estimate, InvalidInput
from tacit.core.checking import fraction
from tacit.dp.bounds import require_delta
from tacit.dp.mechanisms import Mechanism
from tacit.metrics.intervals import lower_limit
from tacit.metrics.reconstruction import require_chance

INDEPENDENT = "targets are independent: one training each, or values drawn independently"


def reconstruction_bound(claim: Mechanism, *, chance: float) -> float:
    """The most often that any reconstruction can succeed under a claim: 1 - f(chance).

    The best guess without the model succeeds with probability `chance` (kappa); a mechanism with
    trade-off function f turns an event of that probability into one of 1 - f(kappa) at most [1]_.
    For mu-GDP that is Phi(Phi^-1(kappa) + mu); for (epsilon, delta) it is no more than
    e^epsilon kappa + delta, which is far looser for a Gaussian mechanism.

    Parameters
    ----------
    claim : Mechanism
        `Gaussian`, `ApproxDP` or a `Curve`: what adding the target to the training may change.
    chance : float
        How often the best guess without the model is near enough, in [0, 1).

    References
    ----------
    .. [1] Hayes, Mahloujifar, Balle, Bounding Training Data Reconstruction in DP-SGD, 2023.

    Examples
    --------
    >>> from tacit.dp.mechanisms import ApproxDP, Gaussian
    >>> round(reconstruction_bound(Gaussian(1.0), chance=0.1), 3)
    0.389
    >>> round(reconstruction_bound(ApproxDP(1.0, 1e-5), chance=0.1), 3)
    0.272
    """
    require_chance(chance)
    if chance == 0:
        # nothing has probability 0 under continuous priors but what no finite epsilon creates
        return float(1 - claim.tradeoff(np.array([0.0]))[0])
    return float(1 - claim.tradeoff(np.array([chance]))[0])


def reconstruction_epsilon(
    hits: int, n: int, *, chance: float, delta: float, level: float = 0.95
) -> Estimate:
    """A lower bound on epsilon from `hits` reconstructions of `n` independent targets.

    With the exact lower limit g of the rate: epsilon >= log((g - delta) / kappa), and, because the
    failures are bounded too, epsilon >= log((1 - delta - kappa) / (1 - g)); the larger counts.

    Parameters
    ----------
    hits, n : int
        Successes and targets.
    chance : float
        How often the best guess without the model is near enough (kappa).
    delta : float
        Of the claim, in [0, 1).
    level : float
        One-sided confidence.

    Raises
    ------
    InvalidInput
        Counts that cannot be, or a delta or chance outside its range.

    References
    ----------
    .. [1] Balle, Cherubin, Hayes, Reconstructing Training Data with Informed Adversaries, 2022,
       theorem 2.
    """
    rate = _lower_rate(hits, n, chance, level)
    require_delta(delta)
    bound = max(0.0, _epsilon(rate, chance, delta))
    point = max(bound, _epsilon(min(hits / n, 1 - 1 / (2 * n)), chance, delta))
    return _one_sided("epsilon", point, bound, n, level, ())


def reconstruction_mu(hits: int, n: int, *, chance: float, level: float = 0.95) -> Estimate:
    """A lower bound on mu of a mu-GDP claim: Phi^-1(g) - Phi^-1(kappa), g the rate's lower limit.

    Parameters
    ----------
    hits, n : int
        Successes and independent targets.
    chance : float
        How often the best guess without the model is near enough (kappa), above 0.
    level : float
        One-sided confidence.
    """
    rate = _lower_rate(hits, n, chance, level)
    if chance == 0:
        raise InvalidInput("`chance` needs to be above 0 for a bound on mu, got 0.")
    base = float(ndtri(chance))
    bound = max(0.0, float(ndtri(rate)) - base) if rate > 0 else 0.0
    inside = min(max(hits / n, 1 / (2 * n)), 1 - 1 / (2 * n))
    point = max(bound, float(ndtri(inside)) - base)
    return _one_sided("mu", point, bound, n, level, ("the claim is one of Gaussian DP",))


def _lower_rate(hits: int, n: int, chance: float, level: float) -> float:
    fraction(level, "level")
    require_chance(chance)
    if not (0 <= hits <= n and n >= 1):
        raise InvalidInput(
            f"`hits` needs 0 to `n` successes of 1 target or more, got {hits} of {n}."
        )
    return float(lower_limit(hits, n, tail=1 - level))


def _epsilon(rate: float, chance: float, delta: float) -> float:
    gain = rate - delta
    by_hits = -inf if gain <= 0 else inf if chance == 0 else log(gain / chance)
    rest = 1 - delta - chance
    by_misses = -inf if rest <= 0 else log(rest / (1 - rate)) if rate < 1 else inf
    return max(by_hits, by_misses)


def _one_sided(
    name: str, point: float, bound: float, n: int, level: float, assumes: tuple[str, ...]
) -> Estimate:
    return Estimate(
        name=name,
        value=point,
        low=bound,
        high=inf,
        level=level,
        n=n,
        method="exact lower limit of the success rate",
        assumes=(INDEPENDENT, "chance is no smaller than the best guess's", *assumes),
    )
