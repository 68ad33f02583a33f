"""Open the built site from disk in headless Chromium: search, dark mode, phone width, no errors,
no severe fault of accessibility.

python tools/browse_site.py build/site [--pictures FOLDER]
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import axe_core

PAGES = (
    "index.html",
    "tutorial/plot_1_first_audit.html",
    "guides/shadow.html",
    "gallery/index.html",
    "gallery/plot_03_which_knob.html",
    "reference/tacit.html",
    "reference/generated/tacit.audit.html",
    "explanation/what-a-score-means.html",
    "explanation/finding-verdict-headline.html",
)
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDTHS = {"desk": 1280, "phone": 390}
# seconds until the search has drawn its results
PATIENCE = 20.0


@contextmanager
def browser() -> Iterator[Any]:
    """Chromium with a new empty profile."""
    from selenium import webdriver

    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        raise SystemExit("This needs chromium and chromedriver (Debian: chromium-driver).")
    with tempfile.TemporaryDirectory() as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
        try:
            yield chrome
        finally:
            chrome.quit()


def resized(chrome: Any, width: int) -> None:
    """Give pages exactly this width."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def errors(chrome: Any, where: str) -> list[str]:
    """What the console complained of since it was last asked."""
    log = chrome.get_log("browser")
    return [f"{where}: {entry['message']}" for entry in log if entry["level"] == "SEVERE"]


def looked_at(chrome: Any, site: Path, pictures: Path | None) -> list[str]:
    """Every page at both widths in both modes."""
    wrong = []
    for page in PAGES:
        for width_name, width in WIDTHS.items():
            resized(chrome, width)
            for mode in ("light", "dark"):
                where = f"{page}, {width_name}, {mode}"
                chrome.get((site / page).as_uri())
                chrome.execute_script(
                    "localStorage.setItem('mode', arguments[0]);"
                    "localStorage.setItem('theme', arguments[0]);",
                    mode,
                )
                chrome.refresh()
                used = chrome.execute_script("return document.documentElement.dataset.theme")
                if used != mode:
                    wrong.append(f"{where}: the theme is {used}")
                wide = chrome.execute_script("return document.documentElement.scrollWidth")
                if wide > width:
                    wrong.append(f"{where}: {wide} pixels wide")
                wrong += errors(chrome, where)
                wrong += [f"{where}: {' '.join(fault)}" for fault in axe_core.faults(chrome)]
                if pictures:
                    name = f"{page.removesuffix('.html').replace('/', '-')}-{width_name}-{mode}.png"
                    chrome.save_screenshot(str(pictures / name))
    return wrong


def searched(chrome: Any, site: Path, word: str, wanted: str) -> list[str]:
    """Does searching for `word` lead to the page `wanted`?"""
    chrome.get(f"{(site / 'search.html').as_uri()}?q={word}")
    end = time.monotonic() + PATIENCE
    found: list[str] = []
    while time.monotonic() < end and not any(wanted in link for link in found):
        links = chrome.find_elements("css selector", "#search-results li a")
        found = [link.get_attribute("href") for link in links]
        time.sleep(0.2)
    hit = any(wanted in link for link in found)
    missed = [] if hit else [f"searching for {word!r} does not find {wanted}, but {found[:5]}"]
    return missed + errors(chrome, f"searching for {word!r}")


def main() -> int:
    """Look at all of it; the exit code says whether anything was wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("site", type=Path)
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args()
    site = options.site.resolve()
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    with browser() as chrome:
        wrong = looked_at(chrome, site, options.pictures)
        wrong += searched(chrome, site, "canary", "plot_07_memorised_canary")
        wrong += searched(chrome, site, "shadow_audit", "tacit.shadow_audit")
    print(
        "\n".join(wrong)
        or f"{len(PAGES)} pages, two widths, two modes, search, axe-core: all well."
    )
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
