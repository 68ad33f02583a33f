"""Which parts of the records are exposed: dots with intervals."""

from dataclasses import dataclass, field, replace
from typing import Any

from tacit.core import Report
from tacit.figures.palette import PALETTE, QUIET
from tacit.figures.slices import MAX_SLICES, SliceRow, SlicesFigure
from tacit.plots.canvas import axes, finish, literal


@dataclass(frozen=True, eq=False)
class SlicesDisplay:
    """A dot and an interval a slice, the most surely exposed first.

    Parameters
    ----------
    figure : SlicesFigure
        The numbers that are drawn.
    ax, artists : matplotlib Axes and tuple
        Set by `plot`.
    """

    figure: SlicesFigure = field(repr=False)
    ax: Any = field(default=None, repr=False)
    artists: tuple[Any, ...] = field(default=(), repr=False)

    @property
    def rows(self) -> tuple[SliceRow, ...]:
        """The slices that are drawn."""
        return self.figure.rows

    @classmethod
    def from_report(cls, report: Report, *, max_slices: int = MAX_SLICES) -> "SlicesDisplay":
        """The slices of a report; see `SlicesFigure.from_report`."""
        return cls(SlicesFigure.from_report(report, max_slices=max_slices))

    def plot(self, ax: Any = None) -> "SlicesDisplay":
        """Draw on `ax` (new axes where None); nothing is shown or saved.

        The result holds `ax` and the `artists`.
        """
        ax = axes(ax)
        figure = self.figure
        artists = []
        for place, row in enumerate(figure.rows):
            color = PALETTE[1] if row.significant else QUIET
            bar = ax.hlines(place, row.estimate.low, row.estimate.high, color=color, linewidth=2)
            dot = ax.plot(row.estimate.value, place, "o", color=color, markersize=6)[0]
            artists += [bar, dot]
        if figure.overall is not None:
            artists.append(ax.axvline(figure.overall.value, color=PALETTE[0], linewidth=1))
        artists.append(ax.axvline(figure.no_leak, color=QUIET, linestyle="--", linewidth=1))
        names = [literal(row.name) for row in figure.rows]
        ax.set_yticks(range(len(names)), names, fontsize="small")
        ax.invert_yaxis()
        finish(
            ax,
            title="Vulnerability by slice",
            x=f"{literal(figure.metric)} (line: all records; dashes: no leak)",
            y="",
        )
        return replace(self, ax=ax, artists=tuple(artists))
