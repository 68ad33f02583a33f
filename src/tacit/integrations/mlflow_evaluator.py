"""MLflow: ``mlflow.models.evaluate(..., evaluators="tacit")`` audits a logged model.

MLflow finds `TacitEvaluator` through the entry point ``mlflow.model_evaluator``.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, Outputs, Report
from tacit.core.optional import require
from tacit.integrations.mlflow import log_report
from tacit.integrations.mlflow_registry import RUN_TAG
from tacit.integrations.pipeline import privacy_test

base: Any = require("mlflow.models.evaluation.base", extra="mlflow", purpose="The MLflow evaluator")

FOLDER = "privacy"
OPTIONS = ("effort", "level", "seed", "title", "reduce")
# MLflow's kinds of models that can be audited, and what a table's own predictions then are
TASKS = {"classifier": "probs", "regressor": "prediction"}
KINDS = ("probs", "logits", "prediction", "loss")
KEYS = ("member", "policy", "kind", "slices", "model_version", *OPTIONS)


class ReportArtifact(base.EvaluationArtifact):  # type: ignore[misc]
    """A report among the artifacts of an evaluation; its content is a `tacit.Report`."""

    def _load_content_from_file(self, local_artifact_path: str) -> Report:
        return Report.load(local_artifact_path)

    def _save(self, output_artifact_path: str) -> None:
        self.content.save(Path(output_artifact_path))


class TacitEvaluator(base.ModelEvaluator):  # type: ignore[misc]
    """Audits the model on a table that holds training records and others.

    Keys of ``evaluator_config``:

    ``member`` (needed: without it the evaluator keeps out of evaluations it was not asked for)
        the column of the table that is 1 for training records and 0 for others, or an array of it.
        A column is taken out before the model sees the table.
    ``policy``
        as in a policy file, ``{"at_most": {"advantage": 0.1}}``, or the path of one.
    ``slices``
        columns to slice by.
    ``kind``
        what a table's own predictions are, where no model is given: ``"probs"`` (of the classes or
        of the positive class), ``"logits"``, ``"prediction"`` (of a regression) or ``"loss"``; by
        default what fits the model's type.
    ``model_version``
        ``(name, version)`` of a registered model, which gets the verdict as a tag.
    ``effort``, ``level``, ``seed``, ``title``
        as `tacit.audit` takes them.

    The run gets the report's numbers, tags and files as `log_report` logs them; the logged model
    gets the verdict as tags. The result has ``privacy/vulnerability`` with both ends, the p-value,
    and the report as an artifact; gate on ``privacy/vulnerability_high`` with
    ``mlflow.validate_evaluation_results``.
    """

    @classmethod
    def can_evaluate(
        cls, *, model_type: str | None, evaluator_config: Mapping[str, Any] | None, **kwargs: Any
    ) -> bool:
        """Whether the configuration says which records were trained on."""
        return "member" in (evaluator_config or {})

    def evaluate(
        self,
        *,
        model_type: str | None,
        dataset: Any,
        run_id: str,
        evaluator_config: Mapping[str, Any],
        model: Any = None,
        model_id: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Audit, log, tag, and give MLflow the numbers.

        Raises
        ------
        InvalidInput : the configuration or the table cannot be used; says why.
        """
        kind = evaluator_config.get("kind") or _usual_kind(model_type)
        unknown = sorted(set(evaluator_config) - set(KEYS))
        if unknown:
            raise InvalidInput(
                f"`evaluator_config` has the unknown key {unknown[0]!r}; there are {KEYS}."
            )
        records, inside, slices = _table(dataset.features_data, evaluator_config)
        outputs = _outputs(model, records, dataset, kind)
        tested = privacy_test(
            None,
            outputs.take(np.flatnonzero(inside)),
            outputs.take(np.flatnonzero(~inside)),
            evaluator_config.get("policy"),
            slices={name: (column[inside], column[~inside]) for name, column in slices.items()},
            **{name: evaluator_config[name] for name in OPTIONS if name in evaluator_config},
        )
        log_report(tested.report, folder=FOLDER)
        tag_model(tested.report, model_id, evaluator_config.get("model_version"))
        metrics = {f"privacy/{name}": value for name, value in tested.metrics().items()}
        _mlflow().log_metrics(metrics)
        uri = _mlflow().get_artifact_uri(f"{FOLDER}/report.json")
        artifacts = {"privacy_report": ReportArtifact(uri, tested.report)}
        return base.EvaluationResult(metrics=metrics, artifacts=artifacts, run_id=run_id)


