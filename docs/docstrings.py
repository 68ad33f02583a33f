"""Parameters of the form ``name : what it is``, as numpydoc wants them: type, then description.

The types stand in the signatures, where mypy checks them; a docstring need not repeat them.
"""

import inspect
import re
from typing import Any

from numpy.typing import ArrayLike

ENTRY = re.compile(r"^(\\?\*{0,2}\w[\w, *\\]*?) : (.+)$")
SECTION = re.compile(r"^(Parameters|Other Parameters|Attributes|Raises|Returns|Yields)$")
MODULES = re.compile(r"\b\w+(\.\w+)*\.")
HEADING = re.compile(r"^[A-Z][A-Za-z ]+$")
# what a line of nothing but a type looks like: ``int | None``, ``Sequence[str]``, ``Policy``
TYPE = re.compile(r"[\w.]+(\[.*\])?( \| [\w.]+(\[.*\])?)*(, optional)?$")


def typed(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Rewrite the docstring `lines` of `obj` in place."""
    annotations = _annotations(obj)
    section, made = "", []
    for number, line in enumerate(lines):
        below = lines[number + 1] if number + 1 < len(lines) else ""
        if below.startswith("---") and HEADING.match(line):
            section = line if SECTION.match(line) else ""
        entry = ENTRY.match(line) if section else None
        if entry and section in ("Raises", "Returns", "Yields"):
            made += [entry[1], f"    {entry[2]}"]
        elif entry and not TYPE.match(entry[2]):
            first = re.split(r", ", entry[1].lstrip("\\*"))[0]
            kind = annotations.get(first, "")
            made += [f"{entry[1]} : {kind}" if kind else entry[1], f"    {entry[2]}"]
        else:
            made.append(line)
    lines[:] = made


def _annotations(obj: Any) -> dict[str, str]:
    """The annotation of each parameter, without the names of modules."""
    try:
        parameters = inspect.signature(obj).parameters.values()
    except (TypeError, ValueError):
        return {}
    return {
        parameter.name: _shown(parameter.annotation)
        for parameter in parameters
        if parameter.annotation is not inspect.Parameter.empty
    }


def _shown(annotation: Any) -> str:
    """An annotation without the names of modules; NumPy's union of all arrays by its name."""
    text = MODULES.sub("", inspect.formatannotation(annotation))
    return text.replace(MODULES.sub("", repr(ArrayLike)), "ArrayLike")
