"""Columns to slice by as a report may show them: numbers in groups, no names, no rare value."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.audits.steps.small_cells import too_small
from tacit.core import InvalidInput, Note, Report
from tacit.core.checking import MIN_CELL, labelled_codes, require_cell

# Numbers with more different values than this are cut into groups.
FEW_NUMBERS = 20
N_GROUPS = 10
# The most frequent texts that a column is sliced by.
MOST_VALUES = 50
# A column of texts with more different values than this share of the records names single records.
NAMES_RECORDS = 0.5
FEW_RECORDS = 20
# Edges of groups are shown with so many digits: an exact number could be somebody's own.
EDGE_DIGITS = 3
REST = "(other values)"


@dataclass(frozen=True, eq=False)
class SliceColumn:
    """A column to slice by.

    Parameters
    ----------
    texts : str (n,), the value of each record as the report shows it.
    usable : False where the column names single records and is left out.
    said : what was done to it, for the report; empty where nothing was.
    rest : whether some values became `REST`.
    """

    texts: NDArray[np.str_]
    usable: bool = True
    said: str = ""
    rest: bool = False


def slice_column(
    values: ArrayLike, name: str, member: NDArray[np.bool_], min_cell: int = MIN_CELL
) -> SliceColumn:
    """The column as a report may show it.

    Parameters
    ----------
    values : (n,), one a record: numbers, texts, dates, booleans; missing is a value.
    name : of the column.
    member : bool (n,), the truth.
    min_cell : a value with fewer members or non-members is not shown by itself.

    Raises
    ------
    InvalidInput : not one value a record, or `min_cell` is no count.
    """
    cells = np.asarray(values)
    require_cell(min_cell)
    if cells.ndim != 1:
        raise InvalidInput(f"`slices[{name!r}]` needs one value a record, got shape {cells.shape}.")
    if len(cells) != len(member):
        raise InvalidInput(
            f"`slices[{name!r}]` needs {len(member)} values, one a record, got {len(cells)}."
        )
    said = ""
    numbers = _numbers(cells)
    if numbers is not None and len(np.unique(numbers[np.isfinite(numbers)])) > FEW_NUMBERS:
        texts, said = _grouped(numbers, dates=cells.dtype.kind == "M"), _CUT
    else:
        texts = _texts(cells)
        n_values = len(np.unique(texts))
        if n_values > max(FEW_RECORDS, NAMES_RECORDS * len(texts)):
            return SliceColumn(texts, usable=False, said=_NAMED.format(n_values, len(texts)))
    return _without_rare(texts, member, min_cell, said)


_CUT = f"a number with many values was cut at its quantiles into at most {N_GROUPS} groups"
_NAMED = "it has {} different values for {} records and names single records: it was left out"


def slice_columns(
    given: Mapping[str, ArrayLike] | None, member: NDArray[np.bool_], min_cell: int = MIN_CELL
) -> dict[str, SliceColumn]:
    """All columns that were given to slice by, as a report may show them.

    Parameters
    ----------
    given : name to values (n,).
    member, min_cell : see `slice_column`.

    Raises
    ------
    InvalidInput : see `slice_column`.
    """
    require_cell(min_cell)
    return {
        str(name): slice_column(values, str(name), member, min_cell)
        for name, values in (given or {}).items()
    }


def coded(columns: Mapping[str, SliceColumn]) -> dict[str, tuple[NDArray[np.int64], list[str]]]:
    """The usable columns as codes (n,) and the text of each value; -1 for values put together.

    These were chosen by their numbers of members, so that members among them come in lumps, and no
    test holds that shuffles records: without a leak 3 to 5 worlds in 100 had p <= .001 there.
    """
    found = {}
    for name, column in columns.items():
        if column.usable:
            code, texts = labelled_codes(column.texts, name)
            place = texts.index(REST) if column.rest else len(texts)
            code = np.where(code == place, -1, code - (code > place))
            found[name] = code, [text for text in texts if not column.rest or text != REST]
    return found


def with_slices(report: Report, columns: Mapping[str, SliceColumn]) -> Report:
    """The report that says what was done to the columns it was sliced by."""
    notes = tuple(
        Note(f"slices by {name}", column.said) for name, column in columns.items() if column.said
    )
    left_out = tuple(
        f"The slice {name!r} was not made: {column.said}."
        for name, column in columns.items()
        if not column.usable
    )
    if not notes:
        return report
    return replace(
        report, unknown=(*report.unknown, *notes), warnings=(*report.warnings, *left_out)
    )


def _numbers(cells: NDArray[np.generic]) -> NDArray[np.float64] | None:
    """Numbers and dates as floats, NaN where missing; None for anything else."""
    if cells.dtype.kind == "M":
        days = cells.astype("M8[s]")
        return np.where(np.isnat(days), np.nan, days.astype(np.int64) / 86400.0)
    if cells.dtype.kind in "iuf":
        return cells.astype(np.float64)
    if cells.dtype.kind != "O":
        return None
    found = np.full(len(cells), np.nan)
    for row, cell in enumerate(cells.tolist()):
        if _missing(cell):
            continue
        if isinstance(cell, (bool, str, bytes)):
            return None
        try:
            found[row] = float(cell)
        except (TypeError, ValueError, OverflowError):
            return None
    return found


def _missing(cell: object) -> bool:
    if cell is None:
        return True
    try:
        return bool(cell != cell)
    except TypeError:
        return True


def _texts(cells: NDArray[np.generic]) -> NDArray[np.str_]:
    return np.array(
        ["missing" if _missing(cell) else str(cell) for cell in cells.tolist()], dtype=str
    )


def _grouped(numbers: NDArray[np.float64], *, dates: bool) -> NDArray[np.str_]:
    """The group between quantiles that each number lies in, in words that sort in its order."""
    known = np.isfinite(numbers)
    cuts = np.quantile(numbers[known], np.linspace(0, 1, N_GROUPS + 1)[1:-1])
    edges = np.unique([_rounded(edge, dates=dates) for edge in cuts])
    place = np.searchsorted(edges, np.where(known, numbers, 0.0), side="right")
    shown = [_edge(edge, dates=dates) for edge in edges]
    names = [
        f"below {shown[0]}",
        *(f"{low} to below {high}" for low, high in pairwise(shown)),
        f"{shown[-1]} and above",
    ]
    result = np.array(names)[place].astype(object)
    result[~known] = "missing"
    return result.astype(str)


def _rounded(edge: float, *, dates: bool) -> float:
    if dates:
        return float(np.round(edge))
    return float(f"{edge:.{EDGE_DIGITS}g}")


def _edge(edge: float, *, dates: bool) -> str:
    if dates:
        return str(np.datetime64(int(edge), "D"))
    return f"{edge:g}"


def _without_rare(
    texts: NDArray[np.str_], member: NDArray[np.bool_], min_cell: int, said: str
) -> SliceColumn:
    """Values with too few of a side, and more of them than a report can show, become one."""
    names, code, count = np.unique(texts, return_inverse=True, return_counts=True)
    inside = np.bincount(code[member], minlength=len(names))
    seldom = np.zeros(len(names), bool)
    seldom[np.argsort(-count, kind="stable")[MOST_VALUES:]] = True
    rare = too_small(inside, count - inside, min_cell, also=seldom)
    if not rare.any():
        return SliceColumn(texts, said=said)
    if rare.all():
        few = f"no value has {min_cell} members and {min_cell} non-members beside others that do"
        return SliceColumn(texts, usable=False, said=few)
    kept = np.where(rare[code], REST, texts)
    more = (
        f"{int(rare.sum())} of {len(names)} values have fewer than {min_cell} members or"
        f" non-members, or are not among the {MOST_VALUES} most frequent: they have no slice"
    )
    return SliceColumn(kept, said="; ".join(filter(None, [said, more])), rest=True)
