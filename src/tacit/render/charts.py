"""The numbers of the pictures, small enough for a page: the same that `tacit.plots` draws."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import Comparison, Estimate, InvalidInput, Report
from tacit.core.history import History
from tacit.figures import (
    ParetoFigure,
    RocCurve,
    RocFigure,
    ScoresFigure,
    SlicesFigure,
    TrendFigure,
)
from tacit.figures.pareto import accuracy_ends
from tacit.figures.thinning import cornered
from tacit.render.clean import clean
from tacit.render.words import Words

Plain = dict[str, Any]
# twelve lines can be chosen from, four are shown at first: more cannot be told apart
MAX_CURVES, N_SHOWN = 12, 4
CURVE_POINTS = 400
# characters of a name beside a line
NAME = 44
# characters of a name left of a row of dots, and how many of them are its start
ROW_NAME, ROW_START = 34, 14
# a picture is broken where a figure of a report is not what it should be
DAMAGES = (InvalidInput, KeyError, TypeError, ValueError, IndexError, AttributeError)
# of the values' range, left free on both sides
MARGIN = 0.06
# the part of the words that the page's script needs
SCRIPT_WORDS = (
    "keys",
    "attacks",
    "models",
    "zoom",
    "in",
    "out",
    "whole",
    "show whole",
    "linear",
    "log",
    "wrong",
    "one in",
    "to",
    "score",
    "beyond",
    "not beyond",
)


def charts_of(report: Report, words: Words) -> Plain:
    """Chart name to plain data, only for what the report holds.

    Damaged figures are left out, never half drawn.
    """
    charts: Plain = {}
    for name, make in (("roc", _roc), ("scores", _scores), ("slices", _slices), ("trend", _trend)):
        try:
            charts[name] = make(report, words)
        except DAMAGES:
            continue
    return charts


def script_words(words: Words) -> Plain:
    """What the page's script says, and how it writes numbers."""
    said = {name: words.say(f"chart.{name}", n="#", rate="#") for name in SCRIPT_WORDS}
    marks = {"decimal": words.language.decimal, "thousands": words.language.thousands}
    return {"say": said, "marks": marks}


def _roc(report: Report, words: Words) -> Plain:
    figure = RocFigure.from_report(report, max_points=CURVE_POINTS)
    curves = figure.curves[:MAX_CURVES]
    series = [
        _curve(curve, words) | {"shown": order < N_SHOWN} for order, curve in enumerate(curves)
    ]
    both = {"scale": "log", "domain": [figure.floor, 1], "form": "share"}
    return {
        "kind": "curve",
        "x": {"label": words.say("chart.x accused")} | both,
        "y": {"label": words.say("chart.y found")} | both,
        "series": series,
        "chance": True,
    }


def _curve(curve: RocCurve, words: Words) -> Plain:
    columns = cornered(curve.fpr, curve.tpr, curve.low, curve.high)
    named = dict(zip(("x", "y", "low", "high"), map(_short, columns)))
    return {"name": words.name(curve.attack, limit=NAME)} | named


def _scores(report: Report, words: Words) -> Plain:
    figure = ScoresFigure.from_report(report)
    attack = words.name(figure.attack, limit=NAME)
    return {
        "kind": "histogram",
        "x": {
            "label": words.say("chart.x score", attack=attack),
            "scale": "linear",
            "domain": _placed(figure.edges[[0, -1]]),
            "form": "number",
        },
        "y": {
            "label": words.say("chart.y share"),
            "scale": "linear",
            # room above the highest bar
            "domain": [0, _short([figure.top * 1.08])[0]],
            "form": "share",
        },
        "edges": _placed(figure.edges),
        "series": [
            {"name": words.say("chart.nonmembers"), "y": _short(figure.nonmember)},
            {"name": words.say("chart.members"), "y": _short(figure.member)},
        ],
    }


def _slices(report: Report, words: Words) -> Plain:
    figure = SlicesFigure.from_report(report)
    rows: list[Plain] = [
        {"name": _middle(words.name(row.name)), "real": row.significant} | _ends(row.estimate)
        for row in figure.rows
        if _finite(row.estimate)
    ]
    overall = None if figure.overall is None else _short([figure.overall.value])[0]
    marks = [figure.no_leak, *([] if overall is None else [overall])]
    return {
        "kind": "dots",
        "x": {
            "label": words.metric_name(figure.metric),
            "domain": _around([*marks, *(row[end] for row in rows for end in ("low", "high"))]),
            "form": "number",
        },
        "rows": rows,
        "none": figure.no_leak,
        "overall": overall,
        "left_out": figure.left_out,
    }


