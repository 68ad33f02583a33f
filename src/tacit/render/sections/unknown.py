"""What could not be known, and what it would take."""

from tacit.core import Note
from tacit.render.blocks import Block, Cell, Section, Table, Text
from tacit.render.cells import MAX_ROWS
from tacit.render.reading import Reading
from tacit.render.words import DASH, SPACE, Words


def section(reading: Reading) -> Section:
    """The questions without an answer."""
    words = reading.words
    return Section("unknown", words.say("unknown.title"), _blocks(reading), "everywhere")


def _blocks(reading: Reading) -> tuple[Block, ...]:
    words, notes = reading.words, reading.report.unknown
    if not notes:
        return (Text(words.say("unknown.nothing")),)
    rows: list[tuple[Cell, ...]] = [
        (
            words.question(note.metric),
            words.reason(note),
            _needed(note, words),
        )
        for note in notes
    ]
    head = tuple(map(words.say, ("column.question", "column.why not", "column.needs")))
    if all(note.needed is None for note in notes):
        head, rows = head[:2], [row[:2] for row in rows]
    left_out = max(0, len(rows) - MAX_ROWS)
    return (Table(words.say("unknown.caption"), head, tuple(rows[:MAX_ROWS]), None, left_out),)


def _needed(note: Note, words: Words) -> str:
    if note.needed is None:
        return DASH
    needed = f"{words.amount(note.needed)}{SPACE}{words.unit(note.unit or 'records')}"
    if note.got is None:
        return needed
    return words.say("unknown.needed", needed=needed, got=words.amount(note.got))
