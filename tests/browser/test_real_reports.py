"""Reports that audits really made: the demo's, and one of two million records."""

from pathlib import Path

import numpy as np
import pytest

import tacit
from tacit.core import Report

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def errors(browser):
    return [
        entry["message"]
        for entry in browser.get_log("browser")
        if entry["level"] in ("SEVERE", "WARNING")
    ]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    from tacit.cli import main

    folder = tmp_path_factory.mktemp("demo")
    assert main(["demo", "--out", str(folder), "--effort", "quick"]) == 0
    return folder


def test_the_demo_leaves_reports_that_open_and_say_which_network_leaks(browser, demo):
    said = {}
    for name in ("overfitted", "regularised"):
        browser.get_log("browser")
        browser.get((Path(demo) / f"{name}.html").as_uri())
        assert errors(browser) == []
        said[name] = browser.find_element("id", "verdict").text
        assert browser.find_elements("css selector", 'figure[data-chart="roc"] .canvas svg .line')
    assert "leak found" in said["overfitted"]
    assert said["overfitted"] != said["regularised"]


def test_the_comparison_of_the_demo_opens(browser, demo):
    browser.get_log("browser")
    browser.get((Path(demo) / "comparison.html").as_uri())
    assert errors(browser) == []
    assert len(browser.find_elements("css selector", 'figure[data-chart="pareto"] svg .dot')) == 2


def test_a_report_of_millions_of_records_is_small_and_opens(opened, tmp_path):
    rng = np.random.default_rng(0)
    n = 1_000_000
    member = tacit.Outputs(loss=rng.exponential(0.8, n).astype(np.float32))
    nonmember = tacit.Outputs(loss=rng.exponential(1.0, n).astype(np.float32))
    report = tacit.audit(member=member, nonmember=nonmember, title="many records")
    path = report.save(tmp_path / "big.html")
    assert path.stat().st_size < 500_000
    assert len(Report.from_json(report.to_json()).figures["roc"][0]["fpr"]) <= 1000
    browser = opened(report)
    assert errors(browser) == []
    assert "leak found" in browser.find_element("id", "verdict").text