def _trend(report: Report, words: Words) -> Plain:
    models = TrendFigure.from_report(report).models
    series = []
    for name, steps in models[:MAX_CURVES]:
        line: Plain = {"name": clean(name, limit=NAME), "shown": True}
        line["x"] = _placed([step.epoch for step in steps])
        series.append(line | _columns([step.score for step in steps]))
    return _with_bars(series, words, x=words.say("chart.epoch"), form="plain")


def versions_of(history: History, words: Words) -> Plain:
    """Vulnerability by version, or nothing where fewer than two have a score."""
    known = [(place, point) for place, point in enumerate(history.points, 1) if point.score]
    scores = [point.score for _, point in known if point.score is not None]
    if len(scores) < 2 or not all(map(_finite, scores)):
        return {}
    places = [place for place, _ in known]
    line: Plain = {
        "name": clean(history.title, limit=NAME),
        "shown": True,
        "x": _short(places),
        "labels": [clean(point.name, limit=NAME) for _, point in known],
        # no line leads across a version that nobody knows the score of
        "apart": [at - before > 1 for before, at in zip([0, *places], places)],
    }
    series = [line | _columns(scores)]
    chart = _with_bars(series, words, x=words.say("chart.version"), form="whole")
    chart["x"]["domain"] = _around([1.0, len(history.points)])
    return {"trend": chart}


def pareto_of(comparison: Comparison, words: Words) -> Plain:
    """Privacy against accuracy, or nothing where no point has both."""
    figure = ParetoFigure.from_comparison(comparison)
    series = []
    for name, points in list(figure.lines().items())[:MAX_CURVES]:
        line: Plain = {
            "name": clean(name, limit=NAME),
            "shown": True,
            "x": _short([point.accuracy or 0.0 for point in points]),
            "labels": [clean(point.name, limit=NAME) for point in points],
            "tags": ["" if point.epoch is None else f"{point.epoch:g}" for point in points],
            "front": [point.front for point in points],
            "best": [point.name == figure.recommended for point in points],
        }
        if any(point.accuracy_low is not None for point in points):
            ends = [accuracy_ends(point) for point in points]
            line |= {"left": _short([a for a, _ in ends]), "right": _short([b for _, b in ends])}
        scores = [point.score for point in points if point.score is not None]
        series.append(line | _columns(scores))
    if not series:
        return {}
    return {"pareto": _with_bars(series, words, x=words.say("chart.accuracy"), form="share")}


def _with_bars(series: list[Plain], words: Words, *, x: str, form: str) -> Plain:
    across = [v for item in series for end in ("x", "left", "right") for v in item.get(end, ())]
    along = [value for item in series for end in ("low", "high") for value in item[end]]
    return {
        "kind": "points",
        "x": {"label": x, "scale": "linear", "domain": _around(across), "form": form},
        "y": {
            "label": words.say("chart.vulnerability"),
            "scale": "linear",
            "domain": _around([*along, 0.0]),
            "form": "number",
        },
        "series": series,
    }


def _columns(scores: Sequence[Estimate]) -> Plain:
    low = [score.low if math.isfinite(score.low) else score.value for score in scores]
    high = [score.high if math.isfinite(score.high) else score.value for score in scores]
    value = [score.value for score in scores]
    return {"y": _short(value), "low": _short(low), "high": _short(high)}


def _ends(estimate: Estimate) -> Plain:
    values = _short([estimate.value, estimate.low, estimate.high])
    return dict(zip(("value", "low", "high"), values))


def _middle(name: str) -> str:
    """A name that fits beside a dot: its end, where values stand, matters as much as its start."""
    return (
        name if len(name) <= ROW_NAME else f"{name[:ROW_START]}…{name[ROW_START - ROW_NAME + 1 :]}"
    )


def _finite(estimate: Estimate) -> bool:
    return math.isfinite(estimate.low) and math.isfinite(estimate.high)


def _around(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    margin = MARGIN * (high - low) or 0.05
    below = low - margin if low < 0 or low > margin else min(0.0, low)
    return _placed([below, high + margin])


def _placed(values: Sequence[float] | NDArray[np.float64]) -> list[float]:
    """As `_short`, with as many digits more as values far from 0 need to be told apart."""
    numbers = np.asarray(values, np.float64)
    shown = _short(numbers)
    span = float(np.ptp(numbers))
    if not span:
        return [float(value) for value in numbers.tolist()]
    far = max(0, math.floor(math.log10(float(np.abs(numbers).max()) / span)))
    return [float(f"{value:.{4 + far}g}") for value in numbers.tolist()] if far else shown


def _short(values: Sequence[float] | NDArray[np.float64]) -> list[float]:
    """Four digits that matter: finer than a pixel, a third of the bytes."""
    numbers = np.asarray(values, np.float64)
    if not np.isfinite(numbers).all():
        raise InvalidInput("A picture needs finite numbers.")
    return [float(f"{value:.4g}") for value in numbers.tolist()]
