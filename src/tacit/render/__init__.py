"""Reports, comparisons and evidence files as text, HTML and other formats.

What they say is the same in all, and in every language.
"""

from tacit.core import Comparison, InvalidInput, Report, presentation
from tacit.core.filing import Filing
from tacit.core.history import History
from tacit.render.blocks import Document
from tacit.render.clean import encodable
from tacit.render.comparison import document_of_comparison
from tacit.render.document import document_of
from tacit.render.evidence_file import document_of_filing
from tacit.render.gitlab import gitlab
from tacit.render.history import document_of_history
from tacit.render.html import fragment, page
from tacit.render.junit import junit
from tacit.render.language import CODES as LANGUAGES
from tacit.render.markdown import markdown
from tacit.render.model_card import model_card
from tacit.render.reading import Reading
from tacit.render.sarif import sarif
from tacit.render.text import terminal
from tacit.render.words import Words

# format name (as the command line takes it): suffix of its files
FORMATS = {
    "text": ".txt",
    "json": ".json",
    "html": ".html",
    "markdown": ".md",
    "junit": ".xml",
    "sarif": ".sarif",
    "gitlab": ".gitlab.json",
    "model-card": ".card.md",
}
# what is no report, and so has no rules for JUnit, SARIF and GitLab
DOCUMENT_SUFFIXES = (".txt", ".json", ".html", ".md")


def rendered(
    report: Report | Comparison | Filing | History, *, suffix: str, lang: str = "en"
) -> str:
    """The report as text in the format of a file suffix.

    Parameters
    ----------
    report : Report, Comparison, History or Filing
        A Report in any suffix of `FORMATS`; the others as .txt, .json, .html or .md.
    suffix : str
        With its dot; ``".card.md"`` is a section for a model card, ``".xml"`` is JUnit's,
        ``".gitlab.json"`` GitLab's code quality. A format's name with a dot before it does too.
    lang : str
        One of `LANGUAGES`. JSON, JUnit, SARIF, GitLab's and model cards are read by machines too:
        their names stay English.

    Raises
    ------
    InvalidInput
        There is no such format or language; the error lists those there are.
    """
    words = Words.of(lang)
    suffix = suffix.lower()
    suffix = FORMATS.get(suffix.removeprefix("."), suffix)
    if suffix == ".json":
        return encodable(report.to_json())
    if not isinstance(report, Report):
        if suffix not in DOCUMENT_SUFFIXES:
            raise InvalidInput(
                "A comparison, history or evidence file is written as"
                f" {', '.join(DOCUMENT_SUFFIXES)}, got the suffix {suffix!r}."
            )
        return _document(_document_of(report, words), suffix)
    if suffix not in FORMATS.values():
        raise InvalidInput(
            f"A report is written as {', '.join(FORMATS.values())}, got the suffix {suffix!r}."
        )
    if suffix == ".gitlab.json":
        return gitlab(report)
    reading = Reading.of(report, words)
    document = document_of(reading)
    if suffix == ".xml":
        return junit(report, document)
    if suffix == ".sarif":
        return sarif(report, document)
    if suffix == ".card.md":
        return model_card(reading, document)
    return _document(document, suffix)


def notebook(report: Report | Comparison | Filing | History, *, lang: str = "en") -> str:
    """The report as a fragment of HTML for a notebook cell.

    It holds no script and no style sheet, and loads nothing.
    """
    return fragment(_document_of(report, Words.of(lang)))


def _document_of(report: Report | Comparison | Filing | History, words: Words) -> Document:
    if isinstance(report, Filing):
        return document_of_filing(report, words)
    if isinstance(report, History):
        return document_of_history(report, words)
    if isinstance(report, Comparison):
        return document_of_comparison(report, words)
    return document_of(Reading.of(report, words))


def _document(document: Document, suffix: str) -> str:
    return {".txt": terminal, ".html": page, ".md": markdown}[suffix](document)


presentation.register(rendered=rendered, notebook=notebook)

__all__ = ["DOCUMENT_SUFFIXES", "FORMATS", "LANGUAGES", "notebook", "rendered"]
