"""The seams: what an attack and a metric must be able to do."""

from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tacit.core.estimate import Estimate
from tacit.core.evidence import Evidence
from tacit.core.signals import Signals


@runtime_checkable
class Attack(Protocol):
    """A way of guessing: a frozen dataclass of parameters with one call.

    Two attributes are asked of every attack. Three more, and one method, are read where an attack
    has them::

        needs: ClassVar[str]     what it takes to run it, for lists: "needs shadow models"
        reads_features: ClassVar[bool]  False where it learns from the signal and the group
                                 alone, so that no features need be made
        sees: ClassVar[str]      with `score`: see `tacit.attacks.reference.leave_one_out`
        shadow_scores(signals)   see `ScoresShadows`

    An attack that takes random choices has a field `seed`: the same seed gives the same scores.

    Parameters
    ----------
    learns : whether the attack fits on the records whose membership it was told
        (`signals.known`); `collect` then cross-fits it.
    reference : the paper, for lists and reports.
    """

    learns: ClassVar[bool]
    reference: ClassVar[str]

    def __call__(self, signals: Signals, /) -> NDArray[np.floating[Any]]:
        """Scores (n,), larger means more like a member. Membership of the scored records is never
        seen.
        """
        ...


@runtime_checkable
class ScoresShadows(Protocol):
    """An attack that knows a way of its own to score every shadow model as if it were the target.

    Without it each shadow model is handed to the attack's call as a target, with the models that do
    not give it away as its shadow models; an attack that learns from shadow models has to leave
    each out of what it learnt, too.
    """

    def shadow_scores(self, signals: Signals, /) -> NDArray[np.floating[Any]]:
        """Scores (m, n) of m shadow models, each as the target of the others."""
        ...


class Metric(Protocol):
    """A function of the marked paper."""

    def __call__(self, evidence: Evidence, /) -> Estimate:
        """One number with its uncertainty."""
        ...
