"""MLflow: the numbers of a trace as metrics, reports as artifacts, and privacy metrics for
``mlflow.models.evaluate``.
"""

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tacit.audits.steps.quick_check import glance
from tacit.core import NotEnoughData, Outputs, Report
from tacit.core.optional import require

REPORT_FORMATS = (".html", ".json")


class MLflowLog:
    """Logs to the active MLflow run (or starts one); give it to ``PrivacyTrace(log=[...])``."""

    def __call__(self, numbers: Mapping[str, float], epoch: int) -> None:
        """Log metrics at the step `epoch`."""
        _mlflow().log_metrics(dict(numbers), step=epoch)


def log_report(
    report: Report, *, folder: str = "privacy", formats: Sequence[str] = REPORT_FORMATS
) -> None:
    """Log a report to the active run: estimates as metrics with both ends, the verdict as a tag,
    and the report as artifacts.

    Parameters
    ----------
    report : from `tacit.audit`.
    folder : of the artifacts.
    formats : file suffixes to save it in.
    """
    mlflow = _mlflow()
    mlflow.set_tags(
        {
            "privacy.verdict": report.verdict,
            "privacy.finding": report.finding,
            "privacy.headline": report.headline,
        }
    )
    estimates = [
        (check.name, estimate)
        for check in report.checks
        if check.role == "attack"
        for estimate in check.estimates
    ]
    estimates += [] if report.score is None else [("score", report.score)]
    for name, estimate in estimates:
        ends = {"": estimate.value, ".low": estimate.low, ".high": estimate.high}
        finite = {end: value for end, value in ends.items() if np.isfinite(value)}
        mlflow.log_metrics(
            {_key(f"privacy/{name}/{estimate.name}{end}"): value for end, value in finite.items()}
        )
    with tempfile.TemporaryDirectory() as temporary:
        for suffix in formats:
            mlflow.log_artifact(str(report.save(Path(temporary) / f"report{suffix}")), folder)


def privacy_metrics(*, level: float = 0.95) -> list[Any]:
    """Extra metrics for ``mlflow.models.evaluate``: membership advantage and AUC, with both ends of
    their intervals.

    The table that is evaluated needs two columns besides the predictions: ``member``, whether the
    record was in the training set, and ``p_true``, the probability that the model gave its true
    class. Columns of other names are mapped by ``evaluator_config={"col_mapping": {"member":
    "my_column"}}``.

    Parameters
    ----------
    level : of the intervals.

    Examples
    --------
    ``mlflow.models.evaluate(data=table, predictions="prediction", targets="label",
    extra_metrics=privacy_metrics())`` logs ``privacy_advantage/value``, ``privacy_advantage/low``
    and ``privacy_advantage/high``; gate on the high end with ``mlflow.validate_evaluation_results``
    and a ``MetricThreshold(threshold=0.1, greater_is_better=False)``.
    """
    metrics = require("mlflow.metrics", extra="mlflow", purpose="MLflow metrics")
    return [
        metrics.make_metric(
            eval_fn=_evaluated(name, level), greater_is_better=False, name=f"privacy_{name}"
        )
        for name in ("advantage", "auc")
    ]


def _evaluated(name: str, level: float) -> Any:
    base = require("mlflow.metrics.base", extra="mlflow", purpose="MLflow metrics")

    # MLflow passes columns of the table by the names of these arguments
    def evaluated(predictions: Any, targets: Any, metrics: Any, member: Any, p_true: Any) -> Any:
        estimate = _estimate(name, member, p_true, level)
        return None if estimate is None else base.MetricValue(aggregate_results=estimate)

    return evaluated


def _estimate(name: str, member: Any, p_true: Any, level: float) -> dict[str, float] | None:
    """Value and ends, or None for the few rows with which MLflow tries a metric out."""
    inside = np.asarray(member).astype(bool)
    loss = -np.log(np.maximum(np.asarray(p_true, float), np.finfo(float).tiny))
    try:
        found = (
            glance(Outputs(loss=loss[inside]), Outputs(loss=loss[~inside]), level=level)
            if 0 < inside.sum() < len(inside)
            else None
        )
    except NotEnoughData:
        return None
    estimate = None if found is None else found.estimate(name)
    return (
        None
        if estimate is None
        else {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    )


def _key(text: str) -> str:
    """MLflow allows letters, digits, blanks and ``_ - . / :`` in a metric's name."""
    return re.sub(r"[^\w\-. /:]", "_", text)


def _mlflow() -> Any:
    return require("mlflow", extra="mlflow", purpose="Logging to MLflow")
