"""The 19 items of an evidence file, each as blocks; what nobody stated prints "not stated"."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tacit.core import InvalidInput
from tacit.core.attack_class import listed
from tacit.core.filing import Filing
from tacit.figures import SlicesFigure
from tacit.render.blocks import Block, Cell, Facts, Items, Outcome, Section, Table, Text
from tacit.render.cells import interval
from tacit.render.clean import clean
from tacit.render.comparison import points, recommendation
from tacit.render.headline import finding
from tacit.render.reading import Reading
from tacit.render.sections.tested import coverage, result, threats
from tacit.render.words import DASH, SPACE, Words

# slices of one report in the list of items; the appendix has more
MAX_SLICES = 5
# a statement may be as long as `EvidenceFile` allows
LONGEST = 2000
# what opinion WP216 asks, and the kinds of attack that speak of it
IDENTIFICATION = (
    ("singling out", ("membership", "membership with shadow models", "synthetic data")),
    ("linkability", ("attribute inference", "exposure")),
    ("inference", ("attribute inference", "extraction", "reconstruction")),
)
# what an audit reads from the model itself where an adapter knows it
READ = ("architecture", "parameters")


@dataclass(frozen=True, eq=False)
class FileReading:
    """An evidence file and its reports, read once.

    Parameters
    ----------
    filing : Filing
        What is read.
    words : Words
        The language that it is told in.
    readings : tuple of Reading
        One a report.
    digest : str
        Of the canonical JSON.
    """

    filing: Filing
    words: Words
    readings: tuple[Reading, ...]
    digest: str

    def name(self, reading: Reading) -> str:
        """What a report is called in the file: its number and title."""
        number = self.readings.index(reading) + 1
        return f"{number}{SPACE}· {clean(reading.report.title)}"

    def stated(self, *keys: str) -> tuple[tuple[str, str], ...]:
        """Statements beside their names."""
        return tuple((self.words.say(f"state.{key}"), self.value(key)) for key in keys)

    def value(self, key: str) -> str:
        """One statement, or that there is none."""
        value = getattr(self.filing.statements, key)
        if key == "parameters" and value is not None:
            return self.words.count(value)
        return clean(value, limit=LONGEST) if value else self.words.say("not stated")


def item_sections(reading: FileReading) -> tuple[Section, ...]:
    """The 19 items in their order, each with who asks for it."""
    words = reading.words
    sections = []
    for item in reading.filing.items():
        key, number = item["key"], item["number"]
        asked = Text(words.say("file.asked", source=item["source"]), brief=False, quiet=True)
        title = f"{number}. {words.say(f'item.{key}')}"
        blocks = (*BLOCKS[key](reading), asked)
        sections.append(Section(f"item-{number}", title, blocks, "short"))
    return tuple(sections)


def _model(reading: FileReading) -> tuple[Block, ...]:
    pairs = list(reading.stated("model", "version", "hash", "architecture", "parameters"))
    for place, key in enumerate(READ, len(pairs) - len(READ)):
        pairs[place] = (pairs[place][0], _of_model(key, reading))
    return (Facts(tuple(pairs)),)


def _of_model(key: str, reading: FileReading) -> str:
    """What was stated of the model; what it says itself where nothing was, or something else."""
    words, read = reading.words, reading.filing.read_from_model(key)
    if read is None:
        return reading.value(key)
    shown = words.count(int(read)) if isinstance(read, int) else clean(read, limit=LONGEST)
    stated = getattr(reading.filing.statements, key)
    if not stated:
        return words.say("file.read", value=shown)
    if key == "parameters" and stated != read:
        return words.say("file.contradicted", stated=reading.value(key), read=shown)
    return reading.value(key)


def _training_data(reading: FileReading) -> tuple[Block, ...]:
    counts = [r.report.environment.get("n_members") for r in reading.readings]
    known = [n for n in counts if isinstance(n, int)]
    members = reading.words.count(max(known)) if known else reading.words.say("not stated")
    pairs = reading.stated("training_data", "unit", "special_categories")
    return (Facts((*pairs, (reading.words.say("file.members"), members))),)


def _ratio(reading: FileReading) -> tuple[Block, ...]:
    ratio, words = reading.filing.ratio, reading.words
    if ratio is None:
        return (Text(words.say("not stated")),)
    return (Text(words.say("file.ratio", ratio=words.plain(float(f"{ratio:.3g}")))),)


def _tester(reading: FileReading) -> tuple[Block, ...]:
    words = reading.words
    dates = sorted({r.report.created for r in reading.readings if r.report.created})
    made = ", ".join(map(clean, dates)) or words.say("not stated")
    pairs = (
        *reading.stated("tested_by", "authority"),
        (words.say("file.dates"), made),
        (words.say("file.signature"), "_" * 40),
    )
    return (Facts(pairs), Text(words.say("file.sign"), brief=False, quiet=True))


def _how(reading: FileReading) -> tuple[Block, ...]:
    words = reading.words
    rows = tuple(_how_row(r, reading) for r in reading.readings)
    made = ("command", "commit", "machine", "seed", "digest")
    keys = ("column.report", *(f"made.{name}" for name in made))
    return (Table(words.say("file.how"), tuple(map(words.say, keys)), rows),)


def _how_row(r: Reading, reading: FileReading) -> tuple[Cell, ...]:
    environment = r.report.environment
    values = (environment.get(key) for key in ("command", "commit", "machine", "seed", "digest"))
    shown = (DASH if value in (None, "") else clean(value, limit=120) for value in values)
    return (reading.name(r), *shown)


def _threats(reading: FileReading) -> tuple[Block, ...]:
    return (threats(reading.readings, reading.words),)


def _coverage(reading: FileReading) -> tuple[Block, ...]:
    words = reading.words
    return (Text(words.say("tested.said")), coverage(reading.readings, words))


def _results(reading: FileReading) -> tuple[Block, ...]:
    words = reading.words
    rows = tuple(_result_row(r, reading) for r in reading.readings)
    keys = ("report", "class", "verdict", "number", "result")
    head = tuple(words.say(f"column.{key}") for key in keys)
    said = Text(words.say("file.results"))
    return (said, Table(words.say("file.results caption"), head, rows))


def _result_row(r: Reading, reading: FileReading) -> tuple[Cell, ...]:
    words, report = reading.words, r.report
    number: Cell = DASH
    if r.epsilon is not None:
        number = f"ε ≥{SPACE}{words.bound(r.epsilon.low)}"
    elif report.score is not None:
        number = interval(report.score, words)
    return (
        reading.name(r),
        words.say(f"class.{r.kind}"),
        Outcome(report.verdict, words.say(f"verdict.{report.verdict}")),
        number,
        finding(r),
    )


def _exposed(reading: FileReading) -> tuple[Block, ...]:
    words = reading.words
    rows = [row for r in reading.readings for row in _slice_rows(r, reading)]
    unit = Facts(reading.stated("unit"))
    if not rows:
        return (unit, Text(words.say("file.no slices")))
    keys = ("report", "slice", "score", "p corrected")
    head = tuple(words.say(f"column.{key}") for key in keys)
    return (unit, Table(words.say("slices.caption"), head, tuple(rows)))


def _slice_rows(r: Reading, reading: FileReading) -> list[tuple[Cell, ...]]:
    try:
        figure = SlicesFigure.from_report(r.report, max_slices=MAX_SLICES)
    except InvalidInput:
        return []
    words = reading.words
    return [
        (
            reading.name(r),
            words.name(row.name),
            interval(row.estimate, words),
            words.p_value(row.p_adjusted),
        )
        for row in figure.rows
    ]


def _validity(reading: FileReading) -> tuple[Block, ...]:
    words = reading.words
    rows = tuple(_validity_row(r, reading) for r in reading.readings)
    keys = ("report", "blind", "controls", "attributable")
    head = tuple(words.say(f"column.{key}") for key in keys)
    return (Text(words.say("file.validity")), Table(words.say("file.validity caption"), head, rows))


def _validity_row(r: Reading, reading: FileReading) -> tuple[Cell, ...]:
    words = reading.words
    blind = [check for check in r.report.checks if check.role == "blind" and check.estimates]
    controls = sum(check.role == "control" for check in r.report.checks)
    return (
        reading.name(r),
        interval(blind[0].estimates[0], words) if blind else words.say("tested.no"),
        words.count(controls),
        words.say("yes" if r.report.attributable else "no"),
    )


def _guarantee(reading: FileReading) -> tuple[Block, ...]:
    words = reading.words
    rows = tuple(_bound_row(r, reading) for r in reading.readings if r.epsilon is not None)
    pairs = Facts(reading.stated("dp_accounting", "unit"))
    if not rows:
        return (pairs, Text(words.say("file.no claim")))
    keys = ("report", "claimed", "bound", "level", "verdict")
    head = tuple(words.say(f"column.{key}") for key in keys)
    return (pairs, Table(words.say("file.claims"), head, rows))


def _bound_row(r: Reading, reading: FileReading) -> tuple[Cell, ...]:
    words, bound, limit = reading.words, r.epsilon, r.limit_of_claim
    assert bound is not None
    return (
        reading.name(r),
        DASH if limit is None else words.plain(limit),
        f"≥{SPACE}{words.bound(bound.low)}",
        words.share(bound.level),
        Outcome(r.report.verdict, words.say(f"verdict.{r.report.verdict}")),
    )


def _identification(reading: FileReading) -> tuple[Block, ...]:
    words = reading.words
    rows = tuple(
        (
            words.say(f"identify.{key}"),
            words.say(f"identify.{key}.asks"),
            _speaks(kinds, reading),
        )
        for key, kinds in IDENTIFICATION
    )
    head = tuple(map(words.say, ("column.risk", "column.question", "column.result")))
    return (Text(words.say("identify.said")), Table(words.say("identify.caption"), head, rows))


def _speaks(kinds: Sequence[str], reading: FileReading) -> str:
    found = [r for r in reading.readings if r.kind in kinds]
    if not found:
        return reading.words.say("tested.no")
    return "; ".join(f"{reading.words.say(f'class.{r.kind}')}: {result(r)}" for r in found)


def _measures(reading: FileReading) -> tuple[Block, ...]:
    words, measures = reading.words, reading.filing.statements.measures
    stated: Block = Text(words.say("not stated"))
    if measures:
        stated = Items(tuple(clean(text, limit=LONGEST) for text in measures))
    comparison = reading.filing.comparison
    if comparison is None:
        return (stated, Text(words.say("file.no comparison")))
    said = Text(recommendation(comparison, words))
    return (stated, said, *points(comparison, words))


def _utility(reading: FileReading) -> tuple[Block, ...]:
    words = reading.words
    rows = tuple(
        (
            reading.name(r),
            _share(r.report.accuracy.get("member"), words),
            _share(r.report.accuracy.get("nonmember"), words),
        )
        for r in reading.readings
        if r.report.accuracy
    )
    if not rows:
        return (Text(words.say("file.no accuracy")),)
    head = (
        words.say("column.report"),
        words.say("file.accuracy members"),
        words.say("fact.accuracy"),
    )
    return (Table(words.say("file.accuracy"), head, rows),)


def _share(value: float | None, words: Words) -> str:
    return DASH if value is None else words.share(value)


def _decision(reading: FileReading) -> tuple[Block, ...]:
    words, said = reading.words, reading.filing.statements
    triggers = "; ".join(clean(text, limit=LONGEST) for text in said.triggers)
    pairs = (
        *reading.stated("residual_risk", "decision", "owner", "review_date"),
        (words.say("state.triggers"), triggers or words.say("not stated")),
    )
    return (Facts(pairs), Text(words.say("file.owner"), quiet=True))


def _assessment(reading: FileReading) -> tuple[Block, ...]:
    return (Facts(reading.stated("legal_basis", "dpia")),)


def _limits(reading: FileReading) -> tuple[Block, ...]:
    words = reading.words
    lines = tuple(
        words.say("file.would show", name=reading.name(r), score=words.number(r.report.detectable))
        for r in reading.readings
        if r.report.detectable is not None
    )
    tested = {r.kind for r in reading.readings}
    untested = len(listed(tested)) - len(tested)
    said = words.say("file.limits", untested=words.count(untested))
    return (Text(said), *((Items(lines),) if lines else ()))


def _sensitivity(reading: FileReading) -> tuple[Block, ...]:
    words = reading.words
    key = "file.tells members" if reading.filing.tells_members else "file.tells nobody"
    return (Text(words.say(key)), Facts(reading.stated("retention")))


def _twin(reading: FileReading) -> tuple[Block, ...]:
    words = reading.words
    return (Text(words.say("file.twin", digest=reading.digest)),)


BLOCKS: dict[str, Callable[[FileReading], tuple[Block, ...]]] = {
    "model": _model,
    "training_data": _training_data,
    "ratio": _ratio,
    "tester": _tester,
    "how": _how,
    "threats": _threats,
    "coverage": _coverage,
    "results": _results,
    "exposed": _exposed,
    "validity": _validity,
    "guarantee": _guarantee,
    "identification": _identification,
    "measures": _measures,
    "utility": _utility,
    "decision": _decision,
    "assessment": _assessment,
    "limits": _limits,
    "sensitivity": _sensitivity,
    "twin": _twin,
}
