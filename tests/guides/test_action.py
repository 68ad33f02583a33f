"""The steps of the GitHub action, run as GitHub runs them: what they write, say and exit with."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

yaml = pytest.importorskip("yaml")
ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
POLICY = '[policy]\nname = "p"\n[policy.at_most]\nadvantage = 0.2\n'

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the steps are for bash")


@pytest.fixture
def folder(tmp_path):
    # `python` of the runner is this one
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (tmp_path / "bin" / "python").chmod(0o755)
    rng = np.random.default_rng(0)
    for name, scale, n in (("leaky", 0.3, 1500), ("tight", 1.0, 1500), ("few", 0.9, 4)):
        np.savez(tmp_path / f"{name}.npz", loss=rng.exponential(scale, n))
    np.savez(tmp_path / "others.npz", loss=rng.exponential(1.0, 1500))
    (tmp_path / "p.toml").write_text(POLICY, encoding="utf8")
    return tmp_path


def step(name, folder, **variables):
    given = dict.fromkeys(STEPS[name].get("env", {}), "") | variables
    environment = os.environ | {
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
    }
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[name]["run"]],
        cwd=folder,
        env=environment | given,
        capture_output=True,
        text=True,
        check=False,
    )


def audited(folder, **variables):
    done = step("Test", folder, **({"FOLDER": "out", "EFFORT": "quick"} | variables))
    lines = (folder / "output").read_text(encoding="utf8").splitlines()
    return done, dict(line.split("=", 1) for line in lines)


@pytest.mark.parametrize(
    ("model", "verdict"), [("tight", "pass"), ("leaky", "fail"), ("few", "inconclusive")]
)
def test_the_verdict_is_told_and_the_report_written(folder, model, verdict):
    done, said = audited(
        folder, MEMBERS=f"{model}.npz", NONMEMBERS="others.npz", POLICY="p.toml", TITLE="a $(b) c"
    )
    assert done.returncode == 0, done.stderr
    assert said == {"verdict": verdict, "report": "out/report.json"}
    assert {path.suffix for path in (folder / "out").iterdir()} == {
        ".json",
        ".html",
        ".md",
        ".sarif",
        ".xml",
    }
    report = json.loads((folder / "out" / "report.json").read_text(encoding="utf8"))
    assert report["records"] is None
    assert report["title"] == "a $(b) c"
    assert "Privacy" in (folder / "summary").read_text(encoding="utf8")


def test_a_saved_report_is_judged_under_the_policy(folder):
    audited(folder, MEMBERS="leaky.npz", NONMEMBERS="others.npz", FOLDER="first")
    done, said = audited(folder, REPORT="first/report.json", POLICY="p.toml")
    assert done.returncode == 0, done.stderr
    assert said["verdict"] == "fail"
    # what is shown is the judgement under this policy, not the one that the report was made with
    findings = json.loads((folder / "out" / "report.sarif").read_text(encoding="utf8"))
    assert [each["kind"] for each in findings["runs"][0]["results"]] == ["fail"]
    assert "advantage at most 0.2" in json.dumps(findings)


def test_a_file_that_cannot_be_read_stops_the_job(folder):
    done = step("Test", folder, FOLDER="out", EFFORT="quick", MEMBERS="missing.npz")
    assert done.returncode == 3
    assert not (folder / "output").exists()


@pytest.mark.parametrize(
    ("verdict", "rule", "code"),
    [
        ("pass", "block", 0),
        ("fail", "block", 1),
        ("fail", "warn", 1),
        ("inconclusive", "block", 1),
        ("inconclusive", "warn", 0),
        ("", "warn", 1),
    ],
)
def test_the_gate_blocks_what_did_not_pass(folder, verdict, rule, code):
    assert step("Gate", folder, VERDICT=verdict, INCONCLUSIVE=rule).returncode == code


def test_no_input_is_text_of_a_script():
    assert all("${{" not in each.get("run", "") for each in STEPS.values())
    assert ACTION["inputs"]["requirement"]["default"] == "tacit-privacy"
