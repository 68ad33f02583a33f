"""Privacy against accuracy: the numbers of a picture of the models that can be had."""

from dataclasses import dataclass

from tacit.core import Comparison, InvalidInput
from tacit.core.comparison import Point


def accuracy_ends(point: Point) -> tuple[float, float]:
    """The interval of a point's accuracy; where none is known both ends are the accuracy itself.

    Examples
    --------
    >>> accuracy_ends(Point("a", "a", None, 0.8, None, accuracy_low=0.75, accuracy_high=0.85))
    (0.75, 0.85)
    """
    middle = point.accuracy or 0.0
    low, high = point.accuracy_low, point.accuracy_high
    if low is None or high is None:
        return middle, middle
    return min(low, middle), max(high, middle)


@dataclass(frozen=True, eq=False)
class ParetoFigure:
    """Accuracy beside vulnerability with its interval, one line a model, one dot an epoch.

    Parameters
    ----------
    points : tuple of Point
        What is drawn, in the order of the comparison; each has an accuracy and a score.
    recommended : str
        Name of the point that the comparison recommends, or "".
    """

    points: tuple[Point, ...]
    recommended: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", tuple(self.points))
        if any(point.accuracy is None or point.score is None for point in self.points):
            raise InvalidInput("Every point of the picture needs an accuracy and a score.")

    @classmethod
    def from_comparison(cls, comparison: Comparison) -> "ParetoFigure":
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
