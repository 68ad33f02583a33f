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
from tfx.types import artifact_utils  # noqa: E402
from tfx.utils import path_utils  # noqa: E402

from tacit.integrations import tfx_records  # noqa: E402
from tacit.integrations.tfx import InferenceTester, PrivacyReport, PrivacyTester  # noqa: E402

TRAINER = Path(__file__).parent / "tfx_trainer.py"
BLESSING = tfx.types.standard_artifacts.ModelBlessing
MODEL = tfx.types.standard_artifacts.Model
LIMIT = json.dumps({"at_most": {"advantage": 0.18}})
WIDE = json.dumps({"at_most": {"advantage": 0.99}})


def example(**features):
    made = tensorflow.train.Example()
    for name, values in features.items():
        kind = made.features.feature[name]
        numbers = kind.int64_list if isinstance(values[0], int) else kind.float_list
        numbers.value.extend(values)
    return made


def write_answers(examples, gain):
    """Two splits of labels and answers; the model is surer of its members by `gain`."""
    rng = np.random.default_rng(0)
    examples.split_names = '["train", "eval"]'
    for split, surer in (("train", gain), ("eval", 0.0)):
        (path,) = artifact_utils.get_split_uris([examples], split)
        Path(path).mkdir(parents=True)
        with tensorflow.io.TFRecordWriter(f"{path}/data.gz", "GZIP") as file:
            for label in rng.integers(0, 2, 800):
                logit = rng.normal() + (surer if label else -surer)
                made = example(label=[int(label)], answer=[float(logit)])
                file.write(made.SerializeToString())


@tfx.dsl.components.component
def Answered(
    examples: tfx.dsl.components.OutputArtifact[tfx.types.standard_artifacts.Examples],
    model: tfx.dsl.components.OutputArtifact[MODEL],
    gain: tfx.dsl.components.Parameter[float],
) -> None:
    """Stands for a Trainer and a BulkInferrer."""
    write_answers(examples, gain)
    folder = Path(path_utils.serving_model_dir(model.uri))
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"")


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


def compared(root, gain):
    """A pipeline that compares with the model that was blessed before; `Cond` before the Pusher."""
    made = Answered(gain=gain)
    resolver = tfx.dsl.Resolver(
        strategy_class=tfx.dsl.experimental.LatestBlessedModelStrategy,
        model=tfx.dsl.Channel(type=MODEL),
        model_blessing=tfx.dsl.Channel(
            type=BLESSING, producer_component_id="PrivacyTester", output_key="blessing"
        ),
    ).with_id("latest_blessed")
    tester = PrivacyTester(
        examples=made.outputs["examples"],
        model=made.outputs["model"],
        baseline_blessing=resolver.outputs["model_blessing"],
        answer_key="answer",
        kind="logits",
        policy=WIDE,
        effort="quick",
        block_worse=True,
    )
    with tfx.dsl.Cond(tester.outputs["passed"].future()[0].value == 1):
        push = pusher(made, root)
    return run(root, made, resolver, tester, push)


def test_a_model_that_leaks_more_than_the_blessed_one_is_not_pushed(tmp_path):
    store = compared(tmp_path, 0.2)
    assert pushed_models(tmp_path) == 1
    assert newest(store, "TacitPrivacyReport").properties["change"].string_value == "first"
    first = newest(store, "ModelBlessing").custom_properties["current_model_id"].int_value
    store = compared(tmp_path, 1.5)
    assert pushed_models(tmp_path) == 1
    report = newest(store, "TacitPrivacyReport")
    assert report.properties["verdict"].string_value == "pass"
    assert report.properties["change"].string_value == "worse"
    assert (Path(report.uri) / "history.html").exists()
    marks = newest(store, "ModelBlessing").custom_properties
    assert marks["blessed"].int_value == 0
    assert marks["blessing_message"].string_value.endswith("blessed before: worse")
    assert marks["baseline_model_id"].int_value == first
    # the first model is still the one that was blessed last
    store = compared(tmp_path, 0.25)
    assert pushed_models(tmp_path) == 2
    assert newest(store, "TacitPrivacyReport").properties["change"].string_value == "not shown"
    marks = newest(store, "ModelBlessing").custom_properties
    assert marks["baseline_model_id"].int_value == first


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
    # the attack by the size of the loss comes first in all of them
    losses = {
        name: next(item.value for item in report.checks[0].estimates if item.name == "auc")
        for name, report in reports.items()
    }
    assert losses["asked"] > 0.55
    for name in losses:
        assert losses[name] == pytest.approx(losses["asked"], abs=1e-3), name


def artifact(kind, folder, number):
    made = kind()
    made.uri, made.id = str(folder), number
    return made


def tested(root, gain, **options):
    """The component without a pipeline, on answers that stand in files of examples."""
    root.mkdir()
    examples = artifact(tfx.types.standard_artifacts.Examples, root / "examples", 1)
    write_answers(examples, gain)
    blessing = artifact(BLESSING, root / "blessing", 4)
    report = artifact(PrivacyReport, root / "report", 3)
    told = PrivacyTester.test_call(
        examples=examples,
        model=artifact(MODEL, root / "model", 2),
        report=report,
        blessing=blessing,
        answer_key="answer",
        kind="logits",
        effort="quick",
        **({"policy": WIDE} | options),
    )
    assert blessing.get_int_custom_property("blessed") == told["passed"]
    return told, blessing


def test_an_evaluator_and_the_policy_have_to_agree(tmp_path):
    for number, (evaluated, limit, passed) in enumerate(
        [(1, WIDE, 1), (0, WIDE, 0), (1, LIMIT, 0)]
    ):
        judged = artifact(BLESSING, tmp_path / "evaluator", 9)
        judged.set_int_custom_property("blessed", evaluated)
        told, blessing = tested(
            tmp_path / str(number), 1.0, evaluator_blessing=judged, policy=limit
        )
        assert told["passed"] == passed
        said = blessing.get_string_custom_property("blessing_message")
        assert ("the Evaluator did not bless it" in said) == (evaluated == 0)
        assert ("the policy's verdict is fail" in said) == (limit == LIMIT)


def test_a_model_is_compared_by_the_report_behind_the_earlier_blessing(tmp_path):
    _, before = tested(tmp_path / "before", 0.2)
    for gain, change, passed in ((0.2, "not shown", 1), (1.5, "worse", 0)):
        options = {"baseline_blessing": before, "block_worse": True}
        told, _ = tested(tmp_path / str(gain), gain, **options)
        assert (told["change"], told["passed"]) == (change, passed)
    told, _ = tested(tmp_path / "told only", 1.5, baseline_blessing=before)
    assert (told["change"], told["passed"]) == ("worse", 1)
    # a report that cannot be compared is no pass either
    path = tmp_path / "before" / "report" / "report.json"
    Report("inconclusive", "inconclusive", "x").save(path)
    told, _ = tested(tmp_path / "unknown", 0.2, baseline_blessing=before, block_worse=True)
    assert (told["change"], told["passed"]) == ("unknown", 0)
    stranger = artifact(BLESSING, tmp_path / "stranger", 9)
    with pytest.raises(InvalidInput, match="producer_component_id"):
        tested(tmp_path / "stranger's", 0.2, baseline_blessing=stranger)


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
