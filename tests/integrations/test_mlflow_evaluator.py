"""`mlflow.models.evaluate(..., evaluators="tacit")` on real logged models."""

import os
import subprocess
import sys

import numpy as np
import pytest

from tacit import InvalidInput, Report

pytestmark = [pytest.mark.framework, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
mlflow = pytest.importorskip("mlflow")
pandas = pytest.importorskip("pandas")

POLICY = {"at_most": {"advantage": 0.2}}


@pytest.fixture(scope="module", autouse=True)
def tracking(tmp_path_factory):
    from mlflow.models.evaluation.evaluator_registry import _model_evaluation_registry as registry

    from tacit.integrations.mlflow_evaluator import TacitEvaluator

    folder = tmp_path_factory.mktemp("mlflow")
    mlflow.set_tracking_uri(f"sqlite:///{folder / 'tracking.db'}")
    mlflow.create_experiment("evaluator", artifact_location=(folder / "artifacts").as_uri())
    mlflow.set_experiment("evaluator")
    registry.register("tacit", TacitEvaluator)
    return mlflow.MlflowClient()


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    frame = pandas.DataFrame(rng.normal(size=(1200, 4)), columns=list("abcd"))
    frame["label"] = np.where(frame["a"] + rng.normal(size=1200) > 0, "yes", "no")
    frame["member"] = np.arange(1200) % 2
    return frame


@pytest.fixture(scope="module")
def logged(table):
    from sklearn.ensemble import RandomForestClassifier

    part = table[table["member"] == 1]
    model = RandomForestClassifier(30, random_state=0).fit(part[list("abcd")], part["label"])
    with mlflow.start_run():
        return mlflow.sklearn.log_model(
            model,
            name="forest",
            registered_model_name="forest",
            skops_trusted_types=["sklearn.tree._tree.Tree"],
        )


def evaluated(model, table, **config):
    with mlflow.start_run() as run:
        found = mlflow.models.evaluate(
            model,
            data=table,
            targets="label",
            model_type="classifier",
            evaluators="tacit",
            evaluator_config={"member": "member", "policy": POLICY, "effort": "quick"} | config,
        )
    return found, run.info.run_id


def test_a_logged_model_is_audited_and_tagged(tracking, table, logged):
    found, run_id = evaluated(logged.model_uri, table, model_version=("forest", 1))
    ends = [found.metrics[f"privacy/vulnerability{end}"] for end in ("_low", "", "_high")]
    assert ends == sorted(ends)
    assert ends[0] > 0.2
    kept = tracking.get_run(run_id).data
    assert kept.tags["privacy.verdict"] == "fail"
    assert kept.metrics["privacy/vulnerability"] == ends[1]
    assert found.artifacts["privacy_report"].content.verdict == "fail"
    assert tracking.get_model_version("forest", "1").tags["privacy.verdict"] == "fail"
    assert tracking.get_logged_model(logged.model_id).tags["privacy.verdict"] == "fail"
    path = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="privacy/report.json")
    report = Report.load(path)
    assert report.accuracy["member"] > report.accuracy["nonmember"]


def test_an_evaluation_is_gated(table, logged):
    found, _ = evaluated(logged.model_uri, table)
    limit = {
        "privacy/vulnerability_high": mlflow.models.MetricThreshold(
            threshold=0.1, greater_is_better=False
        )
    }
    with pytest.raises(Exception, match="vulnerability_high"):
        mlflow.validate_evaluation_results(limit, found)


def test_a_result_survives_a_folder(table, logged, tmp_path):
    found, _ = evaluated(logged.model_uri, table)
    found.save(str(tmp_path / "result"))
    again = mlflow.models.EvaluationResult.load(str(tmp_path / "result"))
    assert again.artifacts["privacy_report"].content.verdict == "fail"


def test_membership_may_come_as_an_array(table, logged):
    found, _ = evaluated(
        logged.model_uri, table.drop(columns="member"), member=np.asarray(table["member"])
    )
    assert found.metrics["privacy/vulnerability"] > 0.2


def test_predictions_in_the_table_do_without_a_model(table):
    rng = np.random.default_rng(1)
    frame = pandas.DataFrame({"label": rng.integers(0, 2, 800), "member": np.arange(800) % 2})
    sure = np.where(frame["member"] == 1, 0.95, 0.6) + rng.uniform(-0.05, 0.05, 800)
    frame["chance"] = np.where(frame["label"] == 1, sure, 1 - sure)
    frame["region"] = np.where(rng.integers(0, 2, 800) > 0, "n", "s")
    with mlflow.start_run():
        found = mlflow.models.evaluate(
            data=frame,
            targets="label",
            predictions="chance",
            model_type="classifier",
            evaluators="tacit",
            evaluator_config={"member": "member", "policy": POLICY, "slices": ["region"]},
        )
    report = found.artifacts["privacy_report"].content
    assert report.verdict == "fail"
    assert any("region" in check.name for check in report.checks)


