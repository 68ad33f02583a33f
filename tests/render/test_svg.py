"""Pictures as SVG, by hand: numbers land on the pixels that they mean."""

import math
import re

import pytest

from tacit.figures.palette import MEMBER, NONMEMBER, PALETTE, QUIET
from tacit.render.svg import Axis, svg, tick_text


def points_of(text, style):
    """The places of every line or shape of a class."""
    found = []
    for tag in re.findall(r"<(?:polyline|polygon)[^>]*>", text):
        name = re.search(r'class="([^"]*)"', tag).group(1)
        if name == style:
            places = re.search(r'points="([^"]*)"', tag).group(1).split()
            found.append([tuple(map(float, place.split(","))) for place in places])
    return found


def dots_of(text):
    return [
        (float(a), float(b))
        for a, b in re.findall(r'<circle class="dot[^>]*cx="([^"]*)" cy="([^"]*)"', text)
    ]


def test_an_axis_is_straight_and_stops_at_its_ends():
    axis = Axis(0, 10, 100, 200)
    assert [axis(v) for v in (0, 2.5, 10, -5, 99)] == [100, 125, 200, 100, 200]
    down = Axis(0, 1, 300, 100)
    assert [down(v) for v in (0, 0.25, 1)] == [300, 250, 100]
    assert Axis(3, 3, 10, 20)(3) == 10


def test_a_logarithmic_axis_has_equal_decades_and_begins_at_its_floor():
    axis = Axis(1e-3, 1, 0, 300, log=True)
    assert [axis(v) for v in (1e-3, 1e-2, 0.1, 1, 0.0, 1e-9)] == [0, 100, 200, 300, 0, 0]
    assert axis(math.sqrt(0.1)) == 250
    assert axis.ticks() == pytest.approx([1, 0.1, 0.01, 1e-3])
    assert Axis(1e-5, 1, 0, 1, log=True).ticks() == pytest.approx([1, 0.1, 1e-2, 1e-3, 1e-4, 1e-5])
    # from six decades on every second one
    assert Axis(1e-6, 1, 0, 1, log=True).ticks() == pytest.approx([1, 1e-2, 1e-4, 1e-6])
    assert Axis(1e-7, 1, 0, 1, log=True).ticks() == pytest.approx([1, 1e-2, 1e-4, 1e-6])


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0, 10, [0, 2, 4, 6, 8, 10]),
        (0, 5, [0, 1, 2, 3, 4, 5]),
        (0, 6, [0, 2, 4, 6]),
        (0.1, 12, [5, 10]),
        (0, 30, [0, 10, 20, 30]),
        (-0.3, 0.3, [-0.2, 0.0, 0.2]),
        (2, 2, [2]),
    ],
)
def test_ticks_are_round_and_inside(low, high, ticks):
    assert Axis(low, high, 0, 1).ticks() == pytest.approx(ticks, abs=1e-12)


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (0.25, "share", "25\u00a0%"),
        (1e-5, "share", "0.001\u00a0%"),
        (0.25, "number", "0.25"),
        (-1234.56, "plain", "−1235"),
    ],
)
def test_a_tick_is_told_in_the_units_of_its_axis(value, form, text):
    assert tick_text(value, form) == text
    assert tick_text(value, form, ",") == text.replace(".", ",")


AXES = {
    "x": {"label": "across", "scale": "linear", "domain": [0, 10], "form": "number"},
    "y": {"label": "up", "scale": "linear", "domain": [0, 1], "form": "number"},
}
# the frame: 78 to 614 across, 334 up to 12
X = Axis(0, 10, 78, 614)
Y = Axis(0, 1, 334, 12)


def test_members_of_a_histogram_have_their_own_colour_and_bars():
    series = [{"name": "out", "y": [0.5, 0.0]}, {"name": "in", "y": [0.25, 1.0]}]
    text = svg(AXES | {"kind": "histogram", "edges": [0, 4, 10], "series": series}, label="l")
    (non,), (own,) = points_of(text, "bars nonmember"), points_of(text, "bars member")
    expected = [(0, 0), (0, 0.25), (4, 0.25), (4, 1), (10, 1), (10, 0)]
    assert own == [(X(a), Y(b)) for a, b in expected]
    assert non == [(X(a), Y(b)) for a, b in [(0, 0), (0, 0.5), (4, 0.5), (4, 0), (10, 0), (10, 0)]]
    for name, color in (("nonmember", NONMEMBER), ("member", MEMBER)):
        tag = re.search(rf'<polygon class="bars {name}"[^>]*>', text).group()
        assert f'fill="{color}"' in tag
    # the legend names the non-members first, as they are drawn
    assert text.index(">out<") < text.index(">in<")


