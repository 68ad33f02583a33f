"""Lightning: a callback that looks at the module after each training epoch."""

import sys
from typing import Any

from tacit.core.optional import require
from tacit.integrations.trace import PrivacyTrace

OLD_NAME = "pytorch_lightning" in sys.modules and "lightning" not in sys.modules
lightning = require(
    "pytorch_lightning" if OLD_NAME else "lightning.pytorch",
    extra="lightning",
    purpose="The Lightning PrivacyCallback",
)


class PrivacyCallback(lightning.Callback):  # type: ignore[misc, name-defined]
    """Accuracy and vulnerability every few epochs of ``trainer.fit``, for the logger and a trace
    file.

    Training ends in the same weights, bit for bit, with and without it. The numbers go through the
    module's ``log_dict`` to whatever logger the trainer has, as ``privacy/advantage`` and so on.
    The module's ``forward`` must return the scores.

    Parameters
    ----------
    member, nonmember : training records, and others from the same population: a data set with
        evaluation transforms, a loader over one, or ``(x, y)``.
    monitor : the metric (of the trainer's ``callback_metrics``) that a rise of vulnerability is
        weighed against. None: one whose name has both "val" and "acc", where there is one.
    options : of `tacit.integrations.trace.PrivacyTrace`: ``every``, ``size``, ``path``,
        ``stop_when``, ``log`` ...

    Attributes
    ----------
    trace : the `PrivacyTrace` behind it, from the start of ``fit`` on.
    """

    def __init__(
        self, member: Any, nonmember: Any, *, monitor: str | None = None, **options: Any
    ) -> None:
        super().__init__()
        self._groups, self._options, self._monitor = (member, nonmember), options, monitor
        self.trace: PrivacyTrace | None = None

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """Draw the sample and read the trace file; only the first process writes it."""
        if self.trace is None:
            self.trace = PrivacyTrace(*self._groups, write=trainer.is_global_zero, **self._options)
        self.trace.expect(_epochs(trainer))

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Look, log, and stop training where `stop_when` says so; every process sees the same and
        decides the same.
        """
        assert self.trace is not None
        metrics = trainer.callback_metrics
        names = (
            [self._monitor]
            if self._monitor is not None
            else [n for n in metrics if "val" in n and "acc" in n]
        )
        accuracy = next((float(metrics[name]) for name in names if name in metrics), None)
        last = trainer.current_epoch + 1 == _epochs(trainer) or trainer.should_stop
        point = self.trace.observe(trainer.current_epoch, pl_module, accuracy=accuracy, last=last)
        if point is None:
            return
        pl_module.log_dict(point.numbers(), on_step=False, on_epoch=True, batch_size=1)
        if self.trace.stop is not None:
            trainer.should_stop = True

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """Look at the module that training ended with, where another callback stopped it."""
        epoch = trainer.current_epoch - 1
        if self.trace is not None and epoch >= 0:
            self.trace.finish(epoch, pl_module)


def _epochs(trainer: Any) -> int | None:
    """How many epochs a trainer runs, where it knows."""
    most = trainer.max_epochs
    return None if most is None or most < 0 else int(most)
