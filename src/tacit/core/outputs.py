"""What one model answered for n records."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.core import checking
from tacit.core.errors import InvalidInput
from tacit.core.probabilities import (
    ENOUGH_TO_TELL,
    SUM_TOLERANCE,
    look_like_percent,
    look_like_probabilities,
    require_probabilities,
    require_sums_of_one,
)

Task = Literal["multiclass", "binary", "multilabel", "regression", "loss"]
# probabilities leave 0 to 1 by this much where they were rounded; more in half precision
TOLERANCE, HALF_TOLERANCE = 1e-3, 2e-2
# a look at so many rows tells logits from probabilities, nearly always
FIRST_ROWS = 1000
# the fields that hold one row a record
ARRAYS = ("logits", "probs", "loss", "label", "prediction", "truth")
# where `Outputs.once` keeps what it has worked out
KEPT = "_kept"
T = TypeVar("T")
A = TypeVar("A", bound=NDArray[Any])
# fewer rows of a multi-label model may have exactly one label each by chance
N_ONE_HOT = 10


@dataclass(frozen=True, eq=False)
class Outputs:
    """What one model answered for n records.

    Exactly one of `logits`, `probs`, `loss` or `prediction` says what the model answered. Nothing
    is guessed: logits given as probabilities, or the other way round, are an error.

    Parameters
    ----------
    logits : float (n, k), unnormalised scores per class; (n,) or (n, 1) for a binary model with one
        logit. With a `label` of shape (n, k) the k outputs are independent yes/no answers
        (multi-label).
    probs : float, the same shapes; rows of (n, k) sum to one unless `label` is (n, k). Rounded
        decimals, and answers that keep only the largest few of a row and are 0 elsewhere, are
        taken as a service gives them.
    loss : float (n,), smaller means a better fit. Use it where nothing else is known.
    label : int (n,) or (n, 1), the true class 0..k-1; int (n, k) of 0/1 for multi-label; (n,) of
        0/1 for one logit; or names of `classes`.
    prediction : float (n,), (n, 1) or (n, d), what a regression model predicted; needs `truth`.
    truth : float, the shape of `prediction`.
    classes : names of the classes 0..k-1, for the report; None where they have none.

    Raises
    ------
    InvalidInput : see the text of the error; it names the argument, what was needed and what came.

    Examples
    --------
    >>> Outputs(logits=[[2.0, -1.0], [0.5, 0.1]], label=[0, 1]).task
    'multiclass'
    """

    logits: NDArray[np.floating[Any]] | None = None
    probs: NDArray[np.floating[Any]] | None = None
    loss: NDArray[np.floating[Any]] | None = None
    label: NDArray[np.int64] | None = None
    prediction: NDArray[np.floating[Any]] | None = None
    truth: NDArray[np.floating[Any]] | None = None
    classes: tuple[str, ...] | None = None

    def __init__(
        self,
        *,
        logits: ArrayLike | None = None,
        probs: ArrayLike | None = None,
        loss: ArrayLike | None = None,
        label: ArrayLike | None = None,
        prediction: ArrayLike | None = None,
        truth: ArrayLike | None = None,
        classes: Sequence[str] | None = None,
    ) -> None:
        given = {"logits": logits, "probs": probs, "loss": loss, "prediction": prediction}
        names = [name for name, value in given.items() if value is not None]
        if len(names) != 1:
            came = ", ".join(f"`{name}`" for name in names) or "none of them"
            raise InvalidInput(
                "Outputs needs exactly one of `logits`, `probs`, `loss` or `prediction`, got"
                f" {came}. Pass logits where you can."
            )
        checked = {
            "logits": _scores(logits, "logits"),
            "probs": _scores(probs, "probs"),
            "loss": None if loss is None else checking.floats(loss, "loss", ndim=1),
            "prediction": None if prediction is None else _numbers(prediction, "prediction"),
            "truth": None if truth is None else _numbers(truth, "truth"),
            "label": None if label is None else _column(_labels(label, classes)),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        named = None if classes is None else tuple(classes)
        object.__setattr__(self, "classes", named)
        _require_consistent(self)
        if named is not None:
            _require_names(self, named)

    @property
    def n(self) -> int:
        """Number of records."""
        return len(
            next(v for v in (self.logits, self.probs, self.loss, self.prediction) if v is not None)
        )

    @property
    def task(self) -> Task:
        """What kind of model answered: multiclass, binary (one logit), multilabel, regression or
        loss only.
        """
        scores = self.logits if self.logits is not None else self.probs
        if scores is None:
            return "loss" if self.loss is not None else "regression"
        if self.label is not None and self.label.ndim == 2:
            return "multilabel"
        return "binary" if scores.ndim == 1 else "multiclass"

    def take(self, rows: NDArray[Any]) -> "Outputs":
        """The records `rows` (indices or a mask), in that order."""
        kept = {
            name: None if (value := getattr(self, name)) is None else value[rows] for name in ARRAYS
        }
        return Outputs(**kept, classes=self.classes)

    def named(self, classes: Sequence[str] | None) -> "Outputs":
        """The same answers with names for the classes."""
        return Outputs(**{name: getattr(self, name) for name in ARRAYS}, classes=classes)

    def once(self, function: Callable[["Outputs"], T]) -> T:
        """What `function` says of these outputs, worked out the first time that it is asked."""
        found = vars(self).setdefault(KEPT, {})
        if function not in found:
            found[function] = function(self)
        return found[function]  # type: ignore[no-any-return]

    def __len__(self) -> int:
        return self.n


def concatenate(*parts: Outputs) -> Outputs:
    """The records of several Outputs of the same kind, one after the other.

    Raises
    ------
    InvalidInput : the parts answer different questions (fields or number of classes differ).
    """
    joined = {}
    names = {part.classes for part in parts}
    if len(names) != 1:
        raise InvalidInput(
            "`classes` needs the same names in all Outputs, got"
            f" {' and '.join(map(repr, sorted(names, key=repr)))}."
        )
    for name in ARRAYS:
        values = [getattr(part, name) for part in parts]
        if len({value is None for value in values}) != 1:
            raise InvalidInput(
                f"`{name}` is given for some of the Outputs and not for the others: give it for all"
                " or for none."
            )
        if values[0] is None:
            continue
        if len({value.shape[1:] for value in values}) != 1:
            shapes = " and ".join(str(value.shape) for value in values)
            raise InvalidInput(
                f"`{name}` needs the same number of columns in all Outputs, got shapes {shapes}."
            )
        joined[name] = np.concatenate(values)
    return Outputs(**joined, classes=names.pop())


def _scores(value: ArrayLike | None, name: str) -> NDArray[np.floating[Any]] | None:
    if value is None:
        return None
    _require_no_sequence(value, name)
    result = checking.floats(value, name, ndim=(1, 2))
    if result.ndim == 2 and result.shape[1] == 1:
        result = checking.frozen(result[:, 0])
    if result.ndim == 2 and result.shape[1] == 0:
        raise InvalidInput(f"`{name}` needs at least one class, got shape {result.shape}.")
    if name == "probs":
        narrow = str(getattr(value, "dtype", "")).endswith("float16")
        require_probabilities(result, tolerance=HALF_TOLERANCE if narrow else TOLERANCE)
    return result


def _require_no_sequence(value: object, name: str) -> None:
    shape = np.shape(value) if hasattr(value, "shape") else ()
    if len(shape) > 2:
        raise InvalidInput(
            f"`{name}` needs 1 or 2 dimensions, one row a record, got shape {shape}: an answer for"
            " each token, pixel or step. Reduce them to one loss a record and pass it as `loss=`."
            " Reshape them to a row each only with a `cluster=` that says which record each row is"
            " of, for rows of one record are not independent."
        )


def _labels(label: ArrayLike, classes: Sequence[str] | None) -> NDArray[np.int64]:
    shape = np.shape(label) if hasattr(label, "shape") else ()
    if len(shape) == 3:
        raise InvalidInput(
            f"`label` needs one class a record, got shape {shape}. For one label a token, pixel or"
            " step pass one loss a record as `loss=`."
        )
    rows = label if isinstance(label, (list, tuple)) else ()
    if rows and isinstance(rows[0], (list, tuple)) and len({np.size(row) for row in rows}) > 1:
        raise InvalidInput(
            "`label` needs one class a record, got rows of different lengths. Where a record may"
            " have several classes give a column of 0 and 1 for each class, (n, k), as"
            " sklearn.preprocessing.MultiLabelBinarizer makes it."
        )
    result = checking.array(checking.numbered(label, classes, "label"), "label", ndim=(1, 2))
    if result.ndim == 2 and result.shape[1] > 1 and _soft(result):
        raise InvalidInput(
            "`label` needs whole numbers, got rows of fractions that sum to 1 (soft or mixed"
            " labels). Pass the loss against them as `loss=`, for example"
            " `-(label * log_softmax(logits)).sum(axis=1)`, or `label.argmax(axis=1)`."
        )
    return checking.integers(result, "label", ndim=(1, 2))


def _soft(label: NDArray[Any]) -> bool:
    """Rows of fractions that sum to one."""
    if label.dtype.kind != "f" or not len(label):
        return False
    between = ((label > 0) & (label < 1)).any()
    sums = label.sum(axis=1)
    return bool(between and (label >= 0).all() and (np.abs(sums - 1) < SUM_TOLERANCE).all())


def _numbers(value: ArrayLike, name: str) -> NDArray[np.floating[Any]]:
    return _column(checking.floats(value, name, ndim=(1, 2)))


def _column(values: A) -> A:
    """What has the shape (n, 1), as data sets and networks often have it, as (n,)."""
    if values.ndim == 2 and values.shape[1] == 1:
        return checking.frozen(values[:, 0])  # type: ignore[return-value]
    return values


def _require_consistent(outputs: Outputs) -> None:
    n = outputs.n
    checking.require_length(n, label=outputs.label, truth=outputs.truth)
    if n == 0:
        raise InvalidInput(
            "Outputs needs at least one record, got none. Look at the filter or file that they come"
            " from."
        )
    if outputs.prediction is not None and outputs.truth is None and outputs.label is not None:
        raise InvalidInput(
            "`prediction` is the answer of a regression, which goes with `truth`; got it with"
            " `label`. For a classifier that answers only with a class, give the model to"
            " `audit_label_only`, or stored answers as `loss=(predicted != label).astype(float)`."
        )
    if (outputs.prediction is None) != (outputs.truth is None):
        raise InvalidInput(
            "A regression needs both `prediction` and `truth`, got only one of them: pass the"
            " other."
        )
    if (
        outputs.prediction is not None
        and outputs.truth is not None
        and outputs.prediction.shape != outputs.truth.shape
    ):
        raise InvalidInput(
            f"`truth` needs the shape of `prediction` {outputs.prediction.shape}, got"
            f" {outputs.truth.shape}."
        )
    scores = outputs.logits if outputs.logits is not None else outputs.probs
    if outputs.label is not None:
        _require_labels(outputs, scores)
    if scores is not None:
        _require_the_right_name(outputs, scores)


def _require_names(outputs: Outputs, classes: tuple[str, ...]) -> None:
    wrong = [name for name in classes if not isinstance(name, str) or not name]
    if wrong or len(set(classes)) != len(classes):
        raise InvalidInput(
            f"`classes` needs a different text for each class, got {str(list(classes))[:80]}."
        )
    scores = outputs.logits if outputs.logits is not None else outputs.probs
    label = outputs.label
    k = int(label.max()) + 1 if label is not None and label.ndim == 1 else 0
    exact = scores is not None and outputs.task in ("multiclass", "binary")
    if exact and scores is not None:
        k = 2 if scores.ndim == 1 else scores.shape[1]
    if len(classes) < k or (exact and len(classes) != k):
        raise InvalidInput(f"`classes` needs {k} names, one a class, got {len(classes)}.")


def _require_labels(outputs: Outputs, scores: NDArray[np.floating[Any]] | None) -> None:
    label = outputs.label
    assert label is not None
    if label.ndim == 2 and (scores is None or scores.shape != label.shape):
        one_hot = bool(((label == 0) | (label == 1)).all() and (label.sum(axis=1) == 1).all())
        remedy = " For one-hot labels pass `label.argmax(axis=1)`." if one_hot else ""
        raise InvalidInput(
            f"A `label` of shape {label.shape} (multi-label) needs `logits` or `probs` of the same"
            f" shape, got {'neither' if scores is None else f'shape {scores.shape}'}.{remedy}"
        )
    if (
        label.ndim == 2
        and label.shape[1] > 1
        and len(label) >= N_ONE_HOT
        and (label.sum(axis=1) == 1).all()
    ):
        raise InvalidInput(
            "`label` looks one-hot: each of its rows has exactly one 1, while a multi-label model"
            " may have any number. If the classes exclude one another, pass `label.argmax(axis=1)`."
        )
    limit = (
        2
        if label.ndim == 2 or (scores is not None and scores.ndim == 1)
        else None
        if scores is None
        else scores.shape[1]
    )
    outside = (label < 0) if limit is None else (label < 0) | (label >= limit)
    if outside.any():
        rows = np.flatnonzero(outside.reshape(len(label), -1).any(axis=1))
        allowed = "0 or larger" if limit is None else f"0 to {limit - 1}"
        remedy = "`np.unique(label, return_inverse=True)` renumbers names or gaps."
        if limit == 2 and np.isin(label, (-1, 1)).all():
            remedy = "Labels -1 and 1 become `(label + 1) // 2`."
        raise InvalidInput(
            f"`label` needs classes {allowed}, got values from {label.min()} to {label.max()} in"
            f" {checking.rows_text(rows)}. Classes count from 0; {remedy}"
        )


def _require_the_right_name(outputs: Outputs, scores: NDArray[np.floating[Any]]) -> None:
    if outputs.probs is not None:
        if outputs.task == "multiclass":
            require_sums_of_one(scores)
        return
    exclusive = outputs.task == "multiclass"
    enough = exclusive and len(scores) >= ENOUGH_TO_TELL
    if enough and look_like_percent(scores[:FIRST_ROWS]) and look_like_percent(scores):
        raise InvalidInput(
            "`logits` needs unnormalised scores, got what looks like percent: every row is"
            " non-negative and sums to 100. Divide them by 100 and pass them as `probs=`."
        )
    # the first rows decide nearly always, so a large array of logits is not read twice
    if all(
        look_like_probabilities(part, exclusive=exclusive) for part in (scores[:FIRST_ROWS], scores)
    ):
        how = (
            "every row is non-negative and sums to 1"
            if outputs.task == "multiclass"
            else "every value lies between 0 and 1"
        )
        raise InvalidInput(
            f"`logits` needs unnormalised scores, got what looks like probabilities: {how}. Pass"
            " them as `probs=`."
        )
