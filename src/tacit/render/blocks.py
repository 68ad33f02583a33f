"""What a document is made of, before any format: a verdict, a few facts, and sections of text,
lists, tables and charts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Tone = Literal["pass", "fail", "inconclusive", "neutral"]
# how far a section reaches: into every format, also into those that machines read (text, model
# card, JUnit, SARIF); into every format that people read; or only into the long ones (HTML,
# Markdown)
Reach = Literal["everywhere", "short", "long"]


class Original(str):
    """A sentence in English, as an audit wrote it, in a document of another language."""

    __slots__ = ()


@dataclass(frozen=True)
class Interval:
    """A table cell that holds a number with its uncertainty; formats that can do so draw it."""

    value: float
    low: float
    high: float
    text: str


@dataclass(frozen=True)
class Outcome:
    """A table cell that holds a verdict; formats that can do so show a sign."""

    outcome: str
    text: str


Cell = str | Interval | Outcome


def shown(cell: Cell) -> str:
    """What a cell says."""
    return cell if isinstance(cell, str) else cell.text


@dataclass(frozen=True)
class Text:
    """A paragraph: `brief` where short formats show it too, `quiet` where it is small print."""

    text: str
    brief: bool = True
    quiet: bool = False


@dataclass(frozen=True)
class Items:
    """A list. `ordered` where the order matters."""

    items: tuple[str, ...]
    ordered: bool = False


@dataclass(frozen=True)
class Facts:
    """Names beside values."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """Rows under headings.

    Parameters
    ----------
    caption : what the table shows, one line.
    head : column headings.
    rows : cells, one tuple a row; the first cell names the row.
    marked : index of the row that matters most, or None.
    left_out : how many further rows there are that are not shown.
    short : headings for narrow places, or () where `head` is short enough.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    marked: int | None = None
    left_out: int = 0
    short: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chart:
    """A picture: its numbers are in the document's `charts` under `name`; `summary` says in words
    what it shows.
    """

    name: str
    title: str
    summary: str


Block = Text | Items | Facts | Table | Chart


@dataclass(frozen=True)
class Section:
    """One question that the reader has, and its answer.

    Parameters
    ----------
    key : short name, used for anchors.
    title : the heading.
    blocks : the answer.
    reach : which formats show it; one rule for all of them, see `Reach`.
    listed : whether the page's table of contents names it.
    """

    key: str
    title: str
    blocks: tuple[Block, ...]
    reach: Reach = "long"
    listed: bool = True

    @property
    def brief(self) -> bool:
        """Whether the formats for people in a hurry show it too."""
        return self.reach != "long"

    @property
    def everywhere(self) -> bool:
        """Whether the formats for machines show it too."""
        return self.reach == "everywhere"


@dataclass(frozen=True)
class Fact:
    """A key figure under the headline, with a sentence that explains it."""

    name: str
    value: str
    span: str = ""
    note: str = ""
    about: str = ""


@dataclass(frozen=True)
class Document:
    """All that is said, in the order in which it is said.

    Parameters
    ----------
    kind : what this is ("privacy report", "comparison").
    title : of whom.
    created : ISO date.
    tone : the verdict, for colour and sign.
    verdict, finding : the same in words.
    headline : one plain sentence.
    leak : whether the finding is a leak, for its colour.
    caution : what must be read before any number.
    facts : key figures.
    sections : the rest.
    charts : numbers of the pictures, by name.
    more : what the short text form leaves to the others.
    about : what the verdict and the finding say, for who has never seen one.
    digest : of the report's canonical JSON.
    lang : code of the language.
    furniture : the words of the page itself ("Contents", "Read this first"), by key.
    """

    kind: str
    title: str
    created: str
    tone: Tone
    verdict: str
    finding: str
    headline: str
    leak: bool = False
    caution: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    sections: tuple[Section, ...] = ()
    charts: Mapping[str, Any] = field(default_factory=dict)
    more: str = ""
    about: str = ""
    digest: str = ""
    lang: str = "en"
    furniture: Mapping[str, str] = field(default_factory=dict)

    def say(self, name: str) -> str:
        """A word of the page itself; empty where the document brings none."""
        return self.furniture.get(name, "")

    def left_out(self, n: int) -> str:
        """That `n` rows are not shown."""
        return self.say("left out").replace("#", self.count(n))

    def count(self, n: int) -> str:
        """A whole number in the form of the document's language."""
        return f"{n:,}".replace(",", self.say("thousands"))
