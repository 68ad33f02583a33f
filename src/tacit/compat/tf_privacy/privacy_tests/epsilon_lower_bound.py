"""Lower bounds on epsilon from ratios of rates: TensorFlow Privacy's five formulas, and what holds.

`RatioBound` bounds one ratio at one threshold, fixed in advance: that is what the formulas are for.
`EpsilonLowerBound` takes the largest over all thresholds, which is no bound at all any more (it
exceeds a known truth in most runs); its numbers are legacy numbers, and
`EpsilonLowerBound.simultaneous` gives the bound that holds at every threshold at once.
"""

import enum
import numbers
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from tacit.compat.tf_privacy.legacy import warn_legacy
from tacit.core import Estimate, InvalidInput, Membership, Signals, collect

Floats = NDArray[np.float64]

# a count of zero (or of all) stands for half a record where a logarithm needs it not to be extreme
HALF = 0.5


class BoundMethod(enum.Enum):
    """How the ratio of two proportions is bounded from below."""

    KATZ_LOG = "katz-log"
    ADJUSTED_LOG = "adjusted-log"
    BAILEY = "bailey"
    INV_SINH = "inv-sinh"
    CLOPPER_PEARSON = "clopper-pearson"


@dataclass(frozen=True, eq=False)
class _Counts:
    """True and false positives (k,) out of `pos` and `neg` records, for one-sided bounds."""

    tp: Floats
    fp: Floats
    pos: int
    neg: int
    alpha: float

    @property
    def z(self) -> float:
        """The normal quantile at `alpha`, negative."""
        return float(special.ndtri(self.alpha))

    def softened(self) -> tuple[Floats, Floats]:
        """Counts (k,) where a rule that accuses everybody misses half a record on both sides."""
        all_accused = (self.tp == self.pos) & (self.fp == self.neg)
        return (
            np.where(all_accused, self.pos - HALF, self.tp),
            np.where(all_accused, self.neg - HALF, self.fp),
        )


class RatioBound:
    """Lower bounds on the ratio of two proportions, (tp / pos_size) / (fp / neg_size).

    Parameters
    ----------
    tp : true positives, a number or (k,).
    fp : false positives, of the same length.
    pos_size : members.
    neg_size : non-members.
    alpha : chance that one bound, at a threshold fixed in advance, is too high; below 0.5.

    Attributes
    ----------
    available_methods : from `BoundMethod` to the function without arguments that computes it.

    Raises
    ------
    InvalidInput : counts are outside their range, lengths differ, or `alpha` is 0.5 or more.

    References
    ----------
    .. [1] Aho and Bowyer, Confidence intervals for ratios of proportions, 2015.
    .. [2] Jagielski et al., Auditing Differentially Private Machine Learning, 2020.
    """

    def __init__(
        self,
        tp: Sequence[int] | NDArray[Any] | int,
        fp: Sequence[int] | NDArray[Any] | int,
        pos_size: int,
        neg_size: int,
        alpha: float,
    ) -> None:
        _require_alpha(alpha)
        self._scalar = isinstance(tp, numbers.Number)
        counts = _Counts(
            np.atleast_1d(np.asarray(tp, float)),
            np.atleast_1d(np.asarray(fp, float)),
            pos_size,
            neg_size,
            alpha,
        )
        if len(counts.tp) != len(counts.fp):
            raise InvalidInput(
                f"`tp` and `fp` need the same length, got {len(counts.tp)} and {len(counts.fp)}."
            )
        for name, got, size in (("tp", counts.tp, pos_size), ("fp", counts.fp, neg_size)):
            if (got < 0).any() or (got > size).any():
                raise InvalidInput(f"`{name}` needs counts from 0 to {size}, got {got}.")
        self.available_methods: Mapping[BoundMethod, Callable[[], Floats]] = MappingProxyType(
            {method: partial(_bound, method, counts) for method in BoundMethod}
        )

    def compute_bound(self, method: BoundMethod) -> Any:
        """The bound by one method: a float where `tp` was one, else (k,)."""
        if method not in self.available_methods:
            raise InvalidInput(f"Method {method} is not one of {list(BoundMethod)}.")
        with np.errstate(divide="ignore", invalid="ignore"):
            bound = self.available_methods[method]()
        return float(bound[0]) if self._scalar else bound

    def compute_bounds(self, methods: Iterable[BoundMethod] | None = None) -> dict[Any, Any]:
        """The bounds by several methods (all of them where `methods` is None), by method."""
        return {method: self.compute_bound(method) for method in methods or BoundMethod}


