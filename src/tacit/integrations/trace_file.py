"""A trace file: one line a look, appended and flushed to disk, each with a checksum of all before
it.

A line is ``<checksum> <json>``. The checksum (CRC-32) covers the line and the checksum of the line
before, so a line that was torn by a killed process, lost, edited or written by a second process at
the same time is found out on reading. Only a torn *last* line, one without its end, is repaired by
cutting it off: everything before it was flushed to disk and is whole.
"""

import json
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from tacit.core import InvalidInput
from tacit.core.files import write_whole


class TraceFile:
    """The lines of a trace file, read once and then appended to.

    Parameters
    ----------
    path : of the file; it and its folder are made where they are missing. A file that is no trace
        is left alone.
    header : what must be the same whenever the file is continued.

    Raises
    ------
    InvalidInput : the file is no trace, belongs to another training, or is damaged.
    """

    def __init__(self, path: str | Path, header: dict[str, Any]) -> None:
        self._path = Path(path)
        if self._path.is_dir():
            raise InvalidInput(f"`{path}` is a directory; a trace needs the name of a file in it.")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self.lines: list[dict[str, Any]] = []
        self._last = self._size = 0
        found, whole, self._last = read(self._path) if self._path.exists() else ([], 0, 0)
        if not found:
            text, self._last = _line(header, 0)
            write_whole(self._path, text)
            self._size = len(text)
            return
        _require_same(self._path, found[0], header)
        self.lines = found[1:]
        self._size = whole
        if whole < self._path.stat().st_size:
            os.truncate(self._path, whole)

    def append(self, line: dict[str, Any]) -> None:
        """Write one line and flush it to disk before returning.

        Where writing is interrupted, what was written of the line is cut off again.

        Raises
        ------
        InvalidInput : another training has written to the file since; nothing is written.
        OSError : the disk is full or the file is gone.
        """
        text, checksum = _line(line, self._last)
        with self._path.open("r+b") as file, _locked(file):
            file.seek(0, os.SEEK_END)
            if file.tell() != self._size:
                raise InvalidInput(
                    f"`{self._path}` has grown since this training last wrote to it: another"
                    " training writes to it too. Give each training a path of its own; this look"
                    " was not written."
                )
            try:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            except BaseException:
                # Ctrl-C too: half a line, or a line that nobody counts, would break the chain
                file.truncate(self._size)
                raise
        self._last = checksum
        self._size += len(text)
        self.lines.append(line)


@contextmanager
def _locked(file: IO[bytes]) -> Iterator[None]:
    """Nobody else writes meanwhile, where the system has locks."""
    try:
        import fcntl
    except ImportError:  # pragma: no cover - Windows refuses a second writer by itself
        yield
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        locked = True
    except OSError:
        # a network file system without locks; the size still tells
        locked = False
    try:
        yield
    finally:
        if locked:
            fcntl.flock(file, fcntl.LOCK_UN)


def read(path: Path) -> tuple[list[dict[str, Any]], int, int]:
    """The whole lines of a trace file, how many bytes they take, and the checksum of the last.

    A last line without its end was torn by a killed process and is left out. A line that has its
    end and not its checksum was changed.

    Raises
    ------
    InvalidInput : the file is no trace, or a whole line is damaged.
    """
    lines: list[dict[str, Any]] = []
    whole = last = 0
    for number, raw in enumerate(path.read_bytes().splitlines(keepends=True), 1):
        parsed = _parsed(raw, last)
        if parsed is None and number == 1:
            raise InvalidInput(
                f"`{path}` is no trace of tacit's, so it is left alone. Give the trace another"
                " path."
            )
        if parsed is None and raw.endswith(b"\n"):
            raise InvalidInput(
                f"`{path}` is damaged in line {number} of its trace: it was edited, or the disk"
                " failed. Keep it aside and give this training a path of its own."
            )
        if parsed is None:
            break
        lines.append(parsed[0])
        whole, last = whole + len(raw), parsed[1]
    return lines, whole, last


def _line(content: dict[str, Any], last: int) -> tuple[bytes, int]:
    body = json.dumps(content, sort_keys=True, ensure_ascii=True, allow_nan=False).encode("ascii")
    checksum = zlib.crc32(body, last)
    return b"%08x %s\n" % (checksum, body), checksum


def _parsed(raw: bytes, last: int) -> tuple[dict[str, Any], int] | None:
    checksum, _, body = raw.partition(b" ")
    if not body.endswith(b"\n"):
        return None
    expected = zlib.crc32(body[:-1], last)
    if checksum != b"%08x" % expected:
        return None
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return (content, expected) if isinstance(content, dict) else None


def _require_same(path: Path, found: dict[str, Any], header: dict[str, Any]) -> None:
    for name, value in header.items():
        if found.get(name) != value:
            raise InvalidInput(
                f"`{path}` is the trace of another training: its `{name}` is {found.get(name)!r},"
                f" this one's is {value!r}. Give the same data and options to go on, or another"
                " path to begin anew."
            )
