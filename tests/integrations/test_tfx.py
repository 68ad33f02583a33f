"""A real TFX pipeline, CsvExampleGen to Pusher: one model is pushed, the other is blocked."""

import json
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tacit import InvalidInput, Report

pytestmark = [pytest.mark.framework, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
tfx = pytest.importorskip("tfx.v1", reason="TFX needs Python 3.10 to 3.12 and glibc 2.39")

import tensorflow  # noqa: E402
from ml_metadata import metadata_store  # noqa: E402
from ml_metadata.proto import metadata_store_pb2  # noqa: E402
from tensorflow_serving.apis import prediction_log_pb2  # noqa: E402

from tacit.integrations import tfx_records  # noqa: E402
from tacit.integrations.tfx import InferenceTester, PrivacyTester  # noqa: E402

TRAINER = Path(__file__).parent / "tfx_trainer.py"
BLESSING = tfx.types.standard_artifacts.ModelBlessing
LIMIT = json.dumps({"at_most": {"advantage": 0.18}})
NO_LIMIT = json.dumps({"at_most": {"advantage": 1.0}})


@pytest.fixture(autouse=True)
def no_arguments(monkeypatch):
    # TFX and Beam read the command line, which is that of pytest here
    monkeypatch.setattr(sys, "argv", sys.argv[:1])


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("csv")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1500, 4))
    y = (x[:, 0] + 4 * rng.normal(size=1500) > 0).astype(int)
    rows = [",".join([*(f"{value:.5f}" for value in row), str(c)]) for row, c in zip(x, y)]
    (folder / "data.csv").write_text("\n".join(["a,b,c,d,label", *rows]) + "\n", encoding="utf8")
    return folder


def trained(table, epochs):
    split = tfx.proto.SplitConfig.Split
    config = tfx.proto.Output(
        split_config=tfx.proto.SplitConfig(
            splits=[split(name="train", hash_buckets=1), split(name="eval", hash_buckets=1)]
        )
    )
    made = tfx.components.CsvExampleGen(input_base=str(table), output_config=config)
    trainer = tfx.components.Trainer(
        module_file=str(TRAINER),
        examples=made.outputs["examples"],
        train_args=tfx.proto.TrainArgs(num_steps=1),
        eval_args=tfx.proto.EvalArgs(num_steps=1),
        custom_config={"epochs": epochs},
    )
    return made, trainer


def pusher(trainer, root, **options):
    target = tfx.proto.PushDestination.Filesystem(base_directory=str(root / "pushed"))
    return tfx.components.Pusher(
        model=trainer.outputs["model"],
        push_destination=tfx.proto.PushDestination(filesystem=target),
        **options,
    )


def run(root, *components):
    """Run a pipeline in which one component stands for each name; gives its metadata."""
    database = str(root / "metadata.db")
    config = tfx.orchestration.metadata.sqlite_metadata_connection_config(database)
    tfx.orchestration.LocalDagRunner().run(
        tfx.dsl.Pipeline(
            pipeline_name="privacy",
            pipeline_root=str(root / "root"),
            components=list(components),
            metadata_connection_config=config,
        )
    )
    connection = metadata_store_pb2.ConnectionConfig()
    connection.sqlite.filename_uri = database
    return metadata_store.MetadataStore(connection)


def newest(store, kind):
    return max(store.get_artifacts_by_type(kind), key=lambda artifact: artifact.id)


def pushed_models(root):
    return len(list(root.glob("pushed/*")))


