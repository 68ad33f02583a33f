"""Guessing games whose truth is known in closed form, to test statistics and attacks against."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacit.core import Membership, Signals


@dataclass(frozen=True, eq=False)
class Game:
    """One world drawn from a game: what the guesser sees, and the answer key."""

    signals: Signals
    membership: Membership


@dataclass(frozen=True)
class GaussianShift:
    """Members score N(mu, 1), non-members N(0, 1); optionally rounded, which makes ties.

    AUC = Phi(mu / sqrt(2)), advantage = 2 Phi(mu / 2) - 1, TPR(a) = Phi(mu + Phi^-1(a)) [1]_.

    References
    ----------
    .. [1] Dong, Roth, Su, Gaussian Differential Privacy, 2022, sec. 2.
    """

    mu: float
    tie_width: float = 0.0

    def draw(self, n_members: int, n_nonmembers: int, *, seed: int) -> Game:
        """One world with that many records, in random order; truth is a split of fixed size."""
        rng = np.random.default_rng(seed)
        member = rng.permutation(np.arange(n_members + n_nonmembers) < n_members)
        score = rng.normal(size=len(member)) + self.mu * member
        return Game(
            Signals.of(self._tied(score), statistic="score"),
            Membership(member, assignment="fixed_size"),
        )

    def flip(self, n: int, *, seed: int) -> Game:
        """One world with n records and a fair coin each."""
        rng = np.random.default_rng(seed)
        member = rng.random(n) < 0.5
        score = rng.normal(size=n) + self.mu * member
        return Game(
            Signals.of(self._tied(score), statistic="score"), Membership(member, assignment="coin")
        )

    def _tied(self, score: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.round(score / self.tie_width) * self.tie_width if self.tie_width else score

    def _edges(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Survival functions of non-members and members at the cell edges of the tied score (or a
        fine grid).
        """
        from scipy.special import ndtr

        width = self.tie_width or 1e-3
        edge = (np.arange(-int(12 / width), int((12 + self.mu) / width) + 1) - 0.5) * width
        return ndtr(-edge), ndtr(self.mu - edge)

    @property
    def auc(self) -> float:
        """Chance that a random member scores above a random non-member (ties count half)."""
        from scipy.special import ndtr

        if not self.tie_width:
            return float(ndtr(self.mu / np.sqrt(2)))
        fpr, tpr = self._edges()
        return float(np.sum((fpr[:-1] - fpr[1:]) * (tpr[:-1] + tpr[1:]) / 2))

    @property
    def advantage(self) -> float:
        """Largest TPR - FPR over thresholds."""
        from scipy.special import ndtr

        if not self.tie_width:
            return float(max(0.0, 2 * ndtr(self.mu / 2) - 1))
        fpr, tpr = self._edges()
        return float(np.max(tpr - fpr))

    def tpr(self, fpr: float) -> float:
        """Largest TPR among thresholds with FPR at most `fpr`."""
        from scipy.special import ndtr, ndtri

        if not self.tie_width:
            return float(ndtr(self.mu + ndtri(fpr)))
        false, true = self._edges()
        return float(np.max(true[false <= fpr], initial=0.0))

    def epsilon(self, delta: float) -> float:
        """Smallest epsilon such that the pair is (epsilon, delta)-indistinguishable, Corollary
        2.13; of a rounded score that of its cells. Infinite where `delta` is 0, as no ratio of two
        normal densities is bounded.
        """
        from scipy.optimize import brentq

        if self.mu == 0:
            return 0.0
        if delta <= 0:
            return float(np.inf)
        beyond = self._cells_beyond if self.tie_width else self._beyond
        if beyond(0.0) <= delta:
            return 0.0
        return float(brentq(lambda e: beyond(e) - delta, 0.0, 200.0 + 20 * self.mu**2))

    def _beyond(self, epsilon: float) -> float:
        """The delta that goes with an epsilon."""
        from scipy.special import log_ndtr, ndtr

        shift = abs(self.mu)
        tail = np.exp(epsilon + log_ndtr(-epsilon / shift - shift / 2))
        return float(ndtr(-epsilon / shift + shift / 2) - tail)

    def _cells_beyond(self, epsilon: float) -> float:
        """As `_beyond`, over the cells of the rounded score, in the worse of the two directions."""
        outside, inside = (rates[:-1] - rates[1:] for rates in self._edges())
        factor = np.exp(epsilon)
        return max(
            float(np.maximum(one - factor * other, 0).sum())
            for one, other in ((inside, outside), (outside, inside))
        )


