"""The numbers of the pictures, by hand: no side, end or epoch in another's place."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from tacit.core import CheckResult, Comparison, Estimate, History, InvalidInput, Report
from tacit.core.comparison import Difference, Point
from tacit.render import charts
from tacit.render.words import Words

WORDS = Words.of("en")


def estimate(value, low, high, name="advantage"):
    return Estimate(name, value, low, high, 0.95, 100, "by hand")


def report(**figures):
    return Report("leak", "fail", "", title="net", figures=figures)


CURVE = {
    "attack": "loss",
    "fpr": [0.0, 0.001, 1.0],
    "tpr": [0.01, 0.2, 1.0],
    "low": [0.0, 0.1, 0.9],
    "high": [0.02, 0.3, 1.0],
}


def test_a_roc_has_stairs_and_its_band_on_both_axes_from_the_floor():
    found = charts.charts_of(report(roc=[CURVE]), WORDS)["roc"]
    (line,) = found["series"]
    assert line["x"] == [0.0, 0.001, 0.001, 1.0, 1.0]
    assert line["y"] == [0.01, 0.01, 0.2, 0.2, 1.0]
    assert line["low"] == [0.0, 0.0, 0.1, 0.1, 0.9]
    assert line["high"] == [0.02, 0.02, 0.3, 0.3, 1.0]
    for axis in ("x", "y"):
        assert found[axis]["domain"] == [pytest.approx(0.001), 1]
        assert (found[axis]["scale"], found[axis]["form"]) == ("log", "share")
    assert "accused" in found["x"]["label"]
    assert "ound" in found["y"]["label"]


def test_twelve_curves_are_drawn_and_four_are_shown_at_first():
    many = [CURVE | {"attack": f"attack {i}"} for i in range(15)]
    series = charts.charts_of(report(roc=many), WORDS)["roc"]["series"]
    assert [line["name"] for line in series] == [f"attack {i}" for i in range(12)]
    assert [line["shown"] for line in series] == [True] * 4 + [False] * 8


def test_members_of_a_histogram_are_drawn_as_members():
    counts = {"edges": [-1.0, 0.0, 3.0], "member": [1, 3], "nonmember": [6, 4], "attack": "loss"}
    found = charts.charts_of(report(scores=[counts]), WORDS)["scores"]
    non, own = found["series"]
    assert (non["name"], non["y"]) == ("Non-members", [0.6, 0.4])
    assert (own["name"], own["y"]) == ("Members", [0.25, 0.75])
    assert found["edges"] == [-1.0, 0.0, 3.0]
    assert found["x"]["domain"] == [-1.0, 3.0]
    # eight per cent of room above the highest bar
    assert found["y"]["domain"] == [0, pytest.approx(0.81)]


def test_scores_far_from_zero_keep_their_bins_apart():
    """Ten bins from -12,345.6 to -12,344.6: four digits would make them one."""
    edges = np.linspace(-12_345.6, -12_344.6, 11)
    counts = {"edges": edges, "member": [1] * 10, "nonmember": [1] * 10}
    found = charts.charts_of(report(scores=[counts]), WORDS)["scores"]
    np.testing.assert_allclose(found["edges"], edges, atol=1e-3)
    np.testing.assert_allclose(found["x"]["domain"], [-12_345.6, -12_344.6], atol=1e-3)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.123456, 9.87654], [0.1235, 9.877]),
        ([98.7654, 100.0], [98.765, 100.0]),
        ([100_000.0, 100_040.0], [100_000.0, 100_040.0]),
        ([12_345.0], [12_345.0]),
        ([-5.00005, -4.99995], [-5.00005, -4.99995]),
    ],
)
def test_as_many_digits_as_tell_values_apart(values, expected):
    assert charts._placed(values) == pytest.approx(expected, rel=1e-9)


def test_four_digits_are_kept_and_nothing_infinite():
    assert charts._short([0.0123456, -123_456.0, 0.0]) == [0.01235, -123_500.0, 0.0]
    for bad in (np.inf, np.nan):
        with pytest.raises(InvalidInput, match="finite"):
            charts._short([bad, 1.0])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # six per cent of the range on both sides; from 0 where the least is near it
        ([10.0, 20.0], [9.4, 20.6]),
        ([-1.0, 1.0], [-1.12, 1.12]),
        ([0.0, 1.0], [0.0, 1.06]),
        ([0.05, 1.0], [0.0, 1.057]),
        ([0.06, 1.06], [0.0, 1.12]),
        ([0.07, 1.07], [0.01, 1.13]),
        ([0.5, 0.5], [0.45, 0.55]),
    ],
)
def test_axes_hold_their_values_with_a_margin(values, expected):
    np.testing.assert_allclose(charts._around(values), expected, atol=1e-9)


def part(name, found, p):
    check = CheckResult(name=name, role="slice", n_members=4, n_nonmembers=5, estimates=(found,))
    return replace(check, p_value=p, p_adjusted=p)


def test_a_slice_has_its_own_interval_beside_that_of_all():
    score = estimate(0.2, 0.1, 0.3)
    checks = (
        part("b", estimate(0.3, 0.1, 0.5), 0.5),
        part("a", estimate(0.6, 0.4, 0.9), 0.01),
        part("open", estimate(0.6, 0.0, np.inf), 0.5),
    )
    made = Report("leak", "fail", "", score=score, checks=checks)
    found = charts.charts_of(made, WORDS)["slices"]
    assert found["rows"] == [
        {"name": "a", "real": True, "value": 0.6, "low": 0.4, "high": 0.9},
        {"name": "b", "real": False, "value": 0.3, "low": 0.1, "high": 0.5},
    ]
    assert (found["none"], found["overall"], found["left_out"]) == (0.0, 0.2, 0)
    assert found["x"]["domain"] == [0.0, pytest.approx(0.954)]
    assert found["x"]["label"].startswith("Vulnerability score")


def test_a_name_that_is_too_long_keeps_its_start_and_its_end():
    name = "".join(chr(97 + i % 26) for i in range(40))
    found = charts._middle(name)
    assert len(found) == 34
    assert found == f"{name[:14]}…{name[-19:]}"
    assert charts._middle(name[:34]) == name[:34]
    assert len(charts._middle(name[:35])) == 34


def test_the_epochs_of_a_trend_are_exact_and_open_ends_stop_at_the_value():
    points = [
        {"epoch": epoch, "score": estimate(*found).to_dict()}
        for epoch, found in ((12_345, (0.1, -np.inf, 0.2)), (12_346, (0.3, 0.25, np.inf)))
    ]
    found = charts.charts_of(report(trend=[{"points": points}]), WORDS)["trend"]
    (line,) = found["series"]
    assert line["x"] == [12_345, 12_346]
    assert (line["y"], line["low"], line["high"]) == ([0.1, 0.3], [0.1, 0.25], [0.2, 0.3])
    low, high = found["x"]["domain"]
    assert 12_344.9 < low < 12_345 < 12_346 < high < 12_346.1
    # the axis of the score begins at nothing
    assert found["y"]["domain"] == [0.0, pytest.approx(0.318)]
    assert (found["x"]["form"], found["y"]["form"]) == ("plain", "number")


def version(name, score):
    return Point(name, name, None, None, score)


def history_of(points):
    steps = tuple(Difference(b.name, a.name, None) for a, b in pairwise(points))
    return History(points, ("",) * len(points), steps, steps, 0.95, "", "net")


def test_versions_are_counted_from_one_and_a_gap_parts_the_line():
    points = (
        version("v1", estimate(0.1, 0.0, 0.2)),
        version("v2", None),
        version("v3", estimate(0.3, 0.2, 0.4)),
        version("v4", estimate(0.2, 0.1, 0.3)),
    )
    history = history_of(points)
    found = charts.versions_of(history, WORDS)["trend"]
    (line,) = found["series"]
    assert line["x"] == [1, 3, 4]
    assert line["apart"] == [False, True, False]
    assert line["labels"] == ["v1", "v3", "v4"]
    assert line["y"] == [0.1, 0.3, 0.2]
    assert found["x"]["domain"] == [0.82, 4.18]
    assert charts.versions_of(history_of(points[:2]), WORDS) == {}


def test_privacy_against_accuracy_has_both_intervals_and_marks_one_point():
    known = {"accuracy_low": 0.7, "accuracy_high": 0.9}
    points = (
        Point("a2", "a", 2.0, 0.8, estimate(0.3, 0.2, 0.4), front=True, **known),
        Point("a1", "a", 1.0, 0.6, estimate(0.1, 0.0, 0.2), front=False),
        Point("b", "b", None, 0.5, estimate(0.5, 0.4, 0.6)),
    )
    found = charts.pareto_of(Comparison(points, (), "a2", ""), WORDS)["pareto"]
    first, second = found["series"]
    assert (first["x"], first["y"]) == ([0.6, 0.8], [0.1, 0.3])
    assert (first["left"], first["right"]) == ([0.6, 0.7], [0.6, 0.9])
    assert (first["low"], first["high"]) == ([0.0, 0.2], [0.2, 0.4])
    assert (first["tags"], first["best"], first["front"]) == (
        ["1", "2"],
        [False, True],
        [False, True],
    )
    assert (second["tags"], second["best"]) == ([""], [False])
    assert "left" not in second
    assert found["x"]["domain"] == [pytest.approx(0.476), pytest.approx(0.924)]
    assert charts.pareto_of(Comparison((), (), "", ""), WORDS) == {}
