"""Columns of a file that have to hold numbers."""

import re
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from tacit.adapters.tables import NUMBER
from tacit.core import InvalidInput

# numbers with separators of a language
SEPARATED = re.compile(r"[-+]?\d+([.,'\u2019 \u00a0]\d+)+", re.ASCII)


def numbers(value: NDArray[Any], name: str, path: Path) -> NDArray[Any]:
    """The column, if it holds numbers.

    Parameters
    ----------
    value : NDArray[Any]
        Its cells.
    name : str
        Of the column.
    path : Path
        Of the file.

    Raises
    ------
    InvalidInput
        It does not; the first cell that is none is named, and how numbers are written.
    """
    if value.dtype.kind not in "biuf":
        row, sample = _first_text(value)
        how = ""
        if NUMBER.fullmatch(sample.strip()):
            how = " They are numbers written as text: convert them first."
        elif SEPARATED.fullmatch(sample.strip()):
            how = " Write numbers with a point before the decimals, and nothing between thousands."
        elif sample.strip().endswith("%"):
            how = " Write shares, 0.1 for 10 %."
        raise InvalidInput(
            f"The column `{name}` of `{path}` needs numbers, got text or empty cells (such as"
            f" {sample[:20]!r} in row {row}).{how}"
        )
    return value


def _first_text(value: NDArray[Any]) -> tuple[int, str]:
    """The first cell that is no number."""
    for row, item in enumerate(value.tolist()):
        if not (isinstance(item, str) and NUMBER.fullmatch(item.strip())):
            return row, str(item)
    return 0, str(value[0]) if len(value) else ""
