"""Several audits side by side: privacy against accuracy, which differences are real, and what to
take.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tacit.audits.steps.differences import Measured, differences, evidence_of
from tacit.audits.steps.recommendation import advice
from tacit.audits.steps.replicates import grouped
from tacit.core import Comparison, Estimate, InvalidInput, Report, checking
from tacit.core.comparison import Point
from tacit.core.options import several

MAX_POINTS = 200


def compare(
    reports: Sequence[Report],
    *,
    level: float = 0.95,
    tolerance: float = 0.01,
    title: str = "comparison",
) -> Comparison:
    """Privacy against accuracy over several audits.

    One line a model (``report.title``), one point an epoch (``report.environment["epoch"]``); a
    report of a whole training run (``report.figures["trend"]``) brings one point an epoch.
    Vulnerabilities are compared pair by pair and corrected for the number of pairs (Holm). Audits
    that kept their records (``tacit.audit(..., records=True)``) of the same split are compared on
    the same records, which shows much smaller differences.

    Accuracy is that on records of neither side (``tacit.audit(..., utility=)``) where it is known,
    and that on non-members elsewhere.

    Audits of one name and epoch are runs of one recipe: they become one point, whose intervals and
    differences have the run as the unit.

    Parameters
    ----------
    reports : at least two audits, or one of a whole training run.
    level : confidence of the tests.
    tolerance : how much accuracy the recommendation may give up, as a share (0.01 is one point).
    title : what the comparison is called.

    Raises
    ------
    InvalidInput : fewer than two points, or something that is no Report.
    """
    checking.confidence(level)
    if not 0 <= tolerance < 1:
        raise InvalidInput(f"`tolerance` needs a share from 0 to below 1, got {tolerance!r}.")
    reports = reports_given(reports)
    measured = [item for report in reports for item in measured_of(report)]
    if not 2 <= len(measured) <= MAX_POINTS:
        raise InvalidInput(
            f"A comparison needs 2 to {MAX_POINTS} audits or epochs, got {len(measured)}."
        )
    measured = _named(grouped(measured))
    if len(measured) < 2:
        raise InvalidInput(
            f"A comparison needs 2 names or epochs, got {len(reports)} runs of one name: give other"
            " models other titles."
        )
    found = differences(measured, level=level)
    points = front(tuple(item.point for item in measured))
    recommended, recommendation = advice(points, found, tolerance=tolerance)
    named = sum(_known(point) for point in points)
    points = tuple(paying(p, named) if p.name == recommended else p for p in points)
    return Comparison(
        points=points,
        differences=found,
        recommended=recommended,
        recommendation=recommendation,
        notes=tuple(_notes(measured, found)),
        level=level,
        created=max(report.created for report in reports),
        title=title,
    )


def paying(point: Point, named: int) -> Point:
    """The point that was recommended, with a score that pays for having been chosen.

    The least vulnerable of several models looks less vulnerable than it is. Its lower end stays,
    its upper end is that of the error divided by how many could have been named; so it holds for
    whichever is named.

    Parameters
    ----------
    point : with a score.
    named : how many points could have been recommended.
    """
    from scipy.special import ndtri, stdtrit

    score = point.score
    if score is None or named < 2 or not math.isfinite(score.high):
        return point
    tail = (1 - score.level) / 2
    # with few runs the tail of Student's t is longer than the normal one
    far, near = (
        ndtri(1 - share) if point.runs == 1 else stdtrit(point.runs - 1, 1 - share)
        for share in (tail / named, tail)
    )
    wider = float(far / near)
    high = min(1.0, score.value + wider * (score.high - score.value))
    method = f"{score.method}; the upper end pays for the choice among {named}"
    return replace(point, score=replace(score, high=max(score.high, high), method=method))


def reports_given(reports: Any) -> tuple[Report, ...]:
    """Several reports, as a user gives them.

    Raises
    ------
    InvalidInput : they are no list of Reports.
    """
    if isinstance(reports, Mapping):
        raise InvalidInput(
            f"`reports` needs a list of Reports, got a {type(reports).__name__}. Give"
            " list(reports.values()); each report has its own title."
        )
    remedy = "Read a file with tacit.Report.load(path)."
    return several(reports, "reports", "Reports", kind=Report, remedy=remedy)


def measured_of(report: Report) -> list[Measured]:
    """What a report measured: one item, or one an epoch where it is of a whole training run."""
    epoch = report.environment.get("epoch")
    trend = report.figures.get("trend")
    if trend and epoch is None:
        return _trend(trend, report.title)
    known = "utility" if "utility" in report.accuracy else "nonmember"
    point = Point(
        name=report.title,
        model=report.title,
        epoch=_epoch(epoch),
        accuracy=report.accuracy.get(known),
        score=report.score,
        finding=report.finding,
        verdict=report.verdict,
        n=_n_nonmembers(report),
    )
    low, high = (report.accuracy.get(f"{known}_{end}") for end in ("low", "high"))
    point = replace(point, accuracy_low=low, accuracy_high=high)
    error = None if low is None or high is None else (high - low) / 2
    return [Measured(point, evidence_of(report.records), error)]


def _trend(trend: Sequence[Any], title: str) -> list[Measured]:
    try:
        return [
            Measured(_step(str(line.get("model", title)), step))
            for line in trend
            for step in line["points"]
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(f"The `trend` of the report {title!r} is damaged: {error!r}.") from error


def _step(model: str, step: dict[str, Any]) -> Point:
    score = None if step.get("score") is None else Estimate.from_dict(dict(step["score"]))
    return Point(model, model, float(step["epoch"]), step.get("accuracy"), score)


def _epoch(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"`environment['epoch']` needs a number, got {value!r}.") from error


def _n_nonmembers(report: Report) -> int:
    return next((check.n_nonmembers for check in report.checks if check.name == report.chosen), 0)


def _named(measured: list[Measured]) -> list[Measured]:
    """Names that tell the points apart: the model, its epoch, and a number where that is not
    enough.
    """
    taken: dict[str, int] = {}
    named = []
    for item in measured:
        epoch = item.point.epoch
        name = item.point.model if epoch is None else f"{item.point.model}, epoch {epoch:g}"
        taken[name] = taken.get(name, 0) + 1
        unique = name if taken[name] == 1 else f"{name} ({taken[name]})"
        named.append(replace(item, point=replace(item.point, name=unique)))
    return named


def front(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """The points with `front` set where no other is at least as accurate and at most as vulnerable,
    and better in one.
    """
    return tuple(
        replace(point, front=_known(point) and not any(_beats(other, point) for other in points))
        for point in points
    )


def _known(point: Point) -> bool:
    return point.accuracy is not None and point.score is not None


def _beats(other: Point, point: Point) -> bool:
    if (
        other.accuracy is None
        or other.score is None
        or point.accuracy is None
        or point.score is None
    ):
        return False
    ours, theirs = (point.accuracy, -point.score.value), (other.accuracy, -other.score.value)
    return theirs != ours and theirs[0] >= ours[0] and theirs[1] >= ours[1]


def _notes(measured: Sequence[Measured], found: Sequence[Any]) -> list[str]:
    notes = []
    lost = [item.point.name for item in measured if not _known(item.point)]
    if lost:
        notes.append(f"Without an accuracy or a score, so not in the picture: {', '.join(lost)}.")
    widths = [item.accuracy_error for item in measured if item.accuracy_error is not None]
    if widths:
        notes.append(
            f"Accuracy is known to ±{_points(max(widths))} points or better; each report has its"
            " own interval."
        )
    if not any(item.paired for item in found):
        notes.append(
            "No pair could be tested on the same records. Audit with records=True (or tacit audit"
            " --records) on one split of members and non-members to see smaller differences."
        )
    notes.append(
        "The Pareto front is drawn from point estimates: neighbours on it may differ by chance"
        " alone."
    )
    return notes


def _points(share: float) -> str:
    """A share as percentage points: one digit that matters below 10, whole numbers above."""
    points = 100 * share
    return f"{points:.0f}" if points >= 1 else f"{points:.1g}"
