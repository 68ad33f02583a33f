"""Arrays in NumPy's own formats, read with care: headers first, sizes known before memory is taken,
nothing unpickled, and nothing read that nobody asked for.
"""

import io
import math
import os
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from tacit.core.errors import InvalidInput, TacitError

SUFFIX = ".npy"
# booleans, numbers, text, bytes and times; objects are pickles, and nobody saves the rest here
KINDS = "biufUSmM"
# what np.savez and np.savez_compressed write; deflate grows at most about a thousandfold
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# the whole of memory cannot hold the arrays and what is computed from them
SHARE_OF_MEMORY = 0.5
# where the system does not tell its memory
UNKNOWN_MEMORY = 1 << 34
COMPLETE = "Is it complete? Write it again with np.savez."


@dataclass(frozen=True)
class Header:
    """What an array says of itself before it is read.

    Parameters
    ----------
    shape : tuple of int
        Of the array.
    dtype : np.dtype
        Of its elements.
    offset : int
        Bytes before the first element.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    offset: int

    @property
    def n_bytes(self) -> int:
        """Memory that the array takes."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_npz(
    source: Path | bytes, *, wanted: Callable[[str], bool] | None = None, ndim: int = 0
) -> dict[str, NDArray[Any]]:
    """Arrays of an npz by name.

    Parameters
    ----------
    source : Path or bytes
        The file, or what it holds.
    wanted : callable, optional
        Whether the array of a name is read; by default every one is.
    ndim : int
        The fewest dimensions that an array may have: 1 where each holds one row a record.

    Raises
    ------
    InvalidInput
        The file is no npz, is damaged, holds a name twice, an array that is wanted holds pickled
        objects, or memory cannot hold what is wanted.
    """
    path = "bytes" if isinstance(source, bytes) else source
    try:
        with zipfile.ZipFile(
            io.BytesIO(source) if isinstance(source, bytes) else source
        ) as archive:
            places = _places(archive, path)
            heads = {name: _header(archive, info, name, path) for name, info in places.items()}
            chosen = [name for name in heads if wanted is None or wanted(name)]
            for name in chosen:
                _require_plain(heads[name], name, path, ndim=ndim)
            require_memory(sum(heads[name].n_bytes for name in chosen), path)
            return {name: _array(archive, places[name], name, path) for name in chosen}
    except TacitError:
        raise
    except Exception as error:  # a damaged archive fails in many ways, all of them the file's
        raise InvalidInput(
            f"`{path}` cannot be read as an npz: {error or type(error).__name__}. {COMPLETE}"
        ) from error


def npz_names(path: Path) -> tuple[str, ...]:
    """The names of the arrays in an npz; none of them is read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return tuple(_places(archive, path))
    except TacitError:
        raise
    except Exception as error:
        raise InvalidInput(
            f"`{path}` cannot be read as an npz: {error or type(error).__name__}. {COMPLETE}"
        ) from error


def read_npy(path: Path) -> NDArray[Any]:
    """The one array of an npy file.

    Raises
    ------
    InvalidInput
        The file is none, is damaged, holds pickled objects, or memory cannot hold it.
    """
    try:
        with open(path, "rb") as file:
            head = _read_header(file)
            _require_plain(head, path.stem, path, ndim=0)
            _require_size(head, os.fstat(file.fileno()).st_size, path.stem, path)
            require_memory(head.n_bytes, path)
            file.seek(0)
            return np.asarray(npy.read_array(file, allow_pickle=False))
    except TacitError:
        raise
    except Exception as error:
        raise InvalidInput(f"`{path}` cannot be read: {error or type(error).__name__}.") from error


def require_memory(n_bytes: int, path: Path | str) -> None:
    """Raise where this machine cannot hold what a file would unpack to."""
    most = int(SHARE_OF_MEMORY * _memory())
    if n_bytes > most:
        raise InvalidInput(
            f"`{path}` would take {n_bytes / 1e9:,.1f} GB of memory, and this machine can spare"
            f" {most / 1e9:,.1f} GB. Is it damaged? If not, audit fewer records at a time."
        )


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return UNKNOWN_MEMORY


def _places(archive: zipfile.ZipFile, path: Path | str) -> dict[str, zipfile.ZipInfo]:
    """Where each array stands; whatever else lies in the archive is not looked at."""
    names = [info.filename for info in archive.infolist()]
    arrays = [info for info in archive.infolist() if info.filename.endswith(SUFFIX)]
    bare = [info.filename.removesuffix(SUFFIX) for info in arrays]
    twice = sorted({name for name in bare if bare.count(name) > 1} | (set(bare) & set(names)))
    if twice:
        raise InvalidInput(
            f"`{path}` holds `{twice[0]}` more than once, so it does not say which is meant. Write"
            " it again with np.savez."
        )
    return dict(zip(bare, arrays))


def _header(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, path: Path | str) -> Header:
    if info.compress_type not in COMPRESSIONS:
        raise InvalidInput(
            f"`{path}` is compressed in a way that np.savez does not use (method"
            f" {info.compress_type}). {COMPLETE}"
        )
    with archive.open(info) as file:
        head = _read_header(file)
    if not head.dtype.hasobject:
        _require_size(head, info.file_size, name, path)
    return head


def _read_header(file: IO[bytes]) -> Header:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of files that Python 2 wrote, which are read all the same
        version = npy.read_magic(file)
        read = {
            (1, 0): npy.read_array_header_1_0,
            (2, 0): npy.read_array_header_2_0,
        }.get(version)
        if read is None:
            return _read_header_3(file)
        shape, _, dtype = read(file)
    return Header(shape, dtype, file.tell())


def _read_header_3(file: IO[bytes]) -> Header:
    """Version 3 (names that are not ASCII) only serves structured arrays, which are not read."""
    raise InvalidInput("An array is in version 3 of NumPy's format, which holds no plain numbers.")


def _require_size(head: Header, size: int, name: str, path: Path | str) -> None:
    whole = all(type(side) is int and side >= 0 for side in head.shape)
    if not whole or head.offset + head.n_bytes != size:
        raise InvalidInput(
            f"The array `{name}` of `{path}` says that it has the shape {str(head.shape)[:80]} of"
            f" {head.dtype}, which does not fit its {size:,} bytes. {COMPLETE}"
        )


def _require_plain(head: Header, name: str, path: Path | str, *, ndim: int) -> None:
    if head.dtype.hasobject:
        raise InvalidInput(
            f"The array `{name}` of `{path}` is a pickled object, which could run any program when"
            " it is read, so tacit does not read it. Save arrays of numbers (or of text, dtype"
            " str) with np.savez."
        )
    if head.dtype.kind not in KINDS:
        raise InvalidInput(
            f"The array `{name}` of `{path}` needs numbers or text, got the dtype"
            f" {str(head.dtype)[:80]}."
        )
    if len(head.shape) < ndim:
        raise InvalidInput(
            f"The array `{name}` of `{path}` needs one row a record, got a single value."
        )


def _array(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, path: Path | str
) -> NDArray[Any]:
    with archive.open(info) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = np.asarray(npy.read_array(file, allow_pickle=False))
        if file.read(1):  # reads to the end, where the checksum is compared
            raise InvalidInput(f"The array `{name}` of `{path}` goes on after its end. {COMPLETE}")
    return value
