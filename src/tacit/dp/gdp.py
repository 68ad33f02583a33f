"""Audits of a stated mechanism: mu of a Gaussian trade-off, the parameter of a family, the fit to a
claimed curve.
"""

from collections.abc import Callable

import numpy as np
from scipy.special import ndtri

from tacit.core import Estimate, Evidence, InvalidInput
from tacit.core.checking import fraction
from tacit.dp.bounds import TradeoffBand, tradeoff_band
from tacit.dp.mechanisms import Gaussian, Mechanism
from tacit.dp.search import largest_refuted
from tacit.metrics.arrays import takes_arrays

CONDITION = (
    "the trade-off function is of the stated family; for other mechanisms (Laplace, randomised"
    " response) the bound is wrong"
)


@takes_arrays
def mu_lower_bound(evidence: Evidence, *, level: float = 0.95) -> Estimate:
    """The mu of mu-GDP that the guesses prove at least, if the trade-off function is Gaussian at
    all.

    mu >= Phi^-1(TPR) - Phi^-1(FPR) at every threshold [1]_, with limits on both rates that hold at
    every threshold at once (`tradeoff_band`, which also says what may be claimed from which
    assignment).

    Parameters
    ----------
    evidence : independent scores, one a run.
    level : one-sided confidence.

    References
    ----------
    .. [1] Nasr et al., Tight Auditing of Differentially Private Machine Learning, 2023, sec. 4.
    """
    band = tradeoff_band(evidence, level=level)
    inside = (band.fpr < 1) & (band.tpr > 0)
    low = max(0.0, float(np.max(ndtri(band.tpr[inside]) - ndtri(band.fpr[inside]), initial=0.0)))
    return _estimate(
        _name("mu if Gaussian", evidence), low, band, evidence, (*band.assumes, CONDITION)
    )


@takes_arrays
def gaussian_epsilon(evidence: Evidence, delta: float, *, level: float = 0.95) -> Estimate:
    """`mu_lower_bound` as an epsilon at `delta`; named "epsilon if Gaussian", never "epsilon".

    Parameters
    ----------
    evidence : independent scores, one a run.
    delta : in (0, 1).
    level : one-sided confidence.
    """
    mu = mu_lower_bound(evidence, level=level)
    low = Gaussian(mu.low).epsilon(delta)
    name = mu.name.replace("mu", "epsilon", 1)
    return Estimate(
        name, low, low, np.inf, level, mu.n, f"{mu.method}, delta = {delta:g}", mu.assumes
    )


@takes_arrays
def family_epsilon(
    evidence: Evidence,
    delta: float,
    family: Callable[[float], Mechanism],
    *,
    least: float,
    most: float,
    level: float = 0.95,
    steps: int = 14,
) -> Estimate:
    """The epsilon of the most private member of a family that the guesses do not refute.

    For DP-SGD, for example, ``lambda noise: subsampled_gaussian(noise, rate, steps)`` with `least`
    and `most` the range of noise multipliers. The limits on both rates hold at every threshold at
    once, so the search costs nothing.

    Parameters
    ----------
    evidence : independent scores, one a run.
    delta : in (0, 1).
    family : from a parameter to a mechanism, the larger the more private.
    least, most : the range of the parameter.
    level : one-sided confidence.
    steps : the answer is within 2 ** -steps of the range (on a logarithmic scale where `least` is
        above 0).

    Raises
    ------
    InvalidInput : the range is empty.
    """
    fraction(level, "level")
    if not least < most:
        raise InvalidInput(f"`least` needs to be below `most`, got {least} and {most}.")
    band = tradeoff_band(evidence, level=level)
    name = _name("epsilon if of the stated family", evidence)
    if not refutes(band, family(most)):
        low = 0.0
    else:
        low = family(_least_private(band, family, least, most, steps)).epsilon(delta)
    assumes = (*band.assumes, CONDITION)
    return Estimate(
        name,
        low,
        low,
        np.inf,
        level,
        len(evidence.member),
        f"{band.method}, delta = {delta:g}",
        assumes,
    )


def _least_private(
    band: TradeoffBand,
    family: Callable[[float], Mechanism],
    least: float,
    most: float,
    steps: int,
) -> float:
    """The smallest refuted parameter, where the largest is refuted: searched for on the scale of
    logarithms, if the range allows that.
    """
    inner, outer = (np.log, np.exp) if least > 0 else (float, float)
    low, high = -float(inner(most)), -float(inner(least))
    found = largest_refuted(
        lambda x: band.excess(family(float(outer(-x))).tradeoff),
        low=low,
        high=high,
        tolerance=(high - low) / 2**steps,
    )
    return float(outer(-found))


def refutes(band: TradeoffBand, claimed: Mechanism) -> bool:
    """Whether a lower confidence curve rises above what the claimed trade-off function allows, at
    any point.
    """
    return band.excess(claimed.tradeoff) > 0


@takes_arrays
def claimed_curve_excess(
    evidence: Evidence, claimed: Mechanism, *, level: float = 0.95
) -> Estimate:
    """How far TPR lies above what a claimed trade-off function allows; a `low` above 0 refutes the
    claim.

    It tests the whole curve at once and so may refute a mechanism whose (epsilon, delta) pair alone
    would stand.

    Parameters
    ----------
    evidence : independent scores, one a run.
    claimed : such as `Gaussian(1.0)` or `subsampled_gaussian(...)`.
    level : one-sided confidence.
    """
    band = tradeoff_band(evidence, level=level)
    low = band.excess(claimed.tradeoff)
    return _estimate(
        _name("tpr above the claimed curve", evidence), low, band, evidence, band.assumes
    )


def _name(name: str, evidence: Evidence) -> str:
    return f"{name} (of this split)" if evidence.assignment == "observed" else name


def _estimate(
    name: str, low: float, band: TradeoffBand, evidence: Evidence, assumes: tuple[str, ...]
) -> Estimate:
    return Estimate(name, low, low, np.inf, band.level, len(evidence.member), band.method, assumes)
