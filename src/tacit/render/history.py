"""What a history says, once, for every format."""

from tacit.core.canonical import digest_of
from tacit.core.comparison import Difference, Point
from tacit.core.history import History
from tacit.render.blocks import Block, Cell, Chart, Document, Interval, Section, Table, Text
from tacit.render.cells import interval
from tacit.render.charts import script_words, versions_of
from tacit.render.clean import clean
from tacit.render.furniture import furniture
from tacit.render.words import DASH, SPACE, Words

PER_CENT = f"{SPACE}%"


def document_of_history(history: History, words: Words) -> Document:
    """The whole history as a document, every text from outside cleaned."""
    digest = digest_of(history.to_dict())
    sections = (
        Section("versions", words.say("history.versions"), _versions(history, words), "everywhere"),
        Section("steps", words.say("history.steps"), _steps(history, words), "everywhere"),
    )
    return Document(
        kind=words.say("kind.history"),
        title=clean(history.title),
        created=clean(history.created),
        tone="neutral",
        verdict="",
        finding="",
        headline=headline(history, words),
        sections=sections,
        charts=versions_of(history, words) | {"words": script_words(words)},
        more=words.say("history.more"),
        digest=digest,
        lang=words.language.code,
        furniture=furniture(words, digest),
    )


def headline(history: History, words: Words) -> str:
    """Which versions leak more, and which less, than the one before, and which nobody knows of."""
    said = []
    for key, names in (("worse", history.worse), ("better", history.better)):
        if names:
            said.append(words.say(f"history.{key}", names=", ".join(map(clean, names))))
    if not said and len(history.unknown) < len(history.steps):
        said.append(words.say("history.no change"))
    if history.unknown:
        said.append(words.say("history.unknown", names=", ".join(map(clean, history.unknown))))
    return " ".join(said)


def _versions(history: History, words: Words) -> tuple[Block, ...]:
    summary = words.say("history.summary")
    if any(point.score is None for point in history.points):
        summary = f"{summary} {words.say('history.gap')}"
    picture = Chart("trend", words.say("history.picture"), summary)
    rows = tuple(
        _version_row(point, date, words) for point, date in zip(history.points, history.dates)
    )
    keys = ("version", "score", "accuracy", "verdict", "date")
    head = tuple(words.say(f"column.{key}") for key in keys)
    return (picture, Table(words.say("history.caption"), head, rows))


def _version_row(point: Point, date: str, words: Words) -> tuple[Cell, ...]:
    unknown, verdict = words.say("not known"), f"verdict.{point.verdict}"
    return (
        clean(point.name),
        unknown if point.score is None else interval(point.score, words),
        _accuracy(point, words),
        words.say(verdict) if words.has(verdict) else DASH,
        clean(date) or DASH,
    )


def _accuracy(point: Point, words: Words) -> Cell:
    if point.accuracy is None:
        return words.say("not known")
    said = words.share(point.accuracy, digits=3)
    if point.accuracy_low is None or point.accuracy_high is None:
        return said
    low, high = (words.share(end, digits=3) for end in (point.accuracy_low, point.accuracy_high))
    text = f"{said} ({low.removesuffix(PER_CENT)}–{high})"
    return Interval(point.accuracy, point.accuracy_low, point.accuracy_high, text)


def _steps(history: History, words: Words) -> tuple[Block, ...]:
    rows = tuple(
        (f"{clean(step.second)} → {clean(step.first)}", *_cells(step, words), *_cells(other, words))
        for step, other in zip(history.steps, history.accuracy_steps)
    )
    keys = ("step", "change", "real", "accuracy change", "real")
    head = tuple(words.say(f"column.{key}") for key in keys)
    paired = sum(step.paired for step in history.steps)
    key = "history.paired" if paired else "history.unpaired"
    said = words.say(key, n=words.count(paired), level=words.share(history.level))
    return (Text(said), Table(words.say("history.steps caption"), head, rows))


def _cells(step: Difference, words: Words) -> tuple[Cell, Cell]:
    found = step.estimate
    if found is None:
        return words.name(step.reason, limit=120), DASH
    shown = Interval(found.value, found.low, found.high, words.both_of(found))
    return shown, words.say("yes" if step.real else "no")
