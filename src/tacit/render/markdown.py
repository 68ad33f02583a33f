"""The report as Markdown, for pull requests, wikis and model cards."""

import re

from tacit.render.blocks import Block, Chart, Document, Facts, Items, Section, Table, shown
from tacit.render.words import SPACE

_SPECIAL = re.compile(r"([\\`*_\[\]#|~^$])")
# a reader of Markdown decodes entities before it looks for mentions, addresses and references:
# only a character between (of no width) keeps them apart
_APART = "&#8203;"
_ENTITIES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "{": "&#123;",
    "}": "&#125;",
    "@": f"&#64;{_APART}",
}
_REFERENCE = re.compile(r"(\\#|\bGH-)(?=\d)")
_LINKS = re.compile(r"(?i)\b(https?|ftp|javascript|data|www)([:.])")
_LIST = re.compile(r"^(\s*)([-+]|\d+[.)])(\s)")


def markdown(document: Document) -> str:
    """The whole document; nothing from outside can become a link, an image, a tag or a template."""
    verdict = (
        f"**{escaped(document.verdict)}** · {escaped(document.finding)}\n\n"
        if document.verdict
        else ""
    )
    date = f" · {escaped(document.created)}" if document.created else ""
    head = (
        f"# {escaped(document.title)}\n\ntacit"
        f" {escaped(document.kind)}{date}\n\n{verdict}{escaped(document.headline)}\n"
    )
    about = [f"{escaped(document.about)}\n"] if document.about else []
    facts = [_fact_list(document)] if document.facts else []
    sections = [section_text(section, document) for section in document.sections]
    digest = [f"{escaped(document.say('digest'))}\n"] if document.digest else []
    return "\n".join([head, *cautions_text(document), *facts, *about, *sections, *digest])


def cautions_text(document: Document) -> list[str]:
    """What must be read before any number."""
    first = escaped(document.say("read first"))
    return [f"> **{first}** {escaped(text)}\n" for text in document.caution]


def section_text(section: Section, document: Document, *, depth: int = 2) -> str:
    """One section of the document under a heading of that depth."""
    body = [text for block in section.blocks if (text := _block(block, document))]
    return "\n\n".join([f"{'#' * depth} {escaped(section.title)}", *body]) + "\n"


def escaped(text: str) -> str:
    """`text` as Markdown that shows it as it is."""
    plain = "".join(
        _ENTITIES.get(character, character) for character in _SPECIAL.sub(r"\\\1", text)
    )
    plain = _REFERENCE.sub(rf"\1{_APART}", plain)
    return (
        _LIST.sub(r"\1\\\2\3", _LINKS.sub(rf"\1{_APART}\2", plain))
        .replace(SPACE, " ")
        .replace("\n", " ")
    )


def _fact_list(document: Document) -> str:
    lines = []
    for fact in document.facts:
        span = f" ({escaped(fact.span)})" if fact.span else ""
        note = f", {escaped(fact.note)}" if fact.note else ""
        lines.append(f"- {escaped(fact.name)}: **{escaped(fact.value)}**{span}{note}")
    return "\n".join(lines) + "\n"


def _block(block: Block, document: Document) -> str:
    if isinstance(block, Items):
        return "\n".join(
            f"{f'{place}.' if block.ordered else '-'} {escaped(item)}"
            for place, item in enumerate(block.items, 1)
        )
    if isinstance(block, Facts):
        return "\n".join(f"- {escaped(name)}: {escaped(value)}" for name, value in block.pairs)
    if isinstance(block, Table):
        return table_text(block, document)
    return "" if isinstance(block, Chart) else escaped(block.text)


def table_text(table: Table, document: Document) -> str:
    """A table with its caption."""
    lines = [_row([escaped(name) for name in table.head]), _row(["---"] * len(table.head))]
    for index, row in enumerate(table.rows):
        cells = [escaped(shown(cell)) for cell in row]
        lines.append(
            _row([f"**{cell}**" if table.marked == index and cell else cell for cell in cells])
        )
    more = f" {escaped(document.left_out(table.left_out))}" if table.left_out else ""
    return "\n".join([*lines, "", f"{escaped(table.caption)}{more}"])


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
