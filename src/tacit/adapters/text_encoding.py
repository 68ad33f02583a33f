"""Texts to token numbers: which are scored, how long texts are cut into windows, batches."""

import hashlib
import os
import warnings
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, checking

Long = Literal["refuse", "windows"]
# tokens of a context: windows that overlap by half need two tokens on either side
FEWEST = 4
# a tokenizer without a limit says so with a number like 1e30
NO_LIMIT = 10**9
# what a tokenizer does to this text is part of its name: accents, spaces, digits, another script
PROBE = "The 3 quick\tbrown foxes -- naïve, 日本 1234."

# what the name of a file of texts ends in
FILES = (".jsonl", ".ndjson", ".txt", ".gz", ".json", ".csv", ".parquet")

# what people pass in place of a text, and what to do with it
HINTS = {
    "bytes": " Decode them first.",
    "list": " Make each conversation one text: tokenizer.apply_chat_template(row, tokenize=False).",
    "dict": " Pass one split of the data set, or the column of the texts.",
    "tuple": " Pass the texts alone, without their labels.",
    "float": " A missing value (NaN) is no text: leave the row out.",
    "NoneType": " A missing value is no text: leave the row out.",
    "NAType": " A missing value is no text: leave the row out.",
}


@dataclass(frozen=True, eq=False)
class Encoded:
    """Texts as token numbers.

    Parameters
    ----------
    ids : one list a text
        Prompt and text, without special tokens.
    n_prompt : one a text
        How many of them belong to the prompt and are not scored.
    source : one list a text, or None
        What an encoder sees.
    prefix : list of int
        Begins every text (the token for "begin"), so that its first token is predicted too.
    n_bytes, compressed : int (n,)
        Size of each text in UTF-8, and after zlib.
    digest : str
        Names the tokenizer.
    """

    ids: list[list[int]]
    n_prompt: list[int]
    source: list[list[int]] | None
    prefix: list[int]
    n_bytes: NDArray[np.int64]
    compressed: NDArray[np.int64]
    digest: str


@dataclass(frozen=True, eq=False)
class Piece:
    """What one row of a batch holds.

    Parameters
    ----------
    text : int
        Which text it belongs to.
    ids : list of int
        The tokens that the model sees.
    first : int
        The first of them that is scored here, 1 or more.
    at : int
        Place in the text of that token.
    """

    text: int
    ids: list[int]
    first: int
    at: int


def require_texts(texts: Any, name: str = "texts") -> list[str]:
    """A list of texts, none of which is empty.

    Raises
    ------
    InvalidInput
        It is a single text, holds something else than texts, or some are empty; rows are given.
    """
    found = require_strings(texts, name)
    if not found:
        raise InvalidInput(f"`{name}` needs at least one text, got none.")
    empty = [row for row, text in enumerate(found) if not text.strip()]
    if empty:
        raise InvalidInput(
            f"`{name}` needs texts with something in them, got empty ones in {_rows(empty)}. "
            "Leave them out on both sides."
        )
    return found


def require_strings(texts: Any, name: str) -> list[str]:
    """A list of strings that can be written as UTF-8; each may be empty.

    Raises
    ------
    InvalidInput
        It is a single text, or holds something else; rows are given.
    """
    if isinstance(texts, (str, bytes, os.PathLike)):
        raise InvalidInput(_single(texts, name))
    try:
        found = list(texts)
    except TypeError:
        raise InvalidInput(f"`{name}` needs a list of texts, got {type(texts).__name__}.") from None
    other = [row for row, text in enumerate(found) if not isinstance(text, str)]
    if other:
        kind = type(found[other[0]]).__name__
        hint = HINTS.get(kind, "")
        raise InvalidInput(f"`{name}` needs texts, got {kind} in {_rows(other)}.{hint}")
    broken = [row for row, text in enumerate(found) if not _writable(text)]
    if broken:
        raise InvalidInput(
            f"`{name}` needs Unicode texts, got half a surrogate pair in {_rows(broken)}: the file "
            "was read in another encoding than it was written in."
        )
    return [str(text) for text in found]


def _single(text: Any, name: str) -> str:
    if isinstance(text, (str, bytes)) and not str(text).endswith(FILES):
        return f"`{name}` needs a list of texts, got a single text. Pass [text]."
    return (
        f"`{name}` needs a list of texts, got the name of a file. Read it: "
        "tacit.adapters.text_files.read_texts(path)."
    )


