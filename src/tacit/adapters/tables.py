"""The arrays of a file by name; whatever is wrong with the file becomes one clear error.

One discipline for every format: the names are read first, a column that nobody asked for is not
read, sizes are known before memory is taken, and any exception of a reader is an `InvalidInput`.
"""

import csv
import gzip
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput
from tacit.core.errors import TacitError
from tacit.core.npz import npz_names, read_npz, require_memory
from tacit.core.optional import require

# columns of names: as numbers, 007 and 7 would be one canary, and some digests a float
NAMES = ("cluster", "canary", "run", "kind", "digest")
FORMATS = ".npz, .parquet (or .pq), .csv or .csv.gz"
# a line of 60,000 classes with 20 digits each has a million characters
LONGEST_LINE = 1 << 24
# a name or a category is no document; a longer one would be paid for in every row
LONGEST_NAME = 1000
# text of one width takes the widest cell in every row: allowed where it costs this many times the
# characters that are there
WIDEST = 4
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
# what stands between the cells where it is no comma
OTHER_MARKS = {";": "semicolons", "\t": "tabs", "|": "bars"}
INTEGER = re.compile(r"[+-]?\d{1,18}", re.ASCII)
NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE | re.ASCII)
BYTES_A_NUMBER = 8
# of a cell that Python holds as text, beside its characters: the object and two pointers
BYTES_A_CELL = 65
# rows between two looks at the memory: a fraction of a second
OFTEN = 1 << 16
# `clusters`, `labl`: closer than 0.8 (difflib) is no other word
NEAR = 0.8
Wanted = Callable[[str], bool]


def read_table(
    path: Path, *, missing: bool = False, wanted: Wanted | None = None
) -> dict[str, NDArray[Any]]:
    """Arrays of an npz, or columns of a parquet or csv file, by name; the suffix says which.

    Parameters
    ----------
    path : Path
        Of the file.
    missing : bool
        Whether empty cells are allowed; they become NaN, or None in a column of text.
    wanted : callable, optional
        Whether a column of that name is read; by default every one is.

    Raises
    ------
    InvalidInput
        The file is missing, a directory, empty, damaged, of another format, or holds pickled
        objects or (unless `missing`) empty cells.
    """
    kind = _format_of(path)
    everything = wanted or (lambda name: True)
    try:
        if kind == "npz":
            return read_npz(path, wanted=everything, ndim=1)
        if kind == "parquet":
            return _parquet(path, everything, missing=missing)
        return _csv(path, everything, missing=missing)
    except TacitError:
        raise
    except Exception as error:  # a damaged file fails in many ways, all of them the file's
        raise _unreadable(path, error) from error


def column_names(path: Path) -> tuple[str, ...]:
    """The names in a file of any format; no column is read.

    Raises
    ------
    InvalidInput
        As `read_table`; or a name stands there twice.
    """
    kind = _format_of(path)
    try:
        if kind == "npz":
            return npz_names(path)
        if kind == "parquet":
            return _parquet_names(_parquet_file(path), path)
        with _opened(path) as file:
            return tuple(_header(csv.reader(_lines(file, path)), path))
    except TacitError:
        raise
    except Exception as error:
        raise _unreadable(path, error) from error


def near(name: str, known: Sequence[str]) -> str:
    """The one of `known` that a name looks like, or nothing.

    Examples
    --------
    >>> near("Clusters", ("loss", "cluster"))
    'cluster'
    """
    found = get_close_matches(name.strip().lower(), known, n=1, cutoff=NEAR)
    return found[0] if found else ""


def require_no_lookalike(name: str, meant: str, path: Path | str) -> None:
    """Raise where a column would not be read although its name looks like one of ours."""
    if meant:
        raise InvalidInput(
            f"`{path}` has a column `{name[:60]}`, which is not read. Did you mean `{meant}`?"
            " Rename it, or leave it out."
        )


