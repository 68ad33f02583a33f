"""The page in a real browser: it is read, pointed at, zoomed, printed and listened to, and nothing
goes wrong.
"""

import base64
import re
import runpy
from dataclasses import replace
from pathlib import Path

import pytest

import tacit
from tacit.core import Estimate, Report
from tacit.core.filing import Filing

pytestmark = pytest.mark.browser

REPORTS = runpy.run_path(str(Path(__file__).parents[1] / "render" / "reports.py"))
SIZES = [(1100, "light"), (1100, "dark"), (390, "light"), (390, "dark")]


def errors(browser):
    return [
        entry["message"]
        for entry in browser.get_log("browser")
        if entry["level"] in ("SEVERE", "WARNING")
    ]


def chart(browser, name):
    return browser.find_element("css selector", f'figure[data-chart="{name}"]')


def labels(figure):
    return [
        text.text.replace("\u00a0", " ")
        for text in figure.find_elements("css selector", ".canvas svg text")
    ]


def hover(browser, figure, x, y):
    """Move the pointer to a place in the chart, as shares of its width and height."""
    from selenium.webdriver import ActionChains

    svg = figure.find_element("css selector", ".canvas svg")
    browser.execute_script(
        "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", svg
    )
    size = svg.size
    offset = int(size["width"] * (x - 0.5)), int(size["height"] * (y - 0.5))
    ActionChains(browser).move_to_element_with_offset(svg, *offset).perform()
    return figure.find_element("css selector", ".readout").text


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_the_page_opens_without_a_complaint_and_shows_the_verdict(
    opened, every_report, width, scheme
):
    for report in every_report:
        browser = opened(report, width=width, scheme=scheme)
        assert errors(browser) == []
        verdict = browser.find_element("id", "verdict")
        assert verdict.is_displayed()
        assert verdict.location["y"] < 400
        words = {"fail": "Fail", "pass": "Pass", "inconclusive": "Inconclusive"}
        assert words[report.verdict] in verdict.text


@pytest.mark.parametrize("width", [360, 390, 768, 1100])
def test_nothing_is_wider_than_the_window(opened, every_report, width):
    for report in every_report:
        browser = opened(report, width=width)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_no_hostile_text_runs(opened):
    browser = opened(REPORTS["nasty"]())
    assert browser.execute_script("return document.querySelectorAll('script').length") == 2
    assert (
        browser.execute_script(
            "return document.querySelectorAll('main img, main iframe, header img').length"
        )
        == 0
    )
    assert errors(browser) == []


def test_hovering_the_roc_says_what_stands_there(opened, leaking):
    browser = opened(leaking)
    said = hover(browser, chart(browser, "roc"), 0.5, 0.5)
    assert said.startswith("Wrong about 1 in ")
    assert "gradient boosting: " in said
    assert " to " in said


def test_hovering_the_scores_and_the_slices_says_what_stands_there(opened, leaking):
    browser = opened(leaking)
    assert "Members: " in hover(browser, chart(browser, "scores"), 0.5, 0.5)
    said = hover(browser, chart(browser, "slices"), 0.6, 0.08)
    assert said == "prediction = wrong: 0.52 (0.43 to 0.61), beyond chance"


def test_the_arrow_keys_read_the_roc(opened, leaking):
    from selenium.webdriver import Keys

    browser = opened(leaking)
    figure = chart(browser, "roc")
    svg = figure.find_element("css selector", ".canvas svg")
    browser.execute_script("arguments[0].focus()", svg)
    browser.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    first = figure.find_element("css selector", ".readout").text
    browser.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    second = figure.find_element("css selector", ".readout").text
    assert first.startswith("Wrong about 1 in ")
    assert second != first


def test_zoom_by_button_by_drag_and_back(opened, leaking):
    from selenium.webdriver import ActionChains

    browser = opened(leaking)
    figure = chart(browser, "roc")
    whole = labels(figure)
    plus, _, reset, _ = figure.find_elements("css selector", ".tools button")
    assert not reset.is_enabled()
    browser.execute_script("arguments[0].click()", plus)
    assert labels(figure) != whole
    browser.execute_script("arguments[0].click()", reset)
    assert labels(figure) == whole
    svg = figure.find_element("css selector", ".canvas svg")
    browser.execute_script(
        "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", svg
    )
    ActionChains(browser).move_to_element_with_offset(
        svg, -100, -50
    ).click_and_hold().move_by_offset(150, 90).release().perform()
    assert labels(figure) != whole
    ActionChains(browser).double_click(figure.find_element("css selector", ".canvas svg")).perform()
    assert labels(figure) == whole


