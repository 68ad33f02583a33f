"""Which audits differ by more than chance: paired where they scored the same records, from the
intervals where not.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from tacit.audits.steps.multiplicity import with_adjusted
from tacit.audits.steps.runs import difference_of_runs
from tacit.core import Estimate, Evidence, InvalidInput, NotEnoughData
from tacit.core.comparison import Difference, Point
from tacit.metrics import paired_auc_difference

UNPAIRED = "square-and-add from the two intervals"
CONSERVATIVE = "the audits used different records; on shared records the test is cautious"


@dataclass(frozen=True, eq=False)
class Measured:
    """A point, the evidence behind it where its report kept the records, half the width of the
    interval of its accuracy where known, and the score of every run where there are several.
    """

    point: Point
    evidence: Evidence | None = None
    accuracy_error: float | None = None
    scores: tuple[float, ...] = ()


def records_of(evidence: Evidence, attack: str) -> dict[str, Any]:
    """What a report keeps of its records, and `evidence_of` reads again.

    Users are kept: without them a comparison would take their records for independent.

    Parameters
    ----------
    evidence : of the attack that is shown.
    attack : its name.
    """
    kept: dict[str, Any] = {
        "attack": attack,
        "row": evidence.row.tolist(),
        "member": evidence.member.tolist(),
        "score": [float(score) for score in evidence.score],
    }
    return kept if evidence.cluster is None else kept | {"cluster": evidence.cluster.tolist()}


def evidence_of(records: Mapping[str, Any] | None) -> Evidence | None:
    """The evidence that a report kept, or None.

    Raises
    ------
    InvalidInput : the records are damaged.
    """
    if records is None:
        return None
    try:
        row = np.asarray(records["row"], np.int64)
        score, member = (
            np.asarray(records["score"], np.float64),
            np.asarray(records["member"], bool),
        )
        cluster = (
            None if records.get("cluster") is None else np.asarray(records["cluster"], np.int64)
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InvalidInput(f"The `records` of a report are damaged: {error!r}.") from error
    lengths = {len(row), len(score), len(member), *([] if cluster is None else [len(cluster)])}
    if len(lengths) > 1 or np.isnan(score).any():
        raise InvalidInput(
            "The `records` of a report are damaged: lengths differ or a score is NaN."
        )
    return Evidence(score, member, cluster, "observed", str(records.get("attack", "")), row)


def differences(measured: Sequence[Measured], *, level: float) -> tuple[Difference, ...]:
    """One a pair, Holm-corrected over all pairs that could be compared.

    Parameters
    ----------
    measured : what to compare.
    level : a difference is real where its corrected p-value is at most 1 - `level`.
    """
    found = [difference(first, second, level=level) for first, second in combinations(measured, 2)]
    return tuple(
        replace(item, real=item.p_adjusted is not None and item.p_adjusted <= 1 - level)
        for item in with_adjusted(found)
    )


def difference(first: Measured, second: Measured, *, level: float) -> Difference:
    """First minus second, uncorrected.

    Paired where both kept their records and these are the same: DeLong's test of the AUC [1]_,
    since thresholds were chosen on these records. Else from the two intervals of the vulnerability
    score [2]_, or from the scores of their runs where both have several that are not all alike.

    References
    ----------
    .. [1] DeLong, DeLong, Clarke-Pearson, Comparing the areas under two or more correlated ROC
       curves, 1988.
    .. [2] Zou, Donner, Construction of confidence limits about effect measures, 2008, eq. 1 and 2.
    """
    names = first.point.name, second.point.name
    if first.evidence is not None and second.evidence is not None:
        try:
            estimate = paired_auc_difference(first.evidence, second.evidence, level=level)
            return Difference(*names, estimate, estimate.p_value, paired=True)
        except (InvalidInput, NotEnoughData):
            pass  # other records, or too few of them: the intervals still say something
    one, other = first.point.score, second.point.score
    if one is None or other is None:
        return Difference(*names, reason="one of them has no vulnerability score")
    if not all(map(math.isfinite, (one.low, one.high, other.low, other.high))):
        return Difference(*names, reason="one of them has a one-sided interval only")
    if one.level != other.level or one.name != other.name:
        return Difference(
            *names, reason="their scores are different metrics or have different levels"
        )
    if first.scores and second.scores and max(map(np.ptp, (first.scores, second.scores))) > 0:
        estimate = difference_of_runs(first.scores, second.scores, level=level, name=one.name)
    else:
        estimate = unpaired(one, other, level=level)
    return Difference(*names, estimate, estimate.p_value)


def unpaired(first: Estimate, second: Estimate, *, level: float = 0.95) -> Estimate:
    """First minus second of two estimates with two-sided intervals of the same level, taken as
    independent.

    Each side of the interval adds the squares of the distances to the ends that lie that way; the
    p-value is the smallest 1 - level at which the interval would leave out 0, on the scale of
    normal quantiles.

    Parameters
    ----------
    first, second : on independent records (on shared records the test is cautious, since errors
        move together).
    level : of the interval of the difference.
    """
    from scipy.special import ndtr, ndtri

    value = first.value - second.value
    scale = float(ndtri((1 + level) / 2)) / float(ndtri((1 + first.level) / 2))
    below = math.hypot(first.value - first.low, second.high - second.value)
    above = math.hypot(first.high - first.value, second.value - second.low)
    towards_zero = below if value > 0 else above
    if value == 0:
        p_value = 1.0
    elif towards_zero == 0:
        p_value = 0.0
    else:
        p_value = float(2 * ndtr(-abs(value) / towards_zero * float(ndtri((1 + first.level) / 2))))
    low, high = value - scale * below, value + scale * above
    n = first.n + second.n
    return Estimate(
        f"{first.name} difference", value, low, high, level, n, UNPAIRED, (CONSERVATIVE,), p_value
    )
