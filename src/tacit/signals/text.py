"""What a text shows without any model: numbers for the blind guesser."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, Ragged
from tacit.core.ragged import offsets_of

# a year that a text may be dated by; the latest one in it tells when it was written at the earliest
YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")
# letters of scripts that put no blank between words: Thai, Lao, Burmese, Khmer, kana, Chinese
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0002fa1f"
# a word, one letter of those scripts, or a sign
WORD = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+|[^\w\s]")
NAMES = (
    "log characters",
    "log words",
    "log lines",
    "share of letters",
    "share of capitals",
    "share of digits",
    "share of blanks",
    "share outside ASCII",
    "latest year",
)


def surface(texts: Sequence[str]) -> NDArray[np.float32]:
    """Length, lines, kinds of characters and the latest year of each text: float32 (n, 9).

    A text without a year has 0 there. `NAMES` names the columns.

    Examples
    --------
    >>> surface(["In 1999, and in 2004."])[0, -1].item()
    2004.0
    """
    if not len(texts):
        raise InvalidInput("`texts` needs at least one text, got none.")
    return np.array([_row(text) for text in texts], np.float32)


def words_of(texts: Sequence[str]) -> Ragged:
    """The words of each text as numbers, the same word the same number; case does not count.

    Scripts without blanks are taken letter by letter, signs one by one.

    Raises
    ------
    InvalidInput
        A text holds no word and no sign.

    Examples
    --------
    >>> words_of(["The cat, the hat.", "日本"]).value.tolist()
    [0, 1, 2, 0, 3, 4, 5, 6]
    """
    number: dict[str, int] = {}
    rows = [
        [number.setdefault(word, len(number)) for word in WORD.findall(text.casefold())]
        for text in texts
    ]
    flat = np.array([each for row in rows for each in row], np.int64)
    return Ragged(flat, offsets_of(np.array([len(row) for row in rows])))


def _row(text: str) -> list[float]:
    n = max(1, len(text))
    counted = (
        sum(map(str.isalpha, text)),
        sum(map(str.isupper, text)),
        sum(map(str.isdigit, text)),
        sum(map(str.isspace, text)),
        sum(character > "\x7f" for character in text),
    )
    sizes = (len(text), len(text.split()), text.count("\n") + 1)
    year = max(map(int, YEAR.findall(text)), default=0)
    return [*np.log1p(sizes).tolist(), *(count / n for count in counted), float(year)]
