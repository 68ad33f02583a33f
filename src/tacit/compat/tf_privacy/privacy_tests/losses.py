"""Losses of single records, under the names of TensorFlow Privacy's ``utils``.

Two things differ, and only where the old numbers lose order: from logits the loss is exact (in
float64, nothing clipped), where the old one is rounded by a softmax in the input's precision and
cut at 18.42; `legacy_log_loss` gives that one. From probabilities `small_value` clips, as before.
"""

import enum
import logging
import numbers
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from tacit.core import InvalidInput

Array = NDArray[Any]


class LossFunction(enum.Enum):
    """The losses that can be asked for by name."""

    CROSS_ENTROPY = "cross_entropy"
    SQUARED = "squared"


LossFunctionCallable = Callable[[Array, Array, Array | None], Array]
LossFunctionType = LossFunctionCallable | LossFunction | str

# below this a probability counts as this, so that a zero has a finite loss (theirs, kept)
SMALL = 1e-8


def log_loss(
    labels: Array,
    pred: Array,
    sample_weight: Array | None = None,
    from_logits: bool = False,
    small_value: float = SMALL,
) -> Array:
    """Cross-entropy of each record.

    Parameters
    ----------
    labels : int (n,), the true class.
    pred : (n, k) logits or probabilities; (n,) or (n, 1) of the positive class for a binary model.
    sample_weight : (n,), multiplies the losses.
    from_logits : whether `pred` holds logits.
    small_value : probabilities are clipped here from below; logits need no clipping.

    Raises
    ------
    InvalidInput : lengths differ, or labels name a class that `pred` does not have.
    """
    labels, pred = np.asarray(labels), np.asarray(pred)
    _require_classes(labels, pred)
    rows = np.arange(len(labels))
    if pred.size == len(pred):
        pred, positive = pred.reshape(-1), labels == 1
        if from_logits:
            loss = np.logaddexp(0.0, np.where(positive, -pred, pred).astype(np.float64))
        else:
            loss = -np.log(np.maximum(np.where(positive, pred, 1 - pred), small_value))
    elif from_logits:
        others = pred.astype(np.float64)
        others[rows, labels] = -np.inf
        # not a difference of two large numbers, so that the surest answers keep their order
        loss = np.logaddexp(0.0, special.logsumexp(others, axis=1) - pred[rows, labels])
    else:
        loss = -np.log(np.maximum(pred[rows, labels], small_value))
    return np.asarray(_weighted(loss, sample_weight))


def legacy_log_loss(
    labels: Array, pred: Array, from_logits: bool = False, small_value: float = SMALL
) -> Array:
    """`log_loss` as TensorFlow Privacy computes it: softmax in the input's precision, then clipped.

    Overconfident logits collapse to ties at 0 and at ``-log(small_value)``, which hides members.
    """
    if from_logits:
        pred = special.expit(pred) if pred.size == len(pred) else special.softmax(pred, axis=-1)
    return log_loss(labels, pred, small_value=small_value)


def squared_loss(y_true: Array, y_pred: Array, sample_weight: Array | None = None) -> Array:
    """Squared error of each record; both (n,) after squeezing.

    Raises
    ------
    InvalidInput : the shapes differ.
    """
    for name, values in (("y_true", y_true), ("y_pred", y_pred)):
        if values.ndim != 1:
            logging.warning("`%s` of shape %s is squeezed to one dimension.", name, values.shape)
    y_true, y_pred = np.squeeze(y_true), np.squeeze(y_pred)
    if y_true.shape != y_pred.shape:
        raise InvalidInput(
            f"The squared loss needs `y_true` and `y_pred` of one shape (n,), got {y_true.shape}"
            f" and {y_pred.shape}."
        )
    return np.asarray(_weighted((y_true - y_pred) ** 2, sample_weight))


