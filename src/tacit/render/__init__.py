"""Report to text, HTML and other formats."""

from tacit.core import InvalidInput, Report


def rendered(report: Report, *, suffix: str) -> str:
    """The report as text in the format of a file suffix."""
    if suffix == ".json":
        return report.to_json()
    raise InvalidInput(f"Reports are written as .json, got {suffix!r}.")


def notebook(report: Report) -> str:
    """The report as a fragment of HTML for a notebook cell."""
    return ""
