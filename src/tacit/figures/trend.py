"""Vulnerability by epoch: the numbers of a picture of lines."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tacit.core import Estimate, InvalidInput, Report


@dataclass(frozen=True)
class Step:
    """One epoch.

    Parameters
    ----------
    epoch : float
        Its number.
    score : Estimate
        The vulnerability score.
    accuracy : float or None
        On non-members; None where unknown.
    """

    epoch: float
    score: Estimate
    accuracy: float | None = None


@dataclass(frozen=True, eq=False)
class TrendFigure:
    """One line a model, one dot with its interval an epoch.

    Parameters
    ----------
    models : tuple of (str, tuple of Step)
        Name and steps, in the order of the epochs.
    """

    models: tuple[tuple[str, tuple[Step, ...]], ...]

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "models", tuple((name, tuple(steps)) for name, steps in self.models)
        )
        if not self.models or not all(steps for _, steps in self.models):
            raise InvalidInput("A trend needs at least one model with at least one epoch.")

    @classmethod
    def from_report(cls, report: Report) -> "TrendFigure":
        """The trend that a report of a training run holds.

        Raises
        ------
        InvalidInput
            It holds none.
        """
        trend = report.figures.get("trend") or ()
        if not trend:
            raise InvalidInput(
                "This report holds no trend: its `figures` have no `trend`. Pass the reports of"
                " several epochs to from_reports."
            )
        return cls(
            tuple((str(item.get("model", report.title)), _steps(item["points"])) for item in trend)
        )

    @classmethod
    def from_reports(cls, reports: Sequence[Report]) -> "TrendFigure":
        """One dot a report, which says its epoch in ``environment["epoch"]``.

        Reports of one title make one line.

        Raises
        ------
        InvalidInput
            No report has both an epoch and a score.
        """
        lines: dict[str, list[Step]] = {}
        for report in reports:
            epoch = report.environment.get("epoch")
            if epoch is not None and report.score is not None:
                step = Step(float(epoch), report.score, report.accuracy.get("nonmember"))
                lines.setdefault(report.title, []).append(step)
        if not lines:
            raise InvalidInput(
                'A trend needs reports with `environment["epoch"]` and a score, got none.'
            )
        return cls(tuple((name, _in_order(steps)) for name, steps in lines.items()))


def errors(scores: Sequence[Estimate]) -> tuple[list[float], list[float]]:
    """Lengths below and above each value; an infinite end has length 0."""
    below, above = [], []
    for score in scores:
        below.append(max(0.0, score.value - score.low) if math.isfinite(score.low) else 0.0)
        above.append(max(0.0, score.high - score.value) if math.isfinite(score.high) else 0.0)
    return below, above


def _steps(points: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    steps = []
    for point in points:
        score = Estimate.from_dict(dict(point["score"]))
        steps.append(Step(float(point["epoch"]), score, point.get("accuracy")))
    return _in_order(steps)


def _in_order(steps: Sequence[Step]) -> tuple[Step, ...]:
    return tuple(sorted(steps, key=lambda step: step.epoch))
