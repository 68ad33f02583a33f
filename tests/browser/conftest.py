"""A headless Chromium (Debian's, or any on the path), driven by Selenium; tests skip with a reason
where there is none.
"""

import runpy
import shutil
from pathlib import Path

import pytest

AXE = runpy.run_path(str(Path(__file__).parents[2] / "tools" / "axe_core.py"))
REPORTS = runpy.run_path(str(Path(__file__).parents[1] / "render" / "reports.py"))
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
)


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """One Chromium for all tests, with a new empty profile."""
    webdriver = pytest.importorskip("selenium.webdriver")
    chromium = (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    driver = shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip(
            "Chromium and chromedriver are not installed (Debian: apt install chromium"
            " chromium-driver)"
        )
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield chrome
    chrome.quit()


@pytest.fixture
def opened(browser, tmp_path):
    """Open a report as a page: ``opened(report, width=1100, scheme="light")`` gives the browser."""

    def show(report, *, width=1100, height=900, scheme="light"):
        path = report.save(tmp_path / "report.html")
        browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
        )
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        browser.get_log("browser")
        browser.get(path.as_uri())
        return browser

    return show


@pytest.fixture
def leaking():
    return REPORTS["leaking"]()


@pytest.fixture
def every_report():
    return [REPORTS[name]() for name in ("leaking", "quiet", "starved", "nasty")]


@pytest.fixture(scope="session")
def serious_faults():
    """``serious_faults(browser)``: what axe-core calls serious or critical in the open page."""
    try:
        AXE["source"]()
    except LookupError as error:
        pytest.skip(str(error))
    return AXE["faults"]
