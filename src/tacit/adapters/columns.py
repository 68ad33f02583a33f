"""Columns of records of any kind as numbers that a guesser can learn from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tacit.adapters.arrays import as_array

Kind = Literal["numbers", "text", "block"]
# A table keeps its own columns up to this width; a wider block is told by features of each row.
MOST_COLUMNS = 2000
# A column of texts with no more different values is a category: one column a value.
MOST_CATEGORIES = 30
# Words, tokens and columns of sparse matrices fall into so many bins.
N_BINS = 64
# Squares and products of larger numbers overflow a float32.
LARGE = 1e15
# A float32 has seven digits: the seconds of an hour, or numbers of customers, differ in the last.
FAR = 1e4
N_BLOCKS = 64
# Longer texts and images with more numbers do not agree by chance: the chance is put at so much.
LONG, NEVER = 30, 1e-12
QUANTILES = (0.0, 0.1, 0.5, 0.9, 1.0)


@dataclass(frozen=True, eq=False)
class Column:
    """One column, or one block of columns, of the records of a side or of both.

    Parameters
    ----------
    kind : "numbers" (n, d) with NaN for missing; "text" (n,) of objects; "block", numbers that
        stand for something larger.
    values : see `kind`.
    digest : uint64 (n,), equal where the values are.
    chance : how often two records agree in it; 1 where that cannot be known.
    """

    kind: Kind
    values: NDArray[Any]
    digest: NDArray[np.uint64]
    chance: float = 1.0

    @classmethod
    def together(cls, parts: Sequence["Column"]) -> "Column":
        """The same column of consecutive batches."""
        values = [part.values for part in parts]
        kind = parts[0].kind
        if len({part.kind for part in parts}) > 1:
            kind, values = "text", [_texts(part.values) for part in parts]
        if len({value.shape[1:] for value in values}) > 1:
            # records of different length, one at a time
            rows = _ragged([row for value in values for row in value])
            return cls(rows.kind, rows.values, np.concatenate([p.digest for p in parts]), NEVER)
        whole = np.concatenate(values)
        digest = np.concatenate([part.digest for part in parts])
        chance = max(part.chance for part in parts) if kind == "block" else _chance(kind, whole)
        return cls(kind, whole, digest, chance)

    def joined(self, other: "Column") -> "Column":
        """The same column of both sides."""
        return Column.together([self, other])

    @classmethod
    def of_sparse(cls, matrix: Any) -> "Column":
        """A sparse matrix (n, d) in rows: how full each row is, and its columns in bins."""
        matrix = matrix.copy()
        matrix.sum_duplicates()
        n, width = matrix.shape
        digest = np.array(
            [
                _hashed(
                    np.ascontiguousarray(matrix.indices[a:b]).astype(np.int64).tobytes()
                    + (matrix.data[a:b].astype(np.float64) + 0.0).tobytes()
                )
                for a, b in zip(matrix.indptr[:-1], matrix.indptr[1:])
            ],
            np.uint64,
        )
        if width <= MOST_COLUMNS // 4:
            return cls("numbers", matrix.toarray().astype(np.float64), digest)
        rng = np.random.default_rng(0)
        shape = (width, N_BINS)
        bins = np.zeros(shape)
        bins[np.arange(width), rng.integers(0, N_BINS, width)] = 1.0
        full = np.diff(matrix.indptr)
        total = np.asarray(matrix.sum(axis=1)).ravel()
        values = np.column_stack([full, total, matrix @ bins]).astype(np.float64)
        return cls("block", values.reshape(n, -1), digest)


def column_of(values: Any) -> Column:
    """A column (n,), or a block (n, ...), of anything."""
    numbers = _numbers(values)
    if numbers is None:
        cells = values if isinstance(values, list) else list(_objects(values))
        if any(isinstance(cell, (list, tuple, np.ndarray)) for cell in cells):
            return _ragged(cells)
        texts = _texts(np.array([*cells, None], dtype=object)[:-1])
        return Column("text", texts, _text_digest(texts), _chance("text", texts))
    if numbers.ndim == 1:
        numbers = numbers[:, None]
    if numbers.ndim == 2 and numbers.shape[1] <= MOST_COLUMNS:
        exact = numbers.astype(np.float64)
        return Column("numbers", exact, _row_digest(exact), _chance("numbers", exact))
    wide = numbers.size >= LONG * len(numbers)
    return Column("block", _block(numbers), _row_digest(numbers), NEVER if wide else 1.0)


def token_column(ids: NDArray[Any], inside: NDArray[np.bool_]) -> Column:
    """Tokens (n, d) without their padding, so that a text is the same whatever it was padded to.

    Parameters
    ----------
    ids : (n, d), numbers of tokens.
    inside : bool (n, d), False for padding.
    """
    rows = _ragged([row[kept] for row, kept in zip(ids, inside)])
    return replace(rows, chance=_chance("numbers", ids.astype(np.float64)))


def _objects(values: Any) -> Any:
    if hasattr(values, "astype") and hasattr(values, "iloc"):
        return values.astype(object)
    return values.tolist() if hasattr(values, "tolist") else values


def _numbers(values: Any) -> NDArray[Any] | None:
    """Numbers, booleans and dates as floats (missing: NaN); None for anything else."""
    kind = str(getattr(values, "dtype", ""))
    if kind.startswith(("string", "str", "category", "String", "Categorical", "object", "Object")):
        return _cells_as_numbers(list(_objects(values)))
    try:
        array = values if isinstance(values, np.ndarray) else as_array(values)
    except (TypeError, ValueError):
        return None
    if array.dtype.kind in "mM":
        return _dates(array)
    if array.dtype.kind in "biuf":
        return array
    return (
        _cells_as_numbers(array.tolist()) if array.dtype.kind == "O" and array.ndim == 1 else None
    )


def _dates(array: NDArray[Any]) -> NDArray[np.float64]:
    seconds = array.astype(f"{array.dtype.kind}8[us]")
    return np.where(np.isnat(seconds), np.nan, seconds.astype(np.int64) / 1e6)


def _cells_as_numbers(cells: list[Any]) -> NDArray[np.float64] | None:
    """Numbers, booleans, decimals and dates among missing values; None if there is a text."""
    found = np.full(len(cells), np.nan)
    for row, cell in enumerate(cells):
        if _missing(cell):
            continue
        if isinstance(cell, (str, bytes, list, tuple, np.ndarray, dict)):
            return None
        if hasattr(cell, "toordinal"):
            found[row] = (
                np.datetime64(
                    cell.replace(tzinfo=None) if hasattr(cell, "tzinfo") else cell, "us"
                ).astype(np.int64)
                / 1e6
            )
            continue
        try:
            found[row] = float(cell)
        except (TypeError, ValueError):
            return None
    return found


def _missing(cell: Any) -> bool:
    if cell is None:
        return True
    try:
        return bool(cell != cell)
    except (TypeError, ValueError):
        return type(cell).__name__ in ("NAType", "NaTType")


def _texts(values: NDArray[Any]) -> NDArray[Any]:
    if values.ndim == 2:
        return np.array([str(row.tolist()) for row in values] + [None], dtype=object)[:-1]
    cells = ["" if _missing(cell) else str(cell) for cell in values.tolist()]
    return np.array([*cells, None], dtype=object)[:-1]


def _text_digest(texts: NDArray[Any]) -> NDArray[np.uint64]:
    return np.array([_hashed(text.encode("utf8", "replace")) for text in texts], np.uint64)


def _row_digest(rows: NDArray[Any]) -> NDArray[np.uint64]:
    flat = rows.reshape(len(rows), -1)
    digest = np.empty(len(flat), np.uint64)
    for number, row in enumerate(flat):
        exact = row.astype(np.float64) + 0.0
        # every NaN is the same missing value
        exact[np.isnan(exact)] = np.nan
        digest[number] = _hashed(exact.tobytes())
    return digest


def _hashed(content: bytes) -> int:
    return int.from_bytes(blake2b(content, digest_size=8).digest(), "little")


def _chance(kind: Kind, values: NDArray[Any]) -> float:
    """How often two records agree by chance, were the columns independent of one another."""
    if kind == "block" or len(values) < 2:
        return 1.0
    if kind == "text" and np.mean([len(text) for text in values]) > LONG:
        return NEVER
    columns = values.T if values.ndim == 2 else [values]
    log_chance = 0.0
    for column in columns:
        cells = np.unique(column.astype(str) if kind == "text" else column, return_counts=True)[1]
        agree = float((cells * (cells - 1.0)).sum() / (len(column) * (len(column) - 1.0)))
        log_chance += float(np.log(max(agree, NEVER)))
    return float(np.exp(max(log_chance, -600.0)))


def _ragged(cells: list[Any]) -> Column:
    """Rows of different length, such as tokens: their length, ends, and what is in them in bins."""
    rows = [np.zeros(0) if _none(cell) else np.asarray(cell) for cell in cells]
    digest = np.array(
        [_hashed(repr(row.tolist()).encode("utf8", "replace")) for row in rows], np.uint64
    )
    values = np.zeros((len(rows), N_BINS + 3))
    for number, row in enumerate(rows):
        flat = row.ravel()
        codes = (
            flat.astype(np.float64)
            if flat.dtype.kind in "biuf"
            else np.array([_hashed(str(item).encode()) % (1 << 32) for item in flat], float)
        )
        if len(codes):
            bins = np.bincount((np.nan_to_num(codes).astype(np.int64)) % N_BINS, minlength=N_BINS)
            values[number] = [len(codes), codes[0], codes[-1], *bins / len(codes)]
    return Column("block", values, digest)


def _none(cell: Any) -> bool:
    return cell is None or (isinstance(cell, float) and cell != cell)


def _block(numbers: NDArray[Any]) -> NDArray[np.float64]:
    """Images and other wide rows: their spread, and means over blocks and over short axes."""
    n = len(numbers)
    rows = [_row_features(row) for row in numbers]
    return np.asarray(rows, np.float64).reshape(n, -1)


def _row_features(row: NDArray[Any]) -> NDArray[np.float64]:
    exact = row.astype(np.float64)
    flat = exact.ravel()
    known = flat[np.isfinite(flat)]
    if not len(known):
        known = np.zeros(1)
    parts: list[Any] = [
        np.quantile(known, QUANTILES),
        [known.mean(), known.std(), len(flat) - len(known)],
    ]
    exact = np.where(np.isfinite(exact), exact, known.mean())
    cuts = np.unique(np.linspace(0, exact.size, N_BLOCKS + 1).astype(int)[:-1])
    parts.append(np.add.reduceat(exact.ravel(), cuts) / np.diff(np.append(cuts, exact.size)))
    for axis, length in enumerate(exact.shape):
        if exact.ndim > 1 and length <= 4:
            others = tuple(other for other in range(exact.ndim) if other != axis)
            parts += [exact.mean(axis=others), exact.std(axis=others)]
    return np.concatenate(parts)


def encoded_columns(columns: Sequence[Column]) -> NDArray[np.float32]:
    """All columns as finite float32 (n, d): missing is a value of its own, few different texts are
    one column each, many are told by their length, letters, words and frequency.
    """
    parts = [
        part
        for column in columns
        for part in (
            _of_texts(column.values) if column.kind == "text" else _of_numbers(column.values)
        )
    ]
    return np.column_stack(parts).astype(np.float32)


def _of_numbers(values: NDArray[Any]) -> list[NDArray[np.float64]]:
    exact = values.astype(np.float64)
    known = np.isfinite(exact)
    if not known.all():
        gaps = ~known.all(axis=0)
        marks = (~known[:, gaps]).astype(np.float64)
        with np.errstate(all="ignore"):
            middle = [np.median(c[k]) if k.any() else 0.0 for c, k in zip(exact.T, known.T)]
        exact = np.column_stack([np.where(known, exact, np.asarray(middle)), marks])
    exact = _from_the_middle(exact)
    largest = np.abs(exact).max(axis=0, initial=0.0)
    return [exact / np.where(largest > LARGE, largest, 1.0)]


def _from_the_middle(exact: NDArray[np.float64]) -> NDArray[np.float64]:
    """Columns whose numbers are large and close together, less their median, so that single
    precision tells them apart.
    """
    large = np.flatnonzero(np.abs(exact).max(axis=0, initial=0.0) > FAR)
    if not large.size:
        return exact
    low, middle, high = np.quantile(exact[:, large], (0.25, 0.5, 0.75), axis=0)
    far = np.abs(middle) > FAR * (high - low)
    shift = np.zeros(exact.shape[1])
    shift[large[far]] = middle[far]
    return exact - shift


def _of_texts(texts: NDArray[Any]) -> list[NDArray[np.float64]]:
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.preprocessing import OneHotEncoder

    plain = texts.astype(str)
    names, code, count = np.unique(plain, return_inverse=True, return_counts=True)
    if len(names) <= 2 * MOST_CATEGORIES:
        encoder = OneHotEncoder(
            max_categories=MOST_CATEGORIES,
            handle_unknown="infrequent_if_exist",
            sparse_output=False,
        )
        return [np.asarray(encoder.fit_transform(plain[:, None]))]
    length = np.array([len(text) for text in names], float)
    shares = [
        np.array([sum(map(test, text)) for text in names]) / np.maximum(length, 1)
        for test in (str.isdigit, str.isupper, str.isspace)
    ]
    hashed = HashingVectorizer(n_features=N_BINS, alternate_sign=False, token_pattern=r"(?u)\w+")
    words = hashed.transform(names).toarray()
    # the place in the alphabet tells runs of identifiers apart
    place = np.arange(len(names)) / len(names)
    told = np.column_stack([length, *shares, place, np.log(count), words])
    return [told[code]]
