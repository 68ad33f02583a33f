"""Columns of a file that have to hold numbers or names, or say who is a member."""

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.adapters.tables import NUMBER
from tacit.core import InvalidInput
from tacit.core.checking import booleans

# what people write in a column of members
MEMBER_WORDS = ("train", "training", "member", "in", "yes")
NONMEMBER_WORDS = ("test", "testing", "holdout", "nonmember", "non-member", "out", "no")
# what programs write for a value that is not there
MISSING = frozenset(("", "nan", "none", "null", "nat", "<na>", "na", "n/a", "missing"))
# numbers with separators of a language
SEPARATED = re.compile(r"[-+]?\d+([.,'\u2019 \u00a0]\d+)+", re.ASCII)


def missing_rows(value: NDArray[Any]) -> NDArray[np.intp]:
    """Rows of a column of names that have none: NaN, None, blank, or a word for it."""
    if value.dtype.kind == "f":
        return np.flatnonzero(np.isnan(value))
    if value.dtype.kind in "mM":
        return np.flatnonzero(np.isnat(value))
    if value.dtype.kind not in "USO":
        return np.zeros(0, np.intp)
    gone = [_is_missing(item) for item in value.tolist()]
    return np.flatnonzero(np.array(gone, bool))


def _is_missing(item: Any) -> bool:
    if isinstance(item, bytes):
        item = item.decode("utf8", "replace")
    if isinstance(item, str):
        return item.strip().lower() in MISSING
    return item is None or item != item


def require_named(value: NDArray[Any], name: str, path: Path | str) -> None:
    """Raise where a row has no name: rows without one would all count as the same."""
    if value.ndim != 1:
        raise InvalidInput(
            f"The column `{name}` of `{path}` needs one name a record, got shape {value.shape}."
        )
    gone = missing_rows(value)
    if len(gone):
        raise InvalidInput(
            f"The column `{name}` of `{path}` needs a value in every row, got {len(gone)} empty"
            f" cells (first: row {gone[0]}): they are not one {name}. Give each its own."
        )


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


def members_in(value: NDArray[Any], member_key: str, path: Path) -> NDArray[np.bool_]:
    """True for members: 0/1, true/false, or words that leave no doubt, such as train and test.

    Parameters
    ----------
    value : NDArray[Any]
        The cells of the column.
    member_key : str
        Its name.
    path : Path
        Of the file.

    Raises
    ------
    InvalidInput
        A cell is none of these.
    """
    if value.dtype.kind not in "US":
        return booleans(numbers(value, member_key, path), member_key)
    words = np.char.lower(np.char.strip(value.astype(str)))
    inside, outside = np.isin(words, MEMBER_WORDS), np.isin(words, NONMEMBER_WORDS)
    strange = np.unique(words[~(inside | outside)])
    if len(strange):
        shown = ", ".join(repr(word) for word in strange[:3].tolist())
        raise InvalidInput(
            f"The column `{member_key}` of `{path}` needs numbers (1 for members, 0 for the others)"
            f" or the words train and test, got {shown}."
        )
    return np.asarray(inside)


def _first_text(value: NDArray[Any]) -> tuple[int, str]:
    """The first cell that is no number."""
    for row, item in enumerate(value.tolist()):
        if not (isinstance(item, str) and NUMBER.fullmatch(item.strip())):
            return row, str(item)
    return 0, str(value[0]) if len(value) else ""
