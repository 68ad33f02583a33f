"""A table with a secret column: its values, the rest as numbers, copies with another value."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput

Kind = Literal["class", "number"]
Column = str | int
KINDS = ("auto", "class", "number")
MAX_CLASSES = 50  # the model is asked once for each
N_NUMBERS = 25  # quantiles of the reference that a numeric secret is guessed among
MANY_NUMBERS = 20  # more distinct numbers than this are a quantity and not a category
MAX_CODES = 200  # histogram trees take 255 categories; rarer ones go together
TOLERANCE_SHARE = 0.1  # of the interquartile range: near enough to count as known


@dataclass(frozen=True, eq=False)
class Secret:
    """The values that a secret may take, and when a guess counts as right.

    Parameters
    ----------
    columns : tuple[Column, ...]
        The secret column, or the block of columns that hold it together (one-hot).
    kind : Kind
        ``"class"`` or ``"number"``.
    values : NDArray[Any]
        (k,) candidates, or (k, c) rows of the block.
    tolerance : float
        How far from the truth a number may be and count as right.
    """

    columns: tuple[Column, ...]
    kind: Kind
    values: NDArray[Any]
    tolerance: float = 0.0

    @property
    def match(self) -> NDArray[np.bool_]:
        """(k, k), is guess g right where the truth is candidate v?"""
        if self.kind == "class":
            return np.eye(len(self.values), dtype=bool)
        value = self.values.astype(np.float64)
        return np.asarray(np.abs(value[:, None] - value[None, :]) <= self.tolerance)

    def right(self, guess: NDArray[np.int64], truth: NDArray[Any]) -> NDArray[np.bool_]:
        """bool (n,): is the guessed candidate the truth, or near enough to it?"""
        if self.kind == "number":
            distance = np.abs(self.values[guess].astype(np.float64) - truth.astype(np.float64))
            return np.asarray(distance <= self.tolerance)
        return np.asarray(guess == self.codes(truth))

    def codes(self, truth: NDArray[Any]) -> NDArray[np.int64]:
        """The candidate that is, or is nearest to, the truth; -1 for a category that is none."""
        if self.kind == "number":
            distance = np.abs(truth.astype(np.float64)[:, None] - self.values.astype(np.float64))
            return np.asarray(distance.argmin(axis=1).astype(np.int64))
        known = {_key(value): code for code, value in enumerate(self.values)}
        return np.array([known.get(_key(value), -1) for value in truth], np.int64)

    def name(self) -> str:
        """What a report calls it."""
        return ", ".join(str(column) for column in self.columns)


def secret_of(
    column: Column | Sequence[Column],
    x: Any,
    *,
    kind: Literal["auto", "class", "number"],
    tolerance: float | None,
) -> Secret:
    """The candidates of a secret, from the reference rows `x`.

    Raises
    ------
    InvalidInput
        No such column, more than 50 categories, or a tolerance that is not a number of 0 or more.
    """
    if kind not in KINDS:
        raise InvalidInput(f"`kind` needs one of {', '.join(KINDS)}, got {kind!r}.")
    columns = _named(column, x)
    value = values_of(x, columns)
    value = value[~missing(value)]
    if len(value) == 0:
        raise InvalidInput(f"`secret` {column!r} is missing in every row of `reference`.")
    found = kind if kind != "auto" else _kind(value)
    if tolerance is not None and not _is_tolerance(tolerance):
        raise InvalidInput(f"`tolerance` needs a number of 0 or more, got {tolerance!r}.")
    if found == "number":
        return _number(columns, value, tolerance)
    if tolerance is not None:
        raise InvalidInput("`tolerance` is for a secret that is a number; this one is a category.")
    distinct = sorted({_key(item): item for item in value}.items(), key=lambda pair: str(pair[0]))
    if len(distinct) > MAX_CLASSES:
        raise InvalidInput(
            f"`secret` needs at most {MAX_CLASSES} categories, got {len(distinct)}: group rare "
            f"ones{_or_number(value)}."
        )
    candidates = np.array([item for _, item in distinct], dtype=value.dtype)
    return Secret(columns, "class", candidates)


def _is_tolerance(value: object) -> bool:
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    return number and 0 <= float(value) < np.inf  # type: ignore[arg-type]


def _or_number(value: NDArray[Any]) -> str:
    """What else to do with a secret of many values."""
    if value.dtype.kind in "mM":
        return ", or turn the times into a number of days"
    return ', or pass kind="number" where it is a quantity' if value.dtype.kind in "iuf" else ""


def _kind(value: NDArray[Any]) -> Kind:
    if value.ndim == 2 or value.dtype.kind not in "iuf":
        return "class"
    return "number" if len(np.unique(value)) > MANY_NUMBERS else "class"


def _number(columns: tuple[Column, ...], value: NDArray[Any], tolerance: float | None) -> Secret:
    if value.ndim == 2:
        raise InvalidInput("A numeric `secret` needs one column, got a block of them.")
    try:
        numbers = value.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f'`secret` is no number, so kind="number" cannot be: {error}.') from None
    if not np.isfinite(numbers).all():
        raise InvalidInput("`secret` needs finite numbers, got infinite ones in `reference`.")
    ends = np.quantile(numbers, [0.25, 0.75])
    # where half of the rows share one value the quartiles fall together
    scale = float(ends[1] - ends[0]) or float(numbers.std())
    near = TOLERANCE_SHARE * scale if tolerance is None else float(tolerance)
    places = (np.arange(N_NUMBERS) + 0.5) / N_NUMBERS
    # values that occur, so that the model is never asked about impossible ones
    candidates = np.unique(np.quantile(numbers, places, method="nearest"))
    return Secret(columns, "number", candidates, near)


def _named(column: Column | Sequence[Column], x: Any) -> tuple[Column, ...]:
    try:
        one = isinstance(column, (str, int, np.integer)) and not isinstance(column, bool)
        names: list[Column] = [column] if one else list(column)  # type: ignore[arg-type, list-item]
    except TypeError:
        names = []
    if not names:
        got = "none" if column is None or isinstance(column, Sequence) else repr(column)
        raise InvalidInput(f"`secret` needs a column (its name or number) or several, got {got}.")
    if len(set(names)) < len(names):
        raise InvalidInput(f"`secret` needs each column once, got {names}.")
    known = columns_of(x, "reference")
    for name in names:
        if name not in known:
            shown = ", ".join(repr(item) for item in known[:10]) + (
                ", ..." if len(known) > 10 else ""
            )
            raise InvalidInput(f"`secret` needs one of the columns {shown}; got {name!r}.")
    return tuple(int(name) if isinstance(name, np.integer) else name for name in names)


def columns_of(x: Any, name: str) -> list[Column]:
    """Names of the columns of a frame, numbers of the columns of an array.

    Parameters
    ----------
    x : Any
        A pandas or polars frame, or an array (n, d).
    name : str
        What an error calls it.

    Raises
    ------
    InvalidInput
        It is neither, or two columns have one name.
    """
    if hasattr(x, "columns") and (hasattr(x, "iloc") or _is_polars(x)):
        names = list(x.columns)
        twice = next((item for item in names if names.count(item) > 1), None)
        if twice is not None:
            raise InvalidInput(f"`{name}` needs distinct column names, got {twice!r} twice.")
        return names
    shape: tuple[int, ...] = tuple(getattr(x, "shape", ()))
    if len(shape) != 2:
        raise InvalidInput(
            f"`{name}` needs records with a secret column, a data frame or an array (n, d), got "
            f"{type(x).__name__} of shape {tuple(shape)}."
        )
    return list(range(shape[1]))


def _is_polars(x: Any) -> bool:
    return hasattr(x, "with_columns") and hasattr(x, "to_numpy")


def rows_of(x: Any, rows: NDArray[np.intp]) -> Any:
    """The records `rows` of a frame or an array, in that order."""
    return x.iloc[rows] if hasattr(x, "iloc") else x[rows]


def values_of(x: Any, columns: Sequence[Column]) -> NDArray[Any]:
    """The columns as one array: (n,) for one column, (n, c) for more; missing cells None or NaN."""
    if hasattr(x, "columns"):
        parts = [_plain(np.asarray(x[name])) for name in columns]
    else:
        table = np.asarray(x)
        parts = [_plain(table[:, int(name)]) for name in columns]
    return parts[0] if len(parts) == 1 else np.column_stack(parts)


def _plain(column: NDArray[Any]) -> NDArray[Any]:
    """A column of objects as numbers where all are, else with None in every missing cell."""
    if column.dtype.kind != "O":
        return column
    cells = [None if _absent(item) else item for item in column.tolist()]
    told = [item for item in cells if item is not None]
    if told and all(isinstance(i, (int, float)) and not isinstance(i, bool) for i in told):
        return np.array([np.nan if item is None else item for item in cells], np.float64)
    plain = np.empty(len(cells), object)
    plain[:] = cells
    return plain


def _absent(item: Any) -> bool:
    try:
        return item is None or bool(item != item)
    except TypeError:  # pandas.NA refuses to say
        return True
    except ValueError:  # a list or an array in a cell
        return False


def missing(value: NDArray[Any]) -> NDArray[np.bool_]:
    """bool (n,): is the value (or any of a block) absent?"""
    if value.dtype.kind == "f":
        absent = np.isnan(value)
    elif value.dtype.kind in "mM":
        absent = np.isnat(value)
    elif value.dtype.kind == "O":
        flat = [_absent(item) for item in value.ravel().tolist()]
        absent = np.array(flat, bool).reshape(value.shape)
    else:
        absent = np.zeros(value.shape, bool)
    return absent if value.ndim == 1 else np.asarray(absent.any(axis=1))


def with_value(x: Any, secret: Secret, code: int) -> Any:
    """A copy of the records in which the secret has one candidate's value everywhere."""
    value = np.atleast_1d(secret.values[code])
    if _is_polars(x):
        return _polars_with(x, secret.columns, value)
    copy = x.copy()
    for position, name in enumerate(secret.columns):
        if hasattr(x, "iloc"):
            filled = type(x[name])([value[position]] * len(x), index=x.index)
            # the model's pipeline may look at the column's type
            copy[name] = filled.astype(x[name].dtype)
        else:
            copy[:, name] = value[position]
    return copy