def _writable(text: str) -> bool:
    try:
        text.encode("utf8")
    except UnicodeEncodeError:
        return False
    return True


def encoded(tokenizer: Any, texts: Sequence[str], prompts: Sequence[str] | None) -> Encoded:
    """Texts for a decoder, each after its prompt where there are prompts.

    A text's score begins at the first token that lies wholly in it: tokenizers may join the end
    of a prompt with the beginning of a text.

    Raises
    ------
    InvalidInput
        A text has no token of its own, or a single one that nothing predicts.
    """
    before = [""] * len(texts) if prompts is None else list(prompts)
    if len(before) != len(texts):
        raise InvalidInput(f"`prompts` needs {len(texts)}, one a text, got {len(before)}.")
    joint = [prompt + text for prompt, text in zip(before, texts)]
    ids = _ids(tokenizer, joint)
    n_prompt = (
        [0] * len(texts) if prompts is None else _prompt_lengths(tokenizer, joint, before, ids)
    )
    prefix = begin_of(tokenizer)
    short = [
        row
        for row, (own, skipped) in enumerate(zip(ids, n_prompt))
        if len(own) - max(skipped, 0 if prefix else 1) < 1
    ]
    if short:
        why = "" if prefix else " (the tokenizer has no token for the beginning of a text)"
        raise InvalidInput(
            f"Every text needs a token that something predicts{why}, got none in {_rows(short)}. "
            "Leave out texts of a single token."
        )
    return Encoded(ids, n_prompt, None, prefix, *sizes_of(texts), digest_of_tokenizer(tokenizer))


def encoded_pairs(
    tokenizer: Any, texts: Sequence[str], prompts: Sequence[str] | None, begin: int | None
) -> Encoded:
    """Texts for an encoder-decoder model: it reads the prompt and answers with the text.

    Raises
    ------
    InvalidInput
        There are no prompts, or the model has no token to start the decoder with.
    """
    if prompts is None:
        raise InvalidInput(
            "An encoder-decoder model answers to something: pass `prompts=`, what its encoder "
            "reads for each text."
        )
    if begin is None:
        raise InvalidInput("The model's config needs a `decoder_start_token_id`, got none.")
    if len(prompts) != len(texts):
        raise InvalidInput(f"`prompts` needs {len(texts)}, one a text, got {len(prompts)}.")
    # an empty prompt may come out without any token; an encoder has to read one
    source = [list(map(int, row)) or [int(begin)] for row in tokenizer(list(prompts))["input_ids"]]
    ids = _ids(tokenizer, list(texts))
    short = [row for row, own in enumerate(ids) if not own]
    if short:
        raise InvalidInput(f"Every text needs a token, got none in {_rows(short)}.")
    zero = [0] * len(texts)
    digest = digest_of_tokenizer(tokenizer)
    return Encoded(ids, zero, source, [int(begin)], *sizes_of(texts), digest)


def pieces_of(texts: Encoded, context: int | None, *, long: Long) -> list[Piece]:
    """The rows that go through the model; a text longer than the context becomes windows.

    Windows overlap by half: every token after the first window has at least half a context
    before it, and is scored once.

    Raises
    ------
    InvalidInput
        A text is longer than the context and `long` is ``"refuse"``, or the context is tiny.
    """
    if long not in ("refuse", "windows"):
        raise InvalidInput(f"`long` needs 'refuse' or 'windows', got {long!r}.")
    room = NO_LIMIT if context is None else context
    if room < FEWEST:
        raise InvalidInput(f"`context` needs {FEWEST} tokens or more, got {room}.")
    whole = [texts.prefix + own for own in texts.ids]
    over = [row for row, own in enumerate(whole) if len(own) > room]
    if over and (long == "refuse" or texts.source is not None):
        longest = max(len(whole[row]) for row in over)
        raise InvalidInput(
            f"{_rows(over)} of texts are longer than the model's context of {room} tokens (up to "
            f"{longest}): nothing is cut off silently. Pass long='windows' to score them in "
            "overlapping windows, or shorter texts."
        )
    found = []
    for row, own in enumerate(whole):
        found += _windows(row, own, len(texts.prefix), texts.n_prompt[row], room)
    return found


