"""Mechanisms whose epsilon is known, as worlds of canary scores: honest ones, and ones made to
break a bound.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, ndtr

from tacit.core import Evidence
from tacit.testing import GaussianShift, LaplaceShift, RandomisedResponse

Draw = Callable[[int, float, int], tuple[NDArray[np.float64], NDArray[np.bool_]]]


@dataclass(frozen=True)
class World:
    """A mechanism.

    Parameters
    ----------
    name : for the table.
    draw : (m, delta, seed) -> scores and coins.
    epsilon : true epsilon at a delta.
    independent : given the coins, scores are independent of one another (so two-sample bounds are
        entitled to hold).
    gaussian : the trade-off function is Gaussian (so bounds of that family are entitled to hold).
    copies : rows a canary, which share its coin and its score and are declared as one cluster.
    """

    name: str
    draw: Draw
    epsilon: Callable[[float], float]
    independent: bool = True
    gaussian: bool = False
    copies: int = 1

    def evidence(self, m: int, delta: float, seed: int) -> Evidence:
        """One world of m rows: m canaries, or fewer with their copies."""
        canary = np.arange(m) // self.copies
        score, member = self.draw(int(canary[-1]) + 1, delta, seed)
        cluster = canary if self.copies > 1 else None
        return Evidence(score[canary], member[canary], cluster, "coin", self.name, np.arange(m))


def mu_of(epsilon: float, delta: float) -> float:
    """The Gaussian shift with that epsilon at that delta."""
    return float(brentq(lambda mu: GaussianShift(mu).epsilon(delta) - epsilon, 1e-3, 10))


def game(build: GaussianShift | LaplaceShift | RandomisedResponse) -> Draw:
    """Scores and coins of a game of `tacit.testing`."""

    def draw(m: int, delta: float, seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        world = build.flip(m, seed=seed)
        return world.signals.target[:, 0].astype(np.float64), world.membership.member

    return draw


def subsampled(rate: float, sigma: float) -> World:
    """One step of a Poisson-sampled Gaussian: members N(1, sigma) with chance `rate`, else N(0,
    sigma).
    """

    def draw(m: int, delta: float, seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        rng = np.random.default_rng(seed)
        member = rng.random(m) < 0.5
        return rng.normal(size=m) * sigma + (member & (rng.random(m) < rate)), member

    return World(
        f"subsampled Gaussian q={rate:g} s={sigma:g}",
        draw,
        lambda delta: _subsampled_epsilon(rate, sigma, delta),
    )


def _subsampled_epsilon(rate: float, sigma: float, delta: float) -> float:
    if delta == 0:
        return np.inf

    def removed(epsilon: float) -> float:  # members' tail against non-members'
        inside = (np.exp(epsilon) - 1 + rate) / rate
        x = sigma**2 * np.log(inside) + 0.5
        mixture = rate * ndtr((1 - x) / sigma) + (1 - rate) * ndtr(-x / sigma)
        return float(mixture - np.exp(epsilon) * ndtr(-x / sigma) - delta)

    return 0.0 if removed(1e-9) <= 0 else float(brentq(removed, 1e-9, 50))


def shared_response(mu: float) -> World:
    """Randomised response whose bias is drawn once for all canaries: each bit is mu-GDP given the
    others.
    """

    def draw(m: int, delta: float, seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        rng = np.random.default_rng(seed)
        member = rng.random(m) < 0.5
        loss = abs(mu * rng.normal() + mu**2 / 2)
        right = rng.random(m) < 1 / (1 + np.exp(-loss))
        return (member == right) + rng.random(m) / 2, member

    return World(
        f"shared randomness mu={mu:g}",
        draw,
        lambda delta: GaussianShift(mu).epsilon(delta) if delta else np.inf,
        False,
    )


def subset_reveal(chance: float) -> World:
    """In a share `chance` of the runs, a share delta / chance of the coins is told: (0, delta)-DP,
    but all at once.
    """

    def draw(m: int, delta: float, seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        rng = np.random.default_rng(seed)
        member = rng.random(m) < 0.5
        score = rng.random(m)
        if rng.random() < chance:
            told = rng.random(m) < min(1.0, delta / chance)
            score[told] = np.where(member[told], 2.0, -1.0) + rng.random(int(told.sum())) / 2
        return score, member

    return World(f"subset reveal {100 * chance:g} %", draw, lambda delta: 0.0, False)


def response_reveal(epsilon: float, chance: float) -> World:
    """Randomised response of `epsilon` whose delta goes into a subset reveal."""
    reveal = subset_reveal(chance)

    def draw(m: int, delta: float, seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        score, member = reveal.draw(m, delta, seed)
        rng = np.random.default_rng([seed, 1])
        answer = (member == (rng.random(m) < expit(epsilon))) / 4 + rng.random(m) / 8
        return np.where((score >= 0) & (score <= 1), answer, score), member

    return World(
        f"response eps={epsilon:g}, subset reveal {100 * chance:g} %",
        draw,
        lambda delta: epsilon,
        False,
    )


def each_reveal() -> World:
    """Every coin is told with chance delta: (0, delta)-DP."""

    def draw(m: int, delta: float, seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        rng = np.random.default_rng(seed)
        member = rng.random(m) < 0.5
        told = rng.random(m) < delta
        return np.where(told, np.where(member, 2.0, -1.0), 0.0) + rng.random(m) / 2, member

    return World("each revealed with chance delta", draw, lambda delta: 0.0)


def reveal_all() -> World:
    """With chance delta all coins are told: (0, delta)-DP, the most correlated reveal there is."""

    def draw(m: int, delta: float, seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        return subset_reveal(delta).draw(m, delta, seed)

    return World("all revealed with chance delta", draw, lambda delta: 0.0, False)


def rounded(build: LaplaceShift) -> Draw:
    """Scores rounded to whole numbers, which is post-processing."""

    def draw(m: int, delta: float, seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        score, member = game(build)(m, delta, seed)
        return np.round(score), member

    return draw


def total_leak(share: float) -> World:
    """A share of the canaries leaks wholly, the rest not at all: no epsilon at a delta below it."""

    def draw(m: int, delta: float, seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        rng = np.random.default_rng(seed)
        member = rng.random(m) < 0.5
        told = rng.random(m) < share
        return np.where(told, np.where(member, 2.0, -1.0), 0.0) + rng.random(m) / 2, member

    return World(f"{100 * share:g} % leak wholly", draw, lambda delta: np.inf)


def worlds(delta: float) -> tuple[World, ...]:
    """All mechanisms whose epsilon is finite at `delta`."""
    response, tied = RandomisedResponse(1.0), RandomisedResponse(1.0, tie_breaker=True)
    pure = (
        World("null", game(GaussianShift(0.0)), GaussianShift(0.0).epsilon, gaussian=True),
        World(
            "null, heavy ties",
            game(GaussianShift(0.0, tie_width=0.7)),
            GaussianShift(0.0).epsilon,
            gaussian=True,
        ),
        World("Laplace eps=1", game(LaplaceShift(1.0)), LaplaceShift(1.0).epsilon),
        World("Laplace eps=3", game(LaplaceShift(3.0)), LaplaceShift(3.0).epsilon),
        World("randomised response eps=1", game(response), response.epsilon),
        World("randomised response eps=1, ties broken", game(tied), tied.epsilon),
        World(
            "randomised response eps=4",
            game(RandomisedResponse(4.0)),
            RandomisedResponse(4.0).epsilon,
        ),
        World("Laplace eps=1, rounded", rounded(LaplaceShift(1.0)), LaplaceShift(1.0).epsilon),
        World("randomised response eps=1, 5 copies", game(response), response.epsilon, copies=5),
        total_leak(0.05),
    )
    if delta == 0:
        return pure
    small, middle, two = mu_of(1.0, delta), mu_of(4.0, delta), GaussianShift(2.0)
    coarse = GaussianShift(2.0, tie_width=0.5)  # rounding is post-processing: it leaks no more
    return (
        *pure,
        World("Gaussian eps=1", game(GaussianShift(small)), lambda d: 1.0, gaussian=True),
        World("Gaussian eps=4", game(GaussianShift(middle)), lambda d: 4.0, gaussian=True),
        World("Gaussian mu=2", game(two), two.epsilon, gaussian=True),
        World("Gaussian mu=2, heavy ties", game(coarse), two.epsilon, gaussian=True),
        subsampled(0.1, 0.5),
        shared_response(1.0),
        shared_response(2.0),
        subset_reveal(0.1),
        subset_reveal(0.05),  # as often as a bound may be wrong, so that most can be told at once
        response_reveal(1.0, 0.05),
        each_reveal(),
        reveal_all(),
    )
