"""A trace file: one line a look, appended and flushed to disk, each with a checksum of all before
it.

A line is ``<checksum> <json>``. The checksum (CRC-32) covers the line and the checksum of the line
before, so a line that was torn by a killed process, lost, edited or written by a second process at
the same time is found out on reading. Only a torn *last* line is repaired, by cutting it off:
everything before it was flushed to disk and is whole.
"""

import json
import os
import zlib
from pathlib import Path
from typing import Any

from tacit.core import InvalidInput
from tacit.core.files import write_whole


class TraceFile:
    """The lines of a trace file, read once and then appended to.

    Parameters
    ----------
    path : of the file; it and its folder are made where they are missing.
    header : what must be the same whenever the file is continued.

    Raises
    ------
    InvalidInput : the file belongs to something else, or is damaged before its last line.
    """

    def __init__(self, path: str | Path, header: dict[str, Any]) -> None:
        self._path = Path(path)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self.lines: list[dict[str, Any]] = []
        self._last = 0
        found, whole, self._last = read(self._path) if self._path.exists() else ([], 0, 0)
        if not found:
            text, self._last = _line(header, 0)
            write_whole(self._path, text)
            return
        _require_same(self._path, found[0], header)
        self.lines = found[1:]
        if whole < self._path.stat().st_size:
            os.truncate(self._path, whole)

    def append(self, line: dict[str, Any]) -> None:
        """Write one line and flush it to disk before returning.

        Raises
        ------
        OSError : the disk is full or the file is gone; what was written of the line is cut off
            again.
        """
        text, checksum = _line(line, self._last)
        with self._path.open("ab") as file:
            whole = file.tell()
            try:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                os.truncate(self._path, whole)
                raise
        self._last = checksum
        self.lines.append(line)


def read(path: Path) -> tuple[list[dict[str, Any]], int, int]:
    """The whole lines of a trace file, how many bytes they take, and the checksum of the last.

    Raises
    ------
    InvalidInput : a line before the last is damaged.
    """
    lines: list[dict[str, Any]] = []
    whole = last = 0
    content = path.read_bytes()
    for number, raw in enumerate(content.splitlines(keepends=True), 1):
        parsed = _parsed(raw, last)
        if parsed is None:
            if whole + len(raw) < len(content):
                raise InvalidInput(
                    f"`{path}` is damaged in line {number} of its trace: it was edited, or two"
                    " trainings wrote to it at once. Keep it aside and give each training a path"
                    " of its own."
                )
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
    return json.loads(body), expected


def _require_same(path: Path, found: dict[str, Any], header: dict[str, Any]) -> None:
    for name, value in header.items():
        if found.get(name) != value:
            raise InvalidInput(
                f"`{path}` is the trace of another training: its `{name}` is {found.get(name)!r},"
                f" this one's is {value!r}. Give the same data and options to go on, or another"
                " path to begin anew."
            )
