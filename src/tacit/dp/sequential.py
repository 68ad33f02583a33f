"""Audits that may stop at any time: e-processes that bet against a claimed epsilon, run by run."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.core import Estimate, Evidence, InvalidInput
from tacit.core.checking import floats, fraction, frozen
from tacit.dp.bounds import NO_CLAIM, independent_scores, require_delta
from tacit.metrics.arrays import takes_arrays

# Claims that are bet against: no number of runs that anybody trains refutes epsilon = 12.
EPSILONS = np.concatenate([np.arange(0.0, 4.0, 0.05), np.arange(4.0, 12.01, 0.1)])
# Shares of the largest bet that cannot go bankrupt: small ones win in the long run, large ones
# where the leak is strong; the mixture is at most log 4 behind the best of them.
STAKES = np.array([0.02, 0.08, 0.25, 0.6])
FEWEST_RULES_FROM = 4  # runs, at least, whose quantiles are the thresholds
METHOD = "e-process (bets against epsilon), valid whenever one stops"


@dataclass(frozen=True, eq=False)
class SequentialAudit:
    """An audit in progress: feed it pairs of runs, stop when you like.

    For every rule f of a score (accuse above a threshold, or clear below it) (epsilon, delta)-DP
    gives E f(in) <= e^epsilon E f(out) + delta. Hence 1 + s (f(X) - e^epsilon f(Y) - delta) /
    (e^epsilon + delta) has mean 1 at most for a run X with and a run Y without the canary; products
    of it over runs, and mixtures of products over thresholds and stakes s, are e-processes. By
    Ville's inequality one exceeds 1 / (1 - level) with chance 1 - level at most, at any time [1]_,
    [2]_. Build it with `SequentialAudit.start`.

    Parameters
    ----------
    delta, level : of the claim, and the one-sided confidence.
    threshold : float (k,), the rules; fixed before the runs that are fed.
    log_wealth : float (e, 2 k, s).
    n_pairs : pairs seen.
    low : the bound so far; it never falls.

    References
    ----------
    .. [1] Ville, Etude critique de la notion de collectif, 1939.
    .. [2] Gonzalez, Rubio, Ramdas, Ribero, Sequentially Auditing Differential Privacy, 2025.
    """

    delta: float
    level: float
    threshold: NDArray[np.float64]
    log_wealth: NDArray[np.float64]
    n_pairs: int = 0
    low: float = 0.0

    @classmethod
    def start(cls, threshold: ArrayLike, *, delta: float, level: float = 0.95) -> "SequentialAudit":
        """An audit that has seen nothing.

        Parameters
        ----------
        threshold : float (k,), from earlier runs or from thought, not from the runs that will be
            fed.
        delta : of the claim, in [0, 1).
        level : one-sided confidence.
        """
        fraction(level, "level")
        require_delta(delta)
        rules = np.atleast_1d(np.asarray(threshold, np.float64))
        if rules.ndim != 1 or len(rules) == 0 or np.isnan(rules).any():
            raise InvalidInput(f"`threshold` needs one number at least, got shape {rules.shape}.")
        return cls(
            delta,
            level,
            frozen(rules),
            frozen(np.zeros((len(EPSILONS), 2 * len(rules), len(STAKES)))),
        )

    def seen(self, member: ArrayLike, nonmember: ArrayLike) -> "SequentialAudit":
        """The audit after more pairs: scores of runs with, and of as many runs without, the canary,
        in their order.

        Raises
        ------
        InvalidInput : the two differ in length.
        """
        x, y = floats(member, "member", ndim=1), floats(nonmember, "nonmember", ndim=1)
        if len(x) != len(y):
            raise InvalidInput(
                f"`member` and `nonmember` are pairs of runs: {len(x)} and {len(y)} scores came."
            )
        log_wealth, low = self.log_wealth.copy(), self.low
        odds = np.exp(EPSILONS)[:, None]
        for with_canary, without in zip(x.tolist(), y.tolist()):
            fx, fy = self._rules(with_canary, without)
            gain = (fx - odds * fy - self.delta) / (odds + self.delta)
            log_wealth += np.log1p(STAKES * gain[:, :, None])
            low = max(low, self._refuted(log_wealth))
        return replace(self, log_wealth=frozen(log_wealth), n_pairs=self.n_pairs + len(x), low=low)

    def _rules(self, x: float, y: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """f(X), f(Y) for every rule: accusing above each threshold, and (roles swapped) clearing
        below it.
        """
        above_x, above_y = x > self.threshold, y > self.threshold
        return np.concatenate([above_x, ~above_y]).astype(float), np.concatenate(
            [above_y, ~above_x]
        ).astype(float)

    def _refuted(self, log_wealth: NDArray[np.float64]) -> float:
        flat = log_wealth.reshape(len(EPSILONS), -1)
        top = flat.max(axis=1)
        mixture = top + np.log(np.mean(np.exp(flat - top[:, None]), axis=1))
        standing = np.flatnonzero(mixture < -np.log(1 - self.level))
        # refuted from 0 up without a gap
        refuted = int(standing[0]) if len(standing) else len(EPSILONS)
        return float(EPSILONS[refuted - 1]) if refuted else 0.0

    @property
    def estimate(self) -> Estimate:
        """The bound so far."""
        claim = (
            (
                "runs are independent of one another; thresholds were fixed before the runs that"
                " were fed"
            ),
        )
        text = f"{METHOD}, delta = {self.delta:g}"
        return Estimate(
            "epsilon", self.low, self.low, np.inf, self.level, 2 * self.n_pairs, text, claim
        )


@takes_arrays
def sequential_epsilon(
    evidence: Evidence,
    delta: float,
    *,
    level: float = 0.95,
    burn_in: float = 0.1,
    n_thresholds: int = 8,
) -> Estimate:
    """The bound of a `SequentialAudit` over the runs of `evidence` in their order; one may have
    stopped at any of them.

    Thresholds are quantiles of the first runs, which are then not bet on. Pairs are made in the
    order of the rows; runs left over on the longer side are not used.

    Parameters
    ----------
    evidence : one row a run, in the order in which they came.
    delta : of the claim.
    level : one-sided confidence.
    burn_in : share of the runs that only choose the thresholds.
    n_thresholds : how many.

    Raises
    ------
    NotEnoughData : fewer than ten runs of either kind.
    """
    fraction(burn_in, "burn_in")
    scores, claim = independent_scores(evidence)
    scores.require_both(10, 10)
    first = max(FEWEST_RULES_FROM, int(burn_in * len(scores.member)))
    quantile = np.linspace(0, 1, n_thresholds + 2)[1:-1]
    audit = SequentialAudit.start(
        np.unique(np.quantile(scores.score[:first], quantile)), delta=delta, level=level
    )
    rest, member = scores.score[first:], scores.member[first:]
    n_pairs = int(min(member.sum(), (~member).sum()))
    found = audit.seen(rest[member][:n_pairs], rest[~member][:n_pairs]).estimate
    name = "empirical epsilon of this split" if NO_CLAIM in claim else "epsilon"
    return replace(found, name=name, assumes=(*claim, *found.assumes[1:]))
