"""When to stop: members are told from non-members better than before, and accuracy has not risen
for it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tacit.audits.steps.loss_trace import rises
from tacit.core import checking

if TYPE_CHECKING:
    from tacit.integrations.trace import History


@dataclass(frozen=True)
class Stop:
    """Why training should stop, and which epoch's checkpoint to ship."""

    reason: str
    ship: int


@dataclass(frozen=True)
class Risen:
    """Stop when vulnerability has really risen since an epoch that was at least as accurate.

    Vulnerability is the AUC of the loss attack on the trace's sample, compared with each look
    before by a paired test on the same records. All looks together raise a false alarm in a
    training with a chance of 1 - `level` at most, however many there are. Accuracy is compared as
    it stands: the validation accuracy that the framework measured, else that of the sample's
    non-members (for models without classes, minus their mean loss).

    Parameters
    ----------
    level : 1 - chance of a false alarm in the whole training.
    least : a rise of the AUC smaller than this, with confidence, is not worth stopping for.
    """

    level: float = 0.95
    least: float = 0.0

    def __post_init__(self) -> None:
        checking.fraction(self.level, "level")

    def __call__(self, history: "History") -> Stop | None:
        """The reason to stop after the last look of `history`, or None."""
        if len(history.points) < 2:
            return None
        now = history.points[-1]
        as_accurate = [
            look for look, point in enumerate(history.points[:-1]) if point.utility >= now.utility
        ]
        tested = rises(history.losses, history.member, as_accurate, level=self.level)
        found = [rise for rise in tested if rise.significant and rise.difference.low > self.least]
        if not found:
            return None
        best = max(found, key=lambda rise: (history.points[rise.since].utility, -rise.since))
        then = history.points[best.since]
        reason = (
            f"since epoch {then.epoch} the AUC of the loss attack rose by"
            f" {best.difference.value:.3f} (p = {best.p_value:.1e}, limit {best.limit:.1e}) while"
            f" {now.measure} went from {then.utility:.3f} to {now.utility:.3f}: ship the checkpoint"
            f" of epoch {then.epoch}"
        )
        return Stop(reason, then.epoch)
