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

    `learns` says that the attack fits on the records whose membership it was told
    (`signals.known`); `collect` then cross-fits it. `reference` is the paper, for lists and
    reports.
    """

    learns: ClassVar[bool]
    reference: ClassVar[str]

    def __call__(self, signals: Signals, /) -> NDArray[np.floating[Any]]:
        """Scores (n,), larger means more like a member. Membership of the scored records is never
        seen.
        """
        ...


class Metric(Protocol):
    """A function of the marked paper."""

    def __call__(self, evidence: Evidence, /) -> Estimate:
        """One number with its uncertainty."""
        ...
