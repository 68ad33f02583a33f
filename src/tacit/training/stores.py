"""Where results are kept: any mapping from text to bytes, and a directory whose files are whole or
not there.
"""

import hashlib
import io
import itertools
import json
import os
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput
from tacit.core.files import unfinished, write_whole
from tacit.core.optional import require

Store = MutableMapping[str, bytes]
# no write of one entry takes an hour
STALE_SECONDS = 3600.0
# 160 bits: two contents of one digest are not met by chance
DIGEST_BYTES = 20


class DirectoryStore(MutableMapping[str, bytes]):
    """A directory as a mapping: one file an entry, written beside, flushed to disk, then renamed.

    A reader sees an entry whole or not at all, whatever was killed and whenever. Several processes
    and hosts may write to one directory on a shared disk. What a killed writer of tacit left behind
    is removed an hour later by the next one that writes to the same folder; reading removes
    nothing, and no other file is ever touched.

    Parameters
    ----------
    folder : made where it does not exist.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        if self.folder.is_file():
            raise InvalidInput(f"A store is a folder, and `{self.folder}` is a file: name another.")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._swept: set[Path] = set()

    def path(self, key: str) -> Path:
        """The file of an entry, for readers that map it into memory."""
        parts = PurePosixPath(key).parts
        if (
            not parts
            or key != "/".join(parts)
            or any(part.startswith(".") or part == "/" for part in parts)
        ):
            raise InvalidInput(
                f"`key` needs names joined by '/', none of which begins with a dot, got {key!r}."
            )
        return self.folder.joinpath(*parts)

    def write(self, key: str, pieces: bytes | Iterable[bytes]) -> None:
        """Store an entry that may be larger than memory, piece by piece; it appears when it is
        whole.
        """
        path = self.path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, pieces)
        if path.parent not in self._swept:
            self._swept.add(path.parent)
            _drop_unfinished(path)

    def __setitem__(self, key: str, value: bytes) -> None:
        self.write(key, bytes(value))

    def __getitem__(self, key: str) -> bytes:
        try:
            return self.path(key).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise KeyError(key) from None

    def __delitem__(self, key: str) -> None:
        try:
            self.path(key).unlink()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise KeyError(key) from None

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.path(key).is_file()

    def __iter__(self) -> Iterator[str]:
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                yield path.relative_to(self.folder).as_posix()

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"DirectoryStore({str(self.folder)!r})"


def _drop_unfinished(written: Path) -> None:
    """Remove what killed writers left beside a file that was just written.

    The age is measured by the clock that stamped the new file: that of the disk, whatever time it
    is on this host.
    """
    try:
        limit = written.stat().st_mtime - STALE_SECONDS
        for part in unfinished(written.parent):
            if part.lstat().st_mtime < limit:
                part.unlink()
    except OSError:  # another process was quicker, or may remove it where this one may not
        return


def put_array(
    store: Store, key: str, value: NDArray[Any], note: Mapping[str, Any] | None = None
) -> None:
    """Store an array as `key`.npy, then `note` and the digest of both as `key`.json: the entry
    exists once the second does.
    """
    content = npy_bytes(value)
    store[f"{key}.npy"] = content
    store[f"{key}.json"] = _mark(hashlib.blake2b(content, digest_size=DIGEST_BYTES), note)


def put_rows(
    store: DirectoryStore,
    key: str,
    rows: Iterable[NDArray[Any]],
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
) -> None:
    """Store an array of that shape whose rows come one by one, so that it never is in memory as a
    whole.
    """
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)

    def pieces() -> Iterator[bytes]:
        head = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            head, {"descr": dtype.str, "fortran_order": False, "shape": shape}
        )
        for piece in itertools.chain(
            [head.getvalue()], (np.ascontiguousarray(row, dtype).tobytes() for row in rows)
        ):
            digest.update(piece)
            yield piece

    store.write(f"{key}.npy", pieces())
    store[f"{key}.json"] = _mark(digest, None)


def get_note(store: Store, key: str) -> dict[str, Any] | None:
    """What was noted beside the array `key`; None where the entry is absent, cut short or
    altered.
    """
    try:
        mark = json.loads(store[f"{key}.json"])
        digest, note = hashlib.blake2b(digest_size=DIGEST_BYTES), dict(mark["note"])
        for piece in _pieces(store, f"{key}.npy"):
            digest.update(piece)
        digest.update(_note_bytes(note))
        return note if mark["digest"] == digest.hexdigest() else None
    except (KeyError, ValueError, TypeError, RecursionError):
        return None


def put_kept(store: Store, key: str, content: bytes) -> str:
    """Store what a user keeps of a model as `key`.model, and give its digest for the note."""
    store[f"{key}.model"] = content
    return hashlib.blake2b(content, digest_size=DIGEST_BYTES).hexdigest()


def kept_whole(store: Store, key: str, note: Mapping[str, Any]) -> bool:
    """Whether what was kept of a model is as its note says; True where nothing was."""
    if "kept" not in note:
        return True
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    try:
        for piece in _pieces(store, f"{key}.model"):
            digest.update(piece)
    except KeyError:
        return False
    return bool(note["kept"] == digest.hexdigest())


def get_array(store: Store, key: str) -> NDArray[Any]:
    """The array `key`, mapped into memory where the store is a directory."""
    if isinstance(store, DirectoryStore):
        return np.asarray(np.load(store.path(f"{key}.npy"), mmap_mode="r", allow_pickle=False))
    return np.asarray(np.load(io.BytesIO(store[f"{key}.npy"]), allow_pickle=False))


def npy_bytes(value: NDArray[Any]) -> bytes:
    """An array in NumPy's own file format."""
    buffer = io.BytesIO()
    np.save(buffer, value, allow_pickle=False)
    return buffer.getvalue()


def _mark(digest: Any, note: Mapping[str, Any] | None) -> bytes:
    """The note, and the digest of an array (so far in `digest`) and of the note."""
    kept = dict(note or {})
    digest.update(_note_bytes(kept))
    return json.dumps({"digest": digest.hexdigest(), "note": kept}, sort_keys=True).encode()


def _note_bytes(note: Mapping[str, Any]) -> bytes:
    return json.dumps(note, sort_keys=True).encode()


def _pieces(store: Store, key: str) -> Iterator[bytes]:
    if not isinstance(store, DirectoryStore):
        yield store[key]
        return
    try:
        with open(store.path(key), "rb") as file:
            while piece := file.read(1 << 20):
                yield piece
    except FileNotFoundError:
        raise KeyError(key) from None


def store_of(where: "Store | str | os.PathLike[str] | None") -> Store:
    """A store: the mapping itself, a `DirectoryStore` for a path, fsspec's mapping for a URL, a
    fresh dict for None.
    """
    if where is None:
        return {}
    if isinstance(where, str) and "://" in where:
        mapping: Store = require(
            "fsspec", extra="storage", purpose=f"The store {where}"
        ).get_mapper(where)
        return mapping
    if isinstance(where, (str, os.PathLike)):
        return DirectoryStore(Path(where))
    if not isinstance(where, MutableMapping):
        raise InvalidInput(
            "`store` needs a mapping from str to bytes or the path of a directory, got"
            f" {type(where).__name__}."
        )
    return where
