"""Chart data to a still picture: what prints, what a notebook shows, and what stays where scripts
do not run.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from tacit.figures.palette import MEMBER, NONMEMBER, PALETTE, QUIET

Plain = dict[str, Any]
WIDTH, HEIGHT = 640, 380
LEFT, RIGHT, TOP, BOTTOM = 78, 26, 12, 46
ROW = 22
NAMES = 230
MAX_DECADES = 6


@dataclass(frozen=True)
class Axis:
    """From numbers to pixels, and where the ticks are."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """The pixel of `value`, kept inside the picture."""
        low, high, at = (
            self._scaled(item)
            for item in (self.low, self.high, min(max(value, self.low), self.high))
        )
        return round(self.start + (self.end - self.start) * (at - low) / ((high - low) or 1.0), 1)

    def _scaled(self, value: float) -> float:
        return math.log10(max(value, 1e-300)) if self.log else value

    def ticks(self) -> list[float]:
        """Round numbers inside the axis."""
        if self.log:
            first, last = round(math.log10(self.low)), round(math.log10(self.high))
            return [
                10.0**power for power in range(last, first - 1, -1 - (last - first) // MAX_DECADES)
            ]
        raw = (self.high - self.low) / 5
        step = 10.0 ** math.floor(math.log10(raw)) if raw > 0 else 1.0
        step *= next(factor for factor in (1, 2, 5, 10) if factor * step >= raw * 0.999)
        return [
            round(index * step, 12)
            for index in range(
                math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9) + 1
            )
        ]


def svg(chart: Plain, *, label: str, decimal: str = ".") -> str:
    """The chart as one `<svg>` element that says `label` to a screen reader.

    Parameters
    ----------
    chart : dict
        Plain data from `tacit.render.charts`; texts in it are escaped here.
    label : str
        What it shows, in words.
    decimal : str
        The decimal mark of its numbers.
    """
    chart = chart | {"decimal": decimal}
    draw: dict[str, Callable[[Plain], tuple[str, int]]] = {
        "curve": _curves,
        "histogram": _histogram,
        "points": _points,
        "dots": _dots,
    }
    inside, height = draw[chart["kind"]](chart)
    box = f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="100%"'
    return (
        f'<svg {box} role="img" aria-label="{escape(label)}" font-family="inherit"'
        f' font-size="12">{inside}</svg>'
    )


def _curves(chart: Plain) -> tuple[str, int]:
    x, y = _axes(chart)
    parts = [_frame(chart, x, y)]
    if chart.get("chance"):
        parts.append(
            _path(
                [(x(chart["x"]["domain"][0]), y(chart["x"]["domain"][0])), (x(1), y(1))],
                QUIET,
                "chance",
                dash="4 4",
                width=1,
            )
        )
    shown = [(order, item) for order, item in enumerate(chart["series"]) if item["shown"]]
    for order, item in reversed(shown):
        if order == 0:
            parts.append(_band(item, x, y))
        places = [(x(a), y(b)) for a, b in zip(item["x"], item["y"])]
        parts.append(_path(places, *_style(order), width=2.4 if order == 0 else 1.5))
    parts.append(_legend([(order, item["name"]) for order, item in shown], right=True))
    return "".join(parts), HEIGHT


def _style(order: int) -> tuple[str, str]:
    place = order % len(PALETTE)
    return PALETTE[place], f"line s{place}"


def _band(item: Plain, x: Axis, y: Axis) -> str:
    upper = [(x(a), y(b)) for a, b in zip(item["x"], item["high"])]
    lower = [(x(a), y(b)) for a, b in zip(item["x"], item["low"])]
    points = " ".join(f"{a},{b}" for a, b in [*upper, *reversed(lower)])
    return f'<polygon class="band s0" points="{points}" fill="{PALETTE[0]}" fill-opacity="0.15"/>'


def _histogram(chart: Plain) -> tuple[str, int]:
    x, y = _axes(chart)
    parts = [_frame(chart, x, y)]
    for item, color, name in zip(chart["series"], (NONMEMBER, MEMBER), ("nonmember", "member")):
        edges = [x(edge) for edge in chart["edges"]]
        outline = [(edges[0], y(0))]
        for left, right, value in zip(edges, edges[1:], item["y"]):
            outline += [(left, y(value)), (right, y(value))]
        outline.append((edges[-1], y(0)))
        points = " ".join(f"{a},{b}" for a, b in outline)
        parts.append(
            f'<polygon class="bars {name}" points="{points}" fill="{color}" fill-opacity="0.35"'
            f' stroke="{color}"/>'
        )
    parts.append(
        _legend([(0, chart["series"][0]["name"]), (1, chart["series"][1]["name"])], right=False)
    )
    return "".join(parts), HEIGHT


def _points(chart: Plain) -> tuple[str, int]:
    x, y = _axes(chart)
    parts = [_frame(chart, x, y)]
    for order, item in enumerate(chart["series"]):
        color, style = PALETTE[order % len(PALETTE)], f"s{order % len(PALETTE)}"
        places = [(x(a), y(b)) for a, b in zip(item["x"], item["y"])]
        apart = item.get("apart", [False] * len(places))
        starts = [at for at, gap in enumerate(apart) if gap or at == 0]
        for start, end in zip(starts, [*starts[1:], len(places)]):
            parts.append(_path(places[start:end], color, f"line {style}", width=1.2))
        parts += [
            _point(item, index, place, (x, y), color, style) for index, place in enumerate(places)
        ]
    parts.append(
        _legend([(order, item["name"]) for order, item in enumerate(chart["series"])], right=False)
    )
    return "".join(parts), HEIGHT


def _point(
    item: Plain,
    index: int,
    place: tuple[float, float],
    axes: tuple[Axis, Axis],
    color: str,
    style: str,
) -> str:
    (a, b), (x, y) = place, axes
    filled = "front" not in item or item["front"][index]
    looks = (
        f'class="dot {style}{"" if filled else " open"}" fill="{color if filled else "#fff"}"'
        f' stroke="{color}"'
    )
    parts = [
        _path(
            [(a, y(item["low"][index])), (a, y(item["high"][index]))],
            color,
            f"bar {style}",
            width=1.4,
        )
    ]
    if "left" in item:
        ends = [(x(item[end][index]), b) for end in ("left", "right")]
        parts.append(_path(ends, color, f"bar {style}", width=1.4))
    parts.append(f'<circle {looks} cx="{a}" cy="{b}" r="4"/>')
    if "best" in item and item["best"][index]:
        parts.append(
            f'<circle class="ring" cx="{a}" cy="{b}" r="10" fill="none" stroke="{QUIET}"'
            ' stroke-width="1.5"/>'
        )
    if "tags" in item and item["tags"][index]:
        parts.append(_text(a + 6, b + 14, item["tags"][index], "start", size=10))
    return "".join(parts)


def _dots(chart: Plain) -> tuple[str, int]:
    rows = chart["rows"]
    height = TOP + ROW * len(rows) + BOTTOM
    low, high = chart["x"]["domain"]
    x = Axis(low, high, NAMES, WIDTH - RIGHT)
    parts = [_ticks_below(x, height - BOTTOM, TOP, chart)]
    for value, style in ((chart["none"], "chance"), (chart["overall"], "overall")):
        if value is not None:
            color, dash = (QUIET, "4 4") if style == "chance" else (PALETTE[0], "")
            parts.append(
                _path(
                    [(x(value), TOP), (x(value), height - BOTTOM)],
                    color,
                    style,
                    dash=dash,
                    width=1.2,
                )
            )
    for place, row in enumerate(rows):
        middle = TOP + ROW * (place + 0.5)
        color, style = (MEMBER, "real") if row["real"] else (QUIET, "quiet")
        parts.append(_text(NAMES - 10, middle + 4, row["name"], "end"))
        parts.append(
            _path(
                [(x(row["low"]), middle), (x(row["high"]), middle)], color, f"bar {style}", width=2
            )
        )
        parts.append(
            f'<circle class="dot {style}" cx="{x(row["value"])}" cy="{middle}" r="4.5"'
            f' fill="{color}" stroke="{color}"/>'
        )
    return "".join(parts), height


def _axes(chart: Plain) -> tuple[Axis, Axis]:
    across, up = chart["x"], chart["y"]
    (left, right), (low, high) = across["domain"], up["domain"]
    x = Axis(left, right, LEFT, WIDTH - RIGHT, across["scale"] == "log")
    return x, Axis(low, high, HEIGHT - BOTTOM, TOP, up["scale"] == "log")


def _frame(chart: Plain, x: Axis, y: Axis) -> str:
    parts = [_ticks_below(x, HEIGHT - BOTTOM, TOP, chart)]
    for value in y.ticks():
        parts.append(_path([(LEFT, y(value)), (WIDTH - RIGHT, y(value))], QUIET, "grid", width=0.4))
        parts.append(
            _text(
                LEFT - 8,
                y(value) + 4,
                tick_text(value, chart["y"]["form"], chart["decimal"]),
                "end",
            )
        )
    middle = (TOP + HEIGHT - BOTTOM) / 2
    label = escape(chart["y"]["label"])
    turned = f'x="14" y="{middle}" transform="rotate(-90 14 {middle})"'
    parts.append(
        f'<text class="label" {turned} text-anchor="middle" fill="currentColor">{label}</text>'
    )
    return "".join(parts)


def _ticks_below(x: Axis, bottom: float, top: float, chart: Plain) -> str:
    parts = []
    form, label = chart["x"]["form"], chart["x"]["label"]
    for value in x.ticks():
        if form == "whole" and value != round(value):
            continue
        parts.append(_path([(x(value), top), (x(value), bottom)], QUIET, "grid", width=0.4))
        parts.append(
            _text(x(value), bottom + 18, tick_text(value, form, chart["decimal"]), "middle")
        )
    parts.append(_text((x.start + x.end) / 2, bottom + 38, label, "middle", style="label"))
    return "".join(parts)


def tick_text(value: float, form: str, decimal: str = ".") -> str:
    """A tick's number: per cent for a share."""
    if form == "share":
        return f"{100 * value:.4g}\u00a0%".replace(".", decimal)
    return f"{value:.4g}".replace("-", "−").replace(".", decimal)


