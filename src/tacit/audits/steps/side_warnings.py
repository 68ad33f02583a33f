"""What a report says of its two sides: copies, repeats, swapped or constant answers."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tacit.audits.steps.blind_baseline import RECORDS
from tacit.audits.steps.sides import Sides
from tacit.audits.steps.verdict import SMALL_LEAK, percent, rejudged
from tacit.core import Policy, Report

# Where a guesser without the model tells nearly all apart, no record of one side is like the other.
APART = 0.95
# From this share on, copies may hold a threshold of few false accusations all by themselves.
ANY_COPIES = 0.001


def told(report: Report, sides: Sides, policy: Policy) -> Report:
    """The report with what the comparison of the sides found; inconclusive where that could change
    the answer.
    """
    warnings: list[str] = []
    reasons: list[str] = []
    if sides.copies:
        text = _copies_text(sides)
        hides = _could_hide(report, sides.share)
        (reasons if hides else warnings).append(
            text + ("" if hides else " They make a leak look smaller than it is.")
        )
    if sides.constant:
        reasons.append(_CONSTANT_TEXTS[sides.constant])
    # labels of other classes make members look worse: that is said first, and explains the rest
    if sides.odd_labels or sides.backwards:
        reasons.append(sides.odd_labels or sides.backwards)
    if report.finding == "leak" and _apart(report):
        reasons.append(_APART_TEXT)
    if sides.repeated:
        warnings.append(repeats_text(sides.repeated, sides.units, sides.repeated_by))
    fresh = [text for text in reasons if text not in report.warnings]
    if fresh:
        report = _inconclusive(report, fresh[0], policy)
    added = (*fresh, *warnings)
    return replace(report, warnings=(*report.warnings, *added)) if added else report


def blind_to(report: Report, reason: str) -> Report:
    """The report of an audit whose blind guesser could not look at the records: its headline says
    so.
    """
    text = f"The split itself could not be checked: {reason}. Give `features=`."
    return replace(report, headline=f"{report.headline} {text}", warnings=(*report.warnings, text))


def without_records(report: Report) -> Report:
    """The report of an audit that was given no records: the headline of a leak says so."""
    looked = any(check.role == "blind" and check.statistic == RECORDS for check in report.checks)
    if report.finding != "leak" or looked:
        return report
    return replace(report, headline=f"{report.headline} {_UNSEEN_TEXT}")


_UNSEEN_TEXT = (
    "Whether the records alone tell the sides apart was not checked: give `features=`, or the model"
    " with its data."
)


def _inconclusive(report: Report, reason: str, policy: Policy) -> Report:
    headline = report.headline
    if report.attributable or report.finding != "inconclusive":
        headline = f"Inconclusive: {reason}"
    changed = replace(report, finding="inconclusive", headline=headline, attributable=False)
    return rejudged(changed, policy)


def _apart(report: Report) -> bool:
    areas = [
        check.estimates[0] for check in report.checks if check.role == "blind" and check.estimates
    ]
    return any(area.name == "auc" and area.low >= APART for area in areas[:1])


_APART_TEXT = (
    "the split itself is a giveaway: a guesser who never sees the model tells nearly all members"
    " from non-members, so no records of both sides are alike and what the model adds cannot be"
    " measured. Draw both from one pool at random."
)


_CONSTANT_TEXTS = {
    "record": "the model answered the same for every record, as a broken export does, so nothing"
    " can be told from its answers. Look at the file, and at how the answers were read from the"
    " model.",
    "non-member": "the model answered the same for every non-member, as a broken export does, so"
    " nothing can be told from its answers. Look at the file, and at how the answers were read from"
    " the model.",
}


def _copies_text(sides: Sides) -> str:
    return (
        f"{sides.copies} of {sides.n_nonmembers} non-members ({percent(sides.share)}) are exact"
        f" copies of members, by their {sides.seen_by}. Take them out of the non-members."
    )


def repeats_text(repeated: int, units: int, seen_by: str) -> str:
    """What the reader is told where repeats count once."""
    return (
        f"{repeated} records are repeats of {units} within their own side, by their"
        f" {seen_by}. The copies of a record count as one unit here (a cluster); where"
        " records belong together otherwise, such as the visits of a patient, give `cluster=`."
    )


def repeated_records_text(cluster: NDArray[np.int64]) -> str:
    """The same, from the clusters (n,) in which the copies of a record are."""
    size = np.bincount(cluster)
    size = size[size > 1]
    return repeats_text(int(size.sum()), len(size), "records")


def _could_hide(report: Report, share: float) -> bool:
    """Could the answer be another one without the copies? They only ever hide a leak."""
    if report.finding == "leak" and report.verdict == "fail":
        return False
    if share >= 1:
        return True
    reach = report.detectable
    if report.finding != "leak" and (reach is None or reach / (1 - share) > SMALL_LEAK):
        return True
    for verdict in report.verdicts:
        if verdict.outcome != "pass" or verdict.estimate is None or verdict.limit is None:
            continue
        if verdict.metric == "advantage":
            if verdict.estimate.high / (1 - share) > verdict.limit:
                return True
        elif share > ANY_COPIES:
            return True
    return False
