"""A table whose columns are numbers or categories, whatever container it came in."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tacit.core import checking
from tacit.core.errors import InvalidInput

Kind = Literal["number", "category"]
MISSING = "(missing)"
MICROSECONDS_A_DAY = 86_400_000_000
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ][\d:.]+)?$")
N_SHOWN = 6


@dataclass(frozen=True, eq=False)
class Frame:
    """Rows of mixed types, one record a row.

    Parameters
    ----------
    columns : one array (n,) a column, in the order of the table: float64 for numbers (NaN where the
        cell is missing), text for categories (``"(missing)"`` where the cell is missing).
    zoned : the columns that were times with a zone: the same instants as numbers, but not the same
        clock as times without one.
    """

    columns: Mapping[str, NDArray[Any]]
    zoned: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not self.columns:
            raise InvalidInput("A frame needs at least one column, got none.")
        lengths = {name: len(values) for name, values in self.columns.items()}
        if len(set(lengths.values())) > 1:
            raise InvalidInput(f"A frame needs columns of one length, got {lengths}.")
        for name, values in self.columns.items():
            if values.ndim != 1 or (values.dtype != np.float64 and values.dtype.kind != "U"):
                raise InvalidInput(
                    f"The column {name!r} of a frame needs float64 or text (n,), "
                    f"got {values.dtype} {values.shape}. Use `Frame.of`."
                )
        frozen = {name: checking.frozen(values) for name, values in self.columns.items()}
        object.__setattr__(self, "columns", frozen)

    @classmethod
    def of(cls, value: Any, name: str = "frame") -> "Frame":
        """The frame of a pandas or polars table, or of a mapping from names to columns.

        Numbers and dates become numbers (dates: days since 1970), everything else becomes text.

        Parameters
        ----------
        value : the table; a `Frame` stays as it is.
        name : what an error calls it.

        Raises
        ------
        InvalidInput : not such a table, doubled or unnamed columns, cells that are lists or other
            containers, infinite numbers.

        Times with a zone become days since 1970 in UTC; `zoned` remembers which columns they were.

        Examples
        --------
        >>> frame = Frame.of({"age": [31, 54], "city": ["Ulm", None]})
        >>> frame.kinds
        {'age': 'number', 'city': 'category'}
        """
        if isinstance(value, cls):
            return value
        names = _names(value, name)
        _require_one_length({label: value[key] for key, label in names}, name)
        zoned = frozenset(label for key, label in names if _has_zone(value[key]))
        return cls({label: _column(value[key], name, label) for key, label in names}, zoned)

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values())))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self.columns)

    @property
    def kinds(self) -> dict[str, Kind]:
        """What each column holds."""
        return {name: _kind(values) for name, values in self.columns.items()}

    def take(self, rows: NDArray[Any]) -> "Frame":
        """The rows `rows` (indices or a mask), in that order."""
        return Frame({name: values[rows] for name, values in self.columns.items()}, self.zoned)

    def only(self, names: Sequence[str]) -> "Frame":
        """The columns `names`, in that order.

        Raises
        ------
        InvalidInput : a name is not a column.
        """
        absent = [name for name in names if name not in self.columns]
        if absent:
            raise InvalidInput(
                f"The frame has no column {_listed(absent)}. It has: {_listed(self.names)}."
            )
        return Frame({name: self.columns[name] for name in names}, self.zoned & frozenset(names))

    def codes(self) -> NDArray[np.int64]:
        """One number a row, int64 (n,): the same for rows that agree in every cell."""
        code = np.zeros(self.n, np.int64)
        for values in self.columns.values():
            _, own = np.unique(values, return_inverse=True)
            # a pair of codes below n each fits an int64, and is made small again at once
            _, code = np.unique(code * np.int64(self.n + 1) + own, return_inverse=True)
        return code.astype(np.int64)


def stacked(frames: Iterable[Frame]) -> Frame:
    """The rows of several frames with the same columns, one after the other."""
    parts = list(frames)
    columns = {n: np.concatenate([part.columns[n] for part in parts]) for n in parts[0].names}
    return Frame(columns, parts[0].zoned)


def alike(frames: Mapping[str, Frame]) -> dict[str, Frame]:
    """The frames with their columns in one order and of one kind.

    A column that is a number on one side and true/false on another becomes a number; text that is
    a date in every cell of every side becomes a number of days.

    Parameters
    ----------
    frames : by the name that an error calls each; the first one sets the order.

    Raises
    ------
    InvalidInput : columns are missing, hold numbers on one side and text on another, or times with
        a zone on one side and without one on another.
    """
    first, names = next(iter(frames.items()))
    order = names.names
    for side, frame in frames.items():
        absent = [name for name in order if name not in frame.columns]
        extra = [name for name in frame.names if name not in order]
        if absent or extra:
            parts = [f"lacks {_listed(absent)}"] * bool(absent)
            parts += [f"has also {_listed(extra)}"] * bool(extra)
            raise InvalidInput(
                f"`{side}` needs the columns of `{first}`: it {' and '.join(parts)}. "
                "Give every side the same columns."
            )
    for name in order:
        _require_one_clock(name, frames)
    fitted = {
        name: _one_kind(name, {s: f.columns[name] for s, f in frames.items()}) for name in order
    }
    return {
        side: Frame({name: fitted[name][side] for name in order}, frame.zoned)
        for side, frame in frames.items()
    }


def _require_one_clock(column: str, frames: Mapping[str, Frame]) -> None:
    """Raise where some sides have times with a zone and others have values without one."""
    zoned = [side for side, frame in frames.items() if column in frame.zoned]
    plain = [side for side in frames if side not in zoned and _told(frames[side].columns[column])]
    if zoned and plain:
        raise InvalidInput(
            f"The column {column!r} has times with a zone in `{zoned[0]}` and values without one "
            f"in `{plain[0]}`: the same text would mean another instant. Give all sides a zone, or "
            "none."
        )


def _told(values: NDArray[Any]) -> bool:
    """Is any cell there?"""
    return not bool((values == MISSING if values.dtype.kind == "U" else np.isnan(values)).all())


def _one_kind(column: str, sides: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    kinds = {side: _kind(values) for side, values in sides.items()}
    if len(set(kinds.values())) == 1:
        if all(_all_dates(values) for values in sides.values()):
            return {side: _days(values) for side, values in sides.items()}
        return dict(sides)
    flags = {side: _flags(values) for side, values in sides.items()}
    mended = {
        side: values if kinds[side] == "number" else flags[side] for side, values in sides.items()
    }
    if any(values is None for values in mended.values()):
        came = ", ".join(f"`{side}` {kind}" for side, kind in kinds.items())
        text = next(side for side in sides if kinds[side] == "category" and flags[side] is None)
        example = next((str(v) for v in sides[text] if v != MISSING), MISSING)
        raise InvalidInput(
            f"The column {column!r} needs one type on all sides, got {came} "
            f"(`{text}` has {example!r}). Read or cast it the same way everywhere."
        )
    return {side: np.asarray(values) for side, values in mended.items()}


def _flags(values: NDArray[Any]) -> NDArray[np.float64] | None:
    """True/false as 1 and 0 and empty columns as missing numbers, or None for other text."""
    if values.dtype.kind != "U" or not np.isin(values, ("True", "False", MISSING)).all():
        return None
    return np.asarray(np.where(values == MISSING, np.nan, values == "True"), np.float64)


def _all_dates(values: NDArray[Any]) -> bool:
    if values.dtype.kind != "U":
        return False
    told = np.unique(values[values != MISSING])
    return len(told) > 0 and all(ISO_DATE.match(str(value)) for value in told)


def _days(values: NDArray[Any]) -> NDArray[np.float64]:
    given = np.where(values == MISSING, "NaT", values)
    try:
        return _as_days(given.astype("datetime64[us]"))
    except ValueError as error:
        raise InvalidInput(
            f"A column of dates holds a date that does not exist: {error}."
        ) from error


def _names(value: Any, name: str) -> list[tuple[Any, str]]:
    if hasattr(value, "collect") and not hasattr(value, "to_numpy"):
        raise InvalidInput(f"`{name}` is a query that has not run. Pass `{name}.collect()`.")
    if isinstance(value, Mapping):
        keys = list(value)
    elif hasattr(value, "column_names"):
        keys = list(value.column_names)
    elif hasattr(value, "columns") and hasattr(value, "__getitem__"):
        keys = list(value.columns)
    else:
        raise InvalidInput(
            f"`{name}` needs a table with named columns (pandas, polars, or a dict of columns), "
            f"got {type(value).__name__}.{_hint(value)}"
        )
    labels = [str(key) for key in keys]
    if not labels:
        raise InvalidInput(f"`{name}` needs at least one column, got none.")
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise InvalidInput(f"`{name}` needs distinct column names, got {_listed(twice)} twice.")
    return list(zip(keys, labels, strict=True))


def _require_one_length(columns: Mapping[str, Any], name: str) -> None:
    sizes = {label: len(values) for label, values in columns.items() if hasattr(values, "__len__")}
    if len(set(sizes.values())) > 1:
        shown = ", ".join(f"{label!r} {size}" for label, size in list(sizes.items())[:N_SHOWN])
        raise InvalidInput(f"`{name}` needs columns of one length, got {shown}.")


def _hint(value: Any) -> str:
    """What to type for containers that nearly are tables."""
    if isinstance(value, np.ndarray):
        return " Name the columns: pandas.DataFrame(array, columns=[...])."
    if isinstance(value, (list, tuple)):
        return " Make it a table: pandas.DataFrame(rows)."
    return ""


def _has_zone(values: Any) -> bool:
    """Is a column of times with a zone (pandas, polars, pyarrow, or Python's datetime)?"""
    kind = getattr(values, "dtype", getattr(values, "type", None))
    # pandas and pyarrow: tz; polars: time_zone
    if getattr(kind, "tz", None) or getattr(kind, "time_zone", None):
        return True
    if kind is not None and getattr(kind, "kind", "") != "O":
        return False
    cells = values if isinstance(values, (list, tuple)) else np.asarray(values, object).ravel()
    first = next((cell for cell in cells if cell is not None and not _is_nothing(cell)), None)
    return _is_time(first) and first is not None and first.tzinfo is not None


def _is_time(cell: Any) -> bool:
    return hasattr(cell, "isoformat") and hasattr(cell, "tzinfo")


def _unmasked(values: np.ma.MaskedArray[Any, Any]) -> NDArray[Any]:
    """A masked array with its masked cells as missing ones."""
    gone = np.ma.getmaskarray(values)
    cells = np.asarray(values.data).astype(object)
    cells[gone] = None
    return cells


def _column(values: Any, name: str, label: str) -> NDArray[Any]:
    where = f"{name}[{label!r}]"
    if isinstance(values, np.ma.MaskedArray):
        values = _unmasked(values)
    raw = values.to_numpy() if hasattr(values, "to_numpy") else values
    try:
        array = np.asarray(raw)
    except ValueError as error:
        raise InvalidInput(f"`{where}` needs one plain value a row: {error}.") from error
    if array.ndim != 1:
        raise InvalidInput(f"`{where}` needs one value a row, got shape {array.shape}.")
    if array.dtype.kind in "iu" or array.dtype.kind == "f":
        return _finite(array.astype(np.float64), where)
    if array.dtype.kind in "mM":
        return _as_days(array)
    if array.dtype.kind == "b":
        return array.astype(str)
    if array.dtype.kind in "OUT":
        return _objects(array.astype(object), where)
    raise InvalidInput(f"`{where}` needs numbers, dates or text, got {array.dtype}.")


def _as_days(array: NDArray[Any]) -> NDArray[np.float64]:
    unit = "datetime64[us]" if array.dtype.kind == "M" else "timedelta64[us]"
    fine = array.astype(unit)
    days = fine.astype(np.int64) / MICROSECONDS_A_DAY
    return np.where(np.isnat(fine), np.nan, days)


def _objects(array: NDArray[Any], where: str) -> NDArray[Any]:
    """Cells of Python objects: numbers where all are, else text."""
    cells = array.tolist()
    absent = [cell is None or _is_nothing(cell) for cell in cells]
    told = [cell for cell, gone in zip(cells, absent, strict=True) if not gone]
    nested = next(
        (cell for cell in told if isinstance(cell, (list, tuple, dict, set, np.ndarray))), None
    )
    if nested is not None:
        raise InvalidInput(f"`{where}` needs one plain value a row, got a {type(nested).__name__}.")
    if told and all(_is_number(cell) for cell in told):
        numbers = [np.nan if gone else float(c) for c, gone in zip(cells, absent, strict=True)]
        return _finite(np.array(numbers, np.float64), where)
    if told and all(hasattr(cell, "isoformat") for cell in told):
        text = ["NaT" if gone else _text_of(c) for c, gone in zip(cells, absent, strict=True)]
        try:
            return _as_days(np.array(text, dtype="datetime64[us]"))
        except ValueError:
            pass  # times of day: they stay text
    return np.array([MISSING if g else str(c) for c, g in zip(cells, absent, strict=True)], str)


def _text_of(cell: Any) -> str:
    """A date or time in ISO form, in UTC where it has a zone."""
    if _is_time(cell) and cell.tzinfo is not None and hasattr(cell, "astimezone"):
        cell = cell.astimezone(UTC).replace(tzinfo=None)
    return str(cell.isoformat())


def _is_nothing(cell: Any) -> bool:
    if isinstance(cell, (list, tuple, dict, set, np.ndarray, str)):
        return False
    try:
        return bool(cell != cell)
    except TypeError:  # pandas.NA refuses to say
        return True


def _is_number(cell: Any) -> bool:
    number = isinstance(cell, (int, float, np.number)) or type(cell).__name__ == "Decimal"
    return number and not isinstance(cell, (bool, np.bool_))


def _finite(values: NDArray[np.float64], where: str) -> NDArray[np.float64]:
    infinite = np.flatnonzero(np.isinf(values))
    if len(infinite):
        raise InvalidInput(
            f"`{where}` needs finite numbers or missing cells, got infinite values in "
            f"{checking.rows_text(infinite)}."
        )
    return values


def _kind(values: NDArray[Any]) -> Kind:
    return "category" if values.dtype.kind == "U" else "number"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:N_SHOWN])
    return shown + (f" and {len(names) - N_SHOWN} more" if len(names) > N_SHOWN else "")