def test_a_curve_has_its_band_and_the_line_of_chance():
    log = {"scale": "log", "domain": [0.01, 1], "form": "share"}
    line = {
        "name": "a",
        "x": [0.0, 0.1, 1],
        "y": [0.2, 0.5, 1],
        "low": [0.1, 0.4, 0.9],
        "high": [0.3, 0.6, 1],
    }
    other = line | {"name": "b", "y": [0.1, 0.1, 1]}
    chart = {
        "kind": "curve",
        "x": {"label": "x"} | log,
        "y": {"label": "y"} | log,
        "chance": True,
        "series": [line | {"shown": True}, other | {"shown": True}, other | {"shown": False}],
    }
    text = svg(chart, label="l")
    x, y = Axis(0.01, 1, 78, 614, log=True), Axis(0.01, 1, 334, 12, log=True)
    assert points_of(text, "chance") == [[(78, 334), (614, 12)]]
    first, second = points_of(text, "line s0"), points_of(text, "line s1")
    assert first[0] == [(x(a), y(b)) for a, b in zip(line["x"], line["y"])]
    assert first[0][0][0] == 78
    assert second[0] == [(x(a), y(b)) for a, b in zip(line["x"], other["y"])]
    (band,) = points_of(text, "band s0")
    upper = [(x(a), y(b)) for a, b in zip(line["x"], line["high"])]
    lower = [(x(a), y(b)) for a, b in zip(line["x"], line["low"])]
    assert band == [*upper, *reversed(lower)]
    # a curve and its place in the legend, twice; the one that is not shown has neither
    assert len(first) == len(second) == 2
    assert not points_of(text, "line s2")


def test_points_have_whiskers_rings_and_lines_that_gaps_break():
    line = {
        "name": "m",
        "x": [1, 2, 4],
        "y": [0.2, 0.4, 0.6],
        "low": [0.1, 0.3, 0.5],
        "high": [0.3, 0.6, 0.9],
        "left": [0.5, 1.5, 3],
        "right": [1.5, 2.5, 6],
        "front": [True, False, True],
        "best": [False, False, True],
        "tags": ["1", "", "3"],
        "apart": [False, False, True],
    }
    text = svg(AXES | {"kind": "points", "series": [line]}, label="l")
    assert dots_of(text) == [(X(a), Y(b)) for a, b in zip(line["x"], line["y"])]
    lines = points_of(text, "line s0")
    assert lines[0] == [(X(1), Y(0.2)), (X(2), Y(0.4))]
    assert lines[1] == [(X(4), Y(0.6))]
    bars = points_of(text, "bar s0")
    assert bars[0] == [(X(1), Y(0.1)), (X(1), Y(0.3))]
    assert bars[1] == [(X(0.5), Y(0.2)), (X(1.5), Y(0.2))]
    assert len(re.findall(r'class="dot s0 open"', text)) == 1
    ring = re.search(r'class="ring" cx="([^"]*)" cy="([^"]*)"', text)
    assert (float(ring.group(1)), float(ring.group(2))) == (X(4), Y(0.6))
    assert f'fill="{PALETTE[0]}"' in text


def test_slices_are_rows_of_dots_between_nothing_and_all():
    rows = [
        {"name": "a", "real": True, "value": 0.6, "low": 0.4, "high": 0.9},
        {"name": "b", "real": False, "value": 0.2, "low": -0.1, "high": 0.5},
    ]
    chart = {
        "kind": "dots",
        "x": {"label": "score", "domain": [-0.2, 1.0], "form": "number"},
        "rows": rows,
        "none": 0.0,
        "overall": 0.3,
    }
    text = svg(chart, label="l")
    x = Axis(-0.2, 1.0, 230, 614)
    assert dots_of(text) == [(x(0.6), 12 + 11), (x(0.2), 12 + 33)]
    assert points_of(text, "bar real") == [[(x(0.4), 23), (x(0.9), 23)]]
    assert points_of(text, "bar quiet") == [[(x(-0.1), 45), (x(0.5), 45)]]
    assert points_of(text, "chance") == [[(x(0), 12), (x(0), 56)]]
    assert points_of(text, "overall") == [[(x(0.3), 12), (x(0.3), 56)]]
    assert f'class="dot real" cx="{x(0.6)}"' in text
    assert QUIET in text
    assert not points_of(svg(chart | {"overall": None}, label="l"), "overall")


