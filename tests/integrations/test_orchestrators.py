"""The steps of docs/guides/pipelines.md in orchestrators that are installed here."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tacit import Outputs
from tacit.integrations.pipeline import privacy_test

pytestmark = [pytest.mark.framework, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
POLICY = {"at_most": {"advantage": 0.2}}
EXAMPLES = Path(__file__).parents[2] / "examples" / "pipelines"
FLOW = """
import numpy as np
from metaflow import FlowSpec, Parameter, step
from tacit import Outputs
from tacit.integrations.pipeline import privacy_test


class Release(FlowSpec):
    scale = Parameter("scale", type=float)

    @step
    def start(self):
        rng = np.random.default_rng(0)
        self.member, self.nonmember = rng.exponential(self.scale, 1500), rng.exponential(1.0, 1500)
        self.next(self.privacy)

    @step
    def privacy(self):
        sides = (Outputs(loss=self.member), Outputs(loss=self.nonmember))
        tested = privacy_test(None, *sides, {"at_most": {"advantage": 0.2}}, effort="quick")
        self.verdict = tested.verdict
        if not tested.passed:
            raise RuntimeError(f"the privacy test says {tested.verdict}")
        self.next(self.end)

    @step
    def end(self):
        print("pushed")


if __name__ == "__main__":
    Release()
"""


@pytest.mark.parametrize(("scale", "pushed"), [(1.0, True), (0.3, False)])
def test_a_dagster_asset_check_blocks_what_follows(scale, pushed):
    dagster = pytest.importorskip("dagster")
    done = []

    @dagster.asset
    def model():
        rng = np.random.default_rng(0)
        return [Outputs(loss=rng.exponential(s, 1500)) for s in (scale, 1.0)]

    @dagster.asset_check(asset=model, blocking=True)
    def privacy(model) -> dagster.AssetCheckResult:
        tested = privacy_test(None, *model, POLICY, effort="quick")
        return dagster.AssetCheckResult(passed=tested.passed, metadata=tested.metrics())

    @dagster.asset(deps=[model])
    def release():
        done.append(True)

    result = dagster.materialize(
        [model, privacy, release],
        resources={"io_manager": dagster.mem_io_manager},
        raise_on_error=False,
    )
    assert bool(done) == pushed == result.success
    (found,) = result.get_asset_check_evaluations()
    assert found.passed == pushed
    assert "vulnerability_high" in found.metadata


@pytest.mark.parametrize(("scale", "pushed"), [(1.0, True), (0.3, False)])
def test_a_metaflow_step_stops_the_flow(scale, pushed, tmp_path):
    pytest.importorskip("metaflow")
    (tmp_path / "flow.py").write_text(FLOW, encoding="utf8")
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "METAFLOW_HOME": str(tmp_path),
        "METAFLOW_DATASTORE_SYSROOT_LOCAL": str(tmp_path),
        "USERNAME": "tester",
    }
    done = subprocess.run(
        [sys.executable, "flow.py", "--no-pylint", "run", "--scale", str(scale)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert ("pushed" in said) == pushed, said[-2000:]
    assert ("the privacy test says fail" in said) != pushed
    assert (done.returncode == 0) == pushed


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Files of what two models answered on training records, and on others."""
    folder = tmp_path_factory.mktemp("outputs")
    rng = np.random.default_rng(0)
    for name, scale in (("tight", 1.0), ("leaky", 0.3), ("others", 1.0)):
        np.savez(folder / f"{name}.npz", loss=rng.exponential(scale, 1500))
    return folder


def ran(script, *arguments, **variables):
    """One of examples/pipelines as people run it: its exit code and what it said."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script), *map(str, arguments)],
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        | {name: str(value) for name, value in variables.items()},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


MODELS = pytest.mark.parametrize(("model", "pushed"), [("tight", True), ("leaky", False)])


@MODELS
def test_an_airflow_task_blocks_what_follows(model, pushed, outputs, tmp_path):
    pytest.importorskip("airflow")
    dags = tmp_path / "dags"
    dags.mkdir()
    script = shutil.copy(EXAMPLES / "airflow_dag.py", dags)
    home = {"AIRFLOW_HOME": tmp_path, "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    code, said = ran("-m", "airflow", "db", "migrate", **home)
    assert code == 0, said[-2000:]
    files = {"MEMBERS": outputs / f"{model}.npz", "NONMEMBERS": outputs / "others.npz"}
    code, said = ran(script, **home, **files)
    assert (code == 0) == pushed, said[-2000:]
    assert ("pushed pass" in said) == pushed
    assert ("the privacy test says fail" in said) != pushed


@MODELS
def test_a_prefect_task_ends_the_flow(model, pushed, outputs, tmp_path):
    pytest.importorskip("prefect")
    # a server of its own, which starts with the flow
    home = {
        "PREFECT_HOME": tmp_path,
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": 300,
        "DO_NOT_TRACK": 1,
    }
    files = outputs / f"{model}.npz", outputs / "others.npz"
    code, said = ran(EXAMPLES / "prefect_flow.py", *files, **home)
    assert (code == 0) == pushed, said[-2000:]
    assert ("pushed" in said) == pushed
    assert ("the privacy test says fail" in said) != pushed


@MODELS
def test_a_zenml_step_ends_the_run(model, pushed, outputs, tmp_path):
    pytest.importorskip("zenml")
    home = {"ZENML_CONFIG_PATH": tmp_path, "ZENML_ANALYTICS_OPT_IN": "false"}
    files = outputs / f"{model}.npz", outputs / "others.npz"
    code, said = ran(EXAMPLES / "zenml_pipeline.py", *files, **home)
    assert (code == 0) == pushed, said[-2000:]
    assert ("pushed pass" in said) == pushed
    assert ("the privacy test says fail" in said) != pushed
