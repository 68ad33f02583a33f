"""Trade-off functions of mechanisms: what a privacy claim allows a guesser."""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from math import erf, exp, sqrt
from statistics import NormalDist
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr, ndtri

from tacit.core import InvalidInput
from tacit.core.optional import require

QUANTILE = NormalDist().inv_cdf


class Mechanism(Protocol):
    """A privacy claim, as a trade-off function f: the smallest FNR that a test of given FPR can
    have.
    """

    def tradeoff(self, fpr: NDArray[np.float64]) -> NDArray[np.float64]:
        """f(fpr), elementwise."""
        ...

    def inverse_blowup(self, y: float) -> float:
        """The smallest FPR at which a TPR of `y` is possible: (1 - f)^-1(y)."""
        ...

    def epsilon(self, delta: float) -> float:
        """The smallest epsilon at this delta."""
        ...


@dataclass(frozen=True)
class ApproxDP:
    """(epsilon, delta)-DP itself: f(x) = max(0, 1 - delta - e^epsilon x, e^-epsilon (1 - delta -
    x)).
    """

    claimed: float
    delta: float = 0.0

    def __post_init__(self) -> None:
        # written so that NaN fails too
        if not (self.claimed >= 0 and 0 <= self.delta < 1):
            raise InvalidInput(
                "`ApproxDP(epsilon, delta)` needs an epsilon of 0 or more and a delta from 0 to"
                f" below 1, got {self.claimed!r} and {self.delta!r}."
            )

    def tradeoff(self, fpr: NDArray[np.float64]) -> NDArray[np.float64]:
        """f(fpr), elementwise."""
        low = 1 - self.delta - np.exp(self.claimed) * fpr
        high = np.exp(-self.claimed) * (1 - self.delta - fpr)
        return np.asarray(np.maximum(0.0, np.maximum(low, high)), np.float64)

    def inverse_blowup(self, y: float) -> float:
        """max(0, (y - delta) e^-epsilon, 1 - delta - e^epsilon (1 - y))."""
        return max(
            0.0,
            (y - self.delta) * exp(-self.claimed),
            1 - self.delta - exp(min(self.claimed, 700.0)) * (1 - y),
        )

    def epsilon(self, delta: float) -> float:
        """The claim itself, for a delta that is no smaller."""
        if delta < self.delta:
            raise InvalidInput(
                f"A claim at delta = {self.delta:g} says nothing at the smaller delta {delta:g}."
            )
        return self.claimed


@dataclass(frozen=True)
class Gaussian:
    """mu-GDP: f(x) = Phi(Phi^-1(1 - x) - mu) (Dong, Roth, Su 2022, sec. 2)."""

    mu: float

    def __post_init__(self) -> None:
        if not self.mu >= 0:
            raise InvalidInput(f"`mu` of a Gaussian needs 0 or more, got {self.mu!r}.")

    def tradeoff(self, fpr: NDArray[np.float64]) -> NDArray[np.float64]:
        """f(fpr), elementwise."""
        return np.asarray(ndtr(-ndtri(fpr) - self.mu), np.float64)

    def inverse_blowup(self, y: float) -> float:
        """Phi(Phi^-1(y) - mu)."""
        if y <= 0 or y >= 1:
            return 0.0 if y <= 0 else 1.0
        z = QUANTILE(y) - self.mu
        return 0.5 * (1 + erf(z / sqrt(2))) if z > -5 else float(ndtr(z))

    def epsilon(self, delta: float) -> float:
        """Solved from delta = Phi(mu/2 - e/mu) - exp(e) Phi(-mu/2 - e/mu) (corollary 2.13)."""
        from scipy.optimize import brentq

        if not 0 < delta < 1:
            raise InvalidInput(
                f"A Gaussian mechanism has an epsilon only for delta in (0, 1), got {delta!r}."
            )

        def excess(epsilon: float) -> float:
            tail = np.exp(epsilon + log_ndtr(-epsilon / self.mu - self.mu / 2))
            return float(ndtr(-epsilon / self.mu + self.mu / 2) - tail - delta)

        if self.mu <= 0 or excess(0.0) <= 0:
            return 0.0
        return float(brentq(excess, 0.0, self.mu**2 / 2 + self.mu * 40))