def multilabel_bce_loss(
    labels: Array,
    pred: Array,
    sample_weight: Array | None = None,
    from_logits: bool = False,
    small_value: float = SMALL,
) -> Array:
    """Binary cross-entropy of each record and class, (n, k).

    Parameters
    ----------
    labels : 0 or 1, (n, k).
    pred : logits or probabilities, (n, k).
    sample_weight : (n,), multiplies the losses of a record.
    from_logits : whether `pred` holds logits.
    small_value : probabilities are clipped here from below; logits need no clipping.

    Raises
    ------
    InvalidInput : lengths differ, a label is neither 0 nor 1, or a probability is outside [0, 1].
    """
    if labels.shape[0] != pred.shape[0]:
        raise InvalidInput(
            f"`labels` and `pred` need the same length, got {labels.shape[0]} and {pred.shape[0]}."
        )
    if not ((labels == 0) | (labels == 1)).all():
        raise InvalidInput(
            "labels should be in {0, 1}. For multi-label classification the labels should be "
            "multihot encoded."
        )
    if from_logits:
        loss = np.logaddexp(0.0, np.where(labels == 1, -pred, pred).astype(np.float64))
    elif ((pred < 0) | (pred > 1)).any():
        raise InvalidInput(
            "Prediction probabilities are not in [0, 1] and `from_logits` is set to False."
        )
    else:
        loss = -np.log(np.maximum(np.where(labels == 1, pred, 1 - pred), small_value))
    weight = None if sample_weight is None else np.asarray(sample_weight, float).reshape(-1, 1)
    return np.asarray(_weighted(loss, weight))


def string_to_loss_function(string: str) -> LossFunction:
    """The member of `LossFunction` called `string`."""
    try:
        return LossFunction(string)
    except ValueError:
        names = ", ".join(member.value for member in LossFunction)
        raise InvalidInput(f"`{string}` is not a loss; there are: {names}.") from None


def get_loss(
    loss: Array | None,
    labels: Array | None,
    logits: Array | None,
    probs: Array | None,
    loss_function: LossFunctionType,
    loss_function_using_logits: bool | None,
    multilabel_data: bool | None,
    sample_weight: Array | None = None,
) -> Array | None:
    """The losses as given, or computed from labels and predictions; None where neither is there.

    Raises
    ------
    InvalidInput : the predictions that `loss_function_using_logits` asks for are missing.
    """
    if loss is not None:
        return loss
    if labels is None or (logits is None and probs is None):
        return None
    from_logits = bool(loss_function_using_logits)
    wanted = logits if from_logits else probs
    if wanted is None:
        name = "logits" if from_logits else "probs"
        raise InvalidInput(f"The loss is to be computed from `{name}`, which are not given.")
    if isinstance(loss_function, str):
        loss_function = string_to_loss_function(loss_function)
    if loss_function == LossFunction.SQUARED:
        return squared_loss(labels, wanted, sample_weight)
    if isinstance(loss_function, LossFunction):
        cross_entropy = multilabel_bce_loss if multilabel_data else log_loss
        return cross_entropy(labels, wanted, sample_weight, from_logits)
    return loss_function(labels, wanted, sample_weight)


def format_number_list(input_list: Iterable[numbers.Number], precision: int = 4) -> str:
    """Numbers with `precision` decimals, separated by commas."""
    return ", ".join(f"{number:.{precision}f}" for number in input_list)


def _require_classes(labels: Array, pred: Array) -> None:
    if len(labels) != len(pred):
        raise InvalidInput(
            f"`labels` and `pred` need the same length, got {len(labels)} and {len(pred)}."
        )
    classes = 2 if pred.size == len(pred) else pred.shape[1]
    if labels.min() < 0 or labels.max() >= classes:
        raise InvalidInput(
            f"`labels` should be in the range [0, {classes - 1}], as `pred` of shape {pred.shape}"
            f" has {classes} classes; got {labels.min()} to {labels.max()}."
        )


def _weighted(loss: Array, weight: Array | None) -> Array:
    if weight is None:
        return loss
    if len(weight) != len(loss):
        raise InvalidInput(
            f"`sample_weight` needs one weight a record, got {len(weight)} for {len(loss)}."
        )
    return np.asarray(loss * np.asarray(weight).reshape(-1, *(1,) * (loss.ndim - 1)))
