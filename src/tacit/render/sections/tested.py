"""Which kinds of attack were tested, which were not, and what the attacker holds in each."""

from collections.abc import Sequence

from tacit.core.attack_class import listed
from tacit.render.blocks import Block, Cell, Section, Table, Text
from tacit.render.headline import finding
from tacit.render.reading import Reading
from tacit.render.words import DASH, Words


def section(reading: Reading) -> Section:
    """The kinds of attack, with the result, or why there is none."""
    words = reading.words
    blocks: tuple[Block, ...] = (
        Text(words.say("tested.said")),
        coverage([reading], words),
        threats([reading], words),
    )
    return Section("tested", words.say("tested.title"), blocks)


def coverage(readings: Sequence[Reading], words: Words) -> Table:
    """One row a kind of attack: tested or not, and what was found."""
    rows: list[tuple[Cell, ...]] = []
    for kind in listed([reading.kind for reading in readings]):
        found = [reading for reading in readings if reading.kind == kind]
        if not found:
            why = words.say(f"class.{kind}.untested")
            rows.append((words.say(f"class.{kind}"), words.say("tested.no"), why))
        for reading in found:
            rows.append((words.say(f"class.{kind}"), words.say("tested.yes"), result(reading)))
    head = tuple(map(words.say, ("column.class", "column.tested", "column.result")))
    return Table(words.say("tested.caption"), head, tuple(rows))


def result(reading: Reading) -> str:
    """What one report found, in a few words, never without what would have been found."""
    words, report = reading.words, reading.report
    said = finding(reading)
    if reading.epsilon is not None:
        low = words.bound(reading.epsilon.low)
        return words.say("tested.bound", finding=said, low=low)
    if report.score is None:
        return said
    return words.say("tested.score", finding=said, score=words.both_of(report.score))


def threats(readings: Sequence[Reading], words: Words) -> Table:
    """What the attacker holds and may ask, one row a kind of attack that was tested."""
    tested = {reading.kind for reading in readings}
    kinds = [kind for kind in listed(tested) if kind in tested]
    rows = tuple(
        (
            words.say(f"class.{kind}"),
            words.say(f"class.{kind}.holds"),
            words.say(f"class.{kind}.asks"),
            words.say(f"class.{kind}.learns"),
        )
        for kind in kinds
    )
    head = tuple(map(words.say, ("column.class", "column.holds", "column.asks", "column.learns")))
    return Table(words.say("threat.caption"), head, rows or ((DASH, DASH, DASH, DASH),))
