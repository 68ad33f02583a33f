"""One model over its versions: what changed, and whether it is more than chance."""

from collections.abc import Sequence
from dataclasses import replace

from tacit.audits.compare import measured_of, reports_given
from tacit.audits.steps.differences import Measured, difference, unpaired
from tacit.audits.steps.multiplicity import with_adjusted
from tacit.core import Estimate, InvalidInput, Report, checking
from tacit.core.comparison import Difference, Point
from tacit.core.history import History
from tacit.core.options import several

# more versions than these are read better in parts; the page's table has a row for each
MOST_VERSIONS = 200
# what the intervals of accuracy hold with where a report has no score that says it
USUAL_LEVEL = 0.95


def history(
    reports: Sequence[Report],
    *,
    versions: Sequence[str] | None = None,
    level: float = 0.95,
    title: str = "",
) -> History:
    """Vulnerability and accuracy of one model over its versions.

    Each version is compared with the last one before it that has a score, so that a version that
    could not be scored hides no change. Audits that kept their records
    (``records=True``) of the same split are compared on the same records, which shows much smaller
    changes; others by their two intervals. All steps, in vulnerability and in accuracy, are
    corrected together (Holm).

    Parameters
    ----------
    reports : sequence of Report
        One a version, the oldest first.
    versions : sequence of str or None
        What each is called; by default the titles of the reports, where they differ.
    level : float
        A step is real where its corrected p-value is at most 1 - `level`.
    title : str
        Of the model; by default the title that all reports share.

    Raises
    ------
    InvalidInput
        There are fewer than 2 or more than 200 reports, names are missing or repeat, or a report is
        that of a whole training run.
    """
    checking.confidence(level)
    reports = reports_given(reports)
    if not 2 <= len(reports) <= MOST_VERSIONS:
        raise InvalidInput(
            f"A history needs the reports of 2 to {MOST_VERSIONS} versions, got {len(reports)}."
        )
    names = _names(reports, versions)
    measured = [_version(report, name) for report, name in zip(reports, names)]
    pairs = [(measured[at], _before(measured[:at])) for at in range(1, len(measured))]
    steps = [difference(new, old, level=level) for new, old in pairs]
    accuracy = [_accuracy_step(new.point, old.point, level=level) for new, old in pairs]
    found = [
        replace(item, real=item.p_adjusted is not None and item.p_adjusted <= 1 - level)
        for item in with_adjusted([*steps, *accuracy])
    ]
    titles = {report.title for report in reports}
    return History(
        points=tuple(item.point for item in measured),
        dates=tuple(report.created for report in reports),
        steps=tuple(found[: len(pairs)]),
        accuracy_steps=tuple(found[len(pairs) :]),
        level=level,
        created=max(report.created for report in reports),
        title=title or (titles.pop() if len(titles) == 1 else "model"),
    )


def _names(reports: Sequence[Report], versions: Sequence[str] | None) -> list[str]:
    if versions is None:
        names = [report.title for report in reports]
        if len(set(names)) < len(names):
            raise InvalidInput(
                "Reports of one title need `versions`, a name for each, to be told apart."
            )
        return names
    names = [str(name) for name in several(versions, "versions", "names")]
    if len(names) != len(reports) or len(set(names)) < len(names):
        raise InvalidInput(
            f"`versions` needs {len(reports)} different names, one a report, got {names}."
        )
    return names


def _version(report: Report, name: str) -> Measured:
    found = measured_of(report)
    if len(found) != 1:
        raise InvalidInput(
            f"The report {report.title!r} is one of a whole training run; a history needs one audit"
            " a version. Use tacit.compare for epochs."
        )
    return replace(found[0], point=replace(found[0].point, name=name))


def _before(earlier: Sequence[Measured]) -> Measured:
    """The last version with a score; where none has one, the last."""
    scored = (item for item in reversed(earlier) if item.point.score is not None)
    return next(scored, earlier[-1])


def _accuracy_step(new: Point, old: Point, *, level: float) -> Difference:
    """The later accuracy minus the earlier, taken as independent: cautious on one test set."""
    one, other = _accuracy(new), _accuracy(old)
    if one is None or other is None:
        return Difference(new.name, old.name, reason="one of them has no interval of its accuracy")
    if one.level != other.level:
        return Difference(
            new.name, old.name, reason="their accuracies have intervals of different levels"
        )
    estimate = unpaired(one, other, level=level)
    return Difference(new.name, old.name, estimate, estimate.p_value)


def _accuracy(point: Point) -> Estimate | None:
    if point.accuracy is None or point.accuracy_low is None or point.accuracy_high is None:
        return None
    level = USUAL_LEVEL if point.score is None else point.score.level
    ends = point.accuracy_low, point.accuracy_high
    return Estimate("accuracy", point.accuracy, *ends, level, point.n, "interval of the report")