@pytest.fixture(scope="module")
def numbers(table):
    frame = table.drop(columns="label")
    frame["label"] = frame["a"] + np.random.default_rng(2).normal(size=len(frame))
    return frame


def of_type(model_type, table, model=None, **options):
    config = {"member": "member", "policy": POLICY, "effort": "quick"}
    with mlflow.start_run():
        return mlflow.models.evaluate(
            model,
            data=table,
            targets="label",
            model_type=model_type,
            evaluators="tacit",
            evaluator_config=config | options.pop("config", {}),
            **options,
        )


def test_a_regression_is_audited_by_its_errors(numbers):
    from sklearn.tree import DecisionTreeRegressor

    part = numbers[numbers["member"] == 1]
    model = DecisionTreeRegressor(random_state=0).fit(part[list("abcd")], part["label"])
    with mlflow.start_run():
        logged = mlflow.sklearn.log_model(
            model, name="tree", skops_trusted_types=["sklearn.tree._tree.Tree"]
        )
    found = of_type("regressor", numbers, logged.model_uri)
    assert found.artifacts["privacy_report"].content.verdict == "fail"
    given = numbers.assign(answer=model.predict(numbers[list("abcd")]))
    by_table = of_type("regressor", given, predictions="answer")
    assert by_table.metrics["privacy/vulnerability"] == pytest.approx(
        found.metrics["privacy/vulnerability"]
    )


def test_a_model_that_answers_with_classes_says_what_to_do(table):
    class Rule(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input, params=None):
            return np.where(model_input["a"] > 0, "yes", "no")

    with mlflow.start_run():
        logged = mlflow.pyfunc.log_model(name="rule", python_model=Rule())
    with pytest.raises(InvalidInput, match="predict_proba"):
        of_type("classifier", table, logged.model_uri)


def test_a_type_that_cannot_be_audited_here_says_where_it_can(table):
    with pytest.raises(InvalidInput, match="audit_text"):
        of_type("text", table.assign(answer="x"), predictions="answer")


def test_it_keeps_out_of_evaluations_that_do_not_ask_for_it():
    from tacit.integrations.mlflow_evaluator import TacitEvaluator

    for config in ({}, None, {"policy": POLICY}):
        assert not TacitEvaluator.can_evaluate(model_type="classifier", evaluator_config=config)


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"member": "nobody"}, "no column `nobody`"),
        ({"member": np.ones(3)}, "1 or 0 for each of 1200"),
        ({"slices": ["zz"]}, "no column `zz` to slice by"),
        ({"mebmer": 1}, "unknown key 'mebmer'"),
    ],
)
def test_a_configuration_that_does_not_fit_says_so(config, says, table, logged):
    with pytest.raises(InvalidInput, match=says):
        evaluated(logged.model_uri, table, **config)


def test_mlflow_finds_the_evaluator_through_the_entry_point(tmp_path):
    # what pip writes for the line that pyproject.toml is to hold
    info = tmp_path / "tacit_evaluator_test-0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: tacit-evaluator-test\nVersion: 0\n"
    )
    (info / "entry_points.txt").write_text(
        "[mlflow.model_evaluator]\ntacit = tacit.integrations.mlflow_evaluator:TacitEvaluator\n"
    )
    code = (
        "from mlflow.models.evaluation.evaluator_registry import _model_evaluation_registry as r\n"
        "import mlflow.models.evaluation\n"
        "print(type(r.get_evaluator('tacit')).__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "TacitEvaluator\n", done.stderr[-1000:]


def test_the_registry_gives_the_history_of_a_model(tracking, table):
    from sklearn.ensemble import RandomForestClassifier

    import tacit
    from tacit.integrations.mlflow_registry import version_reports

    part = table[table["member"] == 1]
    for number, depth in ((1, 2), (2, None)):
        model = RandomForestClassifier(20, max_depth=depth, random_state=0)
        model.fit(part[list("abcd")], part["label"])
        with mlflow.start_run():
            logged = mlflow.sklearn.log_model(
                model,
                name="scorer",
                registered_model_name="scorer",
                skops_trusted_types=["sklearn.tree._tree.Tree"],
            )
        if number == 1:
            with pytest.raises(tacit.NotEnoughData, match="0 of 1 versions"):
                version_reports("scorer")
        evaluated(logged.model_uri, table, model_version=("scorer", number))
    found = version_reports("scorer")
    assert [name for name, _ in found] == ["v1", "v2"]
    history = tacit.history([report for _, report in found], versions=["v1", "v2"])
    assert history.worse == ("v2",)
    with pytest.raises(InvalidInput, match="no model `nobody`"):
        version_reports("nobody")
