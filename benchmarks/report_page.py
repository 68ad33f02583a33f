"""How long a report takes to write, how large its page is, and how soon a browser has drawn it.

    python benchmarks/report_page.py --out benchmarks/results/report_page.md

The browser column needs Chromium, chromedriver and selenium; without them it says so.
"""

import argparse
import gzip
import platform
import shutil
import tempfile
import time
from datetime import date
from importlib.resources import files
from pathlib import Path

import numpy as np

import tacit

SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
DRAWN = (
    "const t = performance.getEntriesByType('navigation')[0]; return t.domContentLoadedEventEnd -"
    " t.responseEnd"
)
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
)


def losses(n, *, seed=0):
    """n / 2 members and as many others, members a little lower."""
    rng = np.random.default_rng(seed)
    return [
        tacit.Outputs(loss=rng.exponential(scale, n // 2).astype(np.float32))
        for scale in (0.8, 1.0)
    ]


def browser():
    """A headless Chromium, or None."""
    try:
        from selenium import webdriver
    except ImportError:
        return None
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        return None
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tempfile.mkdtemp()}"):
        options.add_argument(flag)
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


def row(n, chrome, folder):
    """One line of the table."""
    member, nonmember = losses(n)
    start = time.process_time()
    report = tacit.audit(member=member, nonmember=nonmember, title=f"{n:,} records")
    audited = time.process_time() - start
    start = time.perf_counter()
    path = report.save(folder / "report.html")
    written = time.perf_counter() - start
    plain = report.save(folder / "report.json")
    drawn = "no browser"
    if chrome is not None:
        chrome.get(path.as_uri())
        drawn = f"{chrome.execute_script(DRAWN):.0f}"
    page = path.read_bytes()
    sizes = (
        f"{len(page) / 1e3:.0f} | {len(gzip.compress(page)) / 1e3:.0f} |"
        f" {plain.stat().st_size / 1e3:.0f}"
    )
    return f"| {n:,} | {audited:.1f} | {written:.2f} | {sizes} | {drawn} |"


def parts():
    """Sizes of what every page carries."""
    folder = files("tacit.render") / "templates"
    for name in ("report.js", "report.css"):
        content = (folder / name).read_bytes()
        yield (
            f"- `{name}`: {len(content) / 1e3:.1f} kB, {len(gzip.compress(content)) / 1e3:.1f} kB"
            " compressed"
        )


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", metavar="FILE", help="write the table here too")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of records")
    arguments = parser.parse_args()
    chrome = browser()
    head = [
        "# The report's page",
        "",
        (
            f"`python benchmarks/report_page.py`, {date.today()}, Python"
            f" {platform.python_version()}, 2 cores."
        ),
        "One signal (loss), one attack, ten slices; the page holds three charts.",
        "",
        (
            "| records | audit, CPU s | writing the page, s | page, kB | compressed, kB | JSON, kB"
            " | drawn in Chromium, ms |"
        ),
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        lines = [
            *head,
            *(row(n, chrome, Path(folder)) for n in arguments.sizes),
            "",
            "What every page carries:",
            "",
            *parts(),
        ]
    if chrome is not None:
        chrome.quit()
    text = "\n".join(lines) + "\n"
    print(text)
    if arguments.out:
        Path(arguments.out).write_text(text, encoding="utf8")


if __name__ == "__main__":
    main()
