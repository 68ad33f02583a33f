"""Privacy against accuracy: which models can be had, and which are beaten in both."""

from dataclasses import dataclass, field, replace
from typing import Any

from tacit.core import Comparison
from tacit.core.comparison import Point
from tacit.plots.canvas import PALETTE, QUIET, axes, finish, literal
from tacit.plots.trend import errors


@dataclass(frozen=True, eq=False)
class ParetoDisplay:
    """Accuracy on x, vulnerability with its interval on y, one line a model, one dot an epoch.

    Parameters
    ----------
    points : what is drawn, in the order of the comparison; those on the Pareto front are filled.
    recommended : name of the point that the comparison recommends, or "".
    ax, artists : set by `plot`.
    """

    points: tuple[Point, ...]
    recommended: str = ""
    ax: Any = None
    artists: tuple[Any, ...] = field(default=())

    @classmethod
    def from_comparison(cls, comparison: Comparison) -> "ParetoDisplay":
        """The points that have both an accuracy and a score."""
        known = tuple(
            point
            for point in comparison.points
            if point.accuracy is not None and point.score is not None
        )
        return cls(known, comparison.recommended)

    def lines(self) -> dict[str, list[Point]]:
        """The points of each model, in the order of the epochs."""
        models: dict[str, list[Point]] = {}
        for point in self.points:
            models.setdefault(point.model, []).append(point)
        return {
            name: sorted(points, key=lambda point: point.epoch or 0.0)
            for name, points in models.items()
        }

    def plot(self, ax: Any = None) -> "ParetoDisplay":
        """Draw on `ax` (new axes where None); nothing is shown or saved. The result holds `ax` and
        the `artists`.
        """
        ax = axes(ax)
        artists: list[Any] = []
        for order, (name, points) in enumerate(self.lines().items()):
            color = PALETTE[order % len(PALETTE)]
            artists += _line(ax, name, points, color)
        for point in self.points:
            if point.name == self.recommended and point.score is not None:
                ring = ax.plot(
                    point.accuracy,
                    point.score.value,
                    "o",
                    markersize=14,
                    markerfacecolor="none",
                    color=QUIET,
                )
                place = (point.accuracy, point.score.value)
                text = ax.annotate(
                    "recommended", place, (-10, 10), textcoords="offset points", ha="right"
                )
                artists += [*ring, text]
        if self.points:
            ax.legend(frameon=False, fontsize="small")
        finish(
            ax,
            title="Privacy against accuracy",
            x="accuracy on other records",
            y="vulnerability score (lower is better)",
        )
        return replace(self, ax=ax, artists=tuple(artists))


def _line(ax: Any, name: str, points: list[Point], color: str) -> list[Any]:
    scores = [point.score for point in points if point.score is not None]
    x, y = [point.accuracy for point in points], [score.value for score in scores]
    bars = ax.errorbar(
        x, y, errors(scores), fmt="-", color=color, linewidth=1, elinewidth=1, alpha=0.8
    )
    dots = [
        ax.plot(
            point.accuracy,
            score.value,
            "o",
            color=color,
            markerfacecolor=color if point.front else "white",
        )[0]
        for point, score in zip(points, scores)
    ]
    bars.set_label(literal(name))
    labels = [
        ax.annotate(
            f"{point.epoch:g}",
            (point.accuracy, score.value),
            (4, -10),
            textcoords="offset points",
            fontsize="x-small",
        )
        for point, score in zip(points, scores)
        if point.epoch is not None
    ]
    return [bars, *dots, *labels]