def _legend(names: Sequence[tuple[int, str]], *, right: bool) -> str:
    parts = []
    left = WIDTH - RIGHT - 210 if right else LEFT + 14
    top = HEIGHT - BOTTOM - 14 - 17 * (len(names) - 1) if right else TOP + 14
    for place, (order, name) in enumerate(names):
        down = top + 17 * place
        color, style = PALETTE[order % len(PALETTE)], f"s{order % len(PALETTE)}"
        parts.append(_path([(left, down), (left + 18, down)], color, f"line {style}", width=2.4))
        parts.append(
            _text(left + 24, down + 4, name if len(name) <= 30 else name[:29] + "…", "start")
        )
    return "".join(parts)


def _path(
    points: Sequence[tuple[float, float]], color: str, style: str, *, width: float, dash: str = ""
) -> str:
    places = " ".join(f"{a},{b}" for a, b in points)
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<polyline class="{style}" points="{places}" fill="none" stroke="{color}"'
        f' stroke-width="{width}"{dashes}/>'
    )


def _text(
    x: float, y: float, text: str, anchor: str, *, size: int = 12, style: str = "tick"
) -> str:
    return (
        f'<text class="{style}" x="{x}" y="{y}" text-anchor="{anchor}" font-size="{size}"'
        f' fill="currentColor">{escape(text)}</text>'
    )
