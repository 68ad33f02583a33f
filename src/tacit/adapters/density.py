"""Models without labels: densities, anomaly detectors, clusterings, each read as a loss."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.adapters.answers import Kind, answered
from tacit.adapters.arrays import batches, is_a, n_records
from tacit.adapters.random_state import untouched_rng
from tacit.core import InvalidInput, Outputs

LARGE_BATCH = 65536
Ask = Callable[[Any], NDArray[Any]]


def fits(model: Any) -> bool:
    """Is this a model of the records themselves, and not of a label?

    One with ``score_samples`` that is no classifier and no regressor (a Gaussian mixture has
    ``predict_proba``, but its classes are parts of the mixture and no labels), or a clustering.
    """
    if is_a(model, "sklearn.ClassifierMixin", "sklearn.RegressorMixin"):
        return False
    last = getattr(model, "_final_estimator", model)
    if is_a(last, "sklearn.ClassifierMixin", "sklearn.RegressorMixin"):
        return False
    clusters = is_a(last, "sklearn.ClusterMixin") and not hasattr(model, "predict_proba")
    return hasattr(model, "score_samples") or clusters or is_a(last, "sklearn.OutlierMixin")


def read_as(model: Any) -> str:
    """What the adapter takes the model for, in words for a report.

    Examples
    --------
    >>> from sklearn.mixture import GaussianMixture
    >>> read_as(GaussianMixture())
    'density model: minus the log-likelihood of a record (score_samples) is its loss'
    """
    last = getattr(model, "_final_estimator", model)
    if is_a(last, "sklearn.OutlierMixin"):
        return "anomaly detector: minus the normality of a record (score_samples) is its loss"
    if hasattr(model, "score_samples"):
        return "density model: minus the log-likelihood of a record (score_samples) is its loss"
    return "clustering: the distance of a record to the nearest centre is its loss"


def outputs_of(
    model: Any,
    x: Any,
    y: Any = None,
    *,
    batch_size: int = LARGE_BATCH,
    kind: Kind = "auto",
    check: bool = True,
) -> Outputs:
    """What a model without labels answers, as a loss a record; see `read_as`.

    Labels are not used: such a model never saw them.

    Raises
    ------
    InvalidInput
        The model says nothing about new records, or `kind` asks for something else than a loss.
    """
    if kind not in ("auto", "loss"):
        raise InvalidInput(f"A {type(model).__name__} is read by its loss, got kind={kind!r}.")
    ask = _question(model)
    with untouched_rng():
        # which of several equally near neighbours scikit-learn takes depends on the batch, so all
        # records are asked about at once
        by_neighbours = is_a(
            getattr(model, "_final_estimator", model), "sklearn.LocalOutlierFactor"
        )
        size = n_records(x) if by_neighbours else max(batch_size, LARGE_BATCH)
        return answered(ask, batches(x, None, size), kind="loss", check=check and not by_neighbours)


def _question(model: Any) -> Ask:
    if hasattr(model, "score_samples"):
        return lambda part: -np.asarray(model.score_samples(part), np.float64)
    if hasattr(model, "transform"):
        # the distances to all centres
        return lambda part: np.asarray(model.transform(part), np.float64).min(axis=1)
    last = getattr(model, "_final_estimator", model)
    hint = (
        "Fit it with novelty=True."
        if is_a(last, "sklearn.LocalOutlierFactor")
        else "Use one that has score_samples, or transform to distances (k-means)."
    )
    raise InvalidInput(
        f"{type(model).__name__} says nothing about records that it was not fitted on, so members "
        f"cannot be compared with others. {hint}"
    )