@dataclass(frozen=True, eq=False)
class Curve:
    """A mechanism known by its privacy curve: (epsilon_j, delta_j) pairs, each of which holds.

    f is the largest of the (epsilon_j, delta_j) trade-off functions.

    Parameters
    ----------
    epsilons : float (k,), distinct; the pair at a negative epsilon describes the flat part of f.
    deltas : float (k,).
    """

    epsilons: NDArray[np.float64]
    deltas: NDArray[np.float64]

    def tradeoff(self, fpr: NDArray[np.float64]) -> NDArray[np.float64]:
        """f(fpr), elementwise."""
        x = np.asarray(fpr, np.float64)[..., None]
        lines = 1 - self.deltas - np.exp(self.epsilons) * x
        return np.asarray(np.maximum(0.0, np.max(lines, axis=-1)), np.float64)

    def inverse_blowup(self, y: float) -> float:
        """The largest of the lines (y - delta_j) e^-epsilon_j, found on their upper envelope."""
        knots, slope, cut = self._envelope
        j = bisect_right(knots, y)
        return min(1.0, max(0.0, slope[j] * y + cut[j]))

    def epsilon(self, delta: float) -> float:
        """Between the pairs, rounded up."""
        fitting = self.epsilons[self.deltas <= delta]
        if len(fitting) == 0:
            raise InvalidInput(
                f"The curve reaches no delta as small as {delta:g}; its smallest is"
                f" {self.deltas.min():.3g}."
            )
        return float(max(0.0, fitting.min()))

    @cached_property
    def _envelope(self) -> tuple[list[float], list[float], list[float]]:
        order = np.argsort(-self.epsilons)
        slope, cut = np.exp(-self.epsilons[order]), (-self.deltas * np.exp(-self.epsilons))[order]
        kept: list[int] = []
        knots: list[float] = []
        for j in range(len(slope)):
            meet = 0.0
            while kept:
                meet = float((cut[kept[-1]] - cut[j]) / (slope[j] - slope[kept[-1]]))
                if not knots or meet > knots[-1]:
                    break
                kept.pop()
                knots.pop()
            if kept:
                knots.append(meet)
            kept.append(j)
        return knots, slope[kept].tolist(), cut[kept].tolist()


def subsampled_gaussian(noise_multiplier: float, sampling_rate: float, steps: int) -> Curve:
    """DP-SGD with Poisson sampling, from the privacy-loss distribution of dp-accounting.

    Parameters
    ----------
    noise_multiplier : standard deviation of the noise over the clipping norm.
    sampling_rate : chance of a record to be in a batch.
    steps : number of updates.

    Returns
    -------
    A `Curve` whose deltas are upper bounds (pessimistic), so refuting it refutes the claim.

    Raises
    ------
    MissingDependency : dp-accounting is not installed.
    """
    if not (noise_multiplier > 0 and 0 < sampling_rate <= 1 and steps >= 1):
        raise InvalidInput(
            f"Needs noise > 0, rate in (0, 1], steps >= 1, got {noise_multiplier}, {sampling_rate},"
            f" {steps}."
        )
    events = require("dp_accounting", extra="dp", purpose="The privacy curve of DP-SGD")
    accountant = require(
        "dp_accounting.pld", extra="dp", purpose="The privacy curve of DP-SGD"
    ).PLDAccountant()
    step = events.PoissonSampledDpEvent(sampling_rate, events.GaussianDpEvent(noise_multiplier))
    accountant.compose(events.SelfComposedDpEvent(step, int(steps)))
    positive = np.concatenate([np.linspace(0, 12, 241), np.linspace(12.25, 60, 192)])
    delta = np.asarray(accountant.get_delta(positive), np.float64)
    mirror = 1 - np.exp(-positive) * (1 - delta)
    return Curve(
        np.concatenate([-positive[:0:-1], positive]), np.concatenate([mirror[:0:-1], delta])
    )
