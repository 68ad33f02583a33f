"""Green means run: what may be skipped on CI is a short written list."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("reason", "selected", "allowed"),
    [
        ("Skipped: there is no GPU here", "framework", True),
        ("Skipped: could not import 'torch': No module named 'torch'", "not framework", True),
        ("Skipped: could not import 'torch': No module named 'torch'", "framework", False),
        ("Skipped: could not import 'kfp': No module named 'kfp'", "framework", True),
        ("Skipped: Chromium and chromedriver are not installed", "browser", False),
        ("Skipped: npm cannot fetch axe-core", "browser", False),
        ("Skipped: the data folder shared is not beside this repository", "", True),
    ],
)
def test_only_what_is_listed_may_be_skipped_on_ci(request, reason, selected, allowed):
    conftest = next(
        plugin
        for plugin in request.config.pluginmanager.get_plugins()
        if hasattr(plugin, "allowed_to_skip")
    )
    assert conftest.allowed_to_skip(reason, selected) is allowed


def test_a_file_that_skips_as_a_whole_fails_on_ci(tmp_path):
    ours = (Path(__file__).parent / "conftest.py").read_text(encoding="utf8")
    (tmp_path / "conftest.py").write_text(ours, encoding="utf8")
    test = "import pytest\npytest.skip('no tool', allow_module_level=True)\n"
    (tmp_path / "test_it.py").write_text(test, encoding="utf8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_it.py"],
        cwd=tmp_path,
        env=os.environ | {"CI": "true"},
        capture_output=True,
        text=True,
    )
    assert "was skipped as a whole on CI" in done.stdout
    assert done.returncode != 0


@pytest.mark.parametrize(("ci", "says"), [("true", "1 failed"), ("", "1 skipped")])
def test_a_skip_fails_on_ci_and_nowhere_else(tmp_path, ci, says):
    ours = (Path(__file__).parent / "conftest.py").read_text(encoding="utf8")
    (tmp_path / "conftest.py").write_text(ours, encoding="utf8")
    test = "import pytest\ndef test_it(): pytest.skip('no tool')\n"
    (tmp_path / "test_it.py").write_text(test, encoding="utf8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_it.py"],
        cwd=tmp_path,
        env=os.environ | {"CI": ci},
        capture_output=True,
        text=True,
    )
    assert says in done.stdout
    assert ("skipped: 1 (1 x no tool)" in done.stdout) is (ci == "")
