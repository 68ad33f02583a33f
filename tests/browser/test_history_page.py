"""The history of a model in a real browser: two versions and many, a gap, names that are long."""

import runpy
from dataclasses import replace
from pathlib import Path

import pytest

import tacit
from tacit.core import Estimate

pytestmark = pytest.mark.browser

REPORTS = runpy.run_path(str(Path(__file__).parents[1] / "render" / "reports.py"))
LONG = ["credit-scorer-production-eu-west-2026.03.01-rc1+build.7f3a9c2 <b>", "x" * 200, "v3"]
# a select-all of the axis below: what stands under the picture, without its label
BELOW = """
return [...document.querySelectorAll('figure[data-chart="trend"] .canvas svg text')]
    .filter(text => text.getAttribute('text-anchor') === 'middle')
    .filter(text => !text.classList.contains('label')).map(text => text.textContent)
"""
LINE = """
return document.querySelector('figure[data-chart="trend"] .canvas path.line').getAttribute('d')
"""


def history(scores, names=()):
    """Made by hand; None is a version without a score."""
    names = names or [f"v{number}" for number in range(1, len(scores) + 1)]
    reports = [replace(REPORTS["quiet"](), title=name, score=None) for name in names]
    for at, score in enumerate(scores):
        if score is not None:
            ends = max(0.0, score - 0.02), score + 0.02
            found = Estimate("advantage", score, *ends, 0.95, 4000, "by hand")
            reports[at] = replace(reports[at], score=found)
    return tacit.history(reports, title="credit scorer")


HISTORIES = {
    "two": ([0.05, 0.2],),
    "ten": ([0.05, 0.06, 0.2, 0.19, 0.22, 0.05, 0.04, 0.3, 0.1, 0.02],),
    "one inconclusive": ([0.05, None, 0.2, 0.21],),
    "long names": ([0.05, 0.2, 0.1], LONG),
}


@pytest.mark.parametrize("name", HISTORIES)
@pytest.mark.parametrize("width", [390, 1100])
def test_a_history_opens_without_a_fault(opened, serious_faults, name, width):
    browser = opened(history(*HISTORIES[name]), width=width)
    assert [entry["message"] for entry in browser.get_log("browser")] == []
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    ticks = browser.execute_script(BELOW)
    assert len(ticks) >= 2
    assert all(tick.isdigit() for tick in ticks)
    assert serious_faults(browser) == []


def test_the_line_has_a_gap_where_a_score_is_missing(opened):
    browser = opened(history(*HISTORIES["one inconclusive"]))
    line = browser.execute_script(LINE)
    assert (line.count("M"), line.count("L")) == (2, 1)
    assert "A gap in the line is a version without a score." in browser.page_source
    # the picture without scripts has two lines too
    assert browser.page_source.count('class="line s0"') >= 1
