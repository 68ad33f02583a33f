"""Hugging Face transformers: a TrainerCallback that looks at the model after each epoch."""

import math
from typing import Any

from tacit.core.optional import require
from tacit.integrations.trace import PrivacyTrace

transformers = require(
    "transformers", extra="transformers", purpose="The transformers PrivacyCallback"
)


class PrivacyCallback(transformers.TrainerCallback):  # type: ignore[misc, name-defined]
    """Accuracy and vulnerability every few epochs of ``trainer.train``, for the logs and a trace
    file.

    Training ends in the same weights, bit for bit, with and without it. The numbers go into
    ``state.log_history``; to send them to the trainer's own reporters too (TensorBoard, MLflow,
    ...), name the trainer: ``callback.trainer = trainer``.

    Parameters
    ----------
    member, nonmember : training records, and others from the same population: a
        ``datasets.Dataset``, or what the tokenizer returned with the labels, ``(x, y)``. Texts of a
        language model need no labels: ``(x, None)``.
    monitor : the entry of the last evaluation that a rise of vulnerability is weighed against.
        None: ``eval_accuracy``.
    options : of `tacit.integrations.trace.PrivacyTrace`: ``every``, ``size``, ``path``,
        ``stop_when``, ``log`` ...

    Attributes
    ----------
    trace : the `PrivacyTrace` behind it, from the start of training on.
    """

    def __init__(
        self, member: Any, nonmember: Any, *, monitor: str = "eval_accuracy", **options: Any
    ) -> None:
        self._groups, self._options, self._monitor = (member, nonmember), options, monitor
        self.trace: PrivacyTrace | None = None
        self.trainer: Any = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Draw the sample and read the trace file; only the first process writes it."""
        if self.trace is None:
            self.trace = PrivacyTrace(
                *self._groups, write=state.is_world_process_zero, **self._options
            )
        self.trace.expect(math.ceil(args.num_train_epochs) if args.max_steps <= 0 else None)

    def on_epoch_end(
        self, args: Any, state: Any, control: Any, model: Any = None, **_: Any
    ) -> None:
        """Look, log, and stop training where `stop_when` says so."""
        assert self.trace is not None
        epoch = max(0, round(state.epoch) - 1)
        measured = [entry[self._monitor] for entry in state.log_history if self._monitor in entry]
        last = state.global_step >= state.max_steps or control.should_training_stop
        accuracy = measured[-1] if measured else None
        point = self.trace.observe(epoch, model, accuracy=accuracy, last=last)
        if point is None:
            return
        if self.trainer is not None:
            self.trainer.log(point.numbers())
        else:
            state.log_history.append(
                {**point.numbers(), "epoch": state.epoch, "step": state.global_step}
            )
        if self.trace.stop is not None:
            control.should_training_stop = True

    def on_train_end(
        self, args: Any, state: Any, control: Any, model: Any = None, **_: Any
    ) -> None:
        """Look at the model that training ended with, where it stopped within an epoch."""
        epoch = max(0, math.ceil(state.epoch or 0) - 1)
        if self.trace is not None and state.global_step > 0:
            self.trace.finish(epoch, model)
