"""What an audit proves of epsilon, at every delta."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tacit.core import Evidence, InvalidInput
from tacit.plots.canvas import PALETTE, QUIET, axes, finish

DELTAS = tuple(10.0**power for power in range(-9, 0))
Runs = Literal["one", "many"]


@dataclass(frozen=True, eq=False)
class EpsilonDisplay:
    """The lower bound on epsilon against delta, with the claim that it is held against.

    Parameters
    ----------
    delta : float (k,), ascending.
    epsilon : float (k,), what is shown at least at each.
    level : one-sided confidence.
    together : the bounds hold at all deltas at once, not only each by itself.
    claim : (epsilon, delta) that was promised, or None.
    ax, artists : set by `plot`.
    """

    delta: NDArray[np.float64]
    epsilon: NDArray[np.float64]
    level: float
    together: bool
    claim: tuple[float, float] | None = None
    ax: Any = None
    artists: tuple[Any, ...] = field(default=())

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
        """Compute the bounds.

        Parameters
        ----------
        evidence : one score a canary (``runs="one"``: all canaries in one training, one coin each)
            or a run (``"many"``).
        deltas : where to compute them.
        claim : (epsilon, delta) that was promised.
        level : one-sided confidence.

        Raises
        ------
        AssumptionError : the coins cannot be coins, or the scores of one run are given as
            independent ones.
        InvalidInput : there is no delta, or `runs` is neither.
        """
        from tacit.dp import one_run_epsilon, tradeoff_band

        if runs not in ("one", "many") or not len(deltas):
            raise InvalidInput(
                f'`runs` needs "one" or "many" and `deltas` at least one number, got {runs!r} and'
                f" {deltas!r}."
            )
        delta = np.sort(np.asarray(deltas, np.float64))
        if runs == "many":
            band = tradeoff_band(evidence, level=level)
            bounds = [band.epsilon(float(value)) for value in delta]
        else:
            bounds = [one_run_epsilon(evidence, float(value), level=level).low for value in delta]
        return cls(delta, np.asarray(bounds), level, runs == "many", claim)

    def plot(self, ax: Any = None) -> "EpsilonDisplay":
        """Draw on `ax` (new axes where None); nothing is shown or saved. The result holds `ax` and
        the `artists`.
        """
        ax = axes(ax)
        how = "all deltas together" if self.together else "each delta by itself"
        line = ax.plot(
            self.delta,
            self.epsilon,
            "o-",
            color=PALETTE[0],
            label=f"shown at least ({100 * self.level:g} %, {how})",
        )
        artists = [
            *line,
            ax.fill_between(self.delta, 0, self.epsilon, color=PALETTE[0], alpha=0.12, linewidth=0),
        ]
        if self.claim is not None:
            epsilon, delta = self.claim
            artists += ax.plot(
                delta,
                epsilon,
                "D",
                color=PALETTE[1],
                label=f"claimed: ε = {epsilon:g} at δ = {delta:g}",
            )
            artists.append(ax.axhline(epsilon, color=QUIET, linestyle="--", linewidth=1))
        ax.set(xscale="log")
        ax.set_ylim(bottom=0)
        ax.legend(frameon=False, fontsize="small")
        finish(ax, title="Privacy loss that the audit proves", x="δ", y="ε is at least")
        return replace(self, ax=ax, artists=tuple(artists))
