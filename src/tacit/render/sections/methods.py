"""How each number was found: the chosen attack, measured every way."""

from tacit.core import Estimate
from tacit.render.blocks import Block, Cell, Facts, Section, Table, Text
from tacit.render.cells import interval
from tacit.render.clean import clean
from tacit.render.reading import Reading
from tacit.render.words import Words, setting_of

# an attack's parameters are one line of a report, not a page
ATTACK_LIMIT = 400


def section(reading: Reading) -> Section:
    """Value, level, n, method and p-value of each number, and the attack as code writes it."""
    return Section("methods", reading.words.say("methods.title"), _blocks(reading))


def _blocks(reading: Reading) -> tuple[Block, ...]:
    words, report, chosen = reading.words, reading.report, reading.chosen
    estimates = [] if chosen is None else list(chosen.estimates)
    if report.score is not None and all(item.name != report.score.name for item in estimates):
        estimates.insert(0, report.score)
    # (1 + advantage) / 2 beside the advantage is one quantity with two values
    if any(item.name == "advantage" for item in estimates):
        estimates = [item for item in estimates if item.name != "balanced_accuracy"]
    if not estimates:
        return ()
    keys = ("number", "value", "level", "n", "how", "p")
    head = tuple(words.say(f"column.{key}") for key in keys)
    rows = tuple(_row(item, words) for item in estimates)
    blocks: tuple[Block, ...] = (Table(words.say("methods.caption"), head, rows),)
    if report.p_value is not None:
        whole = Text(words.say("methods.whole", p=words.p_value(report.p_value)))
        blocks = (whole, *blocks)
    return (*blocks, *_attack(reading))


def _row(estimate: Estimate, words: Words) -> tuple[Cell, ...]:
    return (
        words.metric_name(estimate.name),
        _value(estimate, words),
        words.share(estimate.level),
        words.count(estimate.n),
        words.written(estimate.method),
        words.p_value(estimate.p_value),
    )


def _value(estimate: Estimate, words: Words) -> Cell:
    """The estimate; a precision that is not shown to beat guessing is not invited to be quoted."""
    prior = setting_of(estimate, "prior")
    if prior is not None and estimate.low <= prior:
        return words.say("methods.not shown", span=words.span_of(estimate))
    return interval(estimate, words)


def _attack(reading: Reading) -> tuple[Block, ...]:
    chosen, words = reading.chosen, reading.words
    if chosen is None:
        return ()
    pairs = (
        (words.say("methods.attack"), clean(chosen.attack, limit=ATTACK_LIMIT)),
        (words.say("methods.signal"), words.name(chosen.statistic)),
    )
    kept = tuple((name, value) for name, value in pairs if value)
    return (Facts(kept),) if kept else ()
