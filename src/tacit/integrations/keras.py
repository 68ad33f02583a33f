"""Keras: a callback that looks at the model after each epoch, on any backend."""

from collections.abc import MutableMapping
from typing import Any

from tacit.core.optional import require
from tacit.integrations.trace import PrivacyTrace, TracePoint

callbacks = require("keras.callbacks", extra="keras", purpose="The Keras PrivacyCallback")


class PrivacyCallback(callbacks.Callback):  # type: ignore[misc, name-defined]
    """Accuracy and vulnerability every few epochs of ``model.fit``, for the history, the loggers
    and a trace file.

    Training ends in the same weights, bit for bit, with and without it. The numbers are put into
    the epoch's logs, where ``History``, ``CSVLogger``, ``TensorBoard`` and others behind it find
    them as ``privacy_advantage`` and so on.

    Parameters
    ----------
    member, nonmember : ``(x, y)`` of training records, and of others from the same population.
    monitor : the entry of the logs that a rise of vulnerability is weighed against. None: the
        validation accuracy, where ``fit`` measures one.
    options : of `tacit.integrations.trace.PrivacyTrace`: ``every``, ``size``, ``path``,
        ``stop_when``, ``log`` ...

    Attributes
    ----------
    trace : the `PrivacyTrace` behind it.
    """

    def __init__(
        self, member: Any, nonmember: Any, *, monitor: str | None = None, **options: Any
    ) -> None:
        super().__init__()
        self.trace = PrivacyTrace(member, nonmember, **options)
        self._monitor = monitor

    def on_train_begin(self, logs: MutableMapping[str, Any] | None = None) -> None:
        """Learn how long training will be."""
        self.trace.expect((self.params or {}).get("epochs"))
        self._epoch: int | None = None

    def on_train_end(self, logs: MutableMapping[str, Any] | None = None) -> None:
        """Look at the model that training ended with, where another callback stopped it."""
        if self._epoch is not None:
            self.trace.finish(self._epoch, self.model)

    def on_epoch_end(self, epoch: int, logs: MutableMapping[str, Any] | None = None) -> None:
        """Look, log, and stop training where `stop_when` says so.

        Epochs without a look have NaN under the same names: a CSV file fixes its columns in the
        first epoch.
        """
        self._epoch = epoch
        logs = {} if logs is None else logs
        names = (
            [self._monitor]
            if self._monitor is not None
            else [n for n in logs if n.startswith("val_") and n.endswith("accuracy")]
        )
        accuracy = next((float(logs[name]) for name in names if name in logs), None)
        last = epoch + 1 == (self.params or {}).get("epochs") or self.model.stop_training
        point = self.trace.observe(epoch, self.model, accuracy=accuracy, last=last)
        numbers = TracePoint.no_numbers() | ({} if point is None else point.numbers())
        logs.update({name.replace("/", "_"): value for name, value in numbers.items()})
        if point is None:
            return
        if self.trace.stop is not None:
            self.model.stop_training = True
