"""The terminal table, letter by letter."""

import os
import re
from pathlib import Path

import numpy as np
import pytest

from tacit.core import CheckResult, Note, Report
from tacit.render import rendered
from tacit.render.blocks import Interval, Table
from tacit.render.text import (
    WIDTH,
    _as_paragraphs,
    _bar,
    _bars,
    _between,
    _fits,
    _kept,
    pad,
    width,
)

GOLDEN = Path(__file__).parent / "golden"
DIGEST = re.compile(r"blake2b-128:[0-9a-f]{32}")


def golden(name, text):
    """Compare with a file; with TACIT_WRITE_GOLDEN=1 write it (then read the difference before
    committing it).
    """
    path = GOLDEN / name
    if os.environ.get("TACIT_WRITE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf8")
    expected = path.read_text(encoding="utf8")
    if np.__version__.startswith("1."):
        # the last digits of some numbers, which no reader sees, are others there
        text, expected = (DIGEST.sub("", page) for page in (text, expected))
    assert text == expected


@pytest.mark.parametrize("name", ["leaking", "quiet", "starved", "claim"])
def test_the_text_is_the_golden_one(name, request):
    golden(f"{name}.txt", rendered(request.getfixturevalue(name), suffix=".txt"))


@pytest.mark.parametrize("name", ["leaking", "starved"])
def test_the_markdown_is_the_golden_one(name, request):
    golden(f"{name}.md", rendered(request.getfixturevalue(name), suffix=".md"))


def test_no_line_is_wider_than_the_terminal(every_report):
    for report in every_report[:3]:
        for line in rendered(report, suffix=".txt").splitlines():
            assert width(line) <= WIDTH, line


def test_the_report_says_verdict_finding_and_headline_first(leaking):
    lines = rendered(leaking, suffix=".txt").splitlines()
    assert lines[0].startswith("tacit privacy report · overfitted network")
    assert lines[2] == "✗ FAIL  ·  leak found"
    assert lines[4].startswith("This model leaks")


def test_ten_seconds_of_reading_are_at_most_64_lines(leaking):
    assert len(rendered(leaking, suffix=".txt").splitlines()) <= 64


def test_no_leak_found_is_never_called_safe(quiet):
    text = rendered(quiet, suffix=".md").lower()
    assert "no leak found" in text
    assert "not proof that there is none" in text
    assert " safe" not in text
    assert "no leak." not in text


def test_a_warning_stands_before_any_number(starved):
    text = rendered(starved, suffix=".txt")
    assert text.index("READ THIS FIRST") < text.index("Against the policy")


def test_a_claim_is_spoken_of_as_a_claim(claim, quiet):
    text = " ".join(rendered(claim, suffix=".md").replace("\\", "").split())
    assert "privacy loss shown" in text
    assert "The claim is refuted: the training tells more about a record than was promised." in text
    assert "may end up 99 % sure" in text
    assert "Look for a fault first" in text
    assert "Privacy Auditing with One" in text
    assert "Of 100 guesses" not in text
    assert "Look for a fault first" not in rendered(quiet, suffix=".md")


def test_wide_characters_take_two_columns_and_marks_none():
    assert width("中文") == 4
    assert width("e\u0301") == 1
    assert pad("中", 4) == "中  "


def test_str_and_print_give_the_text(leaking):
    assert str(leaking) == rendered(leaking, suffix=".txt")


def test_attacks_of_which_none_gave_a_number_are_named_with_the_reason():
    notes = (Note("auc", "too few records: needs 20, got 2", 20, 2, "records"),)
    checks = tuple(CheckResult(name, "attack", notes=notes) for name in ("loss", "entropy"))
    text = str(Report("inconclusive", "inconclusive", "Inconclusive: too few.", checks=checks))
    assert "entropy" in text
    assert "Too few records: needs 20, got 2" in text


def test_a_short_cell_says_what_it_is_of():
    rows = (("1", "0", "it was asked for in this way", ""),)
    said = _as_paragraphs(("Report", "Seed", "Why", "Commit"), rows)
    assert said == ["• 1. Seed: 0. it was asked for in this way."]
    told = _as_paragraphs(("Kind", "Tested"), (("a", "yes"), ("b", "not tested")))
    assert told == ["• a. Tested: yes.", "• b. not tested."]


def cell(low, value, high):
    return Interval(value, low, high, "")


def test_a_bar_is_drawn_to_scale():
    """Fourteen places from 0 to 1.3: a tenth each."""
    assert _bar(cell(0.2, 0.5, 1.0), 0.0, 1.3) == "··├──●────┤···"
    assert _bar(cell(0.0, 0.0, 1.3), 0.0, 1.3) == "●────────────┤"
    assert _bar(cell(-9, 1.3, 9), 0.0, 1.3) == "├────────────●"
    assert _bar(cell(2, 2, 2), 2, 2) == "●·············"


def test_bars_of_a_column_share_one_scale_that_begins_at_nothing():
    cells = [cell(0.2, 0.5, 1.0), "none", cell(0.3, 0.6, 1.3), cell(0.1, 0.2, float("inf"))]
    assert _bars(cells) == ["··├──●────┤···", "", "···├──●──────┤", ""]
    below = _bars([cell(-0.3, 0.0, 1.0)])
    assert below == ["├──●─────────┤"]
    assert _bars(["a", cell(0.1, 0.2, float("inf"))]) == ["", ""]


def test_columns_are_kept_as_long_as_they_fit():
    assert _kept([40, 20, 24, 5]) == [0, 1, 2]
    assert _kept([40, 20, 25]) == [0, 1]
    # and the first always
    assert _kept([99, 1]) == [0]


def test_two_columns_stand_side_by_side_up_to_their_widths():
    def fits(first, second):
        table = Table("", ("a", "b"), ((first, second), ("x", cell(0.1, 0.2, 0.3))))
        return _fits(table, table.rows)

    assert fits("a" * 60, "b" * 34)
    assert not fits("a" * 61, "b")
    assert not fits("a", "b" * 35)
    bare = Table("", ("a", "b"), (("a", "b"),))
    assert not _fits(bare, bare.rows)


def test_the_ends_of_a_line_touch_nowhere():
    assert _between("a" * 80, "b" * 7) == "a" * 80 + " " + "b" * 7
    assert _between("a" * 80, "b" * 8) == "a" * 80 + "\n" + "b" * 8
