"""What a text shows without any model: numbers for the blind guesser."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput

# a year that a text may be dated by; the latest one in it tells when it was written at the earliest
YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")
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
