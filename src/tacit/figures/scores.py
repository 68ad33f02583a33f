"""How an attack scores members and non-members: the numbers of two histograms."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import Evidence, InvalidInput, Report

# a bin is about nine pixels wide in a picture 560 pixels wide: two shapes can be told apart
BINS = 60
# a histogram without a record is drawn as zeros, not divided by zero
TINY = 1e-300


@dataclass(frozen=True, eq=False)
class ScoresFigure:
    """Two histograms of one attack's score, each of sum one.

    Parameters
    ----------
    attack : str
        Its name.
    edges : float (k + 1,)
        Where the bins begin and end.
    member, nonmember : float (k,)
        Share of the records in each bin.
    """

    attack: str
    edges: NDArray[np.float64]
    member: NDArray[np.float64]
    nonmember: NDArray[np.float64]

    def __post_init__(self) -> None:
        if not len(self.edges) == len(self.member) + 1 == len(self.nonmember) + 1 > 1:
            raise InvalidInput(
                "The histogram's edges do not fit its counts: k + 1 edges need k counts a side,"
                f" got {len(self.edges)} edges, {len(self.member)} and {len(self.nonmember)}."
            )
        if not np.isfinite(self.edges).all() or not math.isfinite(self.top):
            raise InvalidInput("The histogram's edges and counts need finite numbers.")

    @property
    def top(self) -> float:
        """The largest share in one bin."""
        return max(float(self.member.max()), float(self.nonmember.max()))

    @classmethod
    def from_evidence(
        cls, evidence: Evidence, *, bins: int = BINS, name: str = ""
    ) -> "ScoresFigure":
        """Count the scores in `bins` bins."""
        from tacit.metrics import score_histogram

        counted = score_histogram(evidence, bins=bins)
        return cls.from_dict(counted | {"attack": name or evidence.attack})

    @classmethod
    def from_report(cls, report: Report) -> "ScoresFigure":
        """The first histogram that a report holds.

        Raises
        ------
        InvalidInput
            The report holds none.
        """
        histograms = report.figures.get("scores") or ()
        if not histograms:
            raise InvalidInput(
                "This report holds no score histogram: its `figures` have no `scores`."
            )
        return cls.from_dict(histograms[0])

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> "ScoresFigure":
        """A histogram from a report's figures (counts or shares)."""
        sides = [np.asarray(plain[side], np.float64) for side in ("member", "nonmember")]
        member, nonmember = (side / max(float(side.sum()), TINY) for side in sides)
        edges = np.asarray(plain["edges"], np.float64)
        return cls(str(plain.get("attack", "attack")), edges, member, nonmember)
