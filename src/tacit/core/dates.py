"""The date of a report, which builds that must be reproducible may fix."""

import os
from datetime import UTC, date, datetime

from tacit.core.errors import InvalidInput

VARIABLE = "SOURCE_DATE_EPOCH"
# of the year 9999, the last that a date can hold
LAST_SECOND = 253402300799


def today() -> str:
    """The date (UTC), or that of the environment variable SOURCE_DATE_EPOCH, as YYYY-MM-DD.

    Raises
    ------
    InvalidInput : the variable holds no number of seconds that is a date.
    """
    seconds = fixed_second()
    moment = datetime.now(UTC) if seconds is None else datetime.fromtimestamp(seconds, UTC)
    day: date = moment.date()
    return day.isoformat()


def fixed_second() -> int | None:
    """The seconds in SOURCE_DATE_EPOCH, or None where it is not set.

    Raises
    ------
    InvalidInput : it holds no number of seconds that is a date.
    """
    text = os.environ.get(VARIABLE, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 12 or int(text) > LAST_SECOND:
        raise InvalidInput(
            f"The environment variable {VARIABLE} needs seconds since 1970, up to {LAST_SECOND},"
            f" got {text[:40]!r}. Unset it, or give a date."
        )
    return int(text)
