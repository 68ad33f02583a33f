"""Members found against non-members wrongly accused: the numbers of a ROC picture."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import Evidence, InvalidInput, Report
from tacit.figures.thinning import thinned

# 400 points lie within three pixels of the whole curve in a picture 560 pixels wide; see `thinned`
MAX_POINTS = 400
# the axes show at least one decade, and at most seven: below lie fewer records than exist
LARGEST_FLOOR, SMALLEST_FLOOR = 0.1, 1e-7
# keeps 0.001 from becoming 0.0001 where its logarithm is rounded down
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class RocCurve:
    """One attack's ROC.

    Parameters
    ----------
    attack : str
        Its name.
    fpr, tpr : float (k,)
        Shares of non-members accused and of members found, ascending.
    low, high : float (k,)
        Ends of the band around `tpr`.
    """

    attack: str
    fpr: NDArray[np.float64]
    tpr: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def __post_init__(self) -> None:
        lengths = {len(column) for column in (self.fpr, self.tpr, self.low, self.high)}
        if len(lengths) != 1 or lengths == {0}:
            raise InvalidInput(
                f"The ROC of {self.attack[:60]!r} needs `fpr`, `tpr`, `low` and `high` of one"
                f" length above 0, got lengths {sorted(lengths)}."
            )

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any], *, max_points: int = MAX_POINTS) -> "RocCurve":
        """A curve from a report's figures, drawn from at most `max_points` points."""
        fpr = np.asarray(plain["fpr"], np.float64)
        tpr = np.asarray(plain["tpr"], np.float64)
        kept = thinned(fpr, tpr, n=max_points)
        low = np.asarray(plain.get("low", plain["tpr"]), np.float64)
        high = np.asarray(plain.get("high", plain["tpr"]), np.float64)
        return cls(str(plain.get("attack", "attack")), fpr[kept], tpr[kept], low[kept], high[kept])

    @property
    def smallest_rate(self) -> float:
        """The smallest false-accusation rate above 0."""
        positive = self.fpr[self.fpr > 0]
        return float(positive.min()) if len(positive) else 1.0


@dataclass(frozen=True, eq=False)
class RocFigure:
    """The ROC of one or more attacks, with a confidence band [1]_.

    Parameters
    ----------
    curves : tuple of RocCurve
        One an attack, the one that matters most first.

    References
    ----------
    .. [1] Carlini et al., Membership Inference Attacks From First Principles, 2022, fig. 1.
    """

    curves: tuple[RocCurve, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "curves", tuple(self.curves))
        if not self.curves:
            raise InvalidInput("A ROC picture needs at least one curve, got none.")

    @classmethod
    def from_evidence(
        cls,
        evidence: Evidence,
        *,
        level: float = 0.95,
        name: str = "",
        max_points: int = MAX_POINTS,
    ) -> "RocFigure":
        """Compute the curve and its band.

        Parameters
        ----------
        evidence : Evidence
            Scores beside the truth.
        level : float
            Confidence of the band, at each point.
        name : str
            Shown beside the curve; the attack's `repr` where empty.
        max_points : int
            The picture is drawn from at most so many points.
        """
        from tacit.metrics import roc_points

        plain = roc_points(evidence, level=level) | {"attack": name or evidence.attack}
        return cls((RocCurve.from_dict(plain, max_points=max_points),))

    @classmethod
    def from_report(cls, report: Report, *, max_points: int = MAX_POINTS) -> "RocFigure":
        """The curves that a report holds.

        Raises
        ------
        InvalidInput
            The report holds none.
        """
        curves = report.figures.get("roc") or ()
        if not curves:
            raise InvalidInput("This report holds no ROC: its `figures` have no `roc`.")
        return cls(tuple(RocCurve.from_dict(item, max_points=max_points) for item in curves))

    @property
    def floor(self) -> float:
        """Where both logarithmic axes begin: the power of ten below the smallest rate."""
        smallest = min(curve.smallest_rate for curve in self.curves)
        inside = min(max(smallest, SMALLEST_FLOOR), LARGEST_FLOOR)
        return float(10.0 ** math.floor(math.log10(inside) + ROUNDING))
