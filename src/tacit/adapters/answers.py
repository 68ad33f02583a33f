"""What a model answered, batch by batch, as Outputs; and the questions that show whether its
answers can be trusted.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from tacit.adapters.arrays import as_array, n_records, take
from tacit.core import InvalidInput, Outputs
from tacit.core.asking import Ask, guarded

Kind = Literal["auto", "logits", "probs", "prediction", "loss"]
TOLERANCE = 1e-3
NARROW_TOLERANCE = 5e-2
MIN_TO_SPLIT = 4
# more different whole numbers than these are counts, not classes
MOST_CLASSES = 100


def answered(
    ask: Ask, stream: Iterable[tuple[Any, Any]], *, kind: Kind = "auto", check: bool = True
) -> Outputs:
    """Ask the model about every batch of `stream` and keep its answers.

    Parameters
    ----------
    ask : from a batch of inputs to an array of answers, one row a record.
    stream : pairs of inputs and labels (or None).
    kind : what the answers are; "auto" decides by the numbers and the labels.
    check : ask about the first batch three times (again, and without its second half) before going
        on.

    Raises
    ------
    InvalidInput : the answers are random or depend on the rest of the batch, or do not fit the
        labels.
    """
    ask = guarded(ask)
    answers: list[NDArray[Any]] = []
    labels: list[NDArray[Any] | None] = []
    for x, y in stream:
        answer = _as_numbers(ask(x))
        _require_one_row_a_record(answer, n_records(x))
        if check and not answers:
            require_stable(ask, x, answer)
        answers.append(answer)
        labels.append(None if y is None else as_array(y))
    if not answers:
        raise InvalidInput("`x` needs at least one record, got an empty loader.")
    label = (
        None
        if any(part is None for part in labels)
        else np.concatenate([part for part in labels if part is not None])
    )
    return outputs(np.concatenate(answers), label, kind=kind)


def require_stable(ask: Ask, x: Any, answer: NDArray[Any]) -> None:
    """Raise where the model answers the same records differently: at random, or depending on their
    neighbours.

    Raises
    ------
    InvalidInput : says which, and what to do.
    """
    gap = _gap(ask(x), answer)
    if gap > _tolerance(answer):
        raise InvalidInput(
            f"The model answered the same {len(answer)} records differently when asked twice (by up"
            f" to {gap:.3g}). Dropout or another random layer, or random augmentation, is active"
            " while it predicts: switch it off, or pass a function that averages it out."
        )
    half = len(answer) // 2
    if len(answer) < MIN_TO_SPLIT:
        return
    gap = _gap(ask(take(x, slice(0, half))), answer[:half])
    if gap > _tolerance(answer):
        raise InvalidInput(
            "The model's answer for a record depends on the other records in its batch (by up to"
            f" {gap:.3g}). Batch norm is using the batch's own statistics: let it use running ones"
            " (PyTorch: track_running_stats=True, else training=False)."
        )


def _gap(first: NDArray[Any], second: NDArray[Any]) -> float:
    if first.shape != second.shape:
        return float("inf")
    with np.errstate(invalid="ignore"):
        return float(
            np.nan_to_num(np.abs(first.astype(np.float64) - second.astype(np.float64))).max(
                initial=0.0
            )
        )


def _tolerance(answer: NDArray[Any]) -> float:
    # 13 zero bits at the end of every float32: it came from a half-precision model
    narrow = (
        answer.dtype == np.float32
        and not (np.ascontiguousarray(answer).view(np.uint32) & 0x1FFF).any()
    )
    share = NARROW_TOLERANCE if narrow else TOLERANCE
    return share * (1e-2 + float(np.nan_to_num(np.abs(answer.astype(np.float64))).max(initial=0.0)))


def _as_numbers(answer: NDArray[Any]) -> NDArray[Any]:
    """Answers of numbers that came one by one as an array of them; words stay as they are."""
    if answer.dtype.kind == "O" and answer.ndim:
        with suppress(TypeError, ValueError):
            return answer.astype(np.float64)
    if answer.dtype.kind not in "OcmM" or not answer.size or answer.ndim == 0:
        return answer
    first = answer.ravel()[0]
    raise InvalidInput(
        f"The model needs to answer with numbers, got {str(first)[:60]!r} ({type(first).__name__})."
        " Pass a function that takes one row of class scores (n, k), one number (n,) or a loss (n,)"
        " out of its answer."
    )


def _require_one_row_a_record(answer: NDArray[Any], n: int) -> None:
    if answer.ndim == 0 or len(answer) != n:
        raise InvalidInput(
            f"The model needs to answer one row a record: asked about {n} records, it returned"
            f" shape {answer.shape}."
        )
    if answer.ndim > 2:
        raise InvalidInput(
            f"The model answered with shape {answer.shape}; tacit needs one row of class scores (n,"
            " k), one number (n,) or a loss (n,) a record. Pass a function that reduces the"
            " answer, for example to one loss a record, with kind='loss'."
        )


def outputs(answer: NDArray[Any], label: NDArray[Any] | None, *, kind: Kind = "auto") -> Outputs:
    """Outputs of answers (n,) or (n, k) and labels; one-hot labels become class numbers.

    Raises
    ------
    InvalidInput : the labels do not fit the answers.
    """
    if kind not in get_args(Kind):
        raise InvalidInput(f"`kind` needs one of {', '.join(get_args(Kind))}, got {kind!r}.")
    answer = answer[:, 0] if answer.ndim == 2 and answer.shape[1] == 1 else answer
    if kind == "loss":
        return Outputs(loss=answer, label=None if label is None else _class_or_none(label))
    truth = None if label is None else _label(label, answer)
    if truth is not None and kind != "prediction":
        truth = _from_signs(truth)
    if truth is not None and truth.ndim == 2 and _is_soft(truth, answer):
        return Outputs(loss=_cross_entropy(answer, truth))
    found = kind_of(answer, truth) if kind == "auto" else kind
    if found == "prediction":
        return Outputs(prediction=answer, truth=truth)
    return (
        Outputs(logits=answer, label=truth)
        if found == "logits"
        else Outputs(probs=_without_rounding(answer), label=truth)
    )


def _without_rounding(probs: NDArray[Any]) -> NDArray[Any]:
    """Probabilities that left 0 to 1 by rounding, brought back; what lies further out stays."""
    near = (probs >= -TOLERANCE) & (probs <= 1 + TOLERANCE)
    return np.clip(probs, 0, 1) if near.all() else probs


def _class_or_none(label: NDArray[Any]) -> NDArray[np.int64] | None:
    """Labels that a loss came with, for slices by class; None where they are no class numbers."""
    label = label[:, 0] if label.ndim == 2 and label.shape[1] == 1 else label
    if label.ndim != 1 or label.dtype.kind not in "biuf":
        return None
    label = _from_signs(label.astype(np.int64) if label.dtype.kind == "b" else label)
    whole = np.isfinite(label) & (label == np.round(label)) & (label >= 0)
    return label.astype(np.int64) if whole.all() else None


def _is_soft(label: NDArray[Any], answer: NDArray[Any]) -> bool:
    """Labels that spread each record over several classes: smoothed or mixed ones."""
    if label.dtype.kind != "f" or label.shape != answer.shape or label.shape[1] < 2:
        return False
    between = ((label > 0) & (label < 1)).any()
    return bool(between and (label >= 0).all() and (np.abs(label.sum(axis=1) - 1) < 1e-2).all())


def _cross_entropy(answer: NDArray[Any], label: NDArray[Any]) -> NDArray[np.float64]:
    """The loss (n,) against soft labels, in nats."""
    z = answer.astype(np.float64)
    if kind_of(answer, None) == "probs":
        z = np.log(np.maximum(z, np.finfo(np.float32).tiny))
    top = z.max(axis=1, keepdims=True)
    log_p = z - top - np.log(np.exp(z - top).sum(axis=1, keepdims=True))
    return np.asarray(-(label * log_p).sum(axis=1))


def _label(label: NDArray[Any], answer: NDArray[Any]) -> NDArray[Any]:
    label = label[:, 0] if label.ndim == 2 and label.shape[1] == 1 else label
    if label.dtype.kind == "O":
        label = _from_objects(label)
    if label.dtype.kind not in "biuf":
        raise InvalidInput(
            f"`y` needs numbers (of classes: 0..k-1), got {label.dtype} such as"
            f" {str(label.ravel()[0])[:40]!r}. Turn it into numbers first."
        )
    if (
        label.ndim == 2
        and label.shape == answer.shape
        and np.isin(label, (0, 1)).all()
        and (label.sum(axis=1) == 1).all()
    ):
        return np.asarray(label.argmax(axis=1))
    columns = label.shape[1] if label.ndim == 2 else 1
    fits = label.shape == answer.shape or np.isin(label, (0, 1)).all() or label.dtype.kind == "f"
    if columns > 1 and not fits:
        raise InvalidInput(
            f"`y` needs one label a record, got {columns} columns, {label.shape}: does it hold a"
            " row number or features? Give the column of labels."
        )
    return label.astype(np.int64) if label.dtype.kind == "b" else label


def _from_signs(label: NDArray[Any]) -> NDArray[Any]:
    """Labels -1 and 1, as margins have them, as 0 and 1."""
    if not (label == -1).any() or not np.isin(label, (-1, 1)).all():
        return label
    return (label > 0).astype(np.int64)


def _from_objects(label: NDArray[Any]) -> NDArray[Any]:
    missing = np.array([item is None or item != item for item in label.ravel().tolist()])
    if missing.any():
        raise InvalidInput(
            f"`y` needs a label for every record, got {int(missing.sum())} missing ones. Leave"
            " these records out."
        )
    try:
        return label.astype(np.float64)
    except (TypeError, ValueError):
        return label.astype(str)


def kind_of(answer: NDArray[Any], label: NDArray[Any] | None) -> Kind:
    """What the numbers must be: a regression's prediction, probabilities, or logits.

    Raises
    ------
    InvalidInput : one number a record and class labels: it may be a loss or a prediction.
    """
    if answer.ndim == 1 and label is None:
        raise InvalidInput(
            "The model answers with one number a record and there are no labels: a loss, a"
            " probability or a logit? Say kind='loss', 'probs' or 'logits'."
        )
    if answer.ndim == 1 and label is not None and _classes(label) and _no_class(answer):
        raise InvalidInput(
            "The model answers with one number a record and the labels look like classes"
            f" 0..{int(label.max())}: a loss, or a prediction of the number? Say kind='loss' or"
            " kind='prediction'."
        )
    if label is not None and label.shape == answer.shape and not np.isin(label, (0, 1)).all():
        return "prediction"
    if not (answer >= 0).all() or not (answer <= 1 + TOLERANCE).all():
        return "logits"
    independent = answer.ndim == 1 or (label is not None and label.ndim == 2)
    return (
        "probs"
        if independent or (np.abs(answer.sum(axis=1, dtype=np.float64) - 1) < 1e-2).all()
        else "logits"
    )


def _classes(label: NDArray[Any]) -> bool:
    """Whole numbers 0..k-1, every one of them, for a k above 2."""
    if label.ndim != 1 or label.dtype.kind not in "iu":
        return False
    names = np.unique(label)
    few = 2 < len(names) <= min(MOST_CLASSES, len(label) / 2)
    return few and bool((names == np.arange(len(names))).all())


def _no_class(answer: NDArray[Any]) -> bool:
    return bool((answer != np.round(answer)).any())
