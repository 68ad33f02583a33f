"""A real TFX pipeline, CsvExampleGen to Pusher: one model is pushed, the other is blocked."""

import json
from pathlib import Path

import numpy as np
import pytest

pytestmark = [pytest.mark.framework, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
tfx = pytest.importorskip("tfx.v1", reason="TFX needs Python 3.10 to 3.12 and glibc 2.39")

from ml_metadata import metadata_store  # noqa: E402
from ml_metadata.proto import metadata_store_pb2  # noqa: E402

from tacit.integrations.tfx import PrivacyTester  # noqa: E402

TRAINER = Path(__file__).parent / "tfx_trainer.py"


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("csv")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1500, 4))
    y = (x[:, 0] + 4 * rng.normal(size=1500) > 0).astype(int)
    rows = [",".join([*(f"{value:.5f}" for value in row), str(c)]) for row, c in zip(x, y)]
    (folder / "data.csv").write_text("\n".join(["a,b,c,d,label", *rows]) + "\n", encoding="utf8")
    return folder


def pipeline(table, root, epochs):
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
    tester = PrivacyTester(
        examples=made.outputs["examples"],
        model=trainer.outputs["model"],
        policy=json.dumps({"at_most": {"advantage": 0.25}}),
        effort="quick",
    )
    target = tfx.proto.PushDestination(
        filesystem=tfx.proto.PushDestination.Filesystem(base_directory=str(root / "pushed"))
    )
    pusher = tfx.components.Pusher(
        model=trainer.outputs["model"],
        model_blessing=tester.outputs["blessing"],
        push_destination=target,
    )
    return tfx.dsl.Pipeline(
        pipeline_name="privacy",
        pipeline_root=str(root / "root"),
        components=[made, trainer, tester, pusher],
        metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
            str(root / "metadata.db")
        ),
    )


@pytest.mark.parametrize(("epochs", "pushed"), [(2, True), (300, False)])
def test_the_pusher_pushes_one_model_and_not_the_other(table, tmp_path, epochs, pushed):
    tfx.orchestration.LocalDagRunner().run(pipeline(table, tmp_path, epochs))
    assert bool(list(tmp_path.glob("pushed/*"))) == pushed
    (page,) = tmp_path.glob("root/PrivacyTester/report/*/report.html")
    assert page.read_text(encoding="utf8").startswith("<!doctype html>")
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(tmp_path / "metadata.db")
    store = metadata_store.MetadataStore(config)
    (report,) = store.get_artifacts_by_type("TacitPrivacyReport")
    assert report.properties["verdict"].string_value == ("pass" if pushed else "fail")
    assert store.get_artifacts_by_type("ModelBlessing")[0].custom_properties[
        "blessed"
    ].int_value == (int(pushed))
