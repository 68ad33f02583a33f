"""What an audit proves of epsilon, at every delta: the numbers of the picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tacit.core import Evidence, InvalidInput

# from below any delta that is claimed in practice (1 / n squared of 30,000 records) to 0.1
DELTAS = tuple(10.0**power for power in range(-9, 0))
Runs = Literal["one", "many"]


@dataclass(frozen=True, eq=False)
class EpsilonFigure:
    """The lower bound on epsilon against delta, with the claim that it is held against.

    Parameters
    ----------
    delta : float (k,)
        Ascending.
    epsilon : float (k,)
        What is shown at least at each.
    level : float
        One-sided confidence.
    together : bool
        The bounds hold at all deltas at once, not only each by itself.
    claim : (float, float) or None
        Epsilon and delta that were promised.
    """

    delta: NDArray[np.float64]
    epsilon: NDArray[np.float64]
    level: float
    together: bool
    claim: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if len(self.delta) != len(self.epsilon) or not len(self.delta):
            raise InvalidInput(
                "`delta` and `epsilon` need one length above 0, got"
                f" {len(self.delta)} and {len(self.epsilon)}."
            )

    @classmethod
    def from_evidence(
        cls,
        evidence: Evidence,
        *,
        runs: Runs,
        deltas: Sequence[float] = DELTAS,
        claim: tuple[float, float] | None = None,
        level: float = 0.95,
    ) -> "EpsilonFigure":
        """Compute the bounds.

        Parameters
        ----------
        evidence : Evidence
            One score a canary (``runs="one"``: all canaries in one training, one coin each) or a
            run (``"many"``).
        runs : "one" or "many"
            How the canaries were trained.
        deltas : sequence of float
            Where to compute the bounds.
        claim : (float, float) or None
            Epsilon and delta that were promised.
        level : float
            One-sided confidence.

        Raises
        ------
        AssumptionError
            The coins cannot be coins, or the scores of one run are given as independent ones.
        InvalidInput
            There is no delta, or `runs` is neither.
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
