"""The arrays of a file by name; whatever is wrong with the file becomes one clear error."""

import csv
import gzip
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput
from tacit.core.optional import require

# columns of names: as numbers, 007 and 7 would be one canary, and some digests a float
NAMES = ("cluster", "canary", "run", "kind", "digest")
Reader = Callable[[Path], dict[str, NDArray[Any]]]

FORMATS = ".npz, .parquet (or .pq), .csv or .csv.gz"


def read_table(path: Path, *, missing: bool = False) -> dict[str, NDArray[Any]]:
    """Arrays of an npz, or columns of a parquet or csv file, by name; the suffix says which.

    Parameters
    ----------
    path : of the file.
    missing : whether empty cells are allowed; they become NaN, or None in a column of text.

    Raises
    ------
    InvalidInput : the file is missing, a directory, empty, damaged, of another format, or holds
        pickled objects or (unless `missing`) empty cells.
    """
    if path.is_dir():
        raise InvalidInput(f"`{path}` is a directory; a file ({FORMATS}) is needed.")
    if not path.exists():
        raise InvalidInput(f"`{path}` does not exist; a file ({FORMATS}) is needed.")
    readers: dict[str, Reader] = {
        ".npz": _npz,
        ".parquet": partial(_parquet, missing=missing),
        ".pq": partial(_parquet, missing=missing),
        ".csv": partial(_csv, missing=missing),
    }
    name = path.name.lower().removesuffix(".gz")
    reader = readers.get(name[name.rfind(".") :] if "." in name else "")
    if reader is None or (name != path.name.lower() and not name.endswith(".csv")):
        raise InvalidInput(
            f"`{path}` needs one of the formats {FORMATS}, got the suffix {path.suffix!r}."
        )
    try:
        return reader(path)
    except (
        OSError,
        EOFError,
        zipfile.BadZipFile,
        zlib.error,
        UnicodeDecodeError,
        MemoryError,
        csv.Error,
    ) as error:
        raise InvalidInput(
            f"`{path}` cannot be read: {error or type(error).__name__}. Is it complete? Write it"
            " again."
        ) from error


def _npz(path: Path) -> dict[str, NDArray[Any]]:
    """NumPy's own archive; no object is ever unpickled."""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise InvalidInput(
                    f"`{path}` holds a single array; an npz with named arrays (np.savez) is needed."
                )
            return {name: _one_row_a_record(archive[name], name, path) for name in archive.files}
    except InvalidInput:
        raise
    except (ValueError, KeyError, NotImplementedError, RuntimeError) as error:
        if "pickle" in str(error).lower():
            raise InvalidInput(
                f"`{path}` holds a pickled object, which could run any program when it is read, so"
                " tacit does not read it. Save arrays of numbers (or of text, dtype str) with"
                " np.savez."
            ) from error
        raise InvalidInput(
            f"`{path}` cannot be read as an npz: {error}. Is it complete? Write it again."
        ) from error


def _one_row_a_record(value: NDArray[Any], name: str, path: Path) -> NDArray[Any]:
    if value.ndim == 0:
        raise InvalidInput(
            f"The array `{name}` of `{path}` needs one row a record, got a single value."
        )
    return value


def _parquet(path: Path, *, missing: bool) -> dict[str, NDArray[Any]]:
    """Columns of a parquet file; a column of equally long lists becomes an array (n, k)."""
    parquet = require("pyarrow.parquet", extra="tables", purpose=f"Reading `{path}`")
    arrow: Any = require("pyarrow", extra="tables", purpose=f"Reading `{path}`")
    try:
        table = parquet.read_table(path)
    except arrow.ArrowException as error:
        raise InvalidInput(
            f"`{path}` cannot be read as parquet: {error}. Is it complete? Write it again."
        ) from error
    return {
        name: _column(table.column(name), name, path, missing=missing)
        for name in table.column_names
    }


def _column(column: Any, name: str, path: Path, *, missing: bool) -> NDArray[Any]:
    kind = str(column.type)
    if missing and column.null_count:
        return np.array(column.to_pylist(), dtype=object)
    if column.null_count and not kind.startswith(("string", "large_string", "dictionary")):
        raise InvalidInput(
            f"The column `{name}` of `{path}` needs a value in every row, got {column.null_count}"
            " empty cells."
        )
    if kind.startswith(("list", "large_list", "fixed_size_list")):
        rows = column.to_pylist()
        if len({len(row) for row in rows}) > 1:
            raise InvalidInput(
                f"The column `{name}` of `{path}` needs lists of the same length, got different"
                " lengths."
            )
        return np.array(rows)
    if kind.startswith(("string", "large_string", "dictionary")):
        return np.array(
            ["missing" if value is None else str(value) for value in column.to_pylist()]
        )
    return np.asarray(column.to_numpy())


def _csv(path: Path, *, missing: bool) -> dict[str, NDArray[Any]]:
    """Columns of a csv file with a header line; numbers where all cells are numbers, text
    elsewhere.
    """
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        header = [name.strip() for name in next(rows, [])]
        if not header or len(set(header)) < len(header):
            raise InvalidInput(
                f"`{path}` needs a header line with distinct names, got"
                f" {', '.join(header) or 'an empty file'}."
            )
        body = [row for row in rows if row]
    for number, row in enumerate(body):
        if len(row) != len(header):
            raise InvalidInput(
                f"`{path}` needs {len(header)} cells in every row, got {len(row)} in row {number}"
                " below the header."
            )
    if not body:
        raise InvalidInput(f"`{path}` needs at least one record, got only the header line.")
    return {
        name: _with_gaps(cells) if missing else _cells(cells, name, path)
        for name, cells in zip(header, zip(*body))
    }


def _cells(cells: tuple[str, ...], name: str, path: Path) -> NDArray[Any]:
    if name.startswith("slice_") or name in NAMES:
        return np.array(cells)
    empty = [row for row, cell in enumerate(cells) if not cell.strip()]
    if empty:
        raise InvalidInput(
            f"The column `{name}` of `{path}` needs a value in every row, got {len(empty)} empty"
            f" cells (first: row {empty[0]})."
        )
    return _typed(np.array(cells))


def _with_gaps(cells: tuple[str, ...]) -> NDArray[Any]:
    """A column of which empty cells are missing: NaN among numbers, None among text."""
    gone = np.array([not cell.strip() for cell in cells])
    told = _typed(np.array(cells)[~gone])
    if not gone.any():
        return told
    column = np.full(len(cells), np.nan if told.dtype.kind in "iuf" else None, dtype=object)
    column[~gone] = told
    return column.astype(np.float64) if told.dtype.kind in "iuf" else column


def _typed(text: NDArray[Any]) -> NDArray[Any]:
    """Truth values or numbers where all cells are, else the text itself."""
    lowered = np.char.lower(np.char.strip(text))
    if np.isin(lowered, ("true", "false")).all():
        return np.asarray(lowered == "true")
    for kind in (np.int64, np.float64):
        try:
            return np.asarray(text.astype(kind))
        except (ValueError, OverflowError):
            continue
    return text
