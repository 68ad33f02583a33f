"""Which parts of the records are exposed: the numbers of a picture of dots with intervals."""

from dataclasses import dataclass

from tacit.core import CheckResult, Estimate, InvalidInput, Report

# more rows than this are no picture any more; the table and the JSON hold them
MAX_SLICES = 24
# the value of a metric where nothing leaks
NO_LEAK = {"advantage": 0.0, "auc": 0.5}
# where a report has no score, its confidence is the one that audits use by default
DEFAULT_LEVEL = 0.95


@dataclass(frozen=True)
class SliceRow:
    """One slice.

    Parameters
    ----------
    name : str
        What it is called.
    estimate : Estimate
        How exposed it is.
    significant : bool
        Whether it leaks beyond chance, corrected for all slices.
    p_adjusted : float or None
        The corrected p-value.
    n_members, n_nonmembers : int
        Its size.
    column, value : str
        What makes the slice: the records whose `column` is `value`; empty where unknown.
    """

    name: str
    estimate: Estimate
    significant: bool = False
    p_adjusted: float | None = None
    n_members: int = 0
    n_nonmembers: int = 0
    column: str = ""
    value: str = ""


@dataclass(frozen=True, eq=False)
class SlicesFigure:
    """A dot and an interval a slice, the most surely exposed first.

    Parameters
    ----------
    rows : tuple of SliceRow
        Sorted by the lower end of the interval, largest first; all of one metric.
    left_out : int
        Slices that are not shown.
    n_significant : int
        Slices that leak beyond chance, those left out included.
    overall : Estimate or None
        The same number for all records.
    """

    rows: tuple[SliceRow, ...]
    left_out: int = 0
    n_significant: int = 0
    overall: Estimate | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", tuple(self.rows))
        names = {row.estimate.name for row in self.rows}
        if len(names) != 1:
            raise InvalidInput(
                f"A picture of slices needs rows of one metric, got {sorted(names) or 'no row'}."
            )

    @classmethod
    def from_report(cls, report: Report, *, max_slices: int = MAX_SLICES) -> "SlicesFigure":
        """The slices of a report that have an estimate of the metric that most of them have.

        Raises
        ------
        InvalidInput
            There is none.
        """
        checks = [check for check in report.checks if check.role == "slice" and check.estimates]
        if not checks:
            raise InvalidInput("This report holds no slice with an estimate.")
        metric = _shared_metric(checks)
        level = DEFAULT_LEVEL if report.score is None else report.score.level
        rows = []
        for check in checks:
            found = check.estimate(metric)
            if found is not None:
                rows.append(_row(check, found, level))
        rows.sort(key=lambda row: (-row.estimate.low, -row.estimate.value))
        return cls(
            tuple(rows[:max_slices]),
            max(0, len(rows) - max_slices),
            sum(row.significant for row in rows),
            _overall(report, metric),
        )

    @property
    def metric(self) -> str:
        """Name of the number shown."""
        return self.rows[0].estimate.name

    @property
    def no_leak(self) -> float:
        """The value of the number shown where nothing leaks."""
        return NO_LEAK.get(self.metric, 0.0)


def _shared_metric(checks: list[CheckResult]) -> str:
    if any(check.estimate("advantage") for check in checks):
        return "advantage"
    return checks[0].estimates[0].name


def _overall(report: Report, metric: str) -> Estimate | None:
    if metric == "advantage":
        return report.score
    chosen = next((check for check in report.checks if check.name == report.chosen), None)
    return None if chosen is None else chosen.estimate(metric)


def _row(check: CheckResult, estimate: Estimate, level: float) -> SliceRow:
    return SliceRow(
        check.name,
        estimate,
        check.p_adjusted is not None and check.p_adjusted <= 1 - level,
        check.p_adjusted,
        check.n_members,
        check.n_nonmembers,
        check.slice,
        check.value,
    )
