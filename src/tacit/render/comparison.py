"""What a comparison says, once, for every format."""

from tacit.core import Comparison, InvalidInput
from tacit.core.canonical import digest_of
from tacit.core.comparison import Difference, Point
from tacit.render.blocks import (
    Block,
    Cell,
    Chart,
    Document,
    Interval,
    Items,
    Original,
    Section,
    Table,
    Text,
)
from tacit.render.bought import bought
from tacit.render.cells import interval
from tacit.render.charts import pareto_of, script_words
from tacit.render.clean import clean, sentence
from tacit.render.furniture import furniture
from tacit.render.words import DASH, SPACE, Words

# more pairs and points are in the JSON
MAX_PAIRS, MAX_POINTS = 20, 60
# characters of each name of a pair
PAIR_NAME = 28
PER_CENT = f"{SPACE}%"


def document_of_comparison(comparison: Comparison, words: Words) -> Document:
    """The whole comparison as a document, every text from outside cleaned."""
    sections = (section for section in sections_of(comparison, words) if section.blocks)
    digest = digest_of(comparison.to_dict())
    return Document(
        kind=words.say("kind.comparison"),
        title=clean(comparison.title),
        created=clean(comparison.created),
        tone="neutral",
        verdict="",
        finding="",
        headline=recommendation(comparison, words),
        sections=tuple(sections),
        charts=pareto_of(comparison, words) | {"words": script_words(words)},
        more=words.say("comparison.more"),
        digest=digest,
        lang=words.language.code,
        furniture=furniture(words, digest),
    )


def recommendation(comparison: Comparison, words: Words) -> str:
    """What is recommended: the comparison's own sentence; in another language from its fields."""
    own = words.written(comparison.recommendation)
    if not isinstance(own, Original):
        return own
    found = [point for point in comparison.points if point.name == comparison.recommended]
    if not found:
        return words.say("comparison.no recommendation")
    unknown = words.say("not known")
    accuracy, score = found[0].accuracy, found[0].score
    return words.say(
        "comparison.recommended",
        name=clean(found[0].name),
        accuracy=unknown if accuracy is None else words.share(accuracy, digits=3),
        score=unknown if score is None else words.both_of(score),
    )


def sections_of(comparison: Comparison, words: Words) -> list[Section]:
    """Points, differences and notes."""
    notes = tuple(map(words.written, comparison.notes))
    return [
        Section("points", words.say("comparison.points"), points(comparison, words), "everywhere"),
        Section("bought", words.say("bought.title"), bought(comparison, words), "everywhere"),
        Section(
            "differences",
            words.say("comparison.differences"),
            _differences(comparison, words),
            "everywhere",
        ),
        Section(
            "notes",
            words.say("comparison.notes"),
            (Items(notes),) if notes else (),
            "everywhere",
        ),
    ]


def points(comparison: Comparison, words: Words) -> tuple[Block, ...]:
    """The picture and the table of the models."""
    picture = Chart("pareto", words.say("comparison.picture"), words.say("comparison.summary"))
    shown = sorted(
        comparison.points, key=lambda point: (point.name != comparison.recommended, not point.front)
    )[:MAX_POINTS]
    rows = tuple(_point_row(point, words) for point in shown)
    marked = 0 if comparison.recommended else None
    keys = ("model", "score", "accuracy", "front", "verdict")
    head = tuple(words.say(f"column.{key}") for key in keys)
    left_out = max(0, len(comparison.points) - MAX_POINTS)
    return (picture, Table(words.say("comparison.caption"), head, rows, marked, left_out))


def _point_row(point: Point, words: Words) -> tuple[Cell, ...]:
    unknown = words.say("not known")
    verdict = f"verdict.{point.verdict}"
    return (
        _name_of(point, words),
        unknown if point.score is None else interval(point.score, words),
        _accuracy_of(point, words),
        words.say("yes" if point.front else "no"),
        words.say(verdict) if words.has(verdict) else DASH,
    )


def _name_of(point: Point, words: Words) -> str:
    name = clean(point.name)
    if point.runs < 2:
        return name
    return words.say("comparison.runs", name=name, n=words.count(point.runs))


def _accuracy_of(point: Point, words: Words) -> str:
    if point.accuracy is None:
        return words.say("not known")
    said = words.share(point.accuracy, digits=3)
    if point.accuracy_low is None or point.accuracy_high is None:
        return said
    ends = (words.share(end, digits=3) for end in (point.accuracy_low, point.accuracy_high))
    low, high = ends
    return f"{said} ({low.removesuffix(PER_CENT)}–{high})"


def _differences(comparison: Comparison, words: Words) -> tuple[Block, ...]:
    known = [item for item in comparison.differences if item.estimate is not None]
    if not known:
        nothing = (Text(words.say("comparison.nothing")),)
        return nothing if len(comparison.points) > 1 else ()
    real = sum(item.real for item in known)
    said = words.say(
        "comparison.said one" if real == 1 else "comparison.said",
        real=words.count(real),
        total=words.counted(len(known), "difference"),
    )
    known.sort(
        key=lambda item: (
            comparison.recommended not in (item.first, item.second),
            item.p_adjusted or 0.0,
        )
    )
    keys = ("pair", "real", "difference", "p corrected", "compared")
    table = Table(
        words.say("comparison.table"),
        tuple(words.say(f"column.{key}") for key in keys),
        tuple(_difference_row(item, words) for item in known[:MAX_PAIRS]),
        None,
        max(0, len(known) - MAX_PAIRS),
    )
    return (Text(" ".join([said, *_methods(known, words)])), table)


def _methods(known: list[Difference], words: Words) -> list[str]:
    """How the differences were tested, in words."""
    said = []
    for paired, key in ((True, "comparison.paired"), (False, "comparison.unpaired")):
        group = [item.estimate for item in known if item.paired == paired]
        found = [estimate for estimate in group if estimate is not None]
        methods = dict.fromkeys(
            f"{_metric(item.name, words)}, {words.written(item.method)}" for item in found
        )
        if group:
            said.append(words.say(key, n=words.count(len(group)), methods="; ".join(methods)))
    return said


def _metric(name: str, words: Words) -> str:
    key = f"comparison.{name}"
    return words.say(key) if words.has(key) else sentence(name)


def _difference_row(item: Difference, words: Words) -> tuple[Cell, ...]:
    found = item.estimate
    if found is None:
        raise InvalidInput(f"{item.first!r} and {item.second!r} were not compared.")
    return (
        f"{clean(item.first, limit=PAIR_NAME)} − {clean(item.second, limit=PAIR_NAME)}",
        words.say("yes" if item.real else "no"),
        Interval(found.value, found.low, found.high, words.both_of(found)),
        words.p_value(item.p_adjusted),
        words.say("comparison.same" if item.paired else "comparison.intervals"),
    )