class EpsilonLowerBound:
    """Epsilon from the largest ratio over thresholds (legacy), and the bound that holds.

    Parameters
    ----------
    pos_scores : (n,) of members; larger means more like a member, or less with both directions.
    neg_scores : (m,) of non-members.
    alpha : one minus the confidence, below 0.5.
    two_sided_threshold : also count the records below a threshold as accused.
    thresholds : (k,); all that the scores distinguish where None.

    Raises
    ------
    InvalidInput : the scores are not one-dimensional, or `alpha` is 0.5 or more.
    """

    def __init__(
        self,
        pos_scores: NDArray[Any],
        neg_scores: NDArray[Any],
        alpha: float,
        two_sided_threshold: bool = True,
        thresholds: NDArray[Any] | None = None,
    ) -> None:
        _require_alpha(alpha)
        for name, scores in (("pos_scores", pos_scores), ("neg_scores", neg_scores)):
            if scores.ndim != 1:
                raise InvalidInput(f"`{name}` needs shape (n,), got {scores.shape}.")
        self._scores = (pos_scores, neg_scores)
        self._alpha = alpha
        self._two_sided = two_sided_threshold
        self._thresholds = thresholds

    def compute_epsilon_lower_bound(self, method: BoundMethod, k: int | None = None) -> Floats:
        """The `k` largest log ratios over thresholds and directions, descending: legacy numbers."""
        asked = "EpsilonLowerBound.compute_epsilon_lower_bound"
        warn_legacy("epsilon_lower_bound", asked=asked)
        return self.legacy_epsilon_lower_bounds([method], k)[method]

    def compute_epsilon_lower_bounds(
        self, methods: Iterable[BoundMethod] | None = None, k: int | None = None
    ) -> dict[BoundMethod, Floats]:
        """The `k` largest log ratios by each method, descending: legacy numbers."""
        asked = "EpsilonLowerBound.compute_epsilon_lower_bounds"
        warn_legacy("epsilon_lower_bound", asked=asked)
        return self.legacy_epsilon_lower_bounds(methods, k)

    def legacy_epsilon_lower_bounds(
        self, methods: Iterable[BoundMethod] | None = None, k: int | None = None
    ) -> dict[BoundMethod, Floats]:
        """What `compute_epsilon_lower_bounds` gives, under the name that says what it is."""
        return {
            method: _largest_log_ratios(self._ratios(), method, k)
            for method in methods or BoundMethod
        }

    def simultaneous(self, delta: float = 0.0) -> Estimate:
        """The lower bound on epsilon that holds at every threshold at once, at level ``1 - alpha``.

        The scores are read as `tacit.dp.epsilon_lower_bound` reads an observed split: it says what
        this split shows, in the direction "larger means member"; negate losses.

        Parameters
        ----------
        delta : of (epsilon, delta)-DP.
        """
        from tacit.dp.bounds import epsilon_lower_bound

        truth = np.repeat([True, False], [len(scores) for scores in self._scores])
        signals = Signals.of(np.concatenate(self._scores), statistic="score")
        evidence = collect(lambda seen: seen.target[:, 0], signals, Membership(truth))
        return epsilon_lower_bound(evidence, delta, level=1 - self._alpha)

    def _ratios(self) -> list[RatioBound]:
        pos, neg = (len(scores) for scores in self._scores)
        tp, fp = _get_tp_fp_for_thresholds(*self._scores, self._thresholds)
        fn, tn = pos - tp, neg - fp
        sides = [(tp, fp, pos, neg), (tn, fn, neg, pos)]
        if self._two_sided:
            sides += [(fp, tp, neg, pos), (fn, tn, pos, neg)]
        return [RatioBound(*side, self._alpha) for side in sides]


def _largest_log_ratios(ratios: list[RatioBound], method: BoundMethod, k: int | None) -> Floats:
    if not isinstance(method, BoundMethod):
        raise InvalidInput(f"Method {method} is not one of {list(BoundMethod)}.")
    bound = np.concatenate([ratio.compute_bound(method) for ratio in ratios])
    return np.sort(np.log(bound[bound > 0]))[::-1][:k]


