"""How an attack scores members and non-members."""

from dataclasses import dataclass, field, replace
from typing import Any

from numpy.typing import ArrayLike

from tacit.core import Evidence, Report
from tacit.figures.palette import MEMBER, NONMEMBER
from tacit.figures.scores import BINS, ScoresFigure
from tacit.plots.canvas import axes, finish, literal


@dataclass(frozen=True, eq=False)
class ScoresDisplay:
    """Two histograms of one attack's score, each of sum one.

    Parameters
    ----------
    figure : ScoresFigure
        The numbers that are drawn.
    ax, artists : matplotlib Axes and tuple
        Set by `plot`.
    """

    figure: ScoresFigure = field(repr=False)
    ax: Any = field(default=None, repr=False)
    artists: tuple[Any, ...] = field(default=(), repr=False)

    @classmethod
    def from_evidence(
        cls, evidence: Evidence, *, bins: int = BINS, name: str = ""
    ) -> "ScoresDisplay":
        """Count the scores in `bins` bins."""
        return cls(ScoresFigure.from_evidence(evidence, bins=bins, name=name))

    @classmethod
    def from_predictions(
        cls, member: ArrayLike, score: ArrayLike, *, bins: int = BINS, name: str = "attack"
    ) -> "ScoresDisplay":
        """Count scores from anywhere: `member` bool (n,) is the truth, `score` float (n,)."""
        return cls.from_evidence(Evidence.of(score, member), bins=bins, name=name)

    @classmethod
    def from_report(cls, report: Report) -> "ScoresDisplay":
        """The first histogram that a report holds; see `ScoresFigure.from_report`."""
        return cls(ScoresFigure.from_report(report))

    def plot(self, ax: Any = None) -> "ScoresDisplay":
        """Draw on `ax` (new axes where None); nothing is shown or saved.

        The result holds `ax` and the `artists`.
        """
        ax = axes(ax)
        figure = self.figure
        artists = []
        for side, color, label in (
            (figure.nonmember, NONMEMBER, "non-members"),
            (figure.member, MEMBER, "members"),
        ):
            filled = ax.stairs(
                100 * side, figure.edges, fill=True, color=color, alpha=0.45, label=label
            )
            artists += [filled, ax.stairs(100 * side, figure.edges, color=color, linewidth=1.4)]
        ax.set_ylim(bottom=0)
        ax.legend(frameon=False, fontsize="small")
        finish(
            ax,
            title=f"Scores of {literal(figure.attack)}",
            x="attack score (more like a member →)",
            y="records per bin (%)",
        )
        return replace(self, ax=ax, artists=tuple(artists))
