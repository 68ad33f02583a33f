"""The plug-in: a model that breaks its policy fails its test with the report's headline."""

import json
import subprocess
import sys

import numpy as np
import pytest

from tacit import AtMost, Outputs, Policy, Report, audit
from tacit.integrations.pytest_plugin import assert_private

MODULE = """
import numpy as np
from tacit import Outputs

def outputs(scale, seed):
    return Outputs(loss=np.random.default_rng(seed).exponential(scale, 2000))

def test_leaky(tacit):
    report = tacit.audit(member=outputs(0.2, 0), nonmember=outputs(1.0, 1), effort="quick")
    tacit.assert_private(report)

def test_silent(tacit):
    report = tacit.audit(member=outputs(1.0, 2), nonmember=outputs(1.0, 3), effort="quick")
    tacit.assert_private(report, {"advantage": 0.2})
"""


@pytest.fixture(scope="module")
def leaking():
    rng = np.random.default_rng(0)
    return audit(
        member=Outputs(loss=rng.exponential(0.2, 500)),
        nonmember=Outputs(loss=rng.exponential(1, 500)),
        effort="quick",
    )


def test_a_leak_fails_with_the_headline(leaking):
    with pytest.raises(AssertionError) as error:
        assert_private(leaking)
    assert str(error.value).startswith(leaking.headline)
    assert "fail: advantage at most 0.1" in str(error.value)


@pytest.mark.parametrize("form", ["policy", "limits", "file"])
def test_another_policy_can_be_asked_for(leaking, form, tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text('[policy]\nname = "lenient"\nat_most = { advantage = 0.95 }\n')
    lenient = {
        "policy": Policy("lenient", (AtMost("advantage", 0.95),)),
        "limits": {"advantage": 0.95},
        "file": path,
    }[form]
    assert_private(leaking, lenient)


def test_too_little_data_does_not_pass():
    rng = np.random.default_rng(0)
    report = audit(
        member=Outputs(loss=rng.exponential(1, 20)),
        nonmember=Outputs(loss=rng.exponential(1, 20)),
        effort="quick",
    )
    with pytest.raises(
        AssertionError, match=r"(?s)^Whether it leaks is open.*inconclusive: advantage at most 0.1"
    ):
        assert_private(report, {"advantage": 0.1})


def test_a_run_of_pytest_shows_headlines_and_writes_reports(tmp_path):
    (tmp_path / "test_model.py").write_text(MODULE)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "--tacit-reports",
        "reports",
        "--junitxml",
        "junit.xml",
    ]
    done = subprocess.run(
        [*command, "-c", "/dev/null", "--rootdir", ".", "test_model.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    report = Report.load(tmp_path / "reports" / "test_leaky.json")
    assert f"AssertionError: {report.headline}" in done.stdout
    assert f"test_model.py::test_leaky: {report.headline}" in done.stdout
    assert "1 failed, 1 passed" in done.stdout
    assert 'name="tacit"' in (tmp_path / "junit.xml").read_text()
    assert json.loads((tmp_path / "reports" / "test_silent.json").read_text())["finding"] != "leak"
