"""A report file from anywhere is either read and rendered, or refused with the place that is
wrong.
"""

import copy
import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from tacit.audits.compare import compare
from tacit.core import Comparison, InvalidInput, Report
from tacit.render import FORMATS, notebook, rendered
from tacit.render.clean import clean
from tacit.render.text import width

WRONG = (None, 5, -1.5, "x", [], {}, [1], {"a": 1}, True, 1e308, "\ud800", [[["x"]]])


def places(value, path=()):
    """Paths to every part of plain data, the first three items of each list."""
    yield path
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value[:3])
        if isinstance(value, list)
        else ()
    )
    for key, item in items:
        yield from places(item, (*path, key))


def damaged(plain, path, wrong):
    plain = copy.deepcopy(plain)
    inner = plain
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = wrong
    return plain


def test_any_wrong_part_is_refused_or_rendered(leaking):
    plain = json.loads(leaking.to_json())
    for curve in plain["figures"]["roc"]:
        for column in ("fpr", "tpr", "low", "high"):
            curve[column] = curve[column][:10]
    cases = [(path, wrong) for path in places(plain) if path for wrong in WRONG]
    refused = 0
    for path, wrong in random.Random(0).sample(cases, 60):
        try:
            report = Report.from_dict(damaged(plain, path, wrong))
        except InvalidInput:
            refused += 1
            continue
        for suffix in FORMATS.values():
            rendered(report, suffix=suffix).encode("utf8")
        notebook(report)
    assert 10 < refused < 60


@pytest.mark.parametrize(
    ("path", "wrong", "said"),
    [
        (
            ("verdict",),
            "maybe",
            "`verdict` needs one of 'pass', 'fail', 'inconclusive', got 'maybe'",
        ),
        (
            ("checks", 0, "estimates", 0, "value"),
            "0.7",
            "`checks[0].estimates[0].value` needs a finite number, got '0.7'",
        ),
        (("checks", 1, "n_members"), 2.5, "`checks[1].n_members` needs a whole number"),
        (("unknown",), "x", "`unknown` needs a list"),
        (("accuracy",), {"member": None}, "`accuracy.member` needs a finite number"),
        (("checks", 0), {}, "`checks[0]` has no `name`"),
    ],
)
def test_the_refusal_names_the_place(leaking, path, wrong, said):
    with pytest.raises(InvalidInput) as error:
        Report.from_dict(damaged(json.loads(leaking.to_json()), path, wrong))
    assert said in str(error.value)


def test_a_damaged_comparison_is_refused(leaking):
    plain = json.loads(compare([leaking, replace(leaking, title="other")]).to_json())
    for path in (("points", 0, "front"), ("differences", 0, "real"), ("recommended",)):
        with pytest.raises(InvalidInput, match="damaged"):
            Comparison.from_json(json.dumps(damaged(plain, path, 5)))


@given(st.text(max_size=200))
def test_clean_text_is_one_short_visible_line(text):
    shown = clean(text)
    assert "\n" not in shown
    shown.encode("utf8")
    assert all(
        character.isprintable()
        or character in "\u200c\u200d\u2068\u2069\u00ad"
        or character.isspace()
        for character in shown
    )
    assert width(shown) < 12 * 60
