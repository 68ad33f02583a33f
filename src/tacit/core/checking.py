"""What comes in is checked here, once, and trusted afterwards."""

from collections.abc import Sequence
from decimal import Decimal
from numbers import Real
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from tacit.core.errors import InvalidInput, NotFinite

A = TypeVar("A", bound=NDArray[Any])
Floats = NDArray[np.floating[Any]]
N_SHOWN = 5
CHUNK = 1 << 22
# A slice with fewer members or non-members than this says of single people who was a member; ten is
# the least cell of many offices of statistics.
MIN_CELL = 10


def rows_text(rows: NDArray[np.integer[Any]]) -> str:
    """Row numbers for an error message: the first few, then how many more."""
    shown = ", ".join(str(int(row)) for row in rows[:N_SHOWN])
    more = len(rows) - N_SHOWN
    return (
        f"{len(rows)} row{'s' if len(rows) != 1 else ''} (first:"
        f" {shown}{', ...' if more > 0 else ''})"
    )


def array(value: object, name: str, *, ndim: int | Sequence[int] | None = None) -> NDArray[Any]:
    """`value` as a numeric array in native byte order, or an error that names it."""
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        masked = int(np.ma.getmaskarray(value).sum())
        raise InvalidInput(
            f"`{name}` is a masked array with {masked} masked entries. Drop or fill them first."
        )
    try:
        result = np.asarray(_off_device(value))
    except Exception as error:
        raise InvalidInput(f"`{name}` cannot be read as an array: {error}.") from error
    if result.dtype.kind == "V" and "float" in result.dtype.name:
        # bfloat16 and narrower floats, which NumPy does not count among the numbers
        result = result.astype(np.float32)
    if result.dtype.kind == "O":
        result = _of_objects(result)
    if result.dtype.kind not in "biuf":
        raise InvalidInput(f"`{name}` needs numbers, got {_what_came(value, result)}.")
    allowed = (ndim,) if isinstance(ndim, int) else ndim
    if allowed is not None and result.ndim not in allowed:
        raise InvalidInput(
            f"`{name}` needs {' or '.join(str(d) for d in allowed)} dimension(s), got shape"
            f" {result.shape}. Reshape it."
        )
    return result if result.dtype.isnative else result.astype(result.dtype.newbyteorder("="))


def _of_objects(value: NDArray[Any]) -> NDArray[Any]:
    """Numbers that came one by one, as a data base or a mixed column gives them (Decimal, int)."""
    cells = value.ravel().tolist()
    flags = sum(isinstance(cell, (bool, np.bool_)) for cell in cells)
    if flags not in (0, len(cells)) or not all(map(_is_number, cells)):
        return value
    return value.astype(bool if flags else np.float64)


def _is_number(cell: object) -> bool:
    return isinstance(cell, (Real, Decimal, np.bool_)) and cell == cell


def _off_device(value: Any) -> Any:
    """A tensor without its gradient, in memory, and in a precision that NumPy has."""
    if not hasattr(value, "detach"):
        return value
    value = value.detach().cpu()
    return value.float() if "bfloat16" in str(value.dtype) else value


def _what_came(value: object, result: NDArray[Any]) -> str:
    """What is no array of numbers, and what to do about it."""
    if result.ndim == 0:
        return f"{type(value).__name__}: give an array, or a list of numbers"
    kind = f"an array of dtype {result.dtype}"
    if result.dtype.kind != "O":
        sample = f" (such as {str(result.ravel()[0])[:20]!r})" if result.dtype.kind in "US" else ""
        return f"{kind}{sample}: convert it to numbers first"
    cells = result.ravel().tolist()
    if any(isinstance(cell, (list, tuple, np.ndarray)) for cell in cells):
        return f"{kind}: all rows must be numbers of the same length"
    odd = (number for number, cell in enumerate(cells) if not _is_number(cell))
    first = next(odd, None)
    if first is None:
        return f"{kind} that mixes numbers and true or false: convert it to numbers first"
    row = first // max(1, result[:1].size)
    if _is_nothing(cells[first]):
        return f"{kind} with a missing value in row {row}: leave out such records, or fill them"
    sample = repr(cells[first])[:20]
    return f"{kind} with {sample} in row {row}: leave such columns out, or convert them to numbers"


def floats(value: object, name: str, *, ndim: int | Sequence[int] | None = None) -> Floats:
    """A read-only array of finite float32 or float64; float32 stays float32, everything else
    becomes float64.
    """
    result = array(value, name, ndim=ndim)
    if result.dtype.kind == "b":
        raise InvalidInput(f"`{name}` needs real numbers, got booleans.")
    if result.dtype == np.float16:
        result = result.astype(np.float32)
    elif result.dtype not in (np.float32, np.float64):
        result = result.astype(np.float64)
    require_finite(result, name)
    return frozen(result)


