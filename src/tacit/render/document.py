"""A report as a document, before any format."""

from typing import Any

from tacit.core import InvalidInput
from tacit.core.canonical import digest_of
from tacit.render.blocks import Document
from tacit.render.charts import charts_of, script_words
from tacit.render.clean import clean
from tacit.render.furniture import furniture
from tacit.render.headline import about, facts, finding, headline
from tacit.render.reading import Reading
from tacit.render.sections import sections_of


def document_of(reading: Reading) -> Document:
    """The whole report as a document, every text from outside cleaned."""
    report, words = reading.report, reading.words
    digest = digest_or_none(report.to_dict())
    return Document(
        kind=words.say("kind.report"),
        title=clean(report.title),
        created=clean(report.created),
        tone=report.verdict,
        verdict=words.say(f"verdict.{report.verdict}"),
        finding=finding(reading),
        headline=headline(reading),
        leak=report.finding == "leak",
        caution=tuple(map(words.written, report.warnings)),
        facts=facts(reading),
        sections=sections_of(reading),
        charts=charts_of(report, words) | {"words": script_words(words)},
        more=words.say("page.more"),
        about=about(reading),
        digest=digest,
        lang=words.language.code,
        furniture=furniture(words, digest),
    )


def digest_or_none(plain: Any) -> str:
    """The digest; empty for a damaged report that has no JSON text, which is shown all the same."""
    try:
        return digest_of(plain)
    except InvalidInput:
        return ""
