"""Members found against outsiders wrongly accused, on two logarithmic axes."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import Evidence, InvalidInput, Report
from tacit.figures.thinning import cornered, thinned
from tacit.plots.canvas import PALETTE, QUIET, axes, finish, literal

MAX_POINTS = 400


@dataclass(frozen=True, eq=False)
class Curve:
    """One attack's ROC.

    Parameters
    ----------
    attack : its name.
    fpr, tpr : float (k,), ascending.
    low, high : float (k,), ends of the band around `tpr`.
    """

    attack: str
    fpr: NDArray[np.float64]
    tpr: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @classmethod
    def from_dict(cls, plain: dict[str, Any], *, max_points: int = MAX_POINTS) -> "Curve":
        """A curve from a report's figures, drawn from at most `max_points` points."""
        fpr, tpr = np.asarray(plain["fpr"], np.float64), np.asarray(plain["tpr"], np.float64)
        kept = thinned(fpr, tpr, n=max_points)
        band = [
            np.asarray(plain.get(end, plain["tpr"]), np.float64)[kept] for end in ("low", "high")
        ]
        return cls(str(plain.get("attack", "attack")), fpr[kept], tpr[kept], band[0], band[1])

    @property
    def smallest_rate(self) -> float:
        """The smallest false-accusation rate above 0, where the picture begins."""
        positive = self.fpr[self.fpr > 0]
        return float(positive.min()) if len(positive) else 1.0


@dataclass(frozen=True, eq=False)
class RocDisplay:
    """The log-log ROC of one or more attacks, with a confidence band and the chance line [1]_.

    Parameters
    ----------
    curves : one an attack.
    ax, artists : set by `plot`.

    References
    ----------
    .. [1] Carlini et al., Membership Inference Attacks From First Principles, 2022, fig. 1.
    """

    curves: tuple[Curve, ...]
    ax: Any = None
    artists: tuple[Any, ...] = field(default=())

    @classmethod
    def from_evidence(
        cls,
        evidence: Evidence,
        *,
        level: float = 0.95,
        name: str = "",
        max_points: int = MAX_POINTS,
    ) -> "RocDisplay":
        """Compute the curve and its band.

        Parameters
        ----------
        evidence : the marked paper.
        level : of the band, at each point.
        name : shown beside the curve.
        max_points : the picture is drawn from at most so many points.
        """
        from tacit.metrics import roc_points

        plain = roc_points(evidence, level=level) | {"attack": name or evidence.attack}
        return cls((Curve.from_dict(plain, max_points=max_points),))

    @classmethod
    def from_report(cls, report: Report, *, max_points: int = MAX_POINTS) -> "RocDisplay":
        """The curves that a report holds.

        Raises
        ------
        InvalidInput : the report holds none.
        """
        curves = report.figures.get("roc") or ()
        if not curves:
            raise InvalidInput("This report holds no ROC: its `figures` have no `roc`.")
        return cls(tuple(Curve.from_dict(item, max_points=max_points) for item in curves))

    def plot(self, ax: Any = None) -> "RocDisplay":
        """Draw on `ax` (new axes where None); nothing is shown or saved. The result holds `ax` and
        the `artists`.
        """
        ax = axes(ax)
        floor = min(curve.smallest_rate for curve in self.curves)
        artists = [ax.plot([floor, 1], [floor, 1], color=QUIET, linestyle="--", linewidth=1)[0]]
        for order, curve in enumerate(self.curves):
            color = PALETTE[order % len(PALETTE)]
            fpr, *heights = cornered(curve.fpr, curve.tpr, curve.low, curve.high)
            tpr, low, high = (np.maximum(height[fpr >= floor], floor / 10) for height in heights)
            fpr = fpr[fpr >= floor]
            if order == 0:
                artists.append(
                    ax.fill_between(fpr, low, high, color=color, alpha=0.16, linewidth=0)
                )
            line = ax.plot(fpr, tpr, color=color)[0]
            line.set(label=literal(curve.attack), linewidth=2 if order == 0 else 1.2)
            artists.append(line)
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
            x="outsiders wrongly accused (FPR)",
            y="members found (TPR)",
        )
        return RocDisplay(self.curves, ax, tuple(artists))
