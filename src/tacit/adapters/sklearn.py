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
        ask, found = _question(model, take(x, slice(0, min(N_COMPARED, n_records(x)))))
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
    values = np.asarray(y)
    values = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
    classes = getattr(model, "classes_", None)
    if values.ndim == 2 or classes is None:
        return values.astype(np.int64)
    names = np.asarray(classes)
    known = np.isin(values, names)
    if not known.all():
        strange = ", ".join(repr(item) for item in np.unique(values[~known])[:5].tolist())
        raise InvalidInput(
            f"`y` needs classes that the estimator was fitted on, got {strange} in"
            f" {int((~known).sum())} rows. Leave these records out."
        )
    order = np.argsort(names)
    return order[np.searchsorted(names, values, sorter=order)].astype(np.int64)


def _question(model: Any, sample: Any) -> tuple[Callable[[Any], NDArray[Any]], Kind]:
    if not hasattr(model, "predict_proba"):
        if not hasattr(model, "decision_function"):
            raise InvalidInput(
                f"{type(model).__name__} has neither `predict_proba` nor `decision_function`, so"
                " nothing says how sure it is. For an SVC set probability=True; for a regressor"
                " use one that says it is (RegressorMixin); where it answers with labels only,"
                " call `tacit.audit_label_only`."
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
    if isinstance(result, list):
        if any(part.shape[1] != 2 for part in result):
            raise InvalidInput(
                "A model with several outputs needs yes/no outputs; audit each output of more"
                " classes by itself."
            )
        return np.column_stack([part[:, 1] for part in result])
    return np.asarray(result)


def _close(first: NDArray[Any], second: NDArray[Any]) -> bool:
    return bool(np.allclose(first, second, atol=1e-6, rtol=1e-5))


def _sigmoid(z: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(np.exp(-np.logaddexp(0, -z.astype(np.float64))))


def _softmax(z: NDArray[Any]) -> NDArray[np.float64]:
    shifted = np.exp(z.astype(np.float64) - z.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))
