"""An evidence file as a document: the 19 items, then each report in short."""

from dataclasses import replace
from typing import Any

from tacit.core.attack_class import listed
from tacit.core.filing import Filing
from tacit.render.bibliography import references
from tacit.render.blocks import Block, Chart, Document, Fact, Items, Section, Text
from tacit.render.charts import charts_of, pareto_of, script_words
from tacit.render.clean import clean
from tacit.render.file_items import FileReading, item_sections
from tacit.render.furniture import furniture
from tacit.render.headline import headline
from tacit.render.reading import Reading
from tacit.render.sections import sections_of
from tacit.render.words import Words

# what the items themselves say for all reports together
LEFT_OUT = ("tested", "lower", "references")


def document_of_filing(filing: Filing, words: Words) -> Document:
    """The whole file as a document, every text from outside cleaned."""
    readings = tuple(Reading.of(report, words) for report in filing.reports)
    digest = filing.digest
    reading = FileReading(filing, words, readings, digest)
    sections = [
        *item_sections(reading),
        *(part for r in readings for part in _appendix(r, reading)),
        _references(reading),
    ]
    return Document(
        kind=words.say("kind.filing"),
        title=clean(filing.title),
        created=clean(filing.created),
        tone="neutral",
        verdict="",
        finding="",
        headline=_headline(reading),
        caution=tuple(_cautions(reading)),
        facts=_facts(reading),
        sections=tuple(sections),
        charts=_charts(reading),
        more=words.say("file.more"),
        about=words.say("file.about"),
        digest=digest,
        lang=words.language.code,
        furniture=furniture(words, digest),
    )


def _headline(reading: FileReading) -> str:
    words = reading.words
    kinds = {r.kind for r in reading.readings}
    leaks = sum(r.report.finding == "leak" for r in reading.readings)
    return words.say(
        "file.headline",
        tested=words.count(len(kinds)),
        all=words.count(len(listed(kinds))),
        leaks=words.count(leaks),
        reports=words.counted(len(reading.readings), "report"),
    )


def _facts(reading: FileReading) -> tuple[Fact, ...]:
    words = reading.words
    kinds = {r.kind for r in reading.readings}
    stated = len(reading.filing.statements.stated)
    return (
        Fact(
            words.say("file.fact.kinds"),
            f"{words.count(len(kinds))} / {words.count(len(listed(kinds)))}",
            about=words.say("tested.said"),
        ),
        Fact(
            words.say("file.fact.leaks"),
            words.count(sum(r.report.finding == "leak" for r in reading.readings)),
            about=words.say("about.finding"),
        ),
        Fact(
            words.say("file.fact.stated"),
            f"{words.count(stated)} / 20",
            about=words.say("file.fact.stated about"),
        ),
        Fact(words.say("state.review_date"), reading.value("review_date")),
    )


def _cautions(reading: FileReading) -> list[str]:
    """Of each report, with its name; and where the file says who was a member."""
    said = [
        f"{reading.name(r)}: {reading.words.written(warning)}"
        for r in reading.readings
        for warning in r.report.warnings
    ]
    if reading.filing.tells_members:
        said.append(reading.words.say("file.tells members"))
    return said


def _appendix(r: Reading, reading: FileReading) -> list[Section]:
    """One report's sections, its headline first, under its name."""
    mark = f"r{reading.readings.index(r) + 1}"
    words = reading.words
    first = Section(
        mark,
        words.say("file.report", name=reading.name(r)),
        (Text(headline(r)),),
    )
    parts = [part for part in sections_of(r) if part.key not in LEFT_OUT]
    return [first, *(_under(part, mark, reading.name(r)) for part in parts)]


def _under(part: Section, mark: str, name: str) -> Section:
    blocks: tuple[Block, ...] = tuple(
        replace(block, name=f"{mark}-{block.name}") if isinstance(block, Chart) else block
        for block in part.blocks
    )
    title = f"{name}: {part.title}"
    key = f"{mark}-{part.key}"
    return replace(part, key=key, title=title, blocks=blocks, reach="long", listed=False)


def _charts(reading: FileReading) -> dict[str, Any]:
    charts: dict[str, Any] = {"words": script_words(reading.words)}
    for number, r in enumerate(reading.readings, 1):
        found = charts_of(r.report, reading.words)
        charts |= {f"r{number}-{name}": chart for name, chart in found.items()}
    if reading.filing.comparison is not None:
        charts |= pareto_of(reading.filing.comparison, reading.words)
    return charts


def _references(reading: FileReading) -> Section:
    papers = dict.fromkeys(paper for r in reading.readings for paper in references(r))
    title = reading.words.say("references.title")
    return Section("references", title, (Items(tuple(papers), ordered=True),))
