"""scikit-learn estimators and pipelines, and what speaks their language: XGBoost, LightGBM and
others.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.adapters.answers import Kind, answered
from tacit.adapters.arrays import batches, is_a, n_records, take
from tacit.adapters.random_state import untouched_rng
from tacit.core import InvalidInput, Outputs
from tacit.core.asking import Ask, guarded

LARGE_BATCH = 65536
N_COMPARED = 64


def outputs_of(
    model: Any,
    x: Any,
    y: Any = None,
    *,
    batch_size: int = LARGE_BATCH,
    kind: Kind = "auto",
    check: bool = True,
) -> Outputs:
    """What a fitted estimator answers; see `tacit.adapters.outputs_of`.

    A classifier whose margins turn out to be the logits of its probabilities (logistic regression,
    boosting, a linear pipeline) is read by its margins: probabilities of exactly 1 would hide how
    sure it is. Labels are matched with ``model.classes_``. A batch is never smaller than 65,536
    records: trees gain nothing from small ones.
    """
    size = max(batch_size, LARGE_BATCH)
    _require_records(x, y)
    with untouched_rng():
        if getattr(model, "_estimator_type", None) == "regressor" or is_a(
            model, "sklearn.RegressorMixin"
        ):
            kind = "prediction" if kind == "auto" else kind
            return answered(
                lambda part: np.asarray(model.predict(part)),
                batches(x, y, size),
                kind=kind,
                check=check,
            )
        label = None if y is None else _class_numbers(model, y)
        sample = take(x, slice(0, min(N_COMPARED, n_records(x))))
        if _only_names_classes(model, sample, y):
            return _hard(model, x, label, y, size, check=check)
        ask, found = guarded_question(model, sample)
        outputs = answered(
            ask, batches(x, label, size), kind=found if kind == "auto" else kind, check=check
        )
        return outputs.named(_class_names(model)) if outputs.task == "multiclass" else outputs


def _class_names(model: Any) -> list[str] | None:
    """The names of the classes, where they are names and not just 0, 1, 2 ..."""
    classes = getattr(model, "classes_", None)
    if classes is None or isinstance(classes, list):
        return None
    names = [str(name) for name in np.asarray(classes).tolist()]
    plain = names == [str(number) for number in range(len(names))]
    return None if plain or len(set(names)) != len(names) else names


def _class_numbers(model: Any, y: Any) -> NDArray[np.int64]:
    values = _given_labels(y)
    classes = getattr(model, "classes_", None)
    if values.ndim == 2 and not isinstance(classes, list) and not _yes_or_no(values):
        raise InvalidInput(
            f"`y` needs one label a record, got {values.shape[1]} columns, {values.shape}: does it"
            " hold a row number or features? Give the column of labels."
        )
    if values.ndim == 2 or classes is None:
        if values.dtype.kind not in "biuf":
            values = np.unique(values.astype(str), return_inverse=True)[1].reshape(values.shape)
        return values.astype(np.int64)
    names = np.asarray(classes)
    if names.dtype.kind == "U":
        # not to the width of the names: a longer label would become another one
        values = values.astype(str)
    known = np.isin(values, names)
    if not known.any():
        raise InvalidInput(
            f"`y` needs the classes that the estimator was fitted on, {_shown(names)}, got other"
            f" labels in every row, such as {_shown(np.unique(values.astype(str)))}. Give the"
            " labels as it was fitted on them, before they were encoded."
        )
    if not known.all():
        strange = ", ".join(repr(item) for item in np.unique(values[~known])[:5].tolist())
        raise InvalidInput(
            f"`y` needs classes that the estimator was fitted on, got {strange} in"
            f" {int((~known).sum())} rows. Leave these records out."
        )
    order = np.argsort(names)
    return order[np.searchsorted(names, values, sorter=order)].astype(np.int64)


def _shown(names: NDArray[Any]) -> str:
    shown = ", ".join(repr(item) for item in names[:5].tolist())
    return shown + (", ..." if len(names) > 5 else "")


def _given_labels(y: Any) -> NDArray[Any]:
    """Labels (n,) or (n, k) without missing ones.

    Raises
    ------
    InvalidInput : a label is missing, or the labels have fields of their own.
    """
    values = np.asarray(y.to_numpy() if hasattr(y, "to_numpy") else y)
    values = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
    if values.dtype.names is not None:
        raise InvalidInput(
            f"`y` needs one label a record, got the fields {', '.join(values.dtype.names)}. Pass a"
            " function that returns one loss a record, with kind='loss'."
        )
    if values.dtype.kind in "Of":
        flat = values.ravel().tolist()
        missing = [row for row, item in enumerate(flat) if item is None or item != item]
        if missing:
            raise InvalidInput(
                f"`y` needs a label for every record, got {len(missing)} missing ones (first: row"
                f" {missing[0]}). Leave these records out."
            )
    if values.dtype.kind == "O":
        kinds = {type(item) for item in values.ravel().tolist()}
        if len(kinds) == 1:
            values = np.asarray(values.tolist())
    return values


def _require_records(x: Any, y: Any) -> None:
    """Refuse containers that only their own library reads, and X and y in each other's place."""
    if is_a(x, "catboost.Pool", "xgboost.DMatrix", "xgboost.QuantileDMatrix", "lightgbm.Dataset"):
        raise InvalidInput(
            f"`x` is a {type(x).__name__}, whose records cannot be taken apart. Give the table and"
            " the labels that it was made of: train=(X, y)."
        )
    flat = len(getattr(x, "shape", (0, 0))) == 1 and getattr(y, "shape", None) is not None
    if flat and len(y.shape) == 2 and y.shape[1] > 1 and not _yes_or_no(y):
        raise InvalidInput(
            f"`x` has one value a record and `y` has shape {tuple(y.shape)}: they look swapped."
            " Give train=(X, y)."
        )


