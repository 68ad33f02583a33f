"""Attack a Keras model, once or after each epoch, on any backend."""

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from warnings import warn

import numpy as np
from numpy.typing import NDArray
from scipy import special

from tacit.compat.tf_privacy.legacy import WrongFieldWarning
from tacit.compat.tf_privacy.privacy_tests.losses import log_loss
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack import (
    membership_inference_attack as mia,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.data_structures import (
    AttackInputData,
    AttackResults,
    AttackResultsCollection,
    AttackType,
    PrivacyReportMetadata,
    SlicingSpec,
    get_flattened_attack_metrics,
)
from tacit.core import Outputs
from tacit.core.optional import require

callbacks = require("keras.callbacks", extra="keras", purpose="The Keras callback")

Array = NDArray[Any]


def calculate_losses(
    model: Any, data: Array, labels: Array, is_logit: bool = False, batch_size: int = 32
) -> tuple[Array, Array]:
    """Probabilities (n, k) and losses (n,) of a Keras model.

    Parameters
    ----------
    model : answers in batches.
    data : (n, ...).
    labels : int (n,).
    is_logit : whether the model answers in logits.
    batch_size : records a batch.
    """
    answers = _answers(model, data, batch_size, is_logit=is_logit)
    logits, chances = answers.logits, answers.probs
    if logits is not None:
        chances = special.expit(logits) if logits.ndim == 1 else special.softmax(logits, axis=1)
    assert chances is not None
    told = chances if logits is None else logits
    return chances, log_loss(np.ravel(labels), told, from_logits=logits is not None)


def run_attack_on_keras_model(
    model: Any,
    in_train: tuple[Array, Array],
    out_train: tuple[Array, Array],
    slicing_spec: SlicingSpec | None = None,
    attack_types: Iterable[AttackType] = (AttackType.THRESHOLD_ATTACK,),
    is_logit: bool = False,
    batch_size: int = 32,
    privacy_report_metadata: PrivacyReportMetadata | None = None,
) -> AttackResults:
    """Attack a Keras model.

    Parameters
    ----------
    model : a classifier.
    in_train, out_train : records and their classes, from training and not.
    slicing_spec : which slices; all records as one where None.
    attack_types : which attacks.
    is_logit : whether the model answers in logits.
    batch_size : records a batch.
    privacy_report_metadata : what is known of the model.
    """
    given = AttackInputData()
    for side, (data, labels) in (("train", in_train), ("test", out_train)):
        answers = _answers(model, data, batch_size, is_logit=is_logit)
        setattr(given, f"logits_{side}", answers.logits)
        setattr(given, f"probs_{side}", answers.probs)
        setattr(given, f"labels_{side}", np.ravel(labels).astype(int))
    return mia.run_attacks(given, slicing_spec, attack_types, privacy_report_metadata)


class MembershipInferenceCallback(callbacks.Callback):  # type: ignore[misc, name-defined]
    """Attack the model after each epoch of ``fit``.

    The weights after training are the same with and without it: it asks the model batch by batch
    and never calls ``predict``, which uses up random numbers on one of the backends.
    `tacit.integrations.keras.PrivacyCallback` does more: intervals, early stopping, a trace file.

    Parameters
    ----------
    in_train, out_train : records and their classes, from training and not.
    slicing_spec : which slices; all records as one where None.
    attack_types : which attacks.
    tensorboard_dir : folder for TensorBoard; events go to ``MI`` in it.
    tensorboard_merge_classifiers : write the attacks as runs of their own, so that one picture
        shows them together.
    is_logit : whether the model answers in logits.
    batch_size : records a batch.

    Attributes
    ----------
    results : an `AttackResultsCollection`, one result an epoch, ready for `plot_by_epochs`.
    """

    def __init__(
        self,
        in_train: tuple[Array, Array],
        out_train: tuple[Array, Array],
        slicing_spec: SlicingSpec | None = None,
        attack_types: Iterable[AttackType] = (AttackType.THRESHOLD_ATTACK,),
        tensorboard_dir: str | Path | None = None,
        tensorboard_merge_classifiers: bool = False,
        is_logit: bool = False,
        batch_size: int = 32,
    ) -> None:
        super().__init__()
        self.results = AttackResultsCollection([])
        self._data = (in_train, out_train)
        self._spec = slicing_spec
        self._kinds = tuple(attack_types)
        self._is_logit, self._batch_size = is_logit, batch_size
        self._merged = tensorboard_merge_classifiers
        self._logs: dict[str, Any] = {}
        self._folder = None if tensorboard_dir is None else Path(tensorboard_dir) / "MI"

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Attack, keep the results, and write them where asked for."""
        found = run_attack_on_keras_model(
            self.model,
            *self._data,
            self._spec,
            self._kinds,
            self._is_logit,
            self._batch_size,
            PrivacyReportMetadata(epoch_num=epoch),
        )
        # the report of an epoch would keep all outputs of that epoch in memory
        found.make_report = None
        self.results.append(found)
        for kind, where, metric, value in zip(*get_flattened_attack_metrics(found)):
            logging.info("%s, %s, %s: %.4f", where, kind, metric, value)
            if self._folder is not None:
                tag = f"{where}_{metric}" if self._merged else f"{where}_{kind}_{metric}"
                self._log(kind if self._merged else "")({f"attack/{tag}": value}, epoch)

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Close the event files."""
        while self._logs:
            self._logs.popitem()[1].close()

    def _log(self, run: str) -> Any:
        from tacit.integrations.tensorboard import TensorBoardLog

        assert self._folder is not None
        if run not in self._logs:
            self._logs[run] = TensorBoardLog(self._folder / run)
        return self._logs[run]


def _answers(model: Any, data: Array, batch_size: int, *, is_logit: bool) -> Outputs:
    """What the model answers, as what it is."""
    from tacit.adapters.keras import outputs_of

    size = min(batch_size, len(data))
    answers = outputs_of(model, data, batch_size=size, kind="logits" if is_logit else "auto")
    if answers.logits is not None and not is_logit:
        warn(
            "The model answers in logits and its answers are read as such. Pass `is_logit=True`.",
            WrongFieldWarning,
            stacklevel=3,
        )
    return answers
