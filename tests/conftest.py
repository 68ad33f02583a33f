"""Fixtures for all tests, and the rule that green means run: on CI a skipped test fails."""

import os
import re
from collections import Counter
from pathlib import Path

import pytest

# What may be skipped on CI, with the reason; everything else that skips there is a failure.
ALLOWED_SKIPS = (
    # no machine that builds this project has one
    r"there is no GPU here",
    # real data that cannot be committed; what a test of correctness needs stands beside the tests
    r"the data folder .* is not beside this repository",
    # needs a right that containers rarely give; the same fault is simulated elsewhere
    r"this machine does not let us mount a file system",
    # other people's tests, which are fetched and never committed (tools/tf_privacy_suite.py)
    r"set TACIT_TF_PRIVACY to a checkout",
    r"TensorFlow Privacy itself is installed here",
    # a make target of its own (make test-tfx): TFX pins a Python and a C library
    r"TFX needs Python",
    # under terms that forbid shipping it, and 240 MB; the whole path runs with small models too
    r"the 270M model for tests is not installed",
    # an adapter package beside the frameworks; a stand-in has the same method
    r"peft is not installed",
    # a framework that only its own make target installs, in the run of another target
    r"could not import '(?P<framework>[\w.]+)'",
)
# the run that brings the frameworks may not skip them, apart from those with a target of their own
OWN_RUN = "framework"
OWN_TARGETS = (
    "kfp",
    "tfx",
    "tfx.v1",
    "apache_beam",
    "dagster",
    "metaflow",
    "airflow",
    "prefect",
    "zenml",
)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real data and other libraries' results; tests that need it skip where it is
    absent.
    """
    folder = Path(os.environ.get("TACIT_SHARED", Path(__file__).parents[2] / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(
            f"the data folder {folder.name} is not beside this repository (set TACIT_SHARED to its"
            " path)"
        )
    return folder


def allowed_to_skip(reason: str, selected: str) -> bool:
    """May a test skip on CI for `reason`, in the run that `selected` (the -m expression) names?"""
    for pattern in ALLOWED_SKIPS:
        found = re.search(pattern, reason)
        if found and "framework" in found.groupdict():
            return selected.strip() != OWN_RUN or found["framework"] in OWN_TARGETS
        if found:
            return True
    return False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Where CI is set, a skip that is not on the list is a failure."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        selected = item.config.option.markexpr
        if os.environ.get("CI") and not allowed_to_skip(reason, selected):
            report.outcome = "failed"
            report.longrepr = (
                f"{item.nodeid} was skipped, and on CI green means run: {reason}\nInstall what is"
                " missing, or add the reason to ALLOWED_SKIPS in tests/conftest.py."
            )
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """A file that skips as a whole is a skip too."""
    report = yield
    if report.skipped and os.environ.get("CI"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not allowed_to_skip(reason, collector.config.option.markexpr):
            report.outcome = "failed"
            report.longrepr = f"{collector.nodeid} was skipped as a whole on CI: {reason}"
    return report


def pytest_terminal_summary(terminalreporter):
    """One line at the end: how many tests were skipped, and why."""
    reasons: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        longrepr = report.longrepr
        reason = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
        reasons[reason.removeprefix("Skipped: ")] += 1
    if reasons:
        listed = "; ".join(f"{count} x {reason}" for reason, count in reasons.most_common())
        terminalreporter.line(f"skipped: {sum(reasons.values())} ({listed})")