def _format_of(path: Path) -> str:
    if path.is_dir():
        raise InvalidInput(f"`{path}` is a directory; a file ({FORMATS}) is needed.")
    if not path.is_file():
        # what is read once, as a pipe, would be waited for when it is read again
        what = "is a pipe or a device" if path.exists() else "does not exist"
        raise InvalidInput(f"`{path}` {what}; a file ({FORMATS}) is needed.")
    name = path.name.lower()
    for suffix, kind in (
        (".npz", "npz"),
        (".parquet", "parquet"),
        (".pq", "parquet"),
        (".csv", "csv"),
        (".csv.gz", "csv"),
    ):
        if name.endswith(suffix):
            return kind
    raise InvalidInput(
        f"`{path}` needs one of the formats {FORMATS}, got the suffix {path.suffix!r}."
    )


def _unreadable(path: Path, error: Exception) -> InvalidInput:
    if isinstance(error, UnicodeDecodeError):
        return InvalidInput(
            f"`{path}` is no text in UTF-8 (byte {error.start}): save it in that encoding."
        )
    said = str(error)[:300] or type(error).__name__
    return InvalidInput(f"`{path}` cannot be read: {said}. Is it complete? Write it again.")


def _parquet_file(path: Path) -> Any:
    parquet = require("pyarrow.parquet", extra="tables", purpose=f"Reading `{path}`")
    try:
        return parquet.ParquetFile(path)
    except Exception as error:
        raise InvalidInput(
            f"`{path}` cannot be read as parquet: {str(error)[:300]}. Is it complete? Write it"
            " again."
        ) from error


def _parquet_names(file: Any, path: Path) -> tuple[str, ...]:
    names = tuple(file.schema_arrow.names)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidInput(f"`{path}` holds the column `{twice[0]}` more than once: keep one.")
    return names


def _parquet(path: Path, wanted: Wanted, *, missing: bool) -> dict[str, NDArray[Any]]:
    """Columns of a parquet file; a column of equally long lists becomes an array (n, k)."""
    file = _parquet_file(path)
    names = [name for name in _parquet_names(file, path) if wanted(name)]
    # a column of one repeated value takes some bytes in the file, and eight a row in memory
    require_memory(file.metadata.num_rows * len(names) * BYTES_A_NUMBER, path)
    table = file.read(columns=names)
    return {name: _column(table.column(name), name, path, missing=missing) for name in names}


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
        cells = ["missing" if value is None else str(value) for value in column.to_pylist()]
        _require_short(cells, name, path, missing=missing)
        return _text(cells)
    if kind.startswith("decimal"):
        return np.array([float(value) for value in column.to_pylist()])
    return np.asarray(column.to_numpy())


@dataclass(eq=False)
class _Cells:
    """One column of a csv file while it is read.

    Parameters
    ----------
    name : str
        Of the column.
    place : int
        Which cell of a row it is.
    cells : list of str
        Text of a column that is not only numbers, and of one whose kind is not yet known.
    """

    name: str
    place: int
    cells: list[str] = field(default_factory=list)


def _opened(path: Path) -> IO[str]:
    if path.name.lower().endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return open(path, encoding="utf-8-sig", newline="")


def _lines(file: IO[str], path: Path) -> Iterator[str]:
    """Lines of bounded length, without the NUL that C programs end a text at."""
    while line := file.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise InvalidInput(
                f"`{path}` has a line of more than {LONGEST_LINE:,} characters: it is no table."
            )
        if "\0" in line:
            raise InvalidInput(f"`{path}` holds a NUL character: it is damaged, or no text.")
        yield line


def _header(rows: Iterator[list[str]], path: Path) -> list[str]:
    header = [name.strip() for name in next(rows, [])]
    if not header or len(set(header)) < len(header):
        raise InvalidInput(
            f"`{path}` needs a header line with distinct names, got"
            f" {', '.join(header)[:300] or 'an empty file'}."
        )
    if header[0].startswith("#"):
        raise InvalidInput(
            f"`{path}` begins with a comment ({header[0][:40]!r}), and its first line has to name"
            " the columns: take the comments out, and the mark before the names."
        )
    other = next((mark for mark in OTHER_MARKS if mark in header[0]), "")
    if len(header) == 1 and other:
        raise InvalidInput(
            f"`{path}` has its cells apart by {OTHER_MARKS[other]}, and tacit reads commas (and a"
            " point before the decimals): write it again in that form, for example with"
            f" `pandas.read_csv(path, sep={other!r}, decimal=',').to_csv(new, index=False)`."
        )
    if all(NUMBER.fullmatch(name) for name in header):
        raise InvalidInput(
            f"`{path}` needs a header line with names, got numbers in its first line"
            f" ({', '.join(header)[:60]}): name the columns."
        )
    return header


