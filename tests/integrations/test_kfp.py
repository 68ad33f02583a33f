"""The component for Kubeflow Pipelines: local runs, both verdicts, the gate, the compiled YAML."""

import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.framework, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
pytest.importorskip("kfp")

from kfp import compiler, dsl, local  # noqa: E402

from tacit.integrations.kfp import component, privacy_tester  # noqa: E402

HERE = component(packages=())


@dsl.component(base_image="python:3.11-slim")
def answers(scale: float, members: dsl.Output[dsl.Dataset], nonmembers: dsl.Output[dsl.Dataset]):
    import numpy as np

    rng = np.random.default_rng(0)
    for artifact, side in ((members, scale), (nonmembers, 1.0)):
        with open(artifact.path, "wb") as file:
            np.savez(file, loss=rng.exponential(side, 2000))


@dsl.component(base_image="python:3.11-slim")
def push() -> str:
    return "pushed"


@dsl.pipeline(name="train-test-push")
def gated(scale: float):
    made = answers(scale=scale)
    tested = HERE(
        member=made.outputs["members"],
        nonmember=made.outputs["nonmembers"],
        policy={"at_most": {"advantage": 0.2}},
        effort="quick",
    )
    with dsl.If(tested.outputs["Output"] == "pass"):
        push()


@pytest.fixture
def root(tmp_path, monkeypatch):
    # the steps run in processes of their own, which must find this tacit
    monkeypatch.setenv("PYTHONPATH", ":".join(path for path in sys.path if path))
    local.init(local.SubprocessRunner(use_venv=False), pipeline_root=str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(("scale", "pushed"), [(1.0, True), (0.3, False)])
def test_the_gate_pushes_one_model_and_blocks_the_other(root, scale, pushed):
    gated(scale=scale)
    (page,) = root.glob("*/privacy-tester/report_html")
    assert page.read_text(encoding="utf8").startswith("<!doctype html>")
    assert list(root.glob("*/privacy-tester/report_json"))
    said = next(root.glob("*/privacy-tester/executor_output.json")).read_text(encoding="utf8")
    assert '"verdict": "pass"' in said or '"verdict": "fail"' in said
    assert "vulnerability_high" in said
    assert bool(list(root.glob("*/push"))) == pushed


def test_the_compiled_pipeline_has_the_artifacts_and_the_condition(tmp_path):
    yaml = pytest.importorskip("yaml")
    compiler.Compiler().compile(gated, str(tmp_path / "p.yaml"))
    spec = next(yaml.safe_load_all((tmp_path / "p.yaml").read_text(encoding="utf8")))
    tasks = spec["root"]["dag"]["tasks"]
    (condition,) = [task for name, task in tasks.items() if name.startswith("condition")]
    assert condition["triggerPolicy"]["condition"].endswith("== 'pass'")
    made = spec["components"]["comp-privacy-tester"]["outputDefinitions"]["artifacts"]
    kinds = {name: each["artifactType"]["schemaTitle"] for name, each in made.items()}
    assert kinds["report_html"] == "system.HTML"
    assert kinds["metrics"] == "system.Metrics"


def test_the_component_installs_the_distribution(tmp_path):
    compiler.Compiler().compile(privacy_tester, str(tmp_path / "c.yaml"))
    text = Path(tmp_path / "c.yaml").read_text(encoding="utf8")
    assert "'tacit-privacy'" in text
    assert "def _privacy_tester(" in text
