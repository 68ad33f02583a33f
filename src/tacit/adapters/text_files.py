"""Texts in files, and language models in folders; nothing in either is executed."""

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tacit.adapters.text_encoding import require_texts
from tacit.core import InvalidInput
from tacit.core.optional import require

# a text of a million characters is read; a file that unpacks to more than this is not
LARGEST = 1 << 31
LINES = (".jsonl", ".ndjson", ".txt")


def read_texts(path: str | Path, *, column: str = "text") -> list[str]:
    """Texts of a file: .jsonl with an object or a string a line, or .txt with a text a line.

    Either may end in .gz. Empty lines of a .txt file are left out.

    Parameters
    ----------
    path : str or Path
        The file.
    column : str
        The key of the text in an object.

    Raises
    ------
    InvalidInput
        The file cannot be read, has another suffix, or a line holds no text; lines are named.
    """
    file = Path(path)
    suffixes = [part for part in file.suffixes if part != ".gz"]
    kind = suffixes[-1] if suffixes else ""
    if kind not in LINES:
        raise InvalidInput(f"`{file}` needs to end in {', '.join(LINES)} (and .gz), got {kind!r}.")
    try:
        lines = list(_lines(file))
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise InvalidInput(f"`{file}` cannot be read: {error}.") from error
    if kind == ".txt":
        return require_texts([line for line in lines if line.strip()], str(file))
    found = [_text(line, number, file, column) for number, line in enumerate(lines, 1) if line]
    return require_texts(found, str(file))


def load_model(place: str | Path) -> tuple[Any, Any]:
    """A transformers model and its tokenizer from a folder: weights from safetensors only.

    Raises
    ------
    InvalidInput
        The folder holds no such model.
    MissingDependency
        transformers is not installed.
    """
    transformers = require("transformers", extra="transformers", purpose="A language model")
    folder = Path(place)
    if not folder.is_dir():
        raise InvalidInput(f"`{folder}` is no folder with a saved model; nothing is downloaded.")
    closed = {"local_files_only": True, "trust_remote_code": False}
    try:
        config = transformers.AutoConfig.from_pretrained(folder, **closed)
        kind = (
            transformers.AutoModelForSeq2SeqLM
            if config.is_encoder_decoder
            else transformers.AutoModelForCausalLM
        )
        model = kind.from_pretrained(folder, use_safetensors=True, **closed)
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **closed)
    except (OSError, ValueError, KeyError) as error:
        raise InvalidInput(f"`{folder}` holds no language model: {error}.") from error
    return model.eval(), tokenizer


def _lines(file: Path) -> Iterator[str]:
    packed = file.suffix == ".gz"
    read = 0
    code = "utf-8-sig"  # editors of Windows put a mark before the first text
    with gzip.open(file, "rt", encoding=code) if packed else file.open(encoding=code) as lines:
        # a line is never longer than what may still come: a small file can unpack to a huge one
        while line := lines.readline(LARGEST - read + 1):
            read += len(line)
            if read > LARGEST:
                raise InvalidInput(f"`{file}` holds more than {LARGEST} characters: split it.")
            yield line.rstrip("\n")


def _text(line: str, number: int, file: Path, column: str) -> str:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"Line {number} of `{file}` is no JSON: {error}.") from error
    if isinstance(value, dict):
        if column not in value:
            raise InvalidInput(
                f"Line {number} of `{file}` has no {column!r}; it has {', '.join(value)}. Name the "
                "column of the texts."
            )
        value = value[column]
    if not isinstance(value, str):
        raise InvalidInput(f"Line {number} of `{file}` needs a text, got {type(value).__name__}.")
    return value
