"""The guesser that never sees the model."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.learned.fitting import (
    Classifier,
    boosted_trees,
    log_odds,
    logistic_regression,
)
from tacit.attacks.learned.known_rows import told_rows
from tacit.attacks.reference.ranks import placement
from tacit.core import InvalidInput, Signals

# From so many known records the first fold alone tells which of two fits is better (200 held-out
# records know an AUC to .04), and the other folds would be half of an audit's time.
ONE_FOLD_FROM = 600


@dataclass(frozen=True)
class Blind:
    """Guess from the records' own features, without the model: a gate on the split.

    Where it beats chance, members and non-members come from different populations, and every attack
    on the model measures that difference too. It looks at ``signals.features`` only (here: columns
    of the records, not outputs of the model), and takes logistic regression or boosted trees,
    whichever told the known records apart better in cross-validation.

    Parameters
    ----------
    folds : of the cross-validation among the known records; from 600 of them, the first alone.

    References
    ----------
    .. [1] Das, Zhang, Tramer, Blind Baselines Beat Membership Inference Attacks for Foundation
       Models, 2024.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> member = rng.random(400) < 0.5
    >>> known = np.where(np.arange(400) < 200, member, -1)
    >>> columns = rng.normal(size=(400, 2)) + member[:, None]
    >>> score = Blind()(Signals.of(np.zeros(400), features=columns, known=known))[200:]
    >>> bool(score[member[200:]].mean() > score[~member[200:]].mean())
    True
    """

    folds: int = 3
    learns: ClassVar[bool] = True
    reference: ClassVar[str] = "Das et al. 2024"
    needs: ClassVar[str] = (
        "needs columns of the records and some known members and non-members, and no model"
    )

    def __call__(self, signals: Signals) -> NDArray[np.floating[Any]]:
        """Scores (n,): the learned log-odds of being a member."""
        rows = told_rows(signals, "Blind")
        if signals.features.shape[1] == 0:
            raise InvalidInput(
                "Blind needs the records' own columns as `features` of Signals.of, got none."
            )
        x = np.asarray(signals.features, np.float32)
        rows = rows[np.lexsort(x[rows].T)]
        member = signals.known[rows] == 1
        kinds: tuple[Callable[[], Classifier], ...] = (logistic_regression, boosted_trees)
        best = max(kinds, key=lambda make: self._skill(make, x[rows], member))
        return log_odds(best(), x, rows, member)

    def _skill(
        self, make: Callable[[], Classifier], x: NDArray[np.float32], member: NDArray[np.bool_]
    ) -> float:
        """Area under the ROC curve of held-out folds."""
        part = np.empty(len(x), np.int64)
        for side in (member, ~member):
            part[side] = np.arange(np.count_nonzero(side)) % self.folds
        score = np.empty(len(x))
        used = 1 if len(x) >= ONE_FOLD_FROM else self.folds
        for fold in range(used):
            inside = part == fold
            score[inside] = log_odds(make(), x, np.flatnonzero(~inside), member[~inside])[inside]
        graded = part < used
        return float(placement(score[graded & member], score[graded & ~member]).mean())
