"""The report for a terminal: read in ten seconds, 88 columns wide."""

import textwrap
import unicodedata
from collections.abc import Sequence

from tacit.render.blocks import (
    Block,
    Cell,
    Document,
    Facts,
    Interval,
    Items,
    Outcome,
    Section,
    Table,
    Text,
    shown,
)
from tacit.render.words import DASH, SPACE

WIDTH = 88
BAR = 14
GAP = 2
MAX_ROWS = 4
MAX_FIRST, MAX_SECOND = 60, 34
SIGN, PLAIN = "▸ ", "  "
SIGNS = {"pass": "✓", "fail": "✗", "inconclusive": "?", "neutral": "·"}
# cells that are not read out, and how many words a cell has that its heading must explain
SILENT = ("", DASH)
FEW_WORDS = 3


def terminal(document: Document) -> str:
    """The document as text; sections that are not brief are left to the long formats."""
    parts = [_banner(document), *_headline(document), *_facts(document)]
    for section in document.sections:
        if section.brief and (body := _body(section, document)):
            parts.append(f"{_heading(section.title)}\n{body}")
    last = "\n".join(filter(None, (_wrapped(document.more), document.say("digest"))))
    parts += [last] if last else []
    return "\n\n".join(parts).replace(SPACE, " ") + "\n"


def plain_text(document: Document) -> str:
    """Headline and the sections that reach everywhere, for a machine's log."""
    parts = [document.headline, *document.caution]
    parts += [
        f"{section.title}\n{section_lines(section, document)}"
        for section in document.sections
        if section.everywhere
    ]
    return "\n\n".join(parts).replace(SPACE, " ")


def section_lines(section: Section, document: Document) -> str:
    """One section as lines of text, without its heading."""
    return _body(section, document)


def _banner(document: Document) -> str:
    left = f"tacit {document.kind}" + (
        f" · {document.title}" if document.title != document.kind else ""
    )
    rule = "═" * WIDTH
    lines = [_between(left, document.created).rstrip(), rule]
    if document.verdict:
        said = f"{SIGNS[document.tone]} {document.verdict.upper()}"
        lines.append(f"{said}  ·  {document.finding}" if document.finding else said)
    return "\n".join(lines)


def _heading(title: str) -> str:
    return f"{title} {'─' * max(3, WIDTH - width(title) - 1)}"


def _between(left: str, right: str) -> str:
    space = WIDTH - width(left) - width(right)
    return f"{left}{' ' * space}{right}" if space > 0 else f"{left}\n{right}"


def _headline(document: Document) -> list[str]:
    first = document.say("read first").upper().replace(".", ":")
    lines = [_wrapped(document.headline)] if document.headline else []
    return lines + [
        _wrapped(f"{first} {text}", indent="! ", more="  ") for text in document.caution
    ]


def _facts(document: Document) -> list[str]:
    if not document.facts:
        return []
    name = max(width(fact.name) for fact in document.facts)
    value = max(width(fact.value) for fact in document.facts)
    span = max(width(fact.span) for fact in document.facts)
    lines = []
    for fact in document.facts:
        interval = f"({fact.span})" if fact.span else ""
        cells = (
            pad(fact.name, name),
            pad(fact.value, value, right=True),
            pad(interval, span + 2),
            fact.note,
        )
        line = "  ".join(cells).rstrip()
        lines.append(line if width(line) <= WIDTH else "  ".join(cells[:3]).rstrip())
    return ["\n".join(lines)]


def _body(section: Section, document: Document) -> str:
    return "\n".join(filter(None, (_block(block, document) for block in section.blocks)))


def _block(block: Block, document: Document) -> str:
    if isinstance(block, Text):
        return _wrapped(block.text) if block.brief else ""
    if isinstance(block, Items):
        return "\n".join(_wrapped(item, indent="• ", more="  ") for item in block.items)
    if isinstance(block, Facts):
        return "\n".join(_wrapped(f"{name}: {value}", more="  ") for name, value in block.pairs)
    return _table(block, document) if isinstance(block, Table) else ""


def _table(table: Table, document: Document) -> str:
    rows = table.rows[:MAX_ROWS]
    left_out = table.left_out + len(table.rows) - len(rows)
    more = document.say("and more").replace("#", document.count(left_out))
    lines = _as_rows(table, rows) if _fits(table, rows) else _as_paragraphs(table.head, rows)
    return "\n".join([*lines, *([f"  {more}"] if left_out else [])])


def _fits(table: Table, rows: Sequence[tuple[Cell, ...]]) -> bool:
    """Whether the first two columns stand side by side; text that needs wrapping reads better as
    paragraphs.
    """
    return all(
        width(shown(cell)) <= most
        for row in rows
        for cell, most in zip(row, (MAX_FIRST, MAX_SECOND))
    ) and any(isinstance(cell, Interval) for row in rows for cell in row)


