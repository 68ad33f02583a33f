"""Displays: numbers first, matplotlib only on `.plot`, the same numbers as the report's page."""

import importlib.util
import runpy
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tacit.attacks import Threshold
from tacit.audits.compare import compare
from tacit.core import Estimate, Evidence, InvalidInput, Report, collect
from tacit.figures.thinning import cornered, thinned
from tacit.plots import ParetoDisplay, RocDisplay, ScoresDisplay, SlicesDisplay, TrendDisplay
from tacit.render.charts import charts_of, pareto_of
from tacit.render.words import Words
from tacit.testing import GaussianShift

REPORTS = runpy.run_path(str(Path(__file__).parents[1] / "render" / "reports.py"))


@pytest.fixture
def leaking():
    return REPORTS["leaking"]()


@pytest.fixture
def evidence():
    game = GaussianShift(1.0).draw(2000, 2000, seed=1)
    return collect(Threshold(), game.signals, game.membership)


@pytest.fixture
def axes():
    """New axes on the backend that needs no screen."""
    pytest.importorskip("matplotlib")
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot

    figure, ax = pyplot.subplots()
    yield ax
    figure.canvas.draw()
    pyplot.close("all")


def audit(title, score, accuracy, epoch):
    found = Estimate("advantage", score, score - 0.02, score + 0.02, 0.95, 1000, "by hand")
    return Report(
        "leak",
        "fail",
        "x",
        score=found,
        accuracy={"nonmember": accuracy},
        environment={"epoch": epoch},
        title=title,
    )


def test_importing_plots_does_not_import_matplotlib():
    code = "import sys, tacit.plots; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_roc_of_a_gaussian_game_lies_in_its_band(evidence, axes):
    display = RocDisplay.from_evidence(evidence, name="$loss$")
    curve = display.curves[0]
    truth = np.array(
        [
            GaussianShift(1.0).tpr(float(fpr))
            for fpr in curve.fpr[(curve.fpr > 0.01) & (curve.fpr < 0.9)]
        ]
    )
    inside = (curve.fpr > 0.01) & (curve.fpr < 0.9)
    assert np.mean((curve.low[inside] <= truth) & (truth <= curve.high[inside])) > 0.8
    drawn = display.plot(axes)
    assert drawn.ax is axes
    assert axes.get_xscale() == axes.get_yscale() == "log"
    assert len(drawn.artists) == 3
    assert display.ax is None, "plot returns a new display"


def test_roc_from_a_report_draws_every_attack(leaking, axes):
    display = RocDisplay.from_report(leaking)
    assert [curve.attack for curve in display.curves] == [row[0] for row in REPORTS["ATTACKS"]]
    assert len(display.plot(axes).artists) == 8


def test_scores_are_shares(evidence, axes):
    display = ScoresDisplay.from_evidence(evidence, bins=30)
    assert display.figure.member.sum() == pytest.approx(1)
    assert display.figure.nonmember.sum() == pytest.approx(1)
    assert np.average(
        (display.figure.edges[1:] + display.figure.edges[:-1]) / 2, weights=display.figure.member
    ) == pytest.approx(1.0, abs=0.15)
    assert len(display.plot(axes).artists) == 4


def test_slices_come_most_surely_exposed_first(leaking, axes):
    display = SlicesDisplay.from_report(leaking)
    lows = [row.estimate.low for row in display.rows]
    assert lows == sorted(lows, reverse=True)
    assert display.figure.n_significant == 7
    assert display.plot(axes).ax.get_yticklabels()[0].get_text() == "prediction = wrong"


def test_slices_that_do_not_fit_are_counted(leaking):
    display = SlicesDisplay.from_report(leaking, max_slices=3)
    assert (len(display.rows), display.figure.left_out) == (3, 5)


def test_trend_is_in_the_order_of_the_epochs(axes):
    display = TrendDisplay.from_reports(
        [audit("net", 0.3, 0.9, 9), audit("net", 0.1, 0.8, 3), audit("other", 0.1, 0.8, 3)]
    )
    assert [step.epoch for step in display.models[0][1]] == [3.0, 9.0]
    assert len(display.plot(axes).artists) == 2


def test_trend_from_a_report_of_a_training_run(axes):
    score = Estimate("advantage", 0.2, 0.1, float("inf"), 0.95, 10, "by hand").to_dict()
    points = [
        {"epoch": 2, "accuracy": 0.5, "score": score},
        {"epoch": 1, "accuracy": None, "score": score},
    ]
    display = TrendDisplay.from_report(
        Report("leak", "fail", "x", figures={"trend": [{"model": "_net$", "points": points}]})
    )
    assert [step.epoch for step in display.models[0][1]] == [1.0, 2.0]
    display.plot(axes)


def test_pareto_rings_the_recommendation(axes):
    comparison = compare([audit("net", 0.3, 0.9, 9), audit("net", 0.1, 0.899, 3)])
    display = ParetoDisplay.from_comparison(comparison)
    assert display.recommended == "net, epoch 3"
    drawn = display.plot(axes)
    assert "recommended" in [getattr(artist, "get_text", str)() for artist in drawn.artists]


@pytest.mark.parametrize("display", [RocDisplay, ScoresDisplay, SlicesDisplay, TrendDisplay])
def test_a_report_without_the_numbers_says_so(display):
    with pytest.raises(InvalidInput, match="holds no"):
        display.from_report(Report("inconclusive", "inconclusive", "x"))