def _csv(path: Path, wanted: Wanted, *, missing: bool) -> dict[str, NDArray[Any]]:
    """Columns of a csv file with a header line; numbers where all cells are numbers, text
    elsewhere.
    """
    with _opened(path) as file:
        rows = csv.reader(_lines(file, path))
        header = _header(rows, path)
        columns = [_Cells(name, place) for place, name in enumerate(header) if wanted(name)]
        n = 0
        # equal names share one text, so that a category costs a pointer a row
        known: dict[str, str] = {}
        held = 0
        for row in rows:
            if not row or (len(row) < len(header) and not "".join(row).strip()):
                continue
            if len(row) != len(header):
                raise InvalidInput(
                    f"`{path}` needs {len(header)} cells in every row, got {len(row)} in row {n}"
                    " below the header."
                )
            for column in columns:
                cell = row[column.place]
                shared = column.name.startswith("slice_") or column.name in NAMES
                column.cells.append(known.setdefault(cell, cell) if shared else cell)
                held += len(cell)
            n += 1
            if n % OFTEN == 0:
                require_memory(held + n * len(columns) * BYTES_A_CELL, path)
    if not n:
        raise InvalidInput(f"`{path}` needs at least one record, got only the header line.")
    read = _with_gaps if missing else _without_gaps
    return {column.name: read(column.cells, column.name, path) for column in columns}


def _without_gaps(cells: Sequence[str], name: str, path: Path) -> NDArray[Any]:
    if name.startswith("slice_") or name in NAMES:
        _require_short(cells, name, path, missing=False)
        return _text([cell if cell.strip() else "missing" for cell in cells])
    empty = [row for row, cell in enumerate(cells) if not cell.strip()]
    if empty:
        raise InvalidInput(
            f"The column `{name}` of `{path}` needs a value in every row, got {len(empty)} empty"
            f" cells (first: row {empty[0]})."
        )
    column = _typed(cells)
    if column.dtype.kind not in "biuf":
        _require_short(cells, name, path, missing=False)
    return column


def _require_short(cells: Sequence[str], name: str, path: Path, *, missing: bool) -> None:
    """Raise where a name is a document; free text (`missing`) may be one."""
    longest = max(map(len, cells), default=0)
    if longest > LONGEST_NAME and not missing:
        row = next(row for row, cell in enumerate(cells) if len(cell) == longest)
        raise InvalidInput(
            f"The column `{name}` of `{path}` needs names of at most {LONGEST_NAME:,} characters,"
            f" got {longest:,} in row {row}."
        )


def _with_gaps(cells: Sequence[str], name: str, path: Path) -> NDArray[Any]:
    """A column of which empty cells are missing: NaN among numbers, None among text."""
    gone = np.array([not cell.strip() for cell in cells])
    told = _typed([cell for cell, empty in zip(cells, gone.tolist()) if not empty])
    if not gone.any():
        return told
    numbers = told.dtype.kind in "iuf"
    column = np.full(len(cells), np.nan if numbers else None, dtype=object)
    column[~gone] = told
    return column.astype(np.float64) if numbers else column


def _typed(cells: Sequence[str]) -> NDArray[Any]:
    """Truth values or numbers where all cells are, else the text itself.

    A number is what every reader takes for the same one: ASCII digits, a point, an exponent.
    """
    stripped = [cell.strip() for cell in cells]
    if all(cell.lower() in ("true", "false") for cell in stripped):
        return np.array([cell.lower() == "true" for cell in stripped], bool)
    if all(INTEGER.fullmatch(cell) for cell in stripped):
        return np.array(list(map(int, stripped)), np.int64)
    if all(NUMBER.fullmatch(cell) or NOT_FINITE.fullmatch(cell) for cell in stripped):
        return np.array(list(map(float, stripped)), np.float64)
    return _text(cells)


def _text(cells: Sequence[str]) -> NDArray[Any]:
    """Text of one width, or objects where one long cell would be paid for in every row."""
    longest, total = max(map(len, cells), default=0), sum(map(len, cells))
    if longest * len(cells) > WIDEST * total + LONGEST_NAME:
        return np.array(cells, dtype=object)
    return np.array(cells, dtype=str)
