"""Privacy against accuracy: which models can be had, and which are beaten in both."""

from dataclasses import dataclass, field, replace
from typing import Any

from tacit.core import Comparison
from tacit.core.comparison import Point
from tacit.figures.palette import PALETTE, QUIET
from tacit.figures.pareto import ParetoFigure, accuracy_ends
from tacit.figures.trend import errors
from tacit.plots.canvas import axes, finish, literal


@dataclass(frozen=True, eq=False)
class ParetoDisplay:
    """Accuracy on x and vulnerability on y, each with its interval where one is known; one line a
    model, one dot an epoch.

    Dots on the Pareto front are filled.

    Parameters
    ----------
    figure : ParetoFigure
        The numbers that are drawn.
    ax, artists : matplotlib Axes and tuple
        Set by `plot`.
    """

    figure: ParetoFigure = field(repr=False)
    ax: Any = field(default=None, repr=False)
    artists: tuple[Any, ...] = field(default=(), repr=False)

    @property
    def points(self) -> tuple[Point, ...]:
        """What is drawn."""
        return self.figure.points

    @property
    def recommended(self) -> str:
        """Name of the recommended point, or ""."""
        return self.figure.recommended

    @classmethod
    def from_comparison(cls, comparison: Comparison) -> "ParetoDisplay":
        """The points that have both an accuracy and a score."""
        return cls(ParetoFigure.from_comparison(comparison))

    def lines(self) -> dict[str, list[Point]]:
        """The points of each model, in the order of the epochs."""
        return self.figure.lines()

    def plot(self, ax: Any = None) -> "ParetoDisplay":
        """Draw on `ax` (new axes where None); nothing is shown or saved.

        The result holds `ax` and the `artists`.
        """
        ax = axes(ax)
        artists: list[Any] = []
        for order, (name, points) in enumerate(self.lines().items()):
            artists += _line(ax, name, points, PALETTE[order % len(PALETTE)])
        for point in self.points:
            if point.name == self.recommended:
                artists += _ring(ax, point)
        if self.points:
            ax.legend(frameon=False, fontsize="small")
        finish(
            ax,
            title="Privacy against accuracy",
            x="accuracy on non-members",
            y="vulnerability score (lower is better)",
        )
        return replace(self, ax=ax, artists=tuple(artists))


def _line(ax: Any, name: str, points: list[Point], color: str) -> list[Any]:
    scores = [point.score for point in points if point.score is not None]
    x = [point.accuracy or 0.0 for point in points]
    y = [score.value for score in scores]
    ends = [accuracy_ends(point) for point in points]
    across = [
        [middle - low for middle, (low, _) in zip(x, ends)],
        [high - middle for middle, (_, high) in zip(x, ends)],
    ]
    known = any(point.accuracy_low is not None for point in points)
    bars = ax.errorbar(
        x,
        y,
        errors(scores),
        across if known else None,
        fmt="-",
        color=color,
        linewidth=1,
        elinewidth=1,
        alpha=0.8,
    )
    bars.set_label(literal(name))
    artists = [bars]
    for point, score in zip(points, scores):
        face = color if point.front else "white"
        place = (point.accuracy, score.value)
        artists += ax.plot(*place, "o", color=color, markerfacecolor=face)
        if point.epoch is not None:
            tag = ax.annotate(
                f"{point.epoch:g}", place, (4, -10), textcoords="offset points", fontsize="x-small"
            )
            artists.append(tag)
    return artists


def _ring(ax: Any, point: Point) -> list[Any]:
    if point.score is None:
        return []
    place = (point.accuracy, point.score.value)
    ring = ax.plot(*place, "o", markersize=14, markerfacecolor="none", color=QUIET)
    text = ax.annotate("recommended", place, (-10, 10), textcoords="offset points", ha="right")
    return [*ring, text]