def test_trend_without_epochs_says_so():
    with pytest.raises(InvalidInput, match="epoch"):
        TrendDisplay.from_reports([Report("inconclusive", "inconclusive", "x")])


def test_the_page_draws_the_numbers_of_the_displays(leaking):
    charts = charts_of(leaking, Words.of("en"))
    curve = RocDisplay.from_report(leaking, max_points=400).curves[0]
    assert set(charts["roc"]["series"][0]["y"]) == {float(f"{value:.4g}") for value in curve.tpr}
    rows = SlicesDisplay.from_report(leaking).rows
    assert [row["name"] for row in charts["slices"]["rows"]] == [row.name for row in rows]
    comparison = compare([audit("net", 0.3, 0.9, 9), audit("net", 0.1, 0.899, 3)])
    points = pareto_of(comparison, Words.of("en"))["pareto"]["series"][0]
    assert points["best"] == [True, False]


def test_wide_steps_get_their_corner_and_narrow_ones_do_not():
    x, y = np.array([0.0, 0.01, 0.02, 0.0201]), np.array([0.0, 0.1, 0.3, 0.31])
    placed, height = cornered(x, y)
    assert placed.tolist() == [0.0, 0.01, 0.01, 0.02, 0.02, 0.0201]
    assert height.tolist() == [0.0, 0.0, 0.1, 0.1, 0.3, 0.31]


@pytest.mark.parametrize("n", [50, 240, 1000])
def test_thinning_keeps_the_ends_and_the_picture(n):
    fpr = np.concatenate([[0.0], np.logspace(-6, 0, 100_000)])
    tpr = np.minimum(1.0, fpr**0.4)
    kept = thinned(fpr, tpr, n=n)
    assert len(kept) <= n
    assert (kept[0], kept[-1]) == (0, len(fpr) - 1)
    missed = np.abs(np.interp(fpr, fpr[kept], tpr[kept]) - tpr).max()
    log_missed = np.abs(
        np.interp(np.log(fpr[1:]), np.log(fpr[kept[1:]]), np.log(tpr[kept[1:]])) - np.log(tpr[1:])
    ).max()
    assert missed < 4 / n
    assert log_missed < 14 * 4 / n


def pixels_off(x, y, kept, *, log, width=560, height=380):
    """Largest distance of the curve's points from the thinned curve as it is drawn."""
    scale = (
        (lambda value: 1 + np.log(np.maximum(value, x[1])) / -np.log(x[1]))
        if log
        else (lambda value: value)
    )
    corners = np.stack([scale(part) for part in cornered(x[kept], y[kept])], axis=1) * (
        width,
        height,
    )
    points = np.stack([scale(x), scale(y)], axis=1)[
        np.unique(np.geomspace(1, len(x) - 1, 3000).astype(int))
    ] * (width, height)
    nearest = np.full(len(points), np.inf)
    for start, end in pairwise(corners):
        way = end - start
        along = np.clip((points - start) @ way / max(way @ way, 1e-12), 0, 1)
        nearest = np.minimum(nearest, np.linalg.norm(points - start - along[:, None] * way, axis=1))
    return nearest.max()


@pytest.mark.parametrize("shift", [0.2, 1.0, 2.5])
@pytest.mark.parametrize("log", [False, True])
def test_thinning_moves_no_point_by_more_than_three_pixels(shift, log):
    rng = np.random.default_rng(3)
    n = 20_000
    others, members = np.sort(rng.normal(size=n))[::-1], np.sort(rng.normal(size=n) + shift)
    x = np.arange(n + 1) / n
    y = np.concatenate([[0.0], 1 - np.searchsorted(members, others, "left") / n])
    assert pixels_off(x, y, thinned(x, y, n=400), log=log) <= 3


def test_thinning_leaves_few_points_alone():
    values = np.linspace(0, 1, 10)
    assert thinned(values, values, n=10).tolist() == list(range(10))


def test_thinning_survives_a_curve_that_stands_still():
    zeros = np.zeros(1000)
    assert thinned(zeros, zeros, n=10).tolist()[0] == 0


@pytest.mark.skipif(
    importlib.util.find_spec("matplotlib") is None, reason="matplotlib is not installed"
)
def test_new_axes_are_made_where_none_are_given(evidence):
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot

    drawn = RocDisplay.from_evidence(evidence).plot()
    assert drawn.ax is not None
    pyplot.close("all")


def test_scores_from_anywhere_are_drawn_without_an_audit(axes):
    rng = np.random.default_rng(0)
    member = np.repeat([True, False], 500)
    score = rng.normal(size=1000) + member
    display = RocDisplay.from_predictions(member, score, name="mine")
    same = RocDisplay.from_evidence(Evidence.of(score, member), name="mine")
    assert display.curves[0].tpr.tolist() == same.curves[0].tpr.tolist()
    assert display.plot(axes).ax is axes
    assert ScoresDisplay.from_predictions(member, score).figure.member.sum() == pytest.approx(1)


def test_a_display_in_a_notebook_is_one_short_line(leaking):
    for display in (RocDisplay, ScoresDisplay, SlicesDisplay):
        assert len(repr(display.from_report(leaking))) < 40
