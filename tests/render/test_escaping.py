"""Nothing from outside becomes markup, a script, a template, a terminal command or a broken file,
in any format.
"""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from tacit.core import InvalidInput, Report
from tacit.render import FORMATS, notebook, rendered
from tacit.render.clean import clean, encodable
from tacit.render.markdown import escaped

TEXT_FORMATS = [suffix for suffix in FORMATS.values() if suffix != ".json"]


class Tags(HTMLParser):
    """Counts elements and collects the attributes that run or load something."""

    def __init__(self):
        super().__init__()
        self.seen = {}
        self.risky = []

    def handle_starttag(self, tag, attrs):
        self.seen[tag] = self.seen.get(tag, 0) + 1
        for name, value in attrs:
            outside = name in ("src", "href", "action", "data") and not (value or "").startswith(
                ("#", "data:,")
            )
            if name.startswith("on") or outside:
                self.risky.append((tag, name, value))


def tags_of(text):
    parser = Tags()
    parser.feed(text)
    return parser


@pytest.mark.parametrize("suffix", FORMATS.values())
def test_every_format_can_be_written_as_utf8(nasty, suffix):
    assert rendered(nasty, suffix=suffix).encode("utf8")


@pytest.mark.parametrize("suffix", [".html", "notebook"])
def test_html_has_no_element_and_no_attribute_from_outside(nasty, leaking, suffix):
    bad, good = (
        tags_of(notebook(r) if suffix == "notebook" else rendered(r, suffix=suffix))
        for r in (nasty, leaking)
    )
    assert bad.risky == []
    assert bad.seen.get("script", 0) == good.seen.get("script", 0)
    assert "img" not in bad.seen
    assert set(bad.seen) <= set(good.seen)


def test_html_scripts_are_the_ones_that_the_policy_names(nasty):
    text = rendered(nasty, suffix=".html")
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", text, flags=re.S)
    assert len(scripts) == 2
    json.loads(scripts[0])
    assert "script-src 'sha256-" in text
    assert "unsafe-inline" not in text


def test_the_notebook_fragment_runs_and_loads_nothing(leaking):
    seen = tags_of(notebook(leaking)).seen
    assert not {"script", "style", "link", "iframe", "img", "meta"} & set(seen)
    assert seen["svg"] >= 2


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
def test_control_and_direction_characters_reach_no_format(nasty, suffix):
    found = re.findall(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066\u2067\ud800-\udfff]",
        rendered(nasty, suffix=suffix),
    )
    assert found == []


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
def test_a_huge_name_does_not_make_a_huge_file(nasty, leaking, suffix):
    assert len(rendered(nasty, suffix=suffix)) < 3 * len(rendered(leaking, suffix=suffix)) + 20_000


@pytest.mark.parametrize("suffix", [".md", ".card.md"])
def test_markdown_has_no_tag_link_template_or_table_from_outside(nasty, suffix):
    text = rendered(nasty, suffix=suffix)
    assert "<script" not in text
    assert "<img" not in text
    assert "{{" not in text
    assert "javascript:" not in text
    assert "http://evil" not in text
    assert "\n# heading" not in text


def test_template_syntax_is_shown_and_not_computed(nasty):
    assert "{{ 7 * 7 }}" in rendered(nasty, suffix=".txt")
    assert "49" not in clean("{{ 7 * 7 }}")


def test_json_keeps_every_character(nasty):
    nasty = replace(nasty, created="2026-11-26")
    again = Report.from_json(rendered(nasty, suffix=".json"))
    assert json.loads(json.dumps(again.to_dict())) == json.loads(json.dumps(nasty.to_dict()))


def test_junit_parses_and_sarif_parses(nasty):
    ElementTree.fromstring(rendered(nasty, suffix=".xml"))
    json.loads(rendered(nasty, suffix=".sarif"))


def test_damaged_figures_leave_the_picture_out(leaking):
    leaking.figures["roc"][0]["tpr"] = ["x"]
    leaking.figures["scores"][0]["edges"] = [0.0, float("nan")]
    text = rendered(leaking, suffix=".html")
    assert 'data-chart="roc"' not in text
    assert 'data-chart="scores"' not in text
    assert 'data-chart="slices"' in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00b", "a\\x00b"),
        ("a\u202eb", "a\\u202eb"),
        ("tab\tand\nline", "tab and line"),
        ("\ud800", "\\ud800"),
        ("x" * 100, "x" * 59 + "…"),
        ("مرحبا", "\u2068مرحبا\u2069"),
        ("e" + "\u0301" * 50, "e" + "\u0301" * 4),
        ("naïve ☃ 中文", "naïve ☃ 中文"),
    ],
)
def test_clean_shows_what_it_cannot_keep(text, shown):
    assert clean(text) == shown


def test_markdown_escape_keeps_a_list_sign_at_the_start_from_making_a_list():
    assert escaped("- item") == "\\- item"
    assert escaped("1. item") == "\\1. item"
    assert escaped("a*b_c") == "a\\*b\\_c"


def test_encodable_json_reads_back():
    assert json.loads(encodable('"\ud800 é"')) == "\ud800 é"


def test_an_unknown_suffix_names_the_ones_there_are(leaking):
    with pytest.raises(InvalidInput, match=r"\.html.*\.pdf"):
        rendered(leaking, suffix=".pdf")
