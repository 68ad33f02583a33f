"""The languages that a report can be read in.

Each is one file of this folder, ``<code>.toml``: the form of its numbers, its sentences, and its
words for what audits write into reports in English.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files

from tacit.core import InvalidInput
from tacit.render.language.catalogue import Catalogue

CODES = ("en", "de", "fr")


@dataclass(frozen=True, eq=False)
class Language:
    """One language.

    Parameters
    ----------
    code : str
        As HTML's `lang` has it.
    name : str
        In its own words.
    decimal, thousands : str
        What stands between whole and part, and between groups of three digits.
    sentences : mapping
        Key to sentence; a name in braces is filled in.
    written : mapping
        Sentences that audits write into reports (assumptions, methods, warnings), in English and
        without a full stop, to the same in this language; the English is the key, as in gettext. A
        name in braces stands for a number, a name or another sentence, which is carried over: in
        the form of this language, and nothing is decided from it. What is not in it is shown as it
        was written. In English: what is told a caller, as it is told a reader.
    kept : str
        Marks that stand behind a space and never begin a line.
    """

    code: str
    name: str
    decimal: str
    thousands: str
    sentences: Mapping[str, str]
    written: Mapping[str, str] = field(default_factory=dict)
    kept: str = ""

    def __post_init__(self) -> None:
        for name in ("sentences", "written"):
            spaced = {key: self._spaced(text) for key, text in getattr(self, name).items()}
            object.__setattr__(self, name, spaced)

    def translated(self, text: str) -> str | None:
        """A sentence that an audit wrote, in this language; None where it is not known."""
        return self._catalogue.translated(text)

    @cached_property
    def _catalogue(self) -> Catalogue:
        return Catalogue(self.written, self.decimal, self.thousands)

    def _spaced(self, text: str) -> str:
        """`text` with spaces that do not break where this language's typography asks for them."""
        for mark in self.kept:
            text = text.replace(f" {mark}", f"\u00a0{mark}")
        return text.replace("« ", "«\u00a0")


@cache
def language(code: str) -> Language:
    """The language called `code`.

    Raises
    ------
    InvalidInput
        There is none; the error lists those there are.
    """
    if code not in CODES:
        raise InvalidInput(f"`lang` needs one of {', '.join(CODES)}, got {code!r}.")
    text = (files(__name__) / f"{code}.toml").read_text(encoding="utf8")
    return Language(**tomllib.loads(text))