@pytest.mark.parametrize(("epochs", "by_beam", "pushed"), [(2, True, True), (300, False, False)])
def test_the_pusher_pushes_one_model_and_not_the_other(table, tmp_path, epochs, by_beam, pushed):
    made, trainer = trained(table, epochs)
    tester = PrivacyTester(
        examples=made.outputs["examples"],
        model=trainer.outputs["model"],
        policy=LIMIT,
        effort="quick",
        kind="logits",
        by_beam=by_beam,
    )
    push = pusher(trainer, tmp_path, model_blessing=tester.outputs["blessing"])
    store = run(tmp_path, made, trainer, tester, push)
    assert pushed_models(tmp_path) == int(pushed)
    (page,) = tmp_path.glob("root/PrivacyTester/report/*/report.html")
    assert page.read_text(encoding="utf8").startswith("<!doctype html>")
    # losses of single members do not stay in the pipeline's store
    assert sorted(path.name for path in page.parent.iterdir()) == ["report.html", "report.json"]
    (report,) = store.get_artifacts_by_type("TacitPrivacyReport")
    assert report.properties["verdict"].string_value == ("pass" if pushed else "fail")
    assert report.properties["change"].string_value == "first"
    found = Report.load(page.with_name("report.json"))
    assert found.environment["n_members"] + found.environment["n_nonmembers"] == 1500
    (model,) = store.get_artifacts_by_type("Model")
    marks = store.get_artifacts_by_type("ModelBlessing")[0].custom_properties
    assert marks["blessed"].int_value == int(pushed)
    assert marks["current_model_id"].int_value == model.id
    assert marks["blessing_message"].string_value == (
        "" if pushed else "the policy's verdict is fail"
    )


def compared(table, root, epochs):
    """A pipeline that compares with the model that was blessed before; `Cond` before the Pusher."""
    made, trainer = trained(table, epochs)
    resolver = tfx.dsl.Resolver(
        strategy_class=tfx.dsl.experimental.LatestBlessedModelStrategy,
        model=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model),
        model_blessing=tfx.dsl.Channel(
            type=BLESSING, producer_component_id="PrivacyTester", output_key="blessing"
        ),
    ).with_id("latest_blessed")
    tester = PrivacyTester(
        examples=made.outputs["examples"],
        model=trainer.outputs["model"],
        baseline_blessing=resolver.outputs["model_blessing"],
        policy=NO_LIMIT,
        effort="quick",
        block_worse=True,
    )
    with tfx.dsl.Cond(tester.outputs["passed"].future()[0].value == 1):
        push = pusher(trainer, root)
    return run(root, made, trainer, resolver, tester, push)


def test_a_model_that_leaks_more_than_the_blessed_one_is_not_pushed(table, tmp_path):
    store = compared(table, tmp_path, 2)
    assert pushed_models(tmp_path) == 1
    assert newest(store, "TacitPrivacyReport").properties["change"].string_value == "first"
    first = newest(store, "ModelBlessing")
    store = compared(table, tmp_path, 300)
    assert pushed_models(tmp_path) == 1
    report = newest(store, "TacitPrivacyReport")
    assert report.properties["verdict"].string_value == "pass"
    assert report.properties["change"].string_value == "worse"
    assert (Path(report.uri) / "history.html").exists()
    marks = newest(store, "ModelBlessing").custom_properties
    assert marks["blessed"].int_value == 0
    assert marks["blessing_message"].string_value.endswith("blessed before: worse")
    assert (
        marks["baseline_model_id"].int_value
        == first.custom_properties["current_model_id"].int_value
    )
    # the first model is still the latest blessed one, and the same data give the same model
    store = compared(table, tmp_path, 1)
    assert newest(store, "TacitPrivacyReport").properties["change"].string_value != "worse"
    assert newest(store, "ModelBlessing").custom_properties["blessed"].int_value == 1


