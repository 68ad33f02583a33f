"""What signal a record like this would have had, had it not been trained on: no shadow model, non-members only."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, NotEnoughData, Signals

Given = Literal["features", "class"]
SMALLEST_SPREAD = 1e-6
FEWEST = 100


@dataclass(frozen=True)
class QuantileRegression:
    """Learn from told non-members what signal to expect of a record, and accuse those that exceed it (quantile regression).

    Gradient boosting predicts the signal's centre and spread from the record's features and class on one part of the told
    non-members; the standardised excesses of the other part are the yardstick. The score is one minus the conformal p-value
    against it, ``1 - (1 + #excess >= own) / (m + 1)``, where m yardsticks were held out: accusing scores of ``1 - a`` and more
    accuses exactly a share `a` of non-members on average, for `a` a multiple of ``1 / (m + 1)`` and any model of the signal, if
    non-members come from the same population. Between two steps of the p-value records are ordered by the excess itself. Several
    queries are averaged first.

    Parameters
    ----------
    given : what the signal is predicted from, ``"features"`` of the record (its own columns or an embedding, never the model's
        outputs: they hold the signal itself) and its class, or the ``"class"`` alone.
    held_out : share of the told non-members that the yardstick is made of. seed : decides which.

    References
    ----------
    .. [1] Bertran et al., Scalable Membership Inference Attacks via Quantile Regression, NeurIPS 2023.
    .. [2] Vovk, Gammerman, Shafer, Algorithmic Learning in a Random World, 2005 (conformal p-values).
    """

    given: Given = "features"
    held_out: float = 0.5
    seed: int = 0

    learns: ClassVar[bool] = True
    reference: ClassVar[str] = "Bertran et al. 2023"
    needs: ClassVar[str] = "needs known non-members and, best, columns of the records; no shadow model"

    def __post_init__(self) -> None:
        if self.given not in get_args(Given):
            raise InvalidInput(f"`given` needs 'features' or 'class', got {self.given!r}.")
        if not 0 < self.held_out < 1:
            raise InvalidInput(f"`held_out` needs a number strictly between 0 and 1, got {self.held_out}.")

    def __call__(self, signals: Signals) -> NDArray[np.floating[Any]]:
        """Scores (n,) in (0, 1).

        Raises
        ------
        NotEnoughData : the guesser was told fewer than 100 non-members.
        """
        z = np.asarray(signals.target.mean(axis=1), np.float64)
        known = signals.known == 0
        told = np.flatnonzero(known)[np.lexsort((z[known],))]
        if len(told) < FEWEST:
            message = (
                f"QuantileRegression needs to be told {FEWEST} non-members, got {len(told)}: pass `known` with zeros for them."
            )
            raise NotEnoughData(message, needed=FEWEST, got=len(told), unit="told non-members")
        yardstick = np.random.default_rng(self.seed).random(len(told)) < self.held_out
        group = signals.group[:, None]
        seen = np.hstack([signals.features, group]) if self.given == "features" else group
        excess = _excess(z, seen, told[~yardstick])
        return conformal(excess, excess[told[yardstick]])


def _excess(z: NDArray[np.float64], seen: NDArray[Any], teach: NDArray[np.intp]) -> NDArray[np.float64]:
    from sklearn.ensemble import HistGradientBoostingRegressor

    leaf = max(20, len(teach) // 50)
    settings = {"max_iter": 60, "max_leaf_nodes": 8, "min_samples_leaf": leaf, "early_stopping": False, "random_state": 0}
    centre = HistGradientBoostingRegressor(**settings).fit(seen[teach], z[teach]).predict(seen)
    size = HistGradientBoostingRegressor(**settings).fit(seen[teach], np.abs(z - centre)[teach]).predict(seen)
    typical = float(np.abs(z - centre)[teach].mean())
    return np.asarray((z - centre) / np.maximum(size, max(0.05 * typical, SMALLEST_SPREAD)), np.float64)


def conformal(excess: NDArray[np.float64], yardstick: NDArray[np.float64]) -> NDArray[np.float64]:
    """One minus the conformal p-value of each `excess` (n,) among those of exchangeable non-members `yardstick` (m,).

    Examples
    --------
    >>> bool(conformal(np.array([9.0]), np.zeros(99))[0] > 0.99)
    True
    """
    below = np.searchsorted(np.sort(yardstick), excess, side="left")
    within = 0.5 + np.arctan(excess) / np.pi
    return np.asarray((below + within) / (len(yardstick) + 1), np.float64)
