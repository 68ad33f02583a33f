"""The numbers of the pictures, small enough for a page: the same that `tacit.plots` draws."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import Comparison, Estimate, InvalidInput, Report
from tacit.figures.thinning import cornered
from tacit.plots import ParetoDisplay, RocDisplay, ScoresDisplay, SlicesDisplay, TrendDisplay
from tacit.plots.roc import Curve
from tacit.plots.slices import NO_LEAK
from tacit.render.clean import clean
from tacit.render.words import metric_name

Plain = dict[str, Any]
MAX_CURVES = 12
N_SHOWN = 4
CURVE_POINTS = 400
SMALLEST_FLOOR = 1e-7
NAME = 44


def charts_of(report: Report) -> Plain:
    """Chart name to plain data, only for what the report holds; damaged figures are left out, never
    half drawn.
    """
    charts: Plain = {}
    for name, make in (("roc", _roc), ("scores", _scores), ("slices", _slices), ("trend", _trend)):
        try:
            charts[name] = make(report)
        except (InvalidInput, KeyError, TypeError, ValueError, IndexError, AttributeError):
            continue
    return charts


def _roc(report: Report) -> Plain:
    curves = RocDisplay.from_report(report, max_points=CURVE_POINTS).curves[:MAX_CURVES]
    floor = max(SMALLEST_FLOOR, min(curve.smallest_rate for curve in curves))
    floor = 10.0 ** math.floor(math.log10(min(floor, 0.1)) + 1e-9)
    series = [_curve(curve) | {"shown": order < N_SHOWN} for order, curve in enumerate(curves)]
    return {
        "kind": "curve",
        "x": {
            "label": "Outsiders wrongly accused",
            "scale": "log",
            "domain": [floor, 1],
            "form": "share",
        },
        "y": {
            "label": "Training records found",
            "scale": "log",
            "domain": [floor, 1],
            "form": "share",
        },
        "series": series,
        "chance": True,
    }


def _curve(curve: Curve) -> Plain:
    columns = cornered(curve.fpr, curve.tpr, curve.low, curve.high)
    return {"name": clean(curve.attack, limit=NAME)} | dict(
        zip(("x", "y", "low", "high"), map(_short, columns))
    )


def _scores(report: Report) -> Plain:
    display = ScoresDisplay.from_report(report)
    edges, top = display.edges, max(float(display.member.max()), float(display.nonmember.max()))
    if not (
        np.isfinite(edges).all()
        and math.isfinite(top)
        and len(edges) == len(display.member) + 1 > 1
    ):
        raise InvalidInput("The histogram's edges do not fit its counts.")
    return {
        "kind": "histogram",
        "x": {
            "label": f"Score of {clean(display.attack, limit=NAME)} (more like a member →)",
            "scale": "linear",
            "domain": _short(edges[[0, -1]]),
            "form": "number",
        },
        "y": {
            "label": "Share of records",
            "scale": "linear",
            "domain": [0, _short([top * 1.08])[0]],
            "form": "share",
        },
        "edges": _short(edges),
        "series": [
            {"name": "Others", "y": _short(display.nonmember)},
            {"name": "Training records", "y": _short(display.member)},
        ],
    }


def _slices(report: Report) -> Plain:
    display = SlicesDisplay.from_report(report)
    rows: list[Plain] = [
        {"name": clean(row.name, limit=NAME), "real": row.significant} | _ends(row.estimate)
        for row in display.rows
        if _finite(row.estimate)
    ]
    overall = None if display.overall is None else _short([display.overall.value])[0]
    return {
        "kind": "dots",
        "x": {
            "label": metric_name(display.metric),
            "domain": _around([row[end] for row in rows for end in ("low", "high")]),
        },
        "rows": rows,
        "none": NO_LEAK.get(display.metric, 0.0),
        "overall": overall,
        "left_out": display.left_out,
    }


def _trend(report: Report) -> Plain:
    models = TrendDisplay.from_report(report).models
    series = [
        {
            "name": clean(name, limit=NAME),
            "shown": True,
            "x": _short([step.epoch for step in steps]),
        }
        | _columns([step.score for step in steps])
        for name, steps in models[:MAX_CURVES]
    ]
    return _with_bars(series, x="Epoch", form="plain")


def pareto_of(comparison: Comparison) -> Plain:
    """Privacy against accuracy, or nothing where no point has both."""
    display = ParetoDisplay.from_comparison(comparison)
    series = []
    for name, points in list(display.lines().items())[:MAX_CURVES]:
        scores = [point.score for point in points if point.score is not None]
        series.append(
            {
                "name": clean(name, limit=NAME),
                "shown": True,
                "x": _short([point.accuracy or 0.0 for point in points]),
                "labels": [clean(point.name, limit=NAME) for point in points],
                "tags": ["" if point.epoch is None else f"{point.epoch:g}" for point in points],
                "front": [point.front for point in points],
                "best": [point.name == display.recommended for point in points],
            }
            | _columns(scores)
        )
    return (
        {"pareto": _with_bars(series, x="Accuracy on other records", form="share")}
        if series
        else {}
    )


def _with_bars(series: list[Plain], *, x: str, form: str) -> Plain:
    across = [value for item in series for value in item["x"]]
    along = [value for item in series for end in ("low", "high") for value in item[end]]
    return {
        "kind": "points",
        "x": {"label": x, "scale": "linear", "domain": _around(across), "form": form},
        "y": {
            "label": "Vulnerability score",
            "scale": "linear",
            "domain": _around([*along, 0.0]),
            "form": "number",
        },
        "series": series,
    }


def _columns(scores: Sequence[Estimate]) -> Plain:
    return {
        "y": _short([score.value for score in scores]),
        "low": _short([score.low if math.isfinite(score.low) else score.value for score in scores]),
        "high": _short(
            [score.high if math.isfinite(score.high) else score.value for score in scores]
        ),
    }


def _ends(estimate: Estimate) -> Plain:
    return dict(
        zip(("value", "low", "high"), _short([estimate.value, estimate.low, estimate.high]))
    )


def _finite(estimate: Estimate) -> bool:
    return math.isfinite(estimate.low) and math.isfinite(estimate.high)


def _around(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    margin = 0.06 * (high - low) or 0.05
    return _short([low - margin if low < 0 or low > margin else min(0.0, low), high + margin])


def _short(values: Sequence[float] | NDArray[np.float64]) -> list[float]:
    """Four digits that matter: finer than a pixel, a third of the bytes."""
    numbers = np.asarray(values, np.float64)
    if not np.isfinite(numbers).all():
        raise InvalidInput("A picture needs finite numbers.")
    return [float(f"{value:.4g}") for value in numbers.tolist()]
