"""The page on paper: no number broken, nothing clipped, no orphaned heads, a foot on every page."""

import base64
import re
from dataclasses import replace

import pytest

import tacit
from tacit.core import Estimate, Report
from tacit.core.canonical import digest_of
from tacit.core.filing import Filing

pytestmark = pytest.mark.browser

# width and height in inches
PAPER = {"A4": (8.27, 11.69), "Letter": (8.5, 11.0)}
# the page's margins, left and right together, in inches (report.css: 16 mm each)
MARGINS = 2 * 16 / 25.4
# CSS pixels per inch
PIXELS = 96
# lines that the head of a table may take
MOST_LINES = 12
# a number with its marks and per cent sign, as one piece
BROKEN = """
const broken = [], clipped = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  const parent = node.parentElement;
  if (!parent.checkVisibility() || parent.closest("script, style, svg, .pairs")) continue;
  for (const found of node.textContent.matchAll(/[−<>≥]?\\u00a0?\\d[\\d.,\\u202f]*(\\u00a0%)?/g)) {
    const range = document.createRange();
    range.setStart(node, found.index);
    range.setEnd(node, found.index + found[0].length);
    const tops = new Set([...range.getClientRects()].map(box => Math.round(box.top)));
    if (tops.size > 1) broken.push(found[0] + " in " + node.textContent.trim().slice(0, 80));
  }
}
const width = document.documentElement.clientWidth;
for (const element of document.querySelectorAll("p, td, th, dt, dd, li, h1, h2, svg, caption")) {
  if (!element.checkVisibility()) continue;
  const box = element.getBoundingClientRect();
  if (box.width && (box.right > width + 1 || box.left < -1))
    clipped.push(element.tagName + ": " + element.textContent.trim().slice(0, 60));
}
return [broken, clipped];
"""
HEADS = """
const heads = [...document.querySelectorAll("h2, caption, figcaption strong")];
const rows = [...document.querySelectorAll("thead tr")];
return [
  ...heads.map(element => element.textContent.trim()),
  ...rows.map(row => [...row.cells].map(cell => cell.textContent.trim()).join(" ")),
].filter(Boolean);
"""


def comparison():
    def audit(title, score, accuracy, epoch):
        found = Estimate("advantage", score, score - 0.02, score + 0.02, 0.95, 4000, "by hand")
        environment = {"epoch": epoch}
        accuracy = {"nonmember": accuracy}
        return Report(
            "leak",
            "fail",
            "x",
            score=found,
            accuracy=accuracy,
            environment=environment,
            title=title,
        )

    run = ((3, 0.80, 0.02), (6, 0.86, 0.05), (9, 0.897, 0.08), (12, 0.899, 0.17), (15, 0.9, 0.24))
    return tacit.compare(
        [
            audit(name, score / part, accuracy, epoch)
            for name, part in (("net", 1), ("net with dropout", 3))
            for epoch, accuracy, score in run
        ]
    )


@pytest.fixture(scope="module")
def documents(request):
    """Few and many slices, long names, a claim, a comparison, a file."""
    import runpy
    from pathlib import Path

    reports = runpy.run_path(str(Path(__file__).parents[1] / "render" / "reports.py"))
    few, claim = reports["leaking"](), reports["claim"]()
    part = next(check for check in few.checks if check.role == "slice")
    long = [
        replace(part, name=f"a column with a rather long name = value {i}", value=str(i))
        for i in range(60)
    ]
    many = replace(few, checks=(*few.checks, *long), title="many slices " + "with long names " * 3)
    return {
        "few": few,
        "many": many,
        "claim": claim,
        "comparison": comparison(),
        "file": Filing((few, claim), {"model": "scorer", "measures": ["dropout"]}),
    }


NAMES = ("few", "many", "claim", "comparison", "file")


def opened_on_paper(browser, path, paper):
    width = round((PAPER[paper][0] - MARGINS) * PIXELS)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get(path.as_uri())


@pytest.fixture
def on_screen(browser):
    """The browser as other tests expect it, afterwards."""
    yield browser
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


@pytest.mark.parametrize("paper", PAPER)
@pytest.mark.parametrize("name", NAMES)
def test_no_number_is_broken_and_nothing_is_clipped(on_screen, documents, tmp_path, name, paper):
    path = documents[name].save(tmp_path / "page.html")
    opened_on_paper(on_screen, path, paper)
    broken, clipped = on_screen.execute_script(BROKEN)
    assert broken == []
    assert clipped == []