def test_what_bulk_inferrer_wrote_gives_the_same_report(table, tmp_path):
    made, trainer = trained(table, 100)
    given = {"examples": made.outputs["examples"], "model": trainer.outputs["model"]}
    logs = [
        tfx.components.BulkInferrer(
            **given, data_spec=tfx.proto.DataSpec(example_splits=[split])
        ).with_id(f"infer_{split}")
        for split in ("train", "eval")
    ]
    column = tfx.proto.PredictOutputCol(output_key="logits", output_column="answer")
    spec = tfx.proto.OutputColumnsSpec(
        predict_output=tfx.proto.PredictOutput(output_columns=[column])
    )
    examples = tfx.components.BulkInferrer(
        **given, output_example_spec=tfx.proto.OutputExampleSpec(output_columns_spec=[spec])
    ).with_id("infer_examples")
    options = {"model": trainer.outputs["model"], "policy": LIMIT, "effort": "quick"}
    testers = [
        PrivacyTester(examples=made.outputs["examples"], **options).with_id("asked"),
        PrivacyTester(
            examples=examples.outputs["output_examples"], answer_key="answer", **options
        ).with_id("in_examples"),
        *(
            InferenceTester(
                member=logs[0].outputs["inference_result"],
                nonmember=logs[1].outputs["inference_result"],
                kind="logits",
                by_beam=by_beam,
                **options,
            ).with_id(name)
            for name, by_beam in (("in_logs", False), ("in_logs_by_beam", True))
        ),
    ]
    run(tmp_path, made, trainer, *logs, examples, *testers)
    reports = {
        name: Report.load(next(tmp_path.glob(f"root/{name}/report/*/report.json")))
        for name in ("asked", "in_examples", "in_logs", "in_logs_by_beam")
    }
    counts = {name: report.environment["n_members"] for name, report in reports.items()}
    assert len(set(counts.values())) == 1
    losses = {
        name: next(
            item.value
            for check in report.checks
            if check.name == "loss"
            for item in check.estimates
            if item.name == "auc"
        )
        for name, report in reports.items()
    }
    assert losses["asked"] > 0.55
    for name in losses:
        assert losses[name] == pytest.approx(losses["asked"], abs=1e-3), name


def example(**features):
    made = tensorflow.train.Example()
    for name, values in features.items():
        kind = made.features.feature[name]
        numbers = kind.int64_list if isinstance(values[0], int) else kind.float_list
        numbers.value.extend(values)
    return made


def test_prediction_logs_of_every_signature_are_read():
    log = prediction_log_pb2.PredictionLog()
    asked = log.predict_log.request.inputs["examples"]
    asked.string_val.append(example(label=[1]).SerializeToString())
    for name in ("logits", "other"):
        answer = log.predict_log.response.outputs[name]
        answer.CopyFrom(tensorflow.make_tensor_proto([[0.5, 2.0]]))
    raw = log.SerializeToString()
    answer, label = tfx_records.log_pair(raw, label_key="label", output_key="logits")
    assert answer.tolist() == [0.5, 2.0]
    assert label == 1
    with pytest.raises(InvalidInput, match="logits, other"):
        tfx_records.log_pair(raw, label_key="label")
    with pytest.raises(InvalidInput, match="feature `klass`, got none; there are label"):
        tfx_records.log_pair(raw, label_key="klass", output_key="logits")

    log = prediction_log_pb2.PredictionLog()
    log.classify_log.request.input.example_list.examples.append(example(label=[0]))
    found = log.classify_log.response.result.classifications.add()
    for name, score in (("1", 0.75), ("0", 0.25)):
        found.classes.add(label=name, score=score)
    assert tfx_records.log_pair(log.SerializeToString(), label_key="label")[0].tolist() == [
        0.25,
        0.75,
    ]
    found.classes[0].label = "cat"
    with pytest.raises(InvalidInput, match="numbers 0 to 1 as names, got cat, 0"):
        tfx_records.log_pair(log.SerializeToString(), label_key="label")

    log = prediction_log_pb2.PredictionLog()
    log.regress_log.request.input.example_list.examples.append(example(label=[0.5]))
    log.regress_log.response.result.regressions.add(value=0.25)
    answer, label = tfx_records.log_pair(log.SerializeToString(), label_key="label")
    assert (answer.tolist(), label) == ([0.25], 0.5)
    with pytest.raises(InvalidInput, match="one signature"):
        tfx_records.log_pair(b"", label_key="label")


def test_examples_that_do_not_fit_say_so():
    raw = example(label=[1, 2], x=[0.5]).SerializeToString()
    pair = partial(tfx_records.example_pair, raw)
    assert pair(label_key="x") == (raw, 0.5)
    with pytest.raises(InvalidInput, match="`label` needs one number a record, got 2"):
        pair(label_key="label")
    with pytest.raises(InvalidInput, match="another type"):
        tfx_records.example_pair(b"\x0bno", label_key="label")
