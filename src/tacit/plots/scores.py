"""How an attack scores members and non-members."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import Evidence, InvalidInput, Report
from tacit.plots.canvas import MEMBER, NONMEMBER, axes, finish, literal

BINS = 60


@dataclass(frozen=True, eq=False)
class ScoresDisplay:
    """Two histograms of one attack's score, each of area one.

    Parameters
    ----------
    attack : name.
    edges : float (k + 1,).
    member, nonmember : float (k,), share of the records in each bin.
    ax, artists : set by `plot`.
    """

    attack: str
    edges: NDArray[np.float64]
    member: NDArray[np.float64]
    nonmember: NDArray[np.float64]
    ax: Any = None
    artists: tuple[Any, ...] = field(default=())

    @classmethod
    def from_evidence(
        cls, evidence: Evidence, *, bins: int = BINS, name: str = ""
    ) -> "ScoresDisplay":
        """Count the scores in `bins` bins."""
        from tacit.metrics import score_histogram

        return cls.from_dict(
            score_histogram(evidence, bins=bins) | {"attack": name or evidence.attack}
        )

    @classmethod
    def from_report(cls, report: Report) -> "ScoresDisplay":
        """The first histogram that a report holds.

        Raises
        ------
        InvalidInput : the report holds none.
        """
        histograms = report.figures.get("scores") or ()
        if not histograms:
            raise InvalidInput(
                "This report holds no score histogram: its `figures` have no `scores`."
            )
        return cls.from_dict(histograms[0])

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> "ScoresDisplay":
        """A histogram from a report's figures (counts or shares)."""
        sides = [np.asarray(plain[side], np.float64) for side in ("member", "nonmember")]
        shares = [side / max(float(side.sum()), 1e-300) for side in sides]
        return cls(
            str(plain.get("attack", "attack")),
            np.asarray(plain["edges"], np.float64),
            shares[0],
            shares[1],
        )

    def plot(self, ax: Any = None) -> "ScoresDisplay":
        """Draw on `ax` (new axes where None); nothing is shown or saved. The result holds `ax` and
        the `artists`.
        """
        ax = axes(ax)
        artists = []
        for side, color, label in (
            (self.nonmember, NONMEMBER, "non-members"),
            (self.member, MEMBER, "members"),
        ):
            artist = ax.stairs(
                100 * side, self.edges, fill=True, color=color, alpha=0.45, label=label
            )
            artists += [artist, ax.stairs(100 * side, self.edges, color=color, linewidth=1.4)]
        ax.set_ylim(bottom=0)
        ax.legend(frameon=False, fontsize="small")
        finish(
            ax,
            title=f"Scores of {literal(self.attack)}",
            x="attack score (more like a member →)",
            y="records per bin (%)",
        )
        return ScoresDisplay(
            self.attack, self.edges, self.member, self.nonmember, ax, tuple(artists)
        )
