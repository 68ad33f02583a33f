"""MLflow on a local SQLite file: metrics of a trace, a report as artifacts, extra metrics that can
be gated on.
"""

import numpy as np
import pytest

from tacit import Outputs, audit
from tacit.integrations import PrivacyTrace

pytestmark = [pytest.mark.framework, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
mlflow = pytest.importorskip("mlflow")


@pytest.fixture(scope="module", autouse=True)
def tracking(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mlflow")
    mlflow.set_tracking_uri(f"sqlite:///{folder / 'tracking.db'}")
    mlflow.create_experiment("tacit", artifact_location=(folder / "artifacts").as_uri())
    mlflow.set_experiment("tacit")
    return mlflow.MlflowClient()


def test_a_trace_becomes_metrics_by_epoch(tracking):
    from tacit.integrations.mlflow import MLflowLog

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(100, 4)), rng.integers(0, 3, 100)
    weights = rng.normal(size=(4, 3))
    with mlflow.start_run() as run:
        trace = PrivacyTrace((x[:50], y[:50]), (x[50:], y[50:]), every=1, log=[MLflowLog()])
        points = [trace.observe(epoch, lambda part: part @ weights) for epoch in range(2)]
    history = tracking.get_metric_history(run.info.run_id, "privacy/advantage")
    assert {entry.step: entry.value for entry in history} == {
        i: point.advantage.value for i, point in enumerate(points)
    }


def test_a_report_becomes_metrics_tags_and_artifacts(tracking):
    from tacit.integrations.mlflow import log_report

    rng = np.random.default_rng(0)
    report = audit(
        member=Outputs(loss=rng.exponential(0.2, 500)),
        nonmember=Outputs(loss=rng.exponential(1, 500)),
        effort="quick",
    )
    with mlflow.start_run() as run:
        log_report(report, formats=(".json",))
    kept = tracking.get_run(run.info.run_id).data
    assert kept.tags["privacy.verdict"] == report.verdict == "fail"
    assert kept.metrics["privacy/score/advantage.low"] == pytest.approx(report.score.low)
    path = mlflow.artifacts.download_artifacts(
        run_id=run.info.run_id, artifact_path="privacy/report.json"
    )
    assert type(report).load(path).headline == report.headline


def test_an_evaluation_measures_privacy_and_can_be_gated(tracking):
    import pandas

    from tacit.audits.steps.quick_check import glance
    from tacit.integrations.mlflow import privacy_metrics

    rng = np.random.default_rng(0)
    member = np.arange(400) < 200
    p_true = np.where(member, rng.beta(8, 2, 400), rng.beta(3, 2, 400))
    label = rng.integers(0, 2, 400)
    table = pandas.DataFrame(
        {"prediction": label, "label": label, "member": member.astype(int), "p_true": p_true}
    )
    with mlflow.start_run():
        result = mlflow.models.evaluate(
            data=table,
            predictions="prediction",
            targets="label",
            extra_metrics=privacy_metrics(),
            evaluators="default",
        )
    right = glance(
        Outputs(loss=-np.log(p_true[member])), Outputs(loss=-np.log(p_true[~member]))
    ).estimate("advantage")
    assert result.metrics["privacy_advantage/value"] == pytest.approx(right.value)
    assert result.metrics["privacy_advantage/high"] == pytest.approx(right.high)
    limits = {
        "privacy_advantage/high": mlflow.models.MetricThreshold(
            threshold=0.1, greater_is_better=False
        )
    }
    with pytest.raises(mlflow.models.evaluation.validation.ModelValidationFailedException):
        mlflow.validate_evaluation_results(validation_thresholds=limits, candidate_result=result)
