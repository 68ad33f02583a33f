"""Which parts of the records are exposed: dots with intervals."""

from dataclasses import dataclass, field, replace
from typing import Any

from tacit.core import CheckResult, Estimate, InvalidInput, Report
from tacit.plots.canvas import PALETTE, QUIET, axes, finish, literal

MAX_SLICES = 24
NO_LEAK = {"advantage": 0.0, "auc": 0.5}


@dataclass(frozen=True)
class SliceRow:
    """One slice: its name, its estimate, its corrected p-value and size, and whether it leaks
    beyond chance.
    """

    name: str
    estimate: Estimate
    significant: bool = False
    p_adjusted: float | None = None
    n_members: int = 0
    n_nonmembers: int = 0


@dataclass(frozen=True, eq=False)
class SlicesDisplay:
    """A dot and an interval a slice, the most surely exposed first.

    Parameters
    ----------
    rows : sorted by the lower end of the interval, largest first.
    left_out : slices that are not shown.
    n_significant : slices that leak beyond chance, those left out included.
    overall : the same number for all records, or None.
    ax, artists : set by `plot`.
    """

    rows: tuple[SliceRow, ...]
    left_out: int = 0
    n_significant: int = 0
    overall: Estimate | None = None
    ax: Any = None
    artists: tuple[Any, ...] = field(default=())

    @classmethod
    def from_report(cls, report: Report, *, max_slices: int = MAX_SLICES) -> "SlicesDisplay":
        """The slices of a report that have an estimate (of the metric that most of them have).

        Raises
        ------
        InvalidInput : there is none.
        """
        checks = [check for check in report.checks if check.role == "slice" and check.estimates]
        if not checks:
            raise InvalidInput("This report holds no slice with an estimate.")
        metric = (
            "advantage"
            if any(check.estimate("advantage") for check in checks)
            else checks[0].estimates[0].name
        )
        level = 0.95 if report.score is None else report.score.level
        rows = [
            _row(check, found, level)
            for check in checks
            if (found := check.estimate(metric)) is not None
        ]
        rows.sort(key=lambda row: (-row.estimate.low, -row.estimate.value))
        chosen = next((check for check in report.checks if check.name == report.chosen), None)
        overall = (
            report.score
            if metric == "advantage"
            else None
            if chosen is None
            else chosen.estimate(metric)
        )
        return cls(
            tuple(rows[:max_slices]),
            max(0, len(rows) - max_slices),
            sum(row.significant for row in rows),
            overall,
        )

    @property
    def metric(self) -> str:
        """Name of the number shown."""
        return self.rows[0].estimate.name

    def plot(self, ax: Any = None) -> "SlicesDisplay":
        """Draw on `ax` (new axes where None); nothing is shown or saved. The result holds `ax` and
        the `artists`.
        """
        ax = axes(ax)
        artists = []
        for place, row in enumerate(self.rows):
            color = PALETTE[1] if row.significant else QUIET
            artists.append(
                ax.hlines(place, row.estimate.low, row.estimate.high, color=color, linewidth=2)
            )
            artists.append(ax.plot(row.estimate.value, place, "o", color=color, markersize=6)[0])
        if self.overall is not None:
            artists.append(ax.axvline(self.overall.value, color=PALETTE[0], linewidth=1))
        artists.append(
            ax.axvline(NO_LEAK.get(self.metric, 0.0), color=QUIET, linestyle="--", linewidth=1)
        )
        ax.set_yticks(
            range(len(self.rows)), [literal(row.name) for row in self.rows], fontsize="small"
        )
        ax.invert_yaxis()
        finish(
            ax,
            title="Vulnerability by slice",
            x=f"{literal(self.metric)} (line: all records; dashes: no leak)",
            y="",
        )
        return replace(self, ax=ax, artists=tuple(artists))


def _row(check: CheckResult, estimate: Estimate, level: float) -> SliceRow:
    significant = check.p_adjusted is not None and check.p_adjusted <= 1 - level
    return SliceRow(
        check.name, estimate, significant, check.p_adjusted, check.n_members, check.n_nonmembers
    )
