"""Files that are whole or not there: written beside, flushed to disk, then renamed."""

import os
import re
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tacit.core.errors import InvalidInput

# by it tacit knows its own unfinished files: those of others are never removed
MARK = "tacit-"
UNFINISHED = re.compile(rf"\..+\.{MARK}[a-z0-9_]{{8}}\.part", re.DOTALL)


def text_of(path: str | Path) -> str:
    """The text of a file in UTF-8, or in UTF-16 with the mark that Windows puts before it.

    Raises
    ------
    InvalidInput : it is text in another encoding, or no text.
    OSError : it cannot be read.
    """
    content = Path(path).read_bytes()
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"it is no text in UTF-8 (byte {error.start}); save it in that encoding"
        ) from error


def write_whole(path: str | Path, content: bytes | Iterable[bytes]) -> None:
    """Replace `path` by `content` in one step; when that fails (full disk, no permission) the old
    file stays.

    Content that is larger than memory comes in pieces.

    Raises
    ------
    OSError : the content could not be written; nothing was changed.
    """
    # what a link points at is replaced, and not the link
    target = Path(os.path.realpath(path))
    start = f".{target.name[:40]}.{MARK}"
    try:
        handle, temporary = tempfile.mkstemp(prefix=start, suffix=".part", dir=target.parent)
    except OSError as error:
        # with the name that the user gave, and not that of the unfinished file
        raise type(error)(error.errno, error.strerror, str(path)) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines([content] if isinstance(content, bytes) else content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _mode(target))
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def unfinished(folder: Path) -> list[Path]:
    """What a write of `write_whole` that was killed left in a folder."""
    return [
        path
        for path in folder.glob(".*.part")
        if UNFINISHED.fullmatch(path.name) and path.is_file() and not path.is_symlink()
    ]


def _mode(target: Path) -> int:
    """A file keeps its permissions; a new one gets those of any new file."""
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except OSError:
        return 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
