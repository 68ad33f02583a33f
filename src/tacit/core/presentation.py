"""How a report shows itself: a hook that the room `render` fills, so that no import runs back up.

`tacit.render` registers itself when it is imported; it is looked up by name the first time that a
report is shown or saved.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

_RENDERERS: dict[str, Callable[..., str]] = {}
ROOM = "tacit.render"


def register(*, rendered: Callable[..., str], notebook: Callable[..., str]) -> None:
    """Say how a report or comparison becomes text.

    Parameters
    ----------
    rendered : called with the report, ``suffix=`` (the format such as ``".html"``) and ``lang=``.
    notebook : called with the report; HTML for a notebook cell.
    """
    _RENDERERS.update(rendered=rendered, notebook=notebook)


def rendered(report: Any, suffix: str, *, lang: str = "en") -> str:
    """The report in the format of `suffix`.

    Raises
    ------
    InvalidInput : there is no such format.
    """
    return _renderer("rendered")(report, suffix=suffix, lang=lang)


def notebook(report: Any) -> str:
    """The report as HTML for a notebook cell."""
    return _renderer("notebook")(report)


def _renderer(name: str) -> Callable[..., str]:
    if name not in _RENDERERS:
        import_module(ROOM)
    return _RENDERERS[name]