def _windows(row: int, own: list[int], n_prefix: int, n_prompt: int, room: int) -> list[Piece]:
    done = max(1, n_prefix + n_prompt)
    found = []
    while done < len(own):
        end = min(len(own), max(room, done + room // 2))
        begin = max(0, end - room)
        found.append(Piece(row, own[begin:end], done - begin, done - n_prefix))
        done = end
    return found


def batches_of(pieces: Sequence[Piece], *, tokens: int, rows: int) -> Iterator[list[Piece]]:
    """Batches of rows of nearly one length, longest first, `tokens` with padding at most."""
    order = sorted(pieces, key=lambda piece: -len(piece.ids))
    batch: list[Piece] = []
    for piece in order:
        if batch and (len(batch) >= rows or (len(batch) + 1) * len(batch[0].ids) > tokens):
            yield batch
            batch = []
        batch.append(piece)
    if batch:
        yield batch


def begin_of(tokenizer: Any) -> list[int]:
    """The token that begins a text, or nothing where the tokenizer has none."""
    begin = getattr(tokenizer, "bos_token_id", None)
    return [] if begin is None else [int(begin)]


def sizes_of(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Bytes of each text in UTF-8, and after zlib: int (n,) each."""
    coded = [text.encode("utf8", "surrogatepass") for text in texts]
    compressed = np.array([len(zlib.compress(one)) for one in coded], np.int64)
    return np.array([len(one) for one in coded], np.int64), compressed


def digest_of_tokenizer(tokenizer: Any) -> str:
    """Sixteen hex digits that name a tokenizer: its vocabulary, and what it does to a text."""
    total = hashlib.blake2b(digest_size=8)
    words = tokenizer.get_vocab() if hasattr(tokenizer, "get_vocab") else {}
    for word, number in sorted(words.items(), key=lambda item: (item[1], item[0])):
        total.update(f"{number} {word}\0".encode("utf8", "surrogatepass"))
    total.update(repr((_ids(tokenizer, [PROBE])[0], begin_of(tokenizer))).encode())
    return total.hexdigest()


def _ids(tokenizer: Any, texts: list[str]) -> list[list[int]]:
    if not callable(tokenizer):
        raise InvalidInput(
            f"`tokenizer` needs a transformers tokenizer (tokenizer(texts)['input_ids']), got "
            f"{type(tokenizer).__name__}. A `tokenizers.Tokenizer` becomes one with "
            "PreTrainedTokenizerFast(tokenizer_object=...)."
        )
    rows = tokenizer(texts, add_special_tokens=False)["input_ids"]
    return [[int(number) for number in row] for row in rows]


def _prompt_lengths(
    tokenizer: Any, joint: list[str], prompts: list[str], ids: list[list[int]]
) -> list[int]:
    if not getattr(tokenizer, "is_fast", False):
        return _shared_beginnings(tokenizer, prompts, ids)
    spans = tokenizer(joint, add_special_tokens=False, return_offsets_mapping=True)
    found, straddled = [], 0
    for prompt, row in zip(prompts, spans["offset_mapping"]):
        own = next((i for i, (begin, _) in enumerate(row) if begin >= len(prompt)), len(row))
        straddled += bool(own and row[own - 1][1] > len(prompt))
        found.append(own)
    if straddled:
        warnings.warn(
            f"In {straddled} of {len(joint)} texts one token spans the end of the prompt and the "
            "beginning of the text; it counts to the prompt and is not scored.",
            stacklevel=5,
        )
    return found


def _shared_beginnings(tokenizer: Any, prompts: list[str], ids: list[list[int]]) -> list[int]:
    alone = [own if prompt else [] for prompt, own in zip(prompts, _ids(tokenizer, prompts))]
    wrong = [row for row, (own, whole) in enumerate(zip(alone, ids)) if whole[: len(own)] != own]
    if wrong:
        raise InvalidInput(
            f"The tokens of prompt and text together do not begin with those of the prompt in "
            f"{_rows(wrong)}: end prompts at a space, or use a fast tokenizer, which knows where "
            "each token lies."
        )
    return [len(own) for own in alone]


def _rows(rows: Sequence[int]) -> str:
    return checking.rows_text(np.asarray(rows))
