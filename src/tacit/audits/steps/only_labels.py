"""A model that answers only with a label, asked so that nothing it answers is misread."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, Outputs
from tacit.core.asking import guarded
from tacit.core.checking import N_SHOWN, labelled_codes
from tacit.core.options import several
from tacit.signals.probes import Predict

# records that are asked about twice, and the share of labels that a service may change in between
N_TWICE, UNSTEADY = 256, 0.01


def predict_of(model: Any, example: Any) -> Predict:
    """From records to labels, the records in the container of `example`.

    Noise is added to arrays; a model that was fitted on a frame is asked about one.

    Raises
    ------
    InvalidInput : nothing can be asked.
    """
    predict = getattr(model, "predict", None)
    if isinstance(model, type) or not (callable(predict) or callable(model)):
        came = f"the class {model.__name__}" if isinstance(model, type) else type(model).__name__
        raise InvalidInput(
            "`model` needs a `predict` or to be a function from records to labels, got"
            f" {came}: make one and fit it first."
        )
    ask = guarded(predict if callable(predict) else model)
    return lambda x: ask(_framed(x, example))


def _framed(x: Any, example: Any) -> Any:
    if not isinstance(x, np.ndarray) or not hasattr(example, "columns"):
        return x
    if hasattr(example, "iloc"):
        return type(example)(x, columns=example.columns)
    return type(example)(x, schema=list(example.columns))


def changes_of(augmentations: Any) -> tuple[Callable[[Any], Any], ...]:
    """Functions from records to as many records; what one of them raises says so.

    Raises
    ------
    InvalidInput : they are no list of functions.
    """
    listed = several(augmentations, "augmentations", "functions from records to records")
    for change in listed:
        if not callable(change):
            raise InvalidInput(f"`augmentations` needs functions, got {change!r}.")
    return tuple(map(_said, listed))


def _said(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def changed(x: Any) -> Any:
        try:
            return change(x)
        except Exception as error:
            raise InvalidInput(
                f"An augmentation failed: {type(error).__name__}: {str(error)[:200]}. Each needs to"
                " be a function from records, in the form of X, to as many records."
            ) from error

    return changed


def labels_answered(predict: Predict, sides: Sequence[Any], y: NDArray[Any]) -> Outputs:
    """The labels of both sides as certain answers, for the accuracy and for slices by class.

    Parameters
    ----------
    predict : Predict
        From records to labels, or to scores (n, k).
    sides : Sequence[Any]
        Records of members and of non-members.
    y : NDArray[Any]
        (n,), their true labels, members first.

    Raises
    ------
    InvalidInput : the model answers other records than it was asked about, at random, or by other
        names than those in `y`.
    """
    answers = [_labels(predict, side) for side in sides]
    answer = np.concatenate(answers)
    if len(answer) != len(y):
        raise InvalidInput(f"`model` needs to give {len(y)} labels, got {len(answer)}.")
    _require_steady(predict, sides[0], answers[0])
    numbers = y.dtype.kind in "biuf" and answer.dtype.kind in "biuf"
    # 1 and 1.0 are one class; "1" is the name of another
    kind = np.float64 if numbers else object
    both = np.concatenate([y.astype(kind), answer.astype(kind)])
    _require_names(both[: len(y)], both[len(y) :])
    codes, names = labelled_codes(both, "y")
    label, given = codes[: len(y)], codes[len(y) :]
    return Outputs(probs=np.eye(max(2, len(names)))[given], label=label)


def _labels(predict: Predict, x: Any) -> NDArray[Any]:
    answer = np.asarray(predict(x))
    if answer.ndim == 2 and answer.shape[1] > 1:
        return np.asarray(answer.argmax(axis=1))
    return answer.ravel()


def _require_steady(predict: Predict, x: Any, first: NDArray[Any]) -> None:
    sliced = isinstance(x, (np.ndarray, list)) or hasattr(x, "iloc")
    again = _labels(predict, x[:N_TWICE] if sliced else x)
    changed = float((again != first[: len(again)]).mean()) if len(again) else 0.0
    if changed > UNSTEADY:
        raise InvalidInput(
            f"The model gave {100 * changed:.0f} % of {len(again)} records another label when asked"
            " twice. Dropout or another random part is active while it predicts: switch it off, or"
            " pass a function that averages it out."
        )


def _require_names(truth: NDArray[Any], given: NDArray[Any]) -> None:
    """Refuse labels of which the model answers with none: every answer would count as wrong."""
    names, answered = set(truth.tolist()), set(given.tolist())
    if names & answered:
        return
    shown = [", ".join(map(repr, sorted(part, key=repr)[:N_SHOWN])) for part in (answered, names)]
    raise InvalidInput(
        f"The model answers with {shown[0]}, and `y` of `train` and `test` holds other labels,"
        f" {shown[1]}: none of its answers could be right. Write labels as the model does."
    )
