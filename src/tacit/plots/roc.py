"""Members found against non-members wrongly accused, on two logarithmic axes."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tacit.core import Evidence, Report
from tacit.figures.palette import PALETTE, QUIET
from tacit.figures.roc import MAX_POINTS, RocCurve, RocFigure
from tacit.figures.thinning import cornered
from tacit.plots.canvas import axes, finish, literal


@dataclass(frozen=True, eq=False)
class RocDisplay:
    """The log-log ROC of one or more attacks, with a confidence band and the chance line [1]_.

    Parameters
    ----------
    figure : RocFigure
        The numbers that are drawn.
    ax, artists : matplotlib Axes and tuple
        Set by `plot`.

    References
    ----------
    .. [1] Carlini et al., Membership Inference Attacks From First Principles, 2022, fig. 1.
    """

    figure: RocFigure = field(repr=False)
    ax: Any = field(default=None, repr=False)
    artists: tuple[Any, ...] = field(default=(), repr=False)

    @property
    def curves(self) -> tuple[RocCurve, ...]:
        """One an attack."""
        return self.figure.curves

    @classmethod
    def from_evidence(
        cls,
        evidence: Evidence,
        *,
        level: float = 0.95,
        name: str = "",
        max_points: int = MAX_POINTS,
    ) -> "RocDisplay":
        """The curve of one attack and its band; see `RocFigure.from_evidence`."""
        return cls(RocFigure.from_evidence(evidence, level=level, name=name, max_points=max_points))

    @classmethod
    def from_predictions(
        cls,
        member: ArrayLike,
        score: ArrayLike,
        *,
        level: float = 0.95,
        name: str = "attack",
        max_points: int = MAX_POINTS,
    ) -> "RocDisplay":
        """The curve of scores from anywhere.

        Parameters
        ----------
        member : bool (n,)
            The truth, first as scikit-learn's displays have it.
        score : float (n,)
            Larger means more like a member.
        level : float
            Confidence of the band, at each point.
        name : str
            Shown beside the curve.
        max_points : int
            The picture is drawn from at most so many points.
        """
        evidence = Evidence.of(score, member)
        return cls.from_evidence(evidence, level=level, name=name, max_points=max_points)

    @classmethod
    def from_report(cls, report: Report, *, max_points: int = MAX_POINTS) -> "RocDisplay":
        """The curves that a report holds; see `RocFigure.from_report`."""
        return cls(RocFigure.from_report(report, max_points=max_points))

    def plot(self, ax: Any = None) -> "RocDisplay":
        """Draw on `ax` (new axes where None); nothing is shown or saved.

        The result holds `ax` and the `artists`.
        """
        ax = axes(ax)
        floor = self.figure.floor
        artists = [ax.plot([floor, 1], [floor, 1], color=QUIET, linestyle="--", linewidth=1)[0]]
        for order, curve in enumerate(self.curves):
            artists += _curve(ax, curve, PALETTE[order % len(PALETTE)], floor, first=order == 0)
        ax.set(xscale="log", yscale="log", xlim=(floor, 1), ylim=(floor, 1))
        ax.annotate(
            "chance",
            (floor**0.8, floor**0.8),
            (8, -4),
            textcoords="offset points",
            va="top",
            color=QUIET,
            fontsize="small",
        )
        ax.legend(frameon=False, fontsize="small", loc="lower right")
        finish(
            ax,
            title="Members found at few false accusations",
            x="non-members wrongly accused (FPR)",
            y="members found (TPR)",
        )
        return replace(self, ax=ax, artists=tuple(artists))


def _curve(ax: Any, curve: RocCurve, color: str, floor: float, *, first: bool) -> list[Any]:
    fpr, *heights = cornered(curve.fpr, curve.tpr, curve.low, curve.high)
    inside = fpr >= floor
    # a height of 0 has no logarithm: it is drawn just below the picture
    tpr, low, high = (np.maximum(height[inside], floor / 10) for height in heights)
    artists = []
    if first:
        band = ax.fill_between(fpr[inside], low, high, color=color, alpha=0.16, linewidth=0)
        artists.append(band)
    line = ax.plot(fpr[inside], tpr, color=color)[0]
    line.set(label=literal(curve.attack), linewidth=2 if first else 1.2)
    return [*artists, line]
