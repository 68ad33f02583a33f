"""A classifier of members, taught by the shadow models' own members: the first shadow attack."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from tacit.core import NotEnoughData, Signals
from tacit.core.threads import one_thread

MOST_ROWS = 200_000


@dataclass(frozen=True)
class ShokriClassifier:
    """Gradient boosting that tells a shadow model's members from its non-members by the signal and
    the class.

    All shadow models teach one classifier, which is applied to the audited model. It sees no record
    twice with and without training, so it does not know how hard a record is: the attacks that
    compare each record with itself see more.

    Parameters
    ----------
    seed : of the choice of rows where there are more than 200,000.

    References
    ----------
    .. [1] Shokri et al., Membership Inference Attacks Against Machine Learning Models, IEEE S&P
       2017, sec. V.

    Examples
    --------
    >>> from tacit.testing import ShadowGaussian
    >>> game = ShadowGaussian(n_shadows=4, shift=2.0).draw(300, seed=0)
    >>> score, member = ShokriClassifier()(game.signals), game.membership.member
    >>> bool(score[member].mean() > score[~member].mean())
    True
    """

    seed: int = 0

    learns: ClassVar[bool] = False
    reference: ClassVar[str] = "Shokri et al. 2017"
    needs: ClassVar[str] = "needs shadow models"

    @one_thread()
    def __call__(self, signals: Signals) -> NDArray[np.floating[Any]]:
        """Membership probabilities (n,).

        Raises
        ------
        NotEnoughData : there is no shadow model with both members and non-members.
        """
        from sklearn.ensemble import HistGradientBoostingClassifier

        mixed = [
            k for k, member in enumerate(signals.shadow_member) if member.any() and not member.all()
        ]
        if not mixed:
            message = (
                "ShokriClassifier needs 1 shadow model with members and non-members, got 0 of"
                f" {signals.n_shadows}."
            )
            raise NotEnoughData(message, needed=1, got=0, unit="shadow models")
        order = np.lexsort(signals.target.T)
        rng = np.random.default_rng(self.seed)
        share = min(signals.n, max(1, MOST_ROWS // len(mixed)))
        rows = [
            order if share == signals.n else rng.choice(order, share, replace=False) for _ in mixed
        ]
        table = np.concatenate(
            [_described(signals.shadow[k][row], signals.group[row]) for k, row in zip(mixed, rows)]
        )
        truth = np.concatenate([signals.shadow_member[k][row] for k, row in zip(mixed, rows)])
        boosting = HistGradientBoostingClassifier(
            max_iter=60, min_samples_leaf=40, early_stopping=False, random_state=self.seed
        )
        odds = boosting.fit(table, truth).decision_function(
            _described(signals.target, signals.group)
        )
        return np.asarray(expit(odds), np.float64)


def _described(signal: NDArray[Any], group: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.column_stack([np.asarray(signal, np.float64), group])
