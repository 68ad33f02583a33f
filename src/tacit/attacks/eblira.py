"""LiRA with everything that few models cannot tell borrowed from the other records."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.reference.empirical_bayes import predictive
from tacit.attacks.reference.in_out import Mode, Worlds
from tacit.attacks.reference.readings import reading
from tacit.core import Signals


@dataclass(frozen=True)
class EBLiRA:
    """Likelihood ratio with empirical-Bayes variances and shifts: no knob, and good from two models
    on (EB-LiRA).

    Each world's variances are moderated towards a prior whose level is a smooth function of the
    record's centre ([1]_ with a trend). How far a record's signal moves when it is trained on is
    shrunk towards the typical move at its centre; so the IN models inform the OUT mean and the
    other way round, and a record without IN models still has an IN world: its OUT mean plus the
    typical move. The score is the log-ratio of the two predictive Student-t densities. Several
    queries are averaged.

    Parameters
    ----------
    mode : ``"online"``, ``"offline"`` (a record's own IN models are not used; the typical move is
        learnt from the records that shadow models were trained with: let the rows of `Signals` hold
        the shadow models' own training records, as `known`), or ``"auto"``: each record uses the
        models that it has.

    References
    ----------
    .. [1] Smyth, Linear Models and Empirical Bayes Methods for Assessing Differential Expression,
       2004.
    .. [2] Carlini et al., Membership Inference Attacks From First Principles, IEEE S&P 2022.

    Examples
    --------
    >>> from tacit.testing import ShadowGaussian
    >>> game = ShadowGaussian(n_shadows=4, shift=2.0).draw(300, seed=0)
    >>> score, member = EBLiRA()(game.signals), game.membership.member
    >>> bool(score[member].mean() > score[~member].mean())
    True
    """

    mode: Mode = "auto"

    learns: ClassVar[bool] = False
    reference: ClassVar[str] = "Smyth 2004, Carlini et al. 2022"
    needs: ClassVar[str] = "needs shadow models, two or more"
    sees: ClassVar[str] = "resolved signal"

    def __call__(self, signals: Signals) -> NDArray[np.floating[Any]]:
        """Scores (n,).

        Raises
        ------
        NotEnoughData : a record has no shadow model that `mode` may use, or no record has both an
            IN and an OUT model.
        """
        seen = reading(signals, self.sees)
        return self.score(Worlds.of(signals, transform=seen), seen(signals.target))

    def score(self, worlds: Worlds, target: NDArray[Any]) -> NDArray[np.float64]:
        """Scores (n,) of a model's signal `target` (n, q) against `worlds`."""
        alone = self.mode == "auto" and bool((worlds.inside.count + worlds.outside.count > 0).all())
        if not alone:
            worlds.online(self.mode, "EBLiRA")
        z = np.asarray(target, np.float64)
        total = np.zeros(len(z))
        for query in range(z.shape[1]):
            inside, outside = predictive(worlds, query=query, own_inside=self.mode != "offline")
            total += inside.log_density(z[:, query]) - outside.log_density(z[:, query])
        return np.asarray(total / z.shape[1], np.float64)
