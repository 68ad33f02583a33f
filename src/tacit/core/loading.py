"""From a file to the Report, Comparison, History or evidence file that was saved in it."""

from pathlib import Path
from typing import Any

from tacit.core import comparison, filing, history
from tacit.core.comparison import Comparison
from tacit.core.errors import InvalidInput
from tacit.core.files import text_of
from tacit.core.filing import Filing
from tacit.core.history import History
from tacit.core.plain import parsed
from tacit.core.report import Report


def load(path: str | Path) -> Report | Comparison | Filing | History:
    """What `Report.save`, `Comparison.save`, `Filing.save` or `History.save` wrote as JSON.

    Raises
    ------
    InvalidInput : the file cannot be read, or is none of them.
    """
    try:
        text = text_of(path)
    except (OSError, InvalidInput) as error:
        raise InvalidInput(f"`{path}` cannot be read as a report: {error}.") from error
    try:
        return _document(parsed(text, "report or comparison"))
    except InvalidInput as error:
        raise InvalidInput(f"`{path}`: {error}") from error


def _document(plain: Any) -> Report | Comparison | Filing | History:
    kind = plain.get("kind") if isinstance(plain, dict) else None
    if kind == comparison.KIND:
        return Comparison.from_dict(plain)
    if kind == filing.KIND:
        return Filing.from_dict(plain)
    if kind == history.KIND:
        return History.from_dict(plain)
    return Report.from_dict(plain)