def _get_tp_fp_for_thresholds(
    pos_scores: NDArray[Any], neg_scores: NDArray[Any], thresholds: NDArray[Any] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Members and non-members above each threshold; at or above each distinct score where None."""
    side: Literal["left", "right"] = "right"
    if thresholds is None:
        thresholds = np.unique(np.concatenate([pos_scores, neg_scores]))[::-1]
        side = "left"
    tp, fp = (
        len(scores) - np.searchsorted(np.sort(scores), thresholds, side=side)
        for scores in (pos_scores, neg_scores)
    )
    return tp, fp


def _require_alpha(alpha: float) -> None:
    if not 0 < alpha < 0.5:
        raise InvalidInput(f"`alpha` needs a number above 0 and below 0.5, got {alpha}.")


def _katz_log(counts: _Counts) -> Floats:
    tp, fp = counts.softened()
    fp = np.where(fp == 0, HALF, fp)
    tpr, fpr = tp / counts.pos, fp / counts.neg
    spread = np.sqrt((1 - tpr) / tp + (1 - fpr) / fp)
    return np.where(tp == 0, 0.0, tpr / fpr * np.exp(counts.z * spread))


def _adjusted_log(counts: _Counts) -> Floats:
    """Walters: half a record is added to every count and size."""
    tp, fp = counts.softened()
    nothing = (tp == 0) & (fp == 0)
    tp, fp, pos, neg = tp + HALF, fp + HALF, counts.pos + HALF, counts.neg + HALF
    spread = np.sqrt(1 / tp - 1 / pos + 1 / fp - 1 / neg)
    return np.where(nothing, 0.0, tp / pos / (fp / neg) * np.exp(counts.z * spread))


def _bailey(counts: _Counts) -> Floats:
    """A cube-root transformation, which needs both counts off their ends."""
    tp = np.where(counts.tp == counts.pos, counts.pos - HALF, counts.tp)
    fp = np.where(counts.fp == counts.neg, counts.neg - HALF, counts.fp)
    fp = np.where(fp == 0, HALF, fp)
    miss, clear, z = 1 - tp / counts.pos, 1 - fp / counts.neg, counts.z
    inner = miss / tp + clear / fp - z**2 * miss * clear / (9 * tp * fp)
    cube = (1 + z / 3 * np.sqrt(inner)) / (1 - z**2 * clear / (9 * fp))
    ratio = (tp / counts.pos) / (fp / counts.neg)
    return np.where(counts.tp == 0, 0.0, ratio * cube**3)


def _inverse_sinh(counts: _Counts) -> Floats:
    tp, fp = counts.softened()
    fp = np.where(fp == 0, counts.z**2, fp)
    spread = np.sqrt(1 / tp - 1 / counts.pos + 1 / fp - 1 / counts.neg)
    ratio = (tp / counts.pos) / (fp / counts.neg)
    return np.where(tp == 0, 0.0, ratio * np.exp(2 * np.arcsinh(counts.z / 2 * spread)))


def _clopper_pearson(counts: _Counts) -> Floats:
    """Exact limits of the two rates, each with half of `alpha`."""
    tail = counts.alpha / 2
    low = np.where(
        counts.tp == 0, 0.0, special.betaincinv(counts.tp, counts.pos - counts.tp + 1, tail)
    )
    high = np.where(
        counts.fp == counts.neg,
        1.0,
        special.betaincinv(counts.fp + 1, counts.neg - counts.fp, 1 - tail),
    )
    return np.where((low <= 0) | (high >= 1), 0.0, low / high)


def _bound(method: BoundMethod, counts: _Counts) -> Floats:
    """The bound by one method."""
    formulas: dict[BoundMethod, Callable[[_Counts], Floats]] = {
        BoundMethod.KATZ_LOG: _katz_log,
        BoundMethod.ADJUSTED_LOG: _adjusted_log,
        BoundMethod.BAILEY: _bailey,
        BoundMethod.INV_SINH: _inverse_sinh,
        BoundMethod.CLOPPER_PEARSON: _clopper_pearson,
    }
    return formulas[method](counts)
