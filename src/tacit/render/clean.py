"""Text from outside, made harmless before any format sees it."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

NAME_LIMIT = 60
SENTENCE_LIMIT = 600
KEPT_FORMAT_CHARACTERS = (
    "\u200c\u200d"  # joiners: Persian, Indic scripts and emoji are unreadable without them
)
_MARK = "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_TOWER = re.compile(
    f"({_MARK}{{4}}){_MARK}+"
)  # no script stacks more marks than four on one letter
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_RIGHT_TO_LEFT = {"R", "AL"}


def clean(text: object, *, limit: int = NAME_LIMIT) -> str:
    """One line of visible text of at most `limit` characters.

    Control characters, direction overrides, lone surrogates and unassigned code points become
    visible escapes such as ``\\u202e``; white space becomes one space; a text that runs from right
    to left is isolated, so that it cannot reorder its neighbours.
    """
    raw = str(text)
    short = raw if len(raw) <= limit else raw[: limit - 1] + "…"
    if short.isascii() and short.isprintable() and "  " not in short:
        return short.strip()
    line = "".join(map(_visible, " ".join(short.split(" ")))).strip()
    line = _TOWER.sub(r"\1", re.sub(r" {2,}", " ", line))
    if any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in line):
        return f"\u2068{line}\u2069"
    return line


def sentence(text: object) -> str:
    """As `clean`, for a whole sentence."""
    return clean(text, limit=SENTENCE_LIMIT)


def _visible(character: str) -> str:
    if character.isascii() and character.isprintable():
        return character
    if character in "\n\r\t\x0b\x0c":
        return " "
    if unicodedata.category(character) in _INVISIBLE and character not in KEPT_FORMAT_CHARACTERS:
        code = ord(character)
        return (
            f"\\x{code:02x}"
            if code < 0x100
            else f"\\u{code:04x}"
            if code < 0x10000
            else f"\\U{code:08x}"
        )
    return character


def clean_tree(value: Any) -> Any:
    """Plain data with every text in it cleaned (keys too)."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(key): clean_tree(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean_tree(item) for item in value]
    return value


def encodable(text: str) -> str:
    """JSON text in which lone surrogates are escaped, so that it can be written as UTF-8 and read
    back unchanged.
    """
    return re.sub(r"[\ud800-\udfff]", lambda found: f"\\u{ord(found.group()):04x}", text)