def test_attacks_can_be_chosen_and_axes_made_linear(opened, leaking):
    browser = opened(leaking)
    figure = chart(browser, "roc")
    boxes = figure.find_elements("css selector", "input[type=checkbox]")
    assert (len(boxes), len(figure.find_elements("css selector", ".canvas svg .line"))) == (6, 4)
    browser.execute_script("arguments[0].click()", boxes[0])
    assert len(figure.find_elements("css selector", ".canvas svg .line")) == 3
    linear = figure.find_elements("css selector", ".tools button")[3]
    assert "60 %" not in labels(figure)
    browser.execute_script("arguments[0].click()", linear)
    assert "60 %" in labels(figure)
    assert linear.text == "Log axes"


def test_the_page_is_read_without_scripts(browser, tmp_path, leaking):
    path = leaking.save(tmp_path / "report.html")
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(path.as_uri())
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert len(browser.find_elements("css selector", "figure .canvas svg")) == 3
    assert browser.find_element("id", "verdict").is_displayed()


def test_it_prints_to_a_pdf_of_a_few_pages(opened, leaking):
    browser = opened(leaking)
    pdf = base64.b64decode(
        browser.execute_cdp_cmd(
            "Page.printToPDF", {"printBackground": False, "preferCSSPageSize": True}
        )["data"]
    )
    assert pdf.startswith(b"%PDF")
    pages = max(int(count) for count in re.findall(rb"/Count (\d+)", pdf))
    assert 3 <= pages <= 10


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_axe_finds_no_serious_fault(opened, every_report, serious_faults, width, scheme):
    for report in every_report[:3]:
        browser = opened(report, width=width, scheme=scheme)
        assert serious_faults(browser) == []


def comparison():
    def audit(title, score, accuracy, epoch):
        found = Estimate("advantage", score, score - 0.02, score + 0.02, 0.95, 4000, "by hand")
        return Report(
            "leak",
            "fail",
            "x",
            score=found,
            accuracy={"nonmember": accuracy},
            environment={"epoch": epoch},
            title=title,
        )

    run = ((3, 0.80, 0.02), (6, 0.86, 0.05), (9, 0.897, 0.08), (12, 0.899, 0.17), (15, 0.900, 0.24))
    return tacit.compare(
        [
            audit(name, score / part, accuracy, epoch)
            for name, part in (("net", 1), ("net with dropout", 3))
            for epoch, accuracy, score in run
        ]
    )


def test_a_comparison_opens_and_answers_the_pointer(opened):
    browser = opened(comparison())
    assert errors(browser) == []
    figure = chart(browser, "pareto")
    assert "score " in hover(browser, figure, 0.9, 0.5)
    assert len(figure.find_elements("css selector", "svg .ring")) == 1
    assert len(figure.find_elements("css selector", "svg .dot")) == 10


def test_a_trend_opens_and_answers_the_pointer(opened, leaking):
    points = [
        {
            "epoch": e,
            "accuracy": 0.8,
            "score": Estimate("advantage", e / 50, e / 60, e / 40, 0.95, 100, "x").to_dict(),
        }
        for e in range(1, 9)
    ]
    report = replace(leaking, figures={"trend": [{"model": "net", "points": points}]})
    browser = opened(report)
    assert errors(browser) == []
    assert "Epoch 4, " in hover(browser, chart(browser, "trend"), 0.47, 0.5)


def test_the_charts_speak_the_language_of_the_page(browser, tmp_path, leaking):
    path = leaking.save(tmp_path / "report.html", lang="de")
    browser.get(path.as_uri())
    said = hover(browser, chart(browser, "slices"), 0.6, 0.08)
    assert said == "Vorhersage = falsch: 0,52 (0,43 bis 0,61), mehr als zufällig"
    assert hover(browser, chart(browser, "roc"), 0.5, 0.5).startswith("Irrtum bei 1 von ")
    assert browser.execute_script("return document.documentElement.lang") == "de"


def test_every_figure_of_the_first_screen_is_explained_by_one_click(opened, leaking):
    browser = opened(leaking)
    for fact in browser.find_elements("css selector", ".facts details"):
        text = fact.find_element("css selector", "p")
        assert not text.is_displayed()
        fact.find_element("css selector", "summary").click()
        assert len(text.text) > 60
    assert len(browser.find_elements("css selector", ".facts details")) == 4
    browser.find_element("css selector", ".about summary").click()
    assert "Members are the records of the training data" in browser.page_source


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_an_evidence_file_opens_without_a_complaint_or_a_serious_fault(
    opened, leaking, serious_faults, width, scheme
):
    browser = opened(Filing((leaking, REPORTS["claim"]())), width=width, scheme=scheme)
    assert errors(browser) == []
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert serious_faults(browser) == []