@dataclass(frozen=True)
class RandomisedResponse:
    """The score is the membership bit, told truly with probability e^epsilon / (1 + e^epsilon):
    pure epsilon-DP.

    `tie_breaker` adds an independent uniform in [0, 1/2), which changes nothing about the truth.
    """

    true_epsilon: float
    tie_breaker: bool = False

    def flip(self, n: int, *, seed: int) -> Game:
        """One world with n records and a fair coin each."""
        rng = np.random.default_rng(seed)
        member = rng.random(n) < 0.5
        honest = rng.random(n) < 1 / (1 + np.exp(-self.true_epsilon))
        score = (member == honest).astype(float) + (rng.random(n) / 2 if self.tie_breaker else 0)
        return Game(Signals.of(score, statistic="score"), Membership(member, assignment="coin"))

    @property
    def advantage(self) -> float:
        """tanh(epsilon / 2)."""
        return float(np.tanh(self.true_epsilon / 2))

    @property
    def auc(self) -> float:
        """(1 + advantage) / 2."""
        return (1 + self.advantage) / 2

    def epsilon(self, delta: float) -> float:
        """Smallest epsilon at this delta: log((p - delta) / (1 - p)), not below 0."""
        p = 1 / (1 + np.exp(-self.true_epsilon))
        return float(max(0.0, np.log(max(p - delta, 1e-300) / (1 - p))))


@dataclass(frozen=True)
class LaplaceShift:
    """Members score Laplace(1, b), non-members Laplace(0, b) with b = 1 / epsilon: pure
    epsilon-DP.
    """

    true_epsilon: float

    def flip(self, n: int, *, seed: int) -> Game:
        """One world with n records and a fair coin each."""
        rng = np.random.default_rng(seed)
        member = rng.random(n) < 0.5
        score = rng.laplace(size=n) / max(self.true_epsilon, 1e-12) + member
        return Game(Signals.of(score, statistic="score"), Membership(member, assignment="coin"))

    @property
    def advantage(self) -> float:
        """1 - exp(-epsilon / 2), at the threshold 1/2."""
        return float(-np.expm1(-self.true_epsilon / 2))

    def epsilon(self, delta: float) -> float:
        """Smallest epsilon at this delta: from delta(e) = 1 - exp((e - epsilon) / 2)."""
        return float(max(0.0, self.true_epsilon + 2 * np.log1p(-delta)))


@dataclass(frozen=True)
class ClusteredShift:
    """Records of one cluster share a random effect, and the whole cluster is in or out.

    A record's score is N(mu * member, 1) with correlation `rho` within the cluster, so AUC and TPR
    are those of `GaussianShift(mu)` while intervals that ignore the clusters are too narrow.
    """

    mu: float
    rho: float = 0.5
    size: int = 10

    def draw(self, n_member_clusters: int, n_nonmember_clusters: int, *, seed: int) -> Game:
        """One world with that many clusters of `size` records each."""
        rng = np.random.default_rng(seed)
        n_clusters = n_member_clusters + n_nonmember_clusters
        inside = rng.permutation(np.arange(n_clusters) < n_member_clusters)
        cluster = np.repeat(np.arange(n_clusters), self.size)
        shared = np.repeat(rng.normal(size=n_clusters), self.size) * np.sqrt(self.rho)
        score = (
            shared
            + rng.normal(size=len(cluster)) * np.sqrt(1 - self.rho)
            + self.mu * inside[cluster]
        )
        return Game(
            Signals.of(score, statistic="score"), Membership(inside[cluster], cluster, "fixed_size")
        )

    @property
    def auc(self) -> float:
        """That of `GaussianShift`."""
        return GaussianShift(self.mu).auc

    @property
    def advantage(self) -> float:
        """That of `GaussianShift`."""
        return GaussianShift(self.mu).advantage

    def tpr(self, fpr: float) -> float:
        """That of `GaussianShift`."""
        return GaussianShift(self.mu).tpr(fpr)


@dataclass(frozen=True)
class ShadowGaussian:
    """A hierarchy of records with shadow models: every record has its own OUT centre, shift and
    spread.

    The optimal attack is the log-likelihood ratio with the true parameters.
    """

    n_shadows: int = 16
    queries: int = 1
    shift: float = 1.0
    antithetic: bool = True

    def draw(self, n: int, *, seed: int) -> Game:
        """One world with n records; coins decide membership in every model."""
        rng = np.random.default_rng(seed)
        centre, gain = rng.normal(2, 2, n), self.shift * np.exp(rng.normal(-0.3, 0.9, n))
        spread = np.exp(rng.normal(0, 0.35, n))
        member = rng.random(n) < 0.5
        inside = rng.random((self.n_shadows, n)) < 0.5
        if self.antithetic:
            inside[1::2] = ~inside[: len(inside[1::2]) * 2 : 2]
        everyone = np.concatenate([member[None], inside])
        base = centre + everyone * gain + rng.normal(size=everyone.shape) * spread
        scores = (base[..., None] + rng.normal(0, 0.1, (*base.shape, self.queries))).astype(
            np.float32
        )
        signals = Signals.of(
            scores[0], shadow=scores[1:], shadow_member=inside, statistic="scaled_logit"
        )
        return Game(signals, Membership(member, assignment="coin"))