def require_finite(value: Floats, name: str, *, axis: int = 0) -> None:
    """Raise with the row numbers where `value` has NaN or infinities; memory maps are read in
    pieces.
    """
    step = max(1, CHUNK // max(1, value[:1].size)) if value.ndim else 1
    blocks = (
        [value]
        if value.size <= CHUNK
        else [value[i : i + step] for i in range(0, len(value), step)]
    )
    if all(_all_finite(block) for block in blocks):
        return
    bad = ~np.isfinite(value)
    rows = np.flatnonzero(
        bad.any(axis=tuple(d for d in range(value.ndim) if d != axis)) if value.ndim > 1 else bad
    )
    kinds = "NaN" if np.isnan(value).any() else "infinite values"
    raise NotFinite(
        f"`{name}` needs finite numbers, got {kinds} in {rows_text(rows)}. A model that diverged, a"
        " masked class or log(0) makes these: fix or clip them at the source; tacit drops no"
        " record."
    )


def _all_finite(block: Floats) -> bool:
    with np.errstate(all="ignore"):
        total = np.sum(block, dtype=np.float64)
    return bool(np.isfinite(total)) or bool(np.isfinite(block).all())


def integers(
    value: object, name: str, *, ndim: int | Sequence[int] | None = 1
) -> NDArray[np.int64]:
    """A read-only int64 array; floats are accepted only where each is a whole number."""
    result = array(value, name, ndim=ndim)
    if result.dtype.kind == "f":
        whole = np.isfinite(result) & (result == np.floor(result))
        if not whole.all():
            rows = rows_text(_bad_rows(~whole))
            raise InvalidInput(
                f"`{name}` needs whole numbers, got fractions or NaN in {rows}. Pass integers."
            )
        if result.size and np.abs(result).max() >= 2**53:
            raise InvalidInput(
                f"`{name}` needs whole numbers below 2**53 when given as floats: pass integers."
            )
    return frozen(result.astype(np.int64, copy=False))


def booleans(
    value: object, name: str, *, ndim: int | Sequence[int] | None = 1
) -> NDArray[np.bool_]:
    """A read-only bool array; 0 and 1 are accepted."""
    result = array(value, name, ndim=ndim)
    if result.dtype.kind != "b":
        valid = (result == 0) | (result == 1)
        if not valid.all():
            rows = rows_text(_bad_rows(~valid))
            raise InvalidInput(
                f"`{name}` needs True/False or 0/1, got other values in {rows}. Turn them into"
                " booleans first."
            )
        result = result.astype(bool)
    return frozen(result)


def _bad_rows(bad: NDArray[np.bool_]) -> NDArray[np.intp]:
    return (
        np.flatnonzero(bad.reshape(len(bad), -1).any(axis=1)) if bad.ndim else np.flatnonzero(bad)
    )


def numbered(value: object, names: Sequence[str] | None, name: str) -> object:
    """Labels in words as the places of these words in `names`; all else as it is.

    Raises
    ------
    InvalidInput : a word is none of the names, or there are no names.
    """
    words = np.asarray(value) if isinstance(value, (list, tuple)) else _off_device(value)
    if str(getattr(words, "dtype", "")).startswith(("<U", "object", "str", "category")):
        cells = np.asarray(words).tolist()
        if isinstance(cells, list) and cells and all(isinstance(cell, str) for cell in cells):
            return _places(cells, names, name)
    return value


def _places(cells: list[str], names: Sequence[str] | None, name: str) -> NDArray[np.int64]:
    found = ", ".join(map(repr, sorted(set(cells))[:N_SHOWN]))
    if names is None:
        raise InvalidInput(
            f"`{name}` needs numbers, got words such as {found}, and nothing says which of the"
            " columns belongs to which. Give `classes`, their names in the order of the columns; or"
            " convert the words to numbers 0..k-1."
        )
    place = {str(word): number for number, word in enumerate(names)}
    if not place.keys() >= set(cells):
        strange = ", ".join(map(repr, sorted(set(cells) - place.keys())[:N_SHOWN]))
        raise InvalidInput(
            f"`{name}` needs the names in `classes`, {', '.join(map(repr, place))[:200]}, got"
            f" {strange}."
        )
    return np.array([place[cell] for cell in cells], np.int64)


def codes(value: object, name: str) -> NDArray[np.int64]:
    """Any labels (numbers, strings, categories) as int64 codes 0..k-1 in sorted order,
    read-only.
    """
    return frozen(labelled_codes(value, name)[0])


def labelled_codes(value: object, name: str) -> tuple[NDArray[np.int64], list[str]]:
    """Codes 0..k-1 of any labels, and the text of each label."""
    result = np.asarray(value)
    if result.ndim != 1:
        raise InvalidInput(f"`{name}` needs one value a record, got shape {result.shape}.")
    if result.dtype.kind == "O":
        # no array of text: one long label would be paid for in every record
        texts = ["missing" if _is_nothing(item) else str(item) for item in result.tolist()]
        ordered = sorted(set(texts))
        place = {text: code for code, text in enumerate(ordered)}
        return np.array([place[text] for text in texts], np.int64), ordered
    numbers = _few_whole_numbers(result)
    if numbers is not None:
        return numbers
    names, inverse = np.unique(result, return_inverse=True)
    return inverse.astype(np.int64), [str(item) for item in names.tolist()]


def _few_whole_numbers(value: NDArray[Any]) -> tuple[NDArray[np.int64], list[str]] | None:
    """Codes and texts of whole numbers by counting, without a sort; None of other values, and of
    numbers that lie so far apart that a count of all between them would be longer than they are.
    """
    if value.dtype.kind not in "iu" or len(value) == 0:
        return None
    low, high = int(value.min()), int(value.max())
    if high - low >= len(value) or high > np.iinfo(np.int64).max:
        return None
    place = value.astype(np.int64)
    place -= low
    there = np.bincount(place) > 0
    code = np.cumsum(there, dtype=np.int64) - 1
    return code[place], [str(number) for number in (np.flatnonzero(there) + low).tolist()]


def require_units(value: object, name: str) -> None:
    """Raise where a record has no unit: records without one are not one unit."""
    units = np.asarray(value)
    if units.dtype.kind in "fcMm":
        missing = np.isnat(units) if units.dtype.kind in "Mm" else np.isnan(units)
    elif units.dtype.kind in "OUS":
        missing = np.array([_is_missing(item) for item in units.tolist()], bool)
    else:
        return
    if missing.any():
        raise InvalidInput(
            f"`{name}` needs a unit for every record, got missing ones in"
            f" {rows_text(np.flatnonzero(missing))}. Give each of these records a name of its own,"
            " or leave them out."
        )


def _is_nothing(item: object) -> bool:
    return not isinstance(item, (str, bytes)) and _is_missing(item)


def _is_missing(item: object) -> bool:
    if isinstance(item, (str, bytes)):
        return not item.strip()
    try:
        return item is None or bool(item != item)
    except TypeError:  # pandas.NA is neither equal nor different
        return True


def unit_labels(value: object, name: str, n: int, what: str = "records") -> NDArray[Any]:
    """Labels of the units of `n` records, any values, none of them missing.

    Raises
    ------
    InvalidInput
        Another number of labels, or missing ones: those would all count as one unit.
    """
    result = np.asarray(value)
    if result.shape != (n,):
        raise InvalidInput(
            f"`{name}` needs one label for each of {n} {what}, got shape {result.shape}."
        )
    require_units(result, name)
    return result


def whole(value: object, name: str, *, least: int, unit: str = "") -> int:
    """`value` if it is a whole number of `least` or more."""
    number = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not number or int(value) < least:  # type: ignore[call-overload]
        asked = f"{least} {unit} or more" if unit else f"{least} or more, a whole number"
        raise InvalidInput(f"`{name}` needs {asked}, got {value!r}.")
    return int(value)  # type: ignore[call-overload, no-any-return]


def require_length(n: int, **arrays: NDArray[Any] | None) -> None:
    """Raise where one of `arrays` does not hold `n` records."""
    for name, value in arrays.items():
        if value is not None and len(value) != n:
            raise InvalidInput(
                f"`{name}` needs one row a record: {n} records, got {len(value)} rows. Pass the"
                " same records in the same order."
            )


def frozen(value: A) -> A:
    """A read-only view (no copy)."""
    view = value.view()
    view.setflags(write=False)
    return view


def confidence(value: object, name: str = "level") -> float:
    """`value` if it is a confidence of at least one half: 0.95, and not 0.05."""
    if not (isinstance(value, (int, float, np.floating)) and 0.5 <= value < 1):
        hint = ""
        if isinstance(value, (int, float, np.floating)) and 0 < value < 0.5:
            hint = f" That is a chance of error; for it write {1 - value:g}."
        raise InvalidInput(
            f"`{name}` is a confidence such as 0.95: it needs a number from 0.5 to below 1, got"
            f" {value!r}.{hint}"
        )
    return float(value)


def fraction(value: float, name: str) -> float:
    """`value` if it lies strictly between 0 and 1."""
    if not (isinstance(value, (int, float, np.floating)) and 0 < value < 1):
        raise InvalidInput(f"`{name}` needs a number strictly between 0 and 1, got {value!r}.")
    return float(value)


def require_cell(min_cell: object) -> int:
    """`min_cell`, the least of each side that a slice may be shown with, if it is a count."""
    if isinstance(min_cell, bool) or not isinstance(min_cell, (int, np.integer)) or min_cell < 1:
        raise InvalidInput(f"`min_cell` needs a whole number of 1 or more, got {min_cell!r}.")
    return int(min_cell)
