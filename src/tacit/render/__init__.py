"""Reports and comparisons as text, HTML and other formats; what they say is the same in all."""

from tacit.core import Comparison, InvalidInput, Report, presentation
from tacit.render.blocks import Document
from tacit.render.clean import encodable
from tacit.render.comparison import document_of_comparison
from tacit.render.html import fragment, page
from tacit.render.junit import junit
from tacit.render.markdown import markdown
from tacit.render.model_card import model_card
from tacit.render.sarif import sarif
from tacit.render.sections import document_of
from tacit.render.text import terminal

# format name (as the command line takes it): suffix of its files
FORMATS = {
    "text": ".txt",
    "json": ".json",
    "html": ".html",
    "markdown": ".md",
    "junit": ".xml",
    "sarif": ".sarif",
    "model-card": ".card.md",
}
COMPARISON_SUFFIXES = (".txt", ".json", ".html", ".md")


def rendered(report: Report | Comparison, *, suffix: str) -> str:
    """The report as text in the format of a file suffix.

    Parameters
    ----------
    report : a Report (any suffix in `FORMATS`) or a Comparison (.txt, .json, .html, .md).
    suffix : with its dot; ``".card.md"`` is a section for a model card, ``".xml"`` is JUnit's.

    Raises
    ------
    InvalidInput : there is no such format; the error lists those there are.
    """
    if suffix == ".json":
        return encodable(report.to_json())
    if isinstance(report, Comparison):
        if suffix not in COMPARISON_SUFFIXES:
            raise InvalidInput(
                f"A comparison is written as {', '.join(COMPARISON_SUFFIXES)}, got the suffix"
                f" {suffix!r}."
            )
        return _document(document_of_comparison(report), suffix)
    if suffix == ".xml":
        return junit(report)
    if suffix == ".sarif":
        return sarif(report)
    if suffix == ".card.md":
        return model_card(report, document_of(report))
    if suffix not in FORMATS.values():
        raise InvalidInput(
            f"A report is written as {', '.join(FORMATS.values())}, got the suffix {suffix!r}."
        )
    return _document(document_of(report), suffix)


def notebook(report: Report | Comparison) -> str:
    """The report as a fragment of HTML for a notebook cell: no script, no style sheet, nothing
    loaded.
    """
    return fragment(
        document_of_comparison(report) if isinstance(report, Comparison) else document_of(report)
    )


def _document(document: Document, suffix: str) -> str:
    return {".txt": terminal, ".html": page, ".md": markdown}[suffix](document)


presentation.register(rendered=rendered, notebook=notebook)

__all__ = ["FORMATS", "notebook", "rendered"]
