"""Which slices a report may show: none with so few records of a side that it names people."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import Note
from tacit.core.sorting import counted

Column = tuple[NDArray[np.integer[Any]], list[str]]

# Columns that the model's own answers make. The report's accuracy and picture of scores say as much
# as the difference of the slices shown from all records, so nothing more is hidden to guard that.
MADE_OF_ANSWERS = ("prediction", "loss percentile")


def too_small(
    members: NDArray[np.int64],
    nonmembers: NDArray[np.int64],
    min_cell: int,
    *,
    also: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Which values are not to be shown by themselves.

    Those with fewer than `min_cell` of either side; and the smallest of the others until the
    hidden ones together hold enough of both, for else the rest of the table would give the one
    away that is missing.

    Parameters
    ----------
    members, nonmembers : (k,), how many of each value.
    min_cell : the least of each side that may be shown.
    also : (k,), values that are hidden for another reason.

    Examples
    --------
    >>> too_small(np.array([3, 40, 12, 90]), np.array([50, 2, 15, 90]), 10).tolist()
    [True, True, False, False]
    >>> too_small(np.array([1, 12, 90]), np.array([0, 15, 90]), 10).tolist()
    [True, True, False]
    """
    fewest = np.minimum(members, nonmembers)
    hidden = fewest < min_cell if also is None else (fewest < min_cell) | also
    if not hidden.any():
        return hidden
    for value in np.argsort(fewest, kind="stable"):
        if min(members[hidden].sum(), nonmembers[hidden].sum()) >= min_cell:
            break
        hidden[value] = True
    return hidden


def hidden_values(
    columns: Mapping[str, Column],
    row: NDArray[np.intp] | None,
    member: NDArray[np.bool_],
    min_cell: int,
) -> dict[str, NDArray[np.bool_]]:
    """For each column, which of its values (k,) are not shown by themselves.

    Parameters
    ----------
    columns : to slice by: codes (n,) and the text of each of k values.
    row : (r,), the records that were scored; None where all were, in their order.
    member : (r,), the truth about them.
    min_cell : the least of each side that may be shown.
    """
    found = {}
    for name, (code, texts) in columns.items():
        own = code if row is None else code[row]
        total = counted(own, len(texts))
        members = counted(own[member], len(texts))
        few = np.minimum(members, total - members) < min_cell
        exempt = name in MADE_OF_ANSWERS
        found[name] = few if exempt else too_small(members, total - members, min_cell)
    return found


def hidden_notes(hidden: Mapping[str, NDArray[np.bool_]], min_cell: int) -> tuple[Note, ...]:
    """What the report says of the values that it does not show.

    Parameters
    ----------
    hidden : see `hidden_values`.
    min_cell : the least of each side that may be shown.
    """
    return tuple(
        Note(
            f"slices by {name}",
            f"{int(few.sum())} of {len(few)} values are not shown: with fewer than {min_cell}"
            " members or non-members (or to guard one that has so few) they would say of single"
            " people who was a member",
        )
        for name, few in hidden.items()
        if few.any()
    )
