"""The reference follows every `__all__`, and each name in it says what it is."""

import importlib
import inspect
import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REFERENCE = runpy.run_path(str(ROOT / "tools" / "reference_pages.py"))
WRITTEN = REFERENCE["written"]()
ROOMS = REFERENCE["rooms"]()


def test_every_room_with_public_names_has_a_page():
    packages = ROOT / "src" / "tacit"
    offering = {
        "tacit." + ".".join(path.parent.relative_to(packages).parts)
        for path in packages.rglob("__init__.py")
        if "\n__all__ = " in path.read_text(encoding="utf8") and path.parent != packages
    }
    assert {"tacit", *offering} - set(ROOMS) == set()
    assert all(f"{room}.rst" in WRITTEN for room in ROOMS)
    assert all(f"   {room}\n" in WRITTEN["index.rst"] for room in ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_no_public_name_is_missing(room):
    """A name stands in the table of its page, or in the list of those described elsewhere."""
    text = WRITTEN[f"{room}.rst"].splitlines()
    names = [
        name
        for name in importlib.import_module(room).__all__
        if not inspect.ismodule(getattr(importlib.import_module(room), name))
    ]
    missing = [
        name
        for name in names
        if f"   {name}" not in text and not any(f"`{name} <tacit" in line for line in text)
    ]
    assert not missing


def test_what_is_described_elsewhere_is_described_there():
    described = REFERENCE["documented"]()
    pages = REFERENCE["pages"]()
    assert {path for page in pages for _, path in page.elsewhere} <= described


@pytest.mark.parametrize("room", ROOMS)
def test_every_function_and_class_says_what_it_is(room):
    silent = [
        name
        for name, value in REFERENCE["public"](room).items()
        if (inspect.isclass(value) or inspect.isroutine(value)) and not inspect.getdoc(value)
    ]
    assert not silent


def test_every_command_stands_on_its_page():
    from tacit.cli import COMMANDS

    assert all(f"\ntacit {name}\n---" in WRITTEN["command-line.rst"] for name in COMMANDS)


def test_a_sentence_in_the_place_of_a_type_becomes_a_description():
    typed = runpy.run_path(str(ROOT / "docs" / "docstrings.py"))["typed"]

    def function(level: float, *, seed: int | None = None, rest: str = "") -> None: ...

    lines = [
        *("Title.", "", "Parameters", "----------"),
        *("level : confidence,", "    two-sided.", "seed, rest : the same seed.", "x : int | None"),
        *("", "Raises", "------", "ValueError : says why."),
    ]
    typed(None, "function", "function", function, None, lines)
    assert lines[4:9] == [
        *("level : float", "    confidence,", "    two-sided."),
        *("seed, rest : int | None", "    the same seed."),
    ]
    assert lines[9] == "x : int | None"
    assert lines[-2:] == ["ValueError", "    says why."]


def test_staged_links_lead_to_staged_files(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    site = runpy.run_path(str(ROOT / "tools" / "build_site.py"))
    sys.modules.pop("reference_pages", None)
    pages = site["staged_pages"]()
    text = pages["guides/ci.md"].decode()
    assert "](../files/examples/github-actions.yml)" in text
    assert "files/examples/github-actions.yml" in pages
    assert "](../measured/coverage.md)" in pages["explanation/validity.md"].decode()


def test_the_link_check_finds_what_leads_nowhere(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    broken = runpy.run_path(str(ROOT / "tools" / "build_site.py"))["broken_links"]
    (tmp_path / "a.html").write_text(
        '<p id="here"></p><a href="b.html#there">1</a><a href="#here">2</a>'
        '<a href="c.html">3</a><a href="b.html#not">4</a><a href="https://example.org">5</a>'
    )
    (tmp_path / "b.html").write_text('<p id="there"></p>')
    assert broken(tmp_path) == [
        "a.html: b.html#not has no such anchor",
        "a.html: c.html leads nowhere",
    ]
