"""The words of a page itself, in the reader's language."""

from collections.abc import Mapping

from tacit.render.words import Words

KEYS = (
    "contents",
    "skip",
    "read first",
    "explain",
    "left out",
    "made by",
    "page",
    "and more",
)


def furniture(words: Words, digest: str) -> Mapping[str, str]:
    """The words of a page; ``#`` stands where a number is filled in."""
    said = {name: words.say(f"page.{name}", n="#") for name in KEYS}
    last = words.say("page.digest", digest=digest) if digest else ""
    marks = {"thousands": words.language.thousands, "decimal": words.language.decimal}
    return said | marks | {"digest": last}
