"""Vulnerability by epoch."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tacit.core import Report
from tacit.figures.palette import PALETTE
from tacit.figures.trend import Step, TrendFigure, errors
from tacit.plots.canvas import axes, finish, literal


@dataclass(frozen=True, eq=False)
class TrendDisplay:
    """One line a model, one dot with its interval an epoch.

    Parameters
    ----------
    figure : TrendFigure
        The numbers that are drawn.
    ax, artists : matplotlib Axes and tuple
        Set by `plot`.
    """

    figure: TrendFigure = field(repr=False)
    ax: Any = field(default=None, repr=False)
    artists: tuple[Any, ...] = field(default=(), repr=False)

    @property
    def models(self) -> tuple[tuple[str, tuple[Step, ...]], ...]:
        """Name and steps of each model."""
        return self.figure.models

    @classmethod
    def from_report(cls, report: Report) -> "TrendDisplay":
        """The trend of a training run's report; see `TrendFigure.from_report`."""
        return cls(TrendFigure.from_report(report))

    @classmethod
    def from_reports(cls, reports: Sequence[Report]) -> "TrendDisplay":
        """One dot a report; see `TrendFigure.from_reports`."""
        return cls(TrendFigure.from_reports(reports))

    def plot(self, ax: Any = None) -> "TrendDisplay":
        """Draw on `ax` (new axes where None); nothing is shown or saved.

        The result holds `ax` and the `artists`.
        """
        ax = axes(ax)
        artists = []
        for order, (name, steps) in enumerate(self.models):
            epochs = [step.epoch for step in steps]
            values = [step.score.value for step in steps]
            ends = errors([step.score for step in steps])
            bars = ax.errorbar(epochs, values, ends, fmt="o-", capsize=0)
            for part in (bars[0], *bars[2]):
                part.set_color(PALETTE[order % len(PALETTE)])
            bars.set_label(literal(name))
            artists.append(bars)
        ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]))
        ax.legend(frameon=False, fontsize="small")
        finish(ax, title="Vulnerability by epoch", x="epoch", y="vulnerability score")
        return replace(self, ax=ax, artists=tuple(artists))