def _as_rows(table: Table, rows: Sequence[tuple[Cell, ...]]) -> list[str]:
    titles = table.short or table.head
    cells = [
        [(SIGN if table.marked == index else PLAIN) + shown(row[0]), *map(shown, row[1:])]
        for index, row in enumerate(rows)
    ]
    heads = [
        _stacked(name, max(width(row[column]) for row in cells))
        for column, name in enumerate(titles)
    ]
    sizes = [
        max([*map(width, head), *(width(row[column]) for row in cells)])
        for column, head in enumerate(heads)
    ]
    kept = _kept(sizes)
    place = _bar_column(rows, sizes, kept)
    bars = _bars([row[place] for row in rows]) if place else []
    tall = max(len(heads[column]) for column in kept)
    lines = [
        _joined([_line_of(heads[column], line, tall) for column in kept], sizes, place, " " * BAR)
        for line in range(tall)
    ]
    lines.append(
        "─"
        * max(
            width(line)
            for line in [
                *lines,
                *(_joined([row[c] for c in kept], sizes, place, " " * BAR) for row in cells),
            ]
        )
    )
    lines += [
        _joined([row[c] for c in kept], sizes, place, bars[i] if place else "")
        for i, row in enumerate(cells)
    ]
    return lines


def _bar_column(rows: Sequence[tuple[Cell, ...]], sizes: Sequence[int], kept: Sequence[int]) -> int:
    """The column to draw beside, or 0 where there is no room or nothing to draw."""
    used = sum(sizes[column] + GAP for column in kept) - GAP
    if used + GAP + BAR > WIDTH:
        return 0
    return next(
        (column for column in kept[1:] if any(isinstance(row[column], Interval) for row in rows)), 0
    )


def _joined(cells: Sequence[str], sizes: Sequence[int], place: int, bar: str) -> str:
    padded = [pad(cell, sizes[column]) for column, cell in enumerate(cells)]
    if place:
        padded.insert(place + 1, pad(bar, BAR))
    return (" " * GAP).join(padded).rstrip()


def _kept(sizes: Sequence[int]) -> list[int]:
    """Columns from the left as long as they fit."""
    kept, used = [0], sizes[0]
    for column in range(1, len(sizes)):
        used += sizes[column] + GAP
        if used > WIDTH:
            break
        kept.append(column)
    return kept


def _stacked(name: str, narrow: int) -> list[str]:
    kept = name.replace(SPACE, "\x00")
    lines = textwrap.wrap(kept, max(17, narrow), break_long_words=False, break_on_hyphens=False)
    return lines or [""]


def _line_of(head: list[str], line: int, tall: int) -> str:
    place = line - (tall - len(head))
    return head[place].replace("\x00", " ") if place >= 0 else ""


def _bars(cells: Sequence[Cell]) -> list[str]:
    """An interval as ``├──●──┤`` on one scale for the whole column."""
    known = [
        cell
        for cell in cells
        if isinstance(cell, Interval)
        and abs(cell.low) < float("inf")
        and abs(cell.high) < float("inf")
    ]
    if not known:
        return [""] * len(cells)
    low, high = min(0.0, *(cell.low for cell in known), 0.0), max(cell.high for cell in known)
    return [
        _bar(cell, low, high) if isinstance(cell, Interval) and cell in known else ""
        for cell in cells
    ]


def _bar(cell: Interval, low: float, high: float) -> str:
    def place(value: float) -> int:
        return round((BAR - 1) * (min(max(value, low), high) - low) / ((high - low) or 1.0))

    track = ["·"] * BAR
    for index in range(place(cell.low), place(cell.high) + 1):
        track[index] = "─"
    track[place(cell.low)], track[place(cell.high)] = "├", "┤"
    track[place(cell.value)] = "●"
    return "".join(track)


def _as_paragraphs(head: Sequence[str], rows: Sequence[tuple[Cell, ...]]) -> list[str]:
    return [_paragraph(head, row) for row in rows]


def _paragraph(head: Sequence[str], row: tuple[Cell, ...]) -> str:
    """A row as sentences, under the sign of its verdict where it has one."""
    first, sign, rest = shown(row[0]), "•", list(zip(head[1:], row[1:]))
    if rest and isinstance(rest[0][1], Outcome):
        verdict = rest.pop(0)[1]
        assert isinstance(verdict, Outcome)
        first = f"{first}: {verdict.text.lower()}"
        sign = SIGNS.get(verdict.outcome, "?")
    said = [first, *(_said(name, shown(cell)) for name, cell in rest if shown(cell) not in SILENT)]
    whole = (text if text.endswith("?") else text.rstrip(".") + "." for text in said)
    return _wrapped(" ".join(whole), indent=f"{sign} ", more="  ")


def _said(name: str, cell: str) -> str:
    """A cell that says what it is of: a number or a few words do not by themselves."""
    short = len(cell.split()) <= FEW_WORDS and name.lower() not in cell.lower()
    return f"{name}: {cell}" if short else cell


def _wrapped(text: str, *, indent: str = "", more: str = "") -> str:
    return textwrap.fill(
        text, WIDTH, initial_indent=indent, subsequent_indent=more, break_on_hyphens=False
    )


def width(text: str) -> int:
    """Columns that `text` takes in a terminal: wide East Asian characters take two, combining ones
    none.
    """
    return sum(
        0
        if unicodedata.combining(character) or unicodedata.category(character) == "Cf"
        else 2
        if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in text
    )


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """`text` filled with blanks to so many columns."""
    blanks = " " * max(0, columns - width(text))
    return blanks + text if right else text + blanks