def _usual_kind(model_type: str | None) -> str:
    if model_type is None:
        return TASKS["classifier"]
    if model_type not in TASKS:
        raise InvalidInput(
            f"`model_type` needs {' or '.join(map(repr, TASKS))}, got {model_type!r}. Audit a"
            " language model with tacit.audit_text (`tacit text audit`), and put its report on the"
            " run with tacit.integrations.mlflow.log_report."
        )
    return TASKS[model_type]


def tag_model(
    report: Report, model_id: str | None = None, version: tuple[str, Any] | None = None
) -> None:
    """Put the verdict on a logged model, or on a version of a registered one, as tags, with the
    active run, which holds the report.

    Parameters
    ----------
    report : from `tacit.audit`.
    model_id : of a logged model.
    version : (name, version) of a registered model.
    """
    tags = {"privacy.verdict": report.verdict, "privacy.finding": report.finding}
    run = _mlflow().active_run()
    if run is not None:
        tags[RUN_TAG] = run.info.run_id
    client = _mlflow().MlflowClient()
    if model_id is not None:
        client.set_logged_model_tags(model_id, tags)
    if version is not None:
        name, number = version
        for key, value in tags.items():
            client.set_model_version_tag(name, str(number), key, value)


def _table(
    features: Any, config: Mapping[str, Any]
) -> tuple[Any, NDArray[np.bool_], dict[str, NDArray[Any]]]:
    """The records without the member column, who was a member, and the columns to slice by."""
    member = config["member"]
    if isinstance(member, str):
        if member not in getattr(features, "columns", ()):
            raise InvalidInput(f"The table has no column `{member}`, which `member` names.")
        inside, features = np.asarray(features[member]), features.drop(columns=[member])
    else:
        inside = np.asarray(member)
    if len(inside) != len(features) or not np.isin(inside, (0, 1)).all():
        raise InvalidInput(
            f"`member` needs 1 or 0 for each of {len(features)} records, got {len(inside)} values."
        )
    names = config.get("slices", ())
    missing = [name for name in names if name not in getattr(features, "columns", ())]
    if missing:
        raise InvalidInput(f"The table has no column `{missing[0]}` to slice by.")
    return features, inside == 1, {name: np.asarray(features[name]) for name in names}


def _outputs(model: Any, records: Any, dataset: Any, kind: str) -> Outputs:
    """What the model answers, or the answers that the table brought along."""
    from tacit.adapters import adapter_of, outputs_of

    truth = dataset.labels_data if dataset.has_targets else None
    if model is not None:
        raw = _raw(model)
        if raw is not None:
            frame = adapter_of(raw) == "sklearn"
            return outputs_of(raw, records if frame else _array(records), truth)
        regression = kind == "prediction"
        asked = partial(_scores, model, regression=regression)
        return outputs_of(asked, records, truth, kind="prediction" if regression else "auto")
    if not dataset.has_predictions:
        raise InvalidInput("Without a model, the table needs a column of predictions.")
    answers = np.asarray(dataset.predictions_data)
    if answers.dtype == object:
        answers = np.stack([np.asarray(row, float) for row in answers])
    if kind not in KINDS:
        raise InvalidInput(f"`kind` needs one of {', '.join(KINDS)}, got {kind!r}.")
    if kind == "prediction":
        return Outputs(prediction=answers, truth=truth)
    label = None if truth is None else np.unique(truth, return_inverse=True)[1]
    given: dict[str, Any] = {kind: answers, "label": label}
    return Outputs(**given)


def _scores(model: Any, part: Any, *, regression: bool) -> NDArray[Any]:
    """What MLflow's own `predict` answers, if it is more than the name of a class."""
    answers = np.asarray(model.predict(part))
    if answers.dtype.kind in "OUSb" or (answers.dtype.kind in "iu" and not regression):
        raise InvalidInput(
            "The model answers with classes, and membership shows in how sure it is. Log it so that"
            " `predict` gives probabilities (for scikit-learn: pyfunc_predict_fn='predict_proba'),"
            " or use tacit.audit_label_only."
        )
    return answers


def _raw(model: Any) -> Any:
    """The framework's own model inside MLflow's; None where no adapter knows it."""
    from tacit.adapters import adapter_of

    try:
        raw = model.get_raw_model()
        adapter_of(raw)
    except (NotImplementedError, AttributeError, InvalidInput):
        return None
    return raw


def _array(records: Any) -> NDArray[np.float32]:
    return np.asarray(records, np.float32)


def _mlflow() -> Any:
    return require("mlflow", extra="mlflow", purpose="The MLflow evaluator")