def _yes_or_no(y: Any) -> bool:
    values = np.asarray(y)
    return values.dtype.kind in "biuf" and bool(np.isin(values, (0, 1)).all())


def guarded_question(model: Any, sample: Any) -> tuple[Ask, Kind]:
    """How to ask the model, and what it answers with; what fails on the way is a clear error."""
    found: list[tuple[Ask, Kind]] = []

    def tried(part: Any) -> NDArray[Any]:
        found.append(_question(model, part))
        return np.zeros(0)

    guarded(tried)(sample)
    return found[0]


def _only_names_classes(model: Any, sample: Any, y: Any) -> bool:
    """A classifier that says which class, and nothing of how sure it is."""
    if hasattr(model, "predict_proba") or hasattr(model, "decision_function"):
        return False
    if not hasattr(model, "predict") or y is None:
        return False
    told = is_a(model, "sklearn.ClassifierMixin") or hasattr(model, "classes_")
    if told or getattr(model, "_estimator_type", "") == "classifier":
        return True
    if is_a(model, "sklearn.ClusterMixin"):
        return False
    answer = guarded(lambda part: np.asarray(model.predict(part)))(sample)
    names = _given_labels(y)
    return answer.ndim == 1 == names.ndim and bool(np.isin(answer, names).all())


def _hard(model: Any, x: Any, label: Any, y: Any, size: int, *, check: bool) -> Outputs:
    """A classifier that only names a class: certain of it, or right and wrong alone where its
    classes are not known.
    """
    classes = getattr(model, "classes_", None)
    if classes is None or isinstance(classes, list):
        answer = guarded(lambda part: np.asarray(model.predict(part)))(x)
        return Outputs(loss=(answer != _given_labels(y)).astype(np.float64))
    names = np.asarray(classes)

    def one_hot(part: Any) -> NDArray[Any]:
        said = np.asarray(model.predict(part)).reshape(-1)
        return np.asarray(said[:, None] == names[None, :], np.float64)

    outputs = answered(one_hot, batches(x, label, size), kind="probs", check=check)
    return outputs.named(_class_names(model)) if outputs.task == "multiclass" else outputs


def _question(model: Any, sample: Any) -> tuple[Callable[[Any], NDArray[Any]], Kind]:
    if not hasattr(model, "predict_proba"):
        if not hasattr(model, "decision_function"):
            raise InvalidInput(
                f"{type(model).__name__} has neither `predict_proba` nor `decision_function`, so"
                " nothing says how sure it is. For a regressor use one that says it is"
                " (RegressorMixin); where it answers with labels only, call"
                " `tacit.audit_label_only`; otherwise pass a function that returns one loss a"
                " record, with kind='loss'."
            )
        return (lambda part: np.asarray(model.decision_function(part))), "logits"
    probs = probabilities(model, sample)
    for margin in _margins(model):
        logits = np.asarray(margin(sample))
        if (
            logits.ndim == 1
            and probs.ndim == 2
            and probs.shape[1] == 2
            and _close(_sigmoid(logits), probs[:, 1])
        ):
            return (
                lambda part, ask=margin: np.column_stack(
                    [np.zeros(len(z := np.asarray(ask(part)))), z]
                )
            ), "logits"
        if logits.shape == probs.shape and logits.ndim == 2 and _close(_softmax(logits), probs):
            return (lambda part, ask=margin: np.asarray(ask(part))), "logits"
    return (lambda part: probabilities(model, part)), "probs"


def _margins(model: Any) -> list[Callable[[Any], Any]]:
    if is_a(model, "xgboost.XGBModel"):
        return [lambda part: model.predict(part, output_margin=True)]
    if is_a(model, "lightgbm.LGBMModel"):
        return [lambda part: model.predict(part, raw_score=True)]
    return [model.decision_function] if hasattr(model, "decision_function") else []


def probabilities(model: Any, x: Any) -> NDArray[Any]:
    """``predict_proba`` as one array; the list of a multi-label forest becomes (n, k) chances of
    "yes".
    """
    result = model.predict_proba(x)
    if hasattr(result, "columns") and hasattr(result, "iloc"):
        result = _in_order(result, getattr(model, "classes_", None))
    if isinstance(result, list) and all(hasattr(part, "shape") for part in result):
        if any(part.shape[1] != 2 for part in result):
            raise InvalidInput(
                "A model with several outputs needs yes/no outputs; audit each output of more"
                " classes by itself."
            )
        return np.column_stack([part[:, 1] for part in result])
    return np.asarray(result)


def _in_order(frame: Any, classes: Any) -> Any:
    """The columns of a frame of probabilities in the order of the classes, where it names them."""
    if classes is None or (isinstance(classes, list) and not all(map(np.isscalar, classes))):
        return frame
    names = [str(name) for name in np.asarray(classes).tolist()]
    place = {str(column): number for number, column in enumerate(frame.columns)}
    return frame.iloc[:, [place[name] for name in names]] if set(place) == set(names) else frame


def _close(first: NDArray[Any], second: NDArray[Any]) -> bool:
    return bool(np.allclose(first, second, atol=1e-6, rtol=1e-5))


def _sigmoid(z: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(np.exp(-np.logaddexp(0, -z.astype(np.float64))))


def _softmax(z: NDArray[Any]) -> NDArray[np.float64]:
    shifted = np.exp(z.astype(np.float64) - z.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))
