"""The guesser that sees a record's public category and never the model."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.learned.known_rows import told_rows
from tacit.core import Signals

# Records of the common share that every category is given beforehand: log-odds of spread 1, as the
# ridge of a logistic regression on the categories expects.
PRIOR = 4.0


@dataclass(frozen=True)
class BlindLabels:
    """Guess from each record's category (``signals.group``) how likely it is a member: counted.

    Where it beats chance, members and non-members have other labels, and every attack on the model
    measures that difference too. Nothing is fitted: a category's score is the log-odds of
    membership among its known records, drawn towards that of all known records.

    Parameters
    ----------
    prior : records of the common share that are added to each category.

    References
    ----------
    .. [1] Das, Zhang, Tramer, Blind Baselines Beat Membership Inference Attacks for Foundation
       Models, 2024.

    Examples
    --------
    >>> group, known = [0, 0, 1, 1, 0, 1] * 20, [1, 1, 0, 0, -1, -1] * 20
    >>> score = BlindLabels()(Signals.of(np.zeros(120), group=group, known=known))
    >>> score[:6].round(2).tolist()
    [3.04, 3.04, -3.04, -3.04, 3.04, -3.04]
    """

    prior: float = PRIOR
    learns: ClassVar[bool] = True
    reads_features: ClassVar[bool] = False
    reference: ClassVar[str] = "Das et al. 2024"
    needs: ClassVar[str] = (
        "needs a category of each record and some known members and non-members, and no model"
    )

    def __call__(self, signals: Signals) -> NDArray[np.floating[Any]]:
        """Scores (n,): log-odds of membership, by category.

        Raises
        ------
        NotEnoughData : fewer than 10 members or 10 non-members were told.
        """
        rows = told_rows(signals, "BlindLabels")
        member = signals.known[rows] == 1
        n_groups = int(signals.group.max()) + 1
        total = np.bincount(signals.group[rows], minlength=n_groups)
        members = np.bincount(signals.group[rows][member], minlength=n_groups)
        share = float(member.mean())
        odds = np.log(members + self.prior * share) - np.log(
            total - members + self.prior * (1 - share)
        )
        return np.asarray(odds[signals.group], np.float64)