def _polars_with(x: Any, columns: Sequence[Column], value: NDArray[Any]) -> Any:
    import polars as pl

    filled = [
        pl.lit(item).cast(x[name].dtype).alias(str(name))
        for name, item in zip(columns, value.tolist())
    ]
    return x.with_columns(filled)


def numbers_of(
    parts: Sequence[Any], labels: Sequence[NDArray[Any]], secret: Secret
) -> tuple[list[NDArray[np.float64]], NDArray[np.bool_]]:
    """The other columns and the label of several tables as numbers, and which are categories.

    Codes are those of the first table (the reference); a category that it lacks is a missing value.

    Returns
    -------
    Tables float64 (n_i, d), and bool (d,).
    """
    others = [name for name in columns_of(parts[0], "reference") if name not in secret.columns]
    columns = [[values_of(part, [name]) for part in parts] for name in others]
    width = labels[0].reshape(len(labels[0]), -1).shape[1]
    columns += [[label.reshape(len(label), -1)[:, j] for label in labels] for j in range(width)]
    coded = [_coded(column) for column in columns]
    tables = [
        np.column_stack([numbers[index] for numbers, _ in coded]) for index in range(len(parts))
    ]
    return tables, np.array([category for _, category in coded], bool)


def _coded(parts: Sequence[NDArray[Any]]) -> tuple[list[NDArray[np.float64]], bool]:
    if all(part.dtype.kind in "biuf" for part in parts):
        return [part.astype(np.float64) for part in parts], False
    texts = [np.array([_key(item) for item in part.tolist()], dtype=str) for part in parts]
    names, count = np.unique(texts[0], return_counts=True)
    common = np.sort(names[np.argsort(-count, kind="stable")[:MAX_CODES]])
    coded = []
    for text in texts:
        place = np.minimum(np.searchsorted(common, text), len(common) - 1)
        coded.append(np.where(common[place] == text, place, np.nan).astype(np.float64))
    return coded, True


def _key(value: Any) -> str:
    """The same text for the same value, whatever the number's type."""
    if isinstance(value, np.ndarray):
        return "|".join(_key(item) for item in value.tolist())
    if _absent(value):
        return "missing"
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, (int, float, np.number)) and float(value).is_integer():
        return str(int(value))
    return str(value)


def row_keys(x: Any, y: NDArray[Any]) -> list[str]:
    """One text a record, equal for equal records with equal labels."""
    label = y.reshape(len(y), -1)
    if not hasattr(x, "columns") and np.asarray(x).dtype.kind in "biuf":
        table = np.ascontiguousarray(np.column_stack([np.asarray(x, np.float64)]))
        return [row.tobytes().hex() + _key(mark) for row, mark in zip(table, label)]
    parts = [values_of(x, [name]) for name in columns_of(x, "records")]
    return ["|".join(map(_key, row)) + "|" + _key(mark) for row, mark in zip(zip(*parts), label)]
