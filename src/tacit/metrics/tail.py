"""The tail index: how many non-members are harder for the model than (almost) every member."""

import math

import numpy as np
from scipy.special import bdtr

from tacit.core import Estimate, Evidence, InvalidInput, NotEnoughData, checking
from tacit.metrics.arrays import takes_arrays
from tacit.metrics.clusters import assumption
from tacit.metrics.intervals import lower_limit, upper_limit

SCREENING = "a screening number for a whole model, never evidence about a record"


@takes_arrays
def tail_index(evidence: Evidence, *, missed: float = 0.01, level: float = 0.95) -> Estimate:
    """Share of non-members that score below all but a share `missed` of the members (TNR at a fixed
    low FNR).

    A model that memorises leaves no member with a high loss, while some non-members have one: their
    share foretells how well shadow models would do [1]_, without any. It says nothing about a
    single record.

    The interval covers both sources of chance, half of `level`'s error each: the threshold, by
    order statistics of the members, and the rate at either end of it, by Clopper-Pearson.

    Parameters
    ----------
    evidence : scores, larger means member (a negated loss).
    missed : share of members let go, in (0, 1).
    level : two-sided confidence.

    Raises
    ------
    NotEnoughData : fewer than ``1 / missed`` members, or no non-member.
    InvalidInput : clusters are given, which it cannot heed.

    References
    ----------
    .. [1] Dodd, Krčo, Shilov, de Montjoye, The tail tells all: estimating model-level membership
       inference vulnerability without reference models, 2025.
    """
    checking.fraction(missed, "missed")
    checking.fraction(level, "level")
    if evidence.cluster is not None:
        raise InvalidInput(
            "`tail_index` needs independent records, got clusters. Give one record a cluster."
        )
    n1, n0 = evidence.n_members, evidence.n_nonmembers
    needed = math.ceil(1 / missed - 1e-9)
    if n1 < needed:
        message = (
            f"A tail index that misses {missed:g} of the members needs {needed} members, got {n1}."
        )
        raise NotEnoughData(message, needed=needed, got=n1, unit="members")
    evidence.require_both(1, 1)
    share = (1 - level) / 4
    # the k-th smallest member score lies below the true quantile with probability P(Binomial(n1,
    # missed) >= k)
    lower, upper = _order_statistics(n1, missed, share)
    scores = evidence.member_scores
    cut = scores[max(0, math.ceil(missed * n1 - 1e-9) - 1)]
    value = _below(evidence, float(cut)) / n0
    low_count = 0 if lower < 0 else _below(evidence, float(scores[lower]))
    high_count = n0 if upper >= n1 else _below(evidence, float(scores[upper]))
    low, high = (
        float(lower_limit(low_count, n0, tail=share)),
        float(upper_limit(high_count, n0, tail=share)),
    )
    method = "order statistics and Clopper-Pearson"
    return Estimate(
        f"tail@fnr={missed:g}",
        value,
        low,
        high,
        level,
        n1 + n0,
        method,
        (assumption(evidence), SCREENING),
        settings={"fnr": missed},
    )


def _below(evidence: Evidence, cut: float) -> int:
    return int(np.searchsorted(evidence.nonmember_scores, cut, "left"))


def _order_statistics(n: int, missed: float, share: float) -> tuple[int, int]:
    """Indices of two member scores, each on the wrong side of the true quantile with chance `share`
    at most; -1 or n for none.
    """
    counts = np.arange(n)
    at_most = bdtr(counts, n, missed)
    # score[i] exceeds the quantile when at most i members lie below it
    lower = int(np.searchsorted(at_most, share, "right")) - 1
    upper = int(np.searchsorted(at_most, 1 - share, "left"))
    return lower, min(upper, n)
