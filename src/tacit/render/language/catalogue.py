"""What audits write into reports in English, looked up in another language.

The English sentence is the key, as in gettext; where it holds numbers, names or another sentence,
the key has names in braces. What stands there is carried over. Nothing is decided from it: the
finding, the verdict and every number of a report are fields.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from string import Formatter

# a number as audits write it, with its per cent sign; not one inside a name or an argument
NUMBER = re.compile(r"(?<![\w.=])(-?)(\d+(?:,\d{3})*)(\.\d+)?(e-?\d+)?( ?%)?(?![\w])")
# names in quotes and arguments are no words
NAMED = re.compile(r"[`“'(].*?[`”')]|\S+=\S*")
# where so many words stand in a hole, it holds a sentence, which must be known too
SENTENCE = 6


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Sentences in English, to the same in one language.

    Parameters
    ----------
    sentences : mapping
        English to the other language; a name in braces stands for what is carried over.
    decimal, thousands : str
        What stands between whole and part, and between groups of three digits.

    Examples
    --------
    >>> german = Catalogue({"needs {n} members": "braucht {n} Mitglieder"}, ",", ".")
    >>> german.translated("Needs 1,200 members.")
    'braucht 1.200 Mitglieder'
    """

    sentences: Mapping[str, str]
    decimal: str
    thousands: str

    def translated(self, text: str) -> str | None:
        """The sentence in the other language; None where it is not known.

        Capitals and a full stop make no other sentence.
        """
        if text not in self._known:
            self._known[text] = self._looked_up(text)
        return self._known[text]

    def _looked_up(self, text: str) -> str | None:
        plain = text.strip().rstrip(".")
        small = plain.lower()
        whole = self._whole.get(small)
        if whole is not None:
            return whole
        for parts, pattern, said in self._patterns:
            if not all(part in small for part in parts):
                continue
            found = pattern.fullmatch(plain)
            if found is None:
                continue
            carried = {name: self._carried(value) for name, value in found.groupdict().items()}
            if None not in carried.values():
                return said.format(**carried)
        return None

    def localised(self, text: str) -> str:
        """`text` with its numbers in the form of the language."""
        return NUMBER.sub(self._number, text)

    @cached_property
    def _known(self) -> dict[str, str | None]:
        """What was looked up before: a report says most sentences several times."""
        return {}

    @cached_property
    def _whole(self) -> Mapping[str, str]:
        """The sentences without holes, in small letters."""
        return {key.lower(): said for key, said in self.sentences.items() if "{" not in key}

    @cached_property
    def _patterns(self) -> tuple[tuple[list[str], re.Pattern[str], str], ...]:
        """The sentences with holes, and the parts between these; what says most comes first."""
        holed = [key for key in self.sentences if "{" in key]
        holed.sort(key=lambda key: -len(re.sub(r"\{\w+\}", "", key)))
        return tuple(
            (re.split(r"\{\w+\}", key.lower()), _pattern(key), self.sentences[key]) for key in holed
        )

    def _carried(self, value: str) -> str | None:
        """What stands in a hole: a sentence that is known, or names and numbers; else None."""
        known = self.translated(value) if " " in value else self._whole.get(value.lower())
        if known is not None:
            return known
        if ", " in value:
            parts = [self._carried(part) for part in value.split(", ")]
            return None if None in parts else ", ".join(part for part in parts if part)
        words = re.findall(r"[a-z]{2,}", NAMED.sub("", value))
        return None if len(words) >= SENTENCE else self.localised(value)

    def _number(self, found: re.Match[str]) -> str:
        sign, whole, part, power, percent = found.groups(default="")
        marks = {",": self.thousands, ".": self.decimal}
        digits = "".join(marks.get(mark, mark) for mark in whole + part)
        return ("−" if sign else "") + digits + power + ("\u00a0%" if percent else "")


def _pattern(key: str) -> re.Pattern[str]:
    """What matches the sentence `key`; a name in braces matches anything."""
    parts: list[str] = []
    seen: set[str] = set()
    for literal, name, _, _ in Formatter().parse(key):
        parts.append(re.escape(literal))
        if name:
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>.+?)")
            seen.add(name)
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)
