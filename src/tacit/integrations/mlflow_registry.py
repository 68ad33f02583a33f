"""The reports of a registered model's versions, as the MLflow evaluator logged them."""

from tempfile import TemporaryDirectory
from typing import Any

from tacit.core import InvalidInput, NotEnoughData, Report
from tacit.core.optional import require

# where `mlflow_evaluator` and `mlflow.log_report` put a report, and the tag that names its run
FILE = "privacy/report.json"
RUN_TAG = "privacy.run_id"


def version_reports(model: str, *, tracking_uri: str | None = None) -> list[tuple[str, Report]]:
    """Version and report of each version of a registered model that was audited, oldest first.

    The report is read from the run that the tag ``privacy.run_id`` of the version names (the
    evaluator writes it), else from the run that made the version.

    Parameters
    ----------
    model : str
        Name in the registry.
    tracking_uri : str or None
        Of the tracking server; MLflow's own default where None.

    Raises
    ------
    InvalidInput
        The registry has no such model.
    NotEnoughData
        Fewer than two of its versions have a report.
    MissingDependency
        MLflow is not installed.
    """
    mlflow = require("mlflow", extra="mlflow", purpose="Reading a registry")
    client = mlflow.MlflowClient(tracking_uri=tracking_uri)
    versions = list(client.search_model_versions(f"name = '{_quoted(model)}'"))
    if not versions:
        raise InvalidInput(f"MLflow's registry has no model `{model}`.")
    versions.sort(key=lambda version: int(version.version))
    reports = [_report(client, version) for version in versions]
    audited = [
        (f"v{version.version}", report)
        for version, report in zip(versions, reports)
        if report is not None
    ]
    if len(audited) < 2:
        raise NotEnoughData(
            f"A history needs 2 audited versions, and {len(audited)} of {len(versions)} versions of"
            f' `{model}` have a report ({FILE}). Evaluate them with evaluators="tacit", or log'
            " their reports with tacit.integrations.mlflow.log_report.",
            needed=2,
            got=len(audited),
            unit="audited versions",
        )
    return audited


def _quoted(name: str) -> str:
    if "'" in name:
        raise InvalidInput(f"`model` needs a name without quotes, got {name!r}.")
    return name


def _report(client: Any, version: Any) -> Report | None:
    """The report of a version, or None where its runs hold none."""
    for run in dict.fromkeys(filter(None, (version.tags.get(RUN_TAG), version.run_id))):
        held = client.list_artifacts(run, FILE.rpartition("/")[0])
        if FILE in [item.path for item in held]:
            with TemporaryDirectory() as folder:
                return Report.load(client.download_artifacts(run, FILE, folder))
    return None
