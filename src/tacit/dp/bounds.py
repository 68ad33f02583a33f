"""Lower bounds on epsilon from independent scores, valid whatever threshold is best."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincinv

from tacit.core import AssumptionError, Estimate, Evidence, InvalidInput, NotEnoughData
from tacit.core.checking import fraction, frozen
from tacit.dp.bands import Band, lower_limits, ranks, upper_limits
from tacit.dp.cluster_means import cluster_means
from tacit.dp.search import largest_refuted
from tacit.metrics.arrays import takes_arrays

Method = Literal["ell", "split", "bonferroni", "dkw", "fixed", "jeffreys"]
METHODS = {
    "ell": "equal-local-level band over all thresholds",
    "bonferroni": "Clopper-Pearson, Bonferroni over all thresholds",
    "dkw": "Dvoretzky-Kiefer-Wolfowitz band",
    "split": "Clopper-Pearson, threshold from the other half",
    "fixed": "Clopper-Pearson at one threshold",
    "jeffreys": "Jeffreys credible bound at one threshold (Bayesian: no guaranteed coverage)",
}
CLAIM = (
    "every score comes from its own independent training run; for the canaries of one run use"
    " `one_run_epsilon`"
)
NO_CLAIM = (
    "membership was found, not drawn by coins: this describes the split and bounds nothing about"
    " the training algorithm"
)
WHOLE_CLUSTERS = (
    "clusters are independent; neighbouring data sets differ by a whole cluster (one score a"
    " cluster: its mean)"
)
N_NODES = 4000  # of the quadrature over FPR: its error is below 1e-4 of epsilon from ten runs on
MOST_RUNS = 10_000_000  # that a plan looks at; nobody trains more models


@dataclass(frozen=True, eq=False)
class TradeoffBand:
    """The whole lower confidence curve: with chance `level`, TPR >= `tpr` wherever FPR <= `fpr`, in
    all points at once.

    Parameters
    ----------
    fpr : float (k,), ascending: upper limits on the share of non-members accused.
    tpr : float (k,), ascending: lower limits on the share of members accused by the same rule.
    level : simultaneous confidence.
    method : of the band.
    assumes : what must hold.
    """

    fpr: NDArray[np.float64]
    tpr: NDArray[np.float64]
    level: float
    method: str
    assumes: tuple[str, ...]

    def epsilon(self, delta: float) -> float:
        """The lower bound on epsilon that the curve gives at `delta`; several deltas may be asked
        of one curve.
        """
        require_delta(delta)
        accuse = _log_ratio(self.tpr - delta, self.fpr)
        clear = _log_ratio(1 - self.fpr - delta, 1 - self.tpr)
        return max(0.0, accuse, clear)

    def excess(self, tradeoff: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> float:
        """How far the curve rises above a claimed trade-off function f (FPR to smallest FNR); above
        0 refutes the claim.
        """
        return float(np.max(self.tpr - (1 - tradeoff(self.fpr))))


@takes_arrays
def epsilon_lower_bound(
    evidence: Evidence,
    delta: float,
    *,
    level: float = 0.95,
    method: Method = "ell",
    threshold: float | None = None,
    seed: int = 0,
) -> Estimate:
    """The privacy loss epsilon that the guesses prove at least, for scores that are independent of
    one another.

    (epsilon, delta)-DP allows TPR <= e^epsilon FPR + delta and TNR <= e^epsilon FNR + delta at
    every threshold [1]_. Both directions are used, with upper limits on the one rate and lower
    limits on the other that hold at every threshold at once, so the best threshold may be looked
    for in the same scores.

    What may be claimed depends on how membership was decided. Independent runs (one score a run;
    `cluster` names the run): a bound on the algorithm. Runs with several canaries are reduced to
    one number a run: the mean score where the canaries of a run are in or out together (epsilon is
    then that of the whole group), else one canary of the run, drawn at random. Coins in one and the
    same run: refused, as the counts depend on one another through the shared noise [2]_; see
    `one_run_epsilon`. An observed split: the number is named "empirical epsilon of this split".

    Parameters
    ----------
    evidence : one row per scored record; larger score means member.
    delta : of the claim, in [0, 1).
    level : one-sided confidence.
    method : ``"ell"`` (exact equal-local-level band), ``"bonferroni"``, ``"dkw"``, ``"split"``
        (threshold from one half, rates from the other), ``"fixed"`` (Clopper-Pearson at
        `threshold`) or ``"jeffreys"`` (a credible bound at `threshold` [3]_, labelled as such: it
        does not hold in repeated audits by proof).
    threshold : members score above it; chosen without looking at this evidence. For ``"fixed"`` and
        ``"jeffreys"`` only.
    seed : of the halves for ``"split"``, and of the canary drawn a run.

    Returns
    -------
    Estimate whose `low` is the bound (0 where nothing is proven) and whose `high` is infinite.

    Raises
    ------
    AssumptionError : all scores come from one run.
    NotEnoughData : fewer than two members or non-members (or runs).

    References
    ----------
    .. [1] Kairouz, Oh, Viswanath, The Composition Theorem for Differential Privacy, 2015, sec. 2.
    .. [2] Steinke, Nasr, Jagielski, Privacy Auditing with One (1) Training Run, 2023, sec. 1.
    .. [3] Zanella-Beguelin et al., Bayesian Estimation of Differential Privacy, 2023, sec. 4.
    """
    fraction(level, "level")
    require_delta(delta)
    _require_method(method, threshold)
    scores, claim = independent_scores(evidence, seed=seed)
    if method in ("fixed", "jeffreys"):
        assert threshold is not None
        low = _at_threshold(scores, threshold, delta, level, method)
        claim = (*claim, "the threshold was chosen without looking at these scores")
    elif method == "split":
        low = _split(scores, delta, level, seed)
    else:
        low = _band(scores, level, cast(Band, method), claim).epsilon(delta)
    name = "empirical epsilon of this split" if evidence.assignment == "observed" else "epsilon"
    text = f"{METHODS[method]}, delta = {delta:g}"
    return Estimate(
        name, low, low, np.inf, level, scores.n_members + scores.n_nonmembers, text, claim
    )


@takes_arrays
def tradeoff_band(
    evidence: Evidence,
    *,
    level: float = 0.95,
    method: Literal["ell", "bonferroni", "dkw"] = "ell",
    seed: int = 0,
) -> TradeoffBand:
    """The whole lower confidence curve of TPR against FPR, valid in all points at once.

    It serves every delta and every claimed trade-off function together: no further correction is
    needed. What it may claim, and what it raises, is as in `epsilon_lower_bound`.

    Parameters
    ----------
    evidence : one row per scored record.
    level : simultaneous confidence.
    method : of the band.
    seed : of the canary drawn a run, where runs hold several.
    """
    fraction(level, "level")
    if method not in ("ell", "bonferroni", "dkw"):
        raise InvalidInput(
            f"`method` needs ell, bonferroni or dkw for a whole curve, got {method!r}."
        )
    scores, claim = independent_scores(evidence, seed=seed)
    return _band(scores, level, method, claim)


def independent_scores(evidence: Evidence, *, seed: int = 0) -> tuple[Evidence, tuple[str, ...]]:
    """The evidence reduced to one score a unit of independence, and what must hold for a claim from
    it.

    Raises
    ------
    AssumptionError : there is only one unit.
    NotEnoughData : fewer than two units of either kind.
    """
    claim: tuple[str, ...] = (NO_CLAIM,) if evidence.assignment == "observed" else (CLAIM,)
    if evidence.cluster is not None and len(np.unique(evidence.cluster)) < len(evidence.cluster):
        evidence, more = _one_a_cluster(evidence, evidence.cluster, seed)
        claim = (*claim, more)
    evidence.require_both(2, 2)
    return evidence, claim


def _one_a_cluster(
    evidence: Evidence, cluster: NDArray[np.int64], seed: int
) -> tuple[Evidence, str]:
    if len(np.unique(cluster)) == 1 and evidence.assignment != "observed":
        raise AssumptionError(
            f"All {len(cluster)} scores come from one run (one cluster): they share its noise, so"
            " rates counted over them bound no epsilon. Use `one_run_epsilon`, which needs coins"
            " only, or score one canary in each of many runs."
        )
    reduced = cluster_means(evidence)
    if reduced is not None:
        return reduced, WHOLE_CLUSTERS
    order = np.random.default_rng(seed).permutation(len(cluster))
    row = np.sort(order[np.unique(cluster[order], return_index=True)[1]])
    taken = evidence.take(row)
    reduced = Evidence(taken.score, taken.member, None, taken.assignment, taken.attack, taken.row)
    return (
        reduced,
        (
            f"runs are independent; one canary of each was drawn at random (seed {seed}), the"
            " others are not used"
        ),
    )


def _band(scores: Evidence, level: float, method: Band, claim: tuple[str, ...]) -> TradeoffBand:
    alpha, outside, inside = (1 - level) / 2, scores.nonmember_scores, scores.member_scores
    n0, n1 = len(outside), len(inside)
    accused = np.unique(np.concatenate([_edges_above(outside), _edges_below(inside)]))[::-1]
    k0 = n0 - np.searchsorted(outside, accused, "right")
    k1 = n1 - np.searchsorted(inside, accused, "right")
    fpr = upper_limits(k0, n0, alpha=alpha, band=method)
    tpr = lower_limits(k1, n1, alpha=alpha, band=method)
    return TradeoffBand(frozen(fpr), frozen(tpr), level, METHODS[method], claim)


def _edges_above(ascending: NDArray[np.floating]) -> NDArray[np.float64]:
    """Thresholds "score > x" just above the non-members whose ranks carry a bound, and one below
    all.
    """
    return np.asarray(ascending[len(ascending) - ranks(len(ascending))], np.float64)


def _edges_below(ascending: NDArray[np.floating]) -> NDArray[np.float64]:
    """Thresholds "score > x" that clear everything below the members whose ranks carry a bound."""
    kept = ascending[ranks(len(ascending)) - 1]
    return np.asarray(np.nextafter(kept, -np.inf), np.float64)


def _log_ratio(numerator: NDArray[np.float64], denominator: NDArray[np.float64]) -> float:
    valid = (numerator > 0) & (denominator > 0)
    if not valid.any():
        return 0.0
    return float(np.max(np.log(numerator[valid] / denominator[valid])))


def _split(scores: Evidence, delta: float, level: float, seed: int) -> float:
    rng, half = np.random.default_rng(seed), np.zeros(len(scores.member), bool)
    for side in (True, False):
        rows = np.flatnonzero(scores.member == side)
        half[rng.permutation(rows)[: len(rows) // 2]] = True
    look, count = scores.take(half), scores.take(~half)
    look.require_both(1, 1)
    candidate = np.unique(
        np.concatenate([_edges_above(look.nonmember_scores), _edges_below(look.member_scores)])
    )
    fpr, tpr = _limits(look, candidate, (1 - level) / 2)
    accuse, clear = (
        (tpr - delta) / fpr,
        (1 - fpr - delta) / np.maximum(1 - tpr, np.finfo(float).tiny),
    )
    best = int(np.argmax(np.maximum(accuse, clear)))
    return _at_threshold(count, float(candidate[best]), delta, level, "fixed")


def _limits(
    scores: Evidence, threshold: NDArray[np.float64], alpha: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    n0, n1 = scores.n_nonmembers, scores.n_members
    k0 = n0 - np.searchsorted(scores.nonmember_scores, threshold, "right")
    k1 = n1 - np.searchsorted(scores.member_scores, threshold, "right")
    return upper_limits(k0, n0, alpha=alpha, band="fixed"), lower_limits(
        k1, n1, alpha=alpha, band="fixed"
    )


def _at_threshold(
    scores: Evidence, threshold: float, delta: float, level: float, method: str
) -> float:
    if method == "fixed":
        fpr, tpr = _limits(scores, np.array([threshold]), (1 - level) / 2)
        return TradeoffBand(fpr, tpr, level, "", ()).epsilon(delta)
    fp = int(np.sum(scores.nonmember_scores > threshold))
    fn = int(np.sum(scores.member_scores <= threshold))
    return _jeffreys((fp, scores.n_nonmembers), (fn, scores.n_members), delta, 1 - level)


def _jeffreys(fp: tuple[int, int], fn: tuple[int, int], delta: float, tail: float) -> float:
    """The `tail` quantile of epsilon under independent Jeffreys posteriors of FPR and FNR
    (quadrature over FPR).
    """
    node = (np.arange(N_NODES) + 0.5) / N_NODES
    fpr = betaincinv(fp[0] + 0.5, fp[1] - fp[0] + 0.5, node)

    def below(epsilon: float) -> float:
        needed = np.maximum(1 - delta - np.exp(epsilon) * fpr, (1 - delta - fpr) * np.exp(-epsilon))
        return float(np.mean(1 - betainc(fn[0] + 0.5, fn[1] - fn[0] + 0.5, np.clip(needed, 0, 1))))

    # refuted where the posterior chance of a smaller epsilon is below the tail
    return largest_refuted(lambda epsilon: tail - below(epsilon))


def require_delta(delta: float) -> None:
    """Raise `InvalidInput` where `delta` is not in [0, 1)."""
    if isinstance(delta, bool) or not isinstance(delta, Real) or not 0 <= delta < 1:
        raise InvalidInput(f"`delta` needs a number in [0, 1), got {delta!r}.")


def _require_method(method: str, threshold: float | None) -> None:
    if method not in METHODS:
        raise InvalidInput(f"`method` needs one of {', '.join(METHODS)}, got {method!r}.")
    if (method in ("fixed", "jeffreys")) != (threshold is not None):
        need = (
            "needs a `threshold` that was chosen without looking"
            if threshold is None
            else "takes no `threshold`"
        )
        raise InvalidInput(f"method {method!r} {need}, got {threshold}.")


def runs_needed(epsilon: float, delta: float, *, level: float = 0.95) -> int:
    """Independent runs (half with, half without the canary) that refute a claim of `epsilon` if no
    guess is ever wrong.

    With fewer, not even a perfect attack can exceed the claim: the upper limit on an FPR of 0 / n
    is too high.

    Raises
    ------
    NotEnoughData : more than ten million runs would be needed.
    """
    require_delta(delta)
    if _perfect(MOST_RUNS // 2, delta, level) <= epsilon:
        message = (
            f"Refuting epsilon = {epsilon:g} needs more than {MOST_RUNS} independent runs even"
            " without a wrong guess."
        )
        raise NotEnoughData(message, needed=MOST_RUNS, unit="runs")
    enough = bisect_left(
        range(MOST_RUNS // 2), True, key=lambda n: n > 0 and _perfect(n, delta, level) > epsilon
    )
    return 2 * enough


def _perfect(n: int, delta: float, level: float) -> float:
    """The fixed-threshold bound when n members and n non-members are all told apart."""
    alpha = (1 - level) / 2
    fpr, tpr = -np.expm1(np.log(alpha) / n), np.exp(np.log(alpha) / n)
    return float(np.log((tpr - delta) / fpr)) if tpr > delta else 0.0