def pages_of(browser, paper):
    pdfium = pytest.importorskip("pypdfium2")
    width, height = PAPER[paper]
    printed = browser.execute_cdp_cmd(
        "Page.printToPDF",
        {"paperWidth": width, "paperHeight": height, "preferCSSPageSize": False},
    )
    document = pdfium.PdfDocument(base64.b64decode(printed["data"]))
    return [page.get_textpage().get_text_bounded().replace("\r", "") for page in document]


def flat(text):
    return re.sub(r"\s+", " ", text.replace("\u00a0", " ")).strip()


def orphan(lines, heads):
    """The head that a page ends with, on one line or wrapped over several; None where a page ends
    otherwise.
    """
    by_words = {tuple(sorted(head.split())): head for head in heads}
    for last in range(1, min(MOST_LINES, len(lines)) + 1):
        found = by_words.get(tuple(sorted(" ".join(lines[-last:]).split())))
        if found is not None:
            return found
    return None


@pytest.mark.parametrize("paper", PAPER)
@pytest.mark.parametrize("name", NAMES)
def test_every_page_has_its_foot_and_no_head_stands_alone(
    on_screen, documents, tmp_path, name, paper
):
    document = documents[name]
    opened_on_paper(on_screen, document.save(tmp_path / "page.html"), paper)
    heads = {flat(text) for text in on_screen.execute_script(HEADS)}
    digest = digest_of(document.to_dict())
    pages = pages_of(on_screen, paper)
    assert 1 <= len(pages) <= 40
    for number, text in enumerate(pages, 1):
        assert digest in flat(text)
        assert f"Page {number} / {len(pages)}" in flat(text)
        assert document.title[:20] in flat(text)
        lines = [flat(line) for line in text.splitlines() if flat(line)]
        foot = (f"Page {number} / {len(pages)}", digest)
        body = [line for line in lines if not any(part in line for part in foot)]
        body = [line for line in body if not line.startswith(document.title[:20])]
        assert body, f"page {number} is empty"
        assert orphan(body, heads) is None, f"page {number} of {paper} ends with {body[-1]!r}"


@pytest.mark.parametrize("lang", ["de", "fr"])
@pytest.mark.parametrize("name", ["few", "file"])
def test_longer_languages_fit_on_paper_too(on_screen, documents, tmp_path, name, lang):
    path = documents[name].save(tmp_path / "page.html", lang=lang)
    opened_on_paper(on_screen, path, "A4")
    broken, clipped = on_screen.execute_script(BROKEN)
    assert broken == []
    assert clipped == []
    heads = {flat(text) for text in on_screen.execute_script(HEADS)}
    for text in pages_of(on_screen, "A4"):
        lines = [flat(line) for line in text.splitlines() if flat(line)]
        body = [line for line in lines if "blake2b" not in line and " / " not in line]
        assert orphan(body, heads) is None


# rules that break numbers over lines, and pages after the head of a table
BROKEN_ON_PURPOSE = (
    "td, td * { white-space: normal !important; word-break: break-all !important;"
    " max-width: 1.2rem; }",
    "table { table-layout: fixed; break-inside: auto !important; }",
    "tbody tr:first-child { break-before: page !important; }",
)


def test_the_measures_see_broken_numbers_and_orphaned_heads(on_screen, documents, tmp_path):
    opened_on_paper(on_screen, documents["few"].save(tmp_path / "page.html"), "A4")
    for rule in BROKEN_ON_PURPOSE:
        on_screen.execute_script("document.styleSheets[0].insertRule(arguments[0], 0)", rule)
    broken, _ = on_screen.execute_script(BROKEN)
    assert broken
    heads = {flat(text) for text in on_screen.execute_script(HEADS)}
    alone = []
    for text in pages_of(on_screen, "A4"):
        lines = [flat(line) for line in text.splitlines() if flat(line)]
        alone.append(orphan([line for line in lines if "blake2b" not in line], heads))
    assert any(alone)


def test_a_head_over_several_lines_is_an_orphan_too():
    heads = {"Guesser AUC p of “no leak”", "Attack Members found, 1 in 100 wrong"}
    page = ["a row 1 2", "Attack", "Members found,", "1 in 100 wrong"]
    assert orphan(page, heads) == "Attack Members found, 1 in 100 wrong"
    assert orphan([*page, "lira 3 4"], heads) is None
