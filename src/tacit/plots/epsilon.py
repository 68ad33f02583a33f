"""What an audit proves of epsilon, at every delta."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tacit.core import Evidence
from tacit.figures.epsilon import DELTAS, EpsilonFigure, Runs
from tacit.figures.palette import PALETTE, QUIET
from tacit.plots.canvas import axes, finish


@dataclass(frozen=True, eq=False)
class EpsilonDisplay:
    """The lower bound on epsilon against delta, with the claim that it is held against.

    Parameters
    ----------
    figure : EpsilonFigure
        The numbers that are drawn.
    ax, artists : matplotlib Axes and tuple
        Set by `plot`.
    """

    figure: EpsilonFigure = field(repr=False)
    ax: Any = field(default=None, repr=False)
    artists: tuple[Any, ...] = field(default=(), repr=False)

    @classmethod
    def from_evidence(
        cls,
        evidence: Evidence,
        *,
        runs: Runs,
        deltas: Sequence[float] = DELTAS,
        claim: tuple[float, float] | None = None,
        level: float = 0.95,
    ) -> "EpsilonDisplay":
        """Compute the bounds; see `EpsilonFigure.from_evidence`."""
        return cls(
            EpsilonFigure.from_evidence(
                evidence, runs=runs, deltas=deltas, claim=claim, level=level
            )
        )

    def plot(self, ax: Any = None) -> "EpsilonDisplay":
        """Draw on `ax` (new axes where None); nothing is shown or saved.

        The result holds `ax` and the `artists`.
        """
        ax = axes(ax)
        figure = self.figure
        how = "all deltas together" if figure.together else "each delta by itself"
        label = f"shown at least ({100 * figure.level:g} %, {how})"
        artists = ax.plot(figure.delta, figure.epsilon, "o-", color=PALETTE[0], label=label)
        below = ax.fill_between(
            figure.delta, 0, figure.epsilon, color=PALETTE[0], alpha=0.12, linewidth=0
        )
        artists.append(below)
        if figure.claim is not None:
            epsilon, delta = figure.claim
            label = f"claimed: ε = {epsilon:g} at δ = {delta:g}"
            artists += ax.plot(delta, epsilon, "D", color=PALETTE[1], label=label)
            artists.append(ax.axhline(epsilon, color=QUIET, linestyle="--", linewidth=1))
        ax.set(xscale="log")
        ax.set_ylim(bottom=0)
        ax.legend(frameon=False, fontsize="small")
        finish(ax, title="Privacy loss that the audit proves", x="δ", y="ε is at least")
        return replace(self, ax=ax, artists=tuple(artists))
