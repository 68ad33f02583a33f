"""Vulnerability by epoch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tacit.core import Estimate, InvalidInput, Report
from tacit.plots.canvas import PALETTE, axes, finish, literal

INTERVAL = ("low", "high")


@dataclass(frozen=True)
class Step:
    """One epoch: its number, the vulnerability score, and the accuracy on other records (None where
    unknown).
    """

    epoch: float
    score: Estimate
    accuracy: float | None = None


@dataclass(frozen=True, eq=False)
class TrendDisplay:
    """One line a model, one dot with its interval an epoch.

    Parameters
    ----------
    models : (name, steps in the order of the epochs) a model.
    ax, artists : set by `plot`.
    """

    models: tuple[tuple[str, tuple[Step, ...]], ...]
    ax: Any = None
    artists: tuple[Any, ...] = field(default=())

    @classmethod
    def from_report(cls, report: Report) -> "TrendDisplay":
        """The trend that a report of a training run holds.

        Raises
        ------
        InvalidInput : it holds none.
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
    def from_reports(cls, reports: Sequence[Report]) -> "TrendDisplay":
        """One dot a report, which says its epoch in ``environment["epoch"]``; reports of one title
        make one line.

        Raises
        ------
        InvalidInput : no report has both an epoch and a score.
        """
        lines: dict[str, list[Step]] = {}
        for report in reports:
            epoch = report.environment.get("epoch")
            if epoch is not None and report.score is not None:
                lines.setdefault(report.title, []).append(
                    Step(float(epoch), report.score, report.accuracy.get("nonmember"))
                )
        if not lines:
            raise InvalidInput(
                'A trend needs reports with `environment["epoch"]` and a score, got none.'
            )
        return cls(
            tuple(
                (name, tuple(sorted(steps, key=lambda step: step.epoch)))
                for name, steps in lines.items()
            )
        )

    def plot(self, ax: Any = None) -> "TrendDisplay":
        """Draw on `ax` (new axes where None); nothing is shown or saved. The result holds `ax` and
        the `artists`.
        """
        ax = axes(ax)
        artists = []
        for order, (name, steps) in enumerate(self.models):
            epochs, values = [step.epoch for step in steps], [step.score.value for step in steps]
            artists.append(
                ax.errorbar(
                    epochs, values, errors([step.score for step in steps]), fmt="o-", capsize=0
                )
            )
            for part in (artists[-1][0], *artists[-1][2]):
                part.set_color(PALETTE[order % len(PALETTE)])
            artists[-1].set_label(literal(name))
        ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]))
        ax.legend(frameon=False, fontsize="small")
        finish(ax, title="Vulnerability by epoch", x="epoch", y="vulnerability score")
        return replace(self, ax=ax, artists=tuple(artists))


def errors(scores: Sequence[Estimate]) -> list[list[float]]:
    """Lengths below and above each value, as matplotlib wants them; an infinite end has length
    0.
    """
    below = [
        max(0.0, score.value - score.low) if score.low > float("-inf") else 0.0 for score in scores
    ]
    above = [
        max(0.0, score.high - score.value) if score.high < float("inf") else 0.0 for score in scores
    ]
    return [below, above]


def _steps(points: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    steps = [
        Step(float(point["epoch"]), Estimate.from_dict(dict(point["score"])), point.get("accuracy"))
        for point in points
    ]
    return tuple(sorted(steps, key=lambda step: step.epoch))