def test_versions_have_ticks_at_whole_numbers_only():
    axes = AXES | {"x": AXES["x"] | {"domain": [0.9, 2.1], "form": "whole"}}
    line = {"name": "m", "x": [1, 2], "y": [0, 1], "low": [0, 1], "high": [0, 1]}
    text = svg(axes | {"kind": "points", "series": [line]}, label="l")
    below = re.findall(r'class="tick"[^>]*text-anchor="middle"[^>]*>([^<]*)<', text)
    assert below == ["1", "2"]


def test_each_tick_stands_at_its_number():
    text = svg(AXES | {"kind": "points", "series": []}, label="l")
    ticks = re.findall(
        r'class="tick" x="([^"]*)" y="([^"]*)" text-anchor="(\w+)" font-size="12"[^>]*>([^<]*)<',
        text,
    )
    beside = {(float(x), float(y), said) for x, y, anchor, said in ticks if anchor == "end"}
    assert beside == {(70, Y(v) + 4, f"{v:g}") for v in (0, 0.2, 0.4, 0.6, 0.8, 1)}
    below = {(float(x), float(y), said) for x, y, anchor, said in ticks if anchor == "middle"}
    assert below == {(X(v), 352, f"{v:g}") for v in (0, 2, 4, 6, 8, 10)}
    # the names of the axes in the middle of each
    assert 'x="14" y="173.0" transform="rotate(-90 14 173.0)"' in text
    assert 'class="label" x="346.0" y="372"' in text


def test_more_lines_than_colours_begin_again():
    line = {"name": "m", "x": [1], "y": [0.5], "low": [0.4], "high": [0.6]}
    n = len(PALETTE) + 1
    text = svg(AXES | {"kind": "points", "series": [line] * n}, label="l")
    assert len(re.findall(rf'class="dot s0" fill="{PALETTE[0]}"', text)) == 2
    assert len(re.findall(rf'class="dot s1" fill="{PALETTE[1]}"', text)) == 1
    log = {"scale": "log", "domain": [0.01, 1], "form": "share"}
    curve = {"name": "c", "shown": True, "x": [0.1], "y": [0.1], "low": [0.1], "high": [0.1]}
    axes = {"x": {"label": "x"} | log, "y": {"label": "y"} | log}
    drawn = svg(axes | {"kind": "curve", "series": [curve] * n}, label="l")
    assert len(points_of(drawn, "line s0")) == 4
    assert len(points_of(drawn, "band s0")) == 1


def test_names_stand_beside_their_lines():
    """Below on the right of a curve, above on the left of all others, 17 apart."""
    line = {"name": "m", "x": [1], "y": [0.5], "low": [0.4], "high": [0.6]}
    named = [line, line | {"name": "n" * 31}]
    text = svg(AXES | {"kind": "points", "series": named}, label="l")
    assert points_of(text, "line s0")[-1] == [(92, 26), (110, 26)]
    assert points_of(text, "line s1")[-1] == [(92, 43), (110, 43)]
    assert re.search(r'x="116" y="47"[^>]*>n{29}…<', text)
    log = {"scale": "log", "domain": [0.01, 1], "form": "share"}
    axes = {"x": {"label": "x"} | log, "y": {"label": "y"} | log}
    drawn = svg(axes | {"kind": "curve", "series": [s | {"shown": True} for s in named]}, label="l")
    assert points_of(drawn, "line s0")[-1] == [(404, 303), (422, 303)]
    assert points_of(drawn, "line s1")[-1] == [(404, 320), (422, 320)]
    # the first curve is the thick one
    widths = re.findall(r'class="line s(\d)"[^>]*stroke-width="([^"]*)"', drawn)
    assert widths[:2] == [("1", "1.5"), ("0", "2.4")]
