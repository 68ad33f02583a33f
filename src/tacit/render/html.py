"""One self-contained page, and a quiet fragment for a notebook cell."""

import json
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from tacit.render.blocks import Cell, Document, Interval, Original, Outcome, shown
from tacit.render.svg import svg

# a cell of so few characters is never broken over lines
SHORT_CELL = 14
# characters of the title at the foot of every printed page, beside digest and page number
FOOT_TITLE = 36


def page(document: Document) -> str:
    """A whole HTML page: no network, no outside file, a content policy that runs no script but its
    own.
    """
    style, script = _asset("report.css") + _foot(document), _asset("report.js")
    text: str = _template("page.html").render(
        document=document,
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        charts=_embedded(document.charts),
        **_tools(document),
    )
    return text


def fragment(document: Document) -> str:
    """The report for a notebook cell: no script, no style sheet, no identifier that could clash
    with its neighbours.
    """
    text: str = _template("notebook.html").render(document=document, **_tools(document))
    return text


def _tools(document: Document) -> dict[str, Any]:
    def picture(name: str, label: str) -> str:
        chart = document.charts.get(name)
        if chart is None:
            return ""
        return svg(chart, label=label, decimal=document.say("decimal") or ".")

    def style_of(cell: Cell) -> str:
        if isinstance(cell, Interval):
            return "number"
        short = isinstance(cell, Outcome) or len(shown(cell)) <= SHORT_CELL
        return "short" if short else ""

    def is_original(text: object) -> bool:
        return isinstance(text, Original)

    return {
        "picture": picture,
        "style_of": style_of,
        "shown": shown,
        "is_original": is_original,
    }


def _foot(document: Document) -> str:
    """What stands at the foot of every printed page: title, digest, page number."""
    title = document.title
    if len(title) > FOOT_TITLE:
        title = f"{title[: FOOT_TITLE - 1]}…"
    return (
        "@media print { @page {"
        f" @bottom-left {{ content: {_css(title)}; }}"
        f" @bottom-center {{ content: {_css(document.digest)}; }}"
        f' @bottom-right {{ content: {_css(document.say("page") + " ")} counter(page) " / "'
        " counter(pages); } } }\n"
    )


def _css(text: str) -> str:
    """A CSS string that ends nowhere but at its end: all but letters and digits are escaped."""
    return '"' + "".join(c if c.isalnum() else f"\\{ord(c):x} " for c in text) + '"'


def _embedded(value: Any) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode("utf8")).digest()).decode("ascii")


@cache
def _asset(name: str) -> str:
    return "\n" + (files("tacit.render") / "templates" / name).read_text(encoding="utf8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("tacit.render", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[],
    )


def _template(name: str) -> Any:
    template = _environment().get_template(name)
    kinds = ("Text", "Items", "Facts", "Table", "Chart")
    template.globals["kind"] = lambda block: (
        type(block).__name__ if type(block).__name__ in kinds else ""
    )
    return template
