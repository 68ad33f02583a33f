"""Every attack that was run, the chosen one first, with its pictures."""

from collections import Counter

from tacit.core import CheckResult
from tacit.render.blocks import Block, Cell, Chart, Section, Table, Text
from tacit.render.cells import MAX_ROWS, first_numbers, interval, name_of
from tacit.render.reading import Reading
from tacit.render.words import DASH

# in the order that matters; those that at least half of the attacks have are shown
COLUMNS = (
    "advantage",
    "tpr@fpr=0.01",
    "tpr@fpr=0.001",
    "auc",
    "tpr@fpr=0.1",
    "tpr@fpr=0.0001",
)
# more columns do not fit on paper
MAX_COLUMNS = 4


def section(reading: Reading) -> Section:
    """Which attack did it."""
    title = reading.words.say("attacks.title")
    return Section("attacks", title, _blocks(reading), "short")


def _blocks(reading: Reading) -> tuple[Block, ...]:
    checks = [check for check in reading.report.checks if check.role == "attack"]
    if not checks:
        return ()
    return (*_choice(reading), *_pictures(reading), _table(reading, checks))


def _table(reading: Reading, checks: list[CheckResult]) -> Table:
    words, chosen = reading.words, reading.report.chosen
    columns = _columns(checks)
    if not columns:
        caption = words.say("attacks.caption", level=words.share(reading.level))
        return first_numbers(caption, checks, words)
    checks = sorted(checks, key=lambda check: (check.name != chosen, -_first(check, columns)))
    rows = tuple(
        (_name(check, reading), *(_cell(check, name, reading) for name in columns))
        for check in checks[:MAX_ROWS]
    )
    attack = words.say("column.attack")
    return Table(
        words.say("attacks.caption", level=words.share(reading.level)),
        (attack, *map(words.metric_name, columns)),
        rows,
        0 if chosen else None,
        max(0, len(checks) - MAX_ROWS),
        (attack, *map(words.short_metric_name, columns)),
    )


def _columns(checks: list[CheckResult]) -> list[str]:
    """The metrics that at least half of the attacks have, in the order that matters."""
    names = Counter(estimate.name for check in checks for estimate in check.estimates)
    shared = [name for name, found in names.items() if 2 * found >= len(checks)]
    usual = [name for name in COLUMNS if name in shared]
    return (usual or sorted(shared))[:MAX_COLUMNS]


def _first(check: CheckResult, columns: list[str]) -> float:
    found = check.estimate(columns[0]) if columns else None
    return float("-inf") if found is None else found.value


def _name(check: CheckResult, reading: Reading) -> str:
    if check.name != reading.report.chosen:
        return name_of(check, reading.words)
    return reading.words.say("attacks.chosen name", name=name_of(check, reading.words))


def _cell(check: CheckResult, name: str, reading: Reading) -> Cell:
    found = check.estimate(name)
    if found is not None:
        return interval(found, reading.words)
    return reading.words.say("not known") if check.notes else DASH


def _choice(reading: Reading) -> tuple[Block, ...]:
    chosen, words = reading.chosen, reading.words
    if chosen is None:
        return ()
    values = {
        "name": name_of(chosen, words),
        "members": words.counted(chosen.n_members, "member"),
        "nonmembers": words.counted(chosen.n_nonmembers, "nonmember"),
    }
    key = "attacks.measured" if reading.report.score is None else "attacks.chosen"
    if chosen.p_adjusted is not None:
        key = "attacks.jointly"
    return (Text(words.say(key, **values), brief=False),)


def _pictures(reading: Reading) -> tuple[Block, ...]:
    words, figures = reading.words, reading.report.figures
    charts: list[Block] = []
    if figures.get("roc"):
        summary = words.say("roc.summary", level=words.share(reading.level))
        charts.append(Chart("roc", words.say("roc.title"), summary))
    if figures.get("scores"):
        charts.append(Chart("scores", words.say("scores.title"), words.say("scores.summary")))
    return tuple(charts)
