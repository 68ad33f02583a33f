"""From a file to the Report or Comparison that was saved in it."""

from pathlib import Path

from tacit.core.comparison import KIND, Comparison
from tacit.core.errors import InvalidInput
from tacit.core.plain import parsed
from tacit.core.report import Report


def load(path: str | Path) -> Report | Comparison:
    """What `Report.save` or `Comparison.save` wrote as JSON.

    Raises
    ------
    InvalidInput : the file cannot be read, or is neither.
    """
    try:
        text = Path(path).read_text(encoding="utf8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"`{path}` cannot be read as a report: {error}.") from error
    plain = parsed(text, "report or comparison")
    if isinstance(plain, dict) and plain.get("kind") == KIND:
        return Comparison.from_dict(plain)
    return Report.from_dict(plain)
