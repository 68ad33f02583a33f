"""What one language model answered for n texts of different lengths; numbers only, no text."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import checking
from tacit.core.errors import InvalidInput
from tacit.core.files import write_whole
from tacit.core.npz import read_npz
from tacit.core.ragged import Ragged, items_of, require_offsets

SCHEMA = 1
# a log-softmax in float32 of a token that is certain comes out this far above 0 at most
ROUNDING = 1e-5
# arrays with one number a token, and with one number a text
BY_TOKEN = {"logp": np.float32, "mean": np.float32, "var": np.float32, "token": np.int32}
BY_TOKEN_FLAG = ("top1", "scored")
BY_TEXT = ("n_bytes", "compressed")
WORDS = ("digest", "sampler")


@dataclass(frozen=True, eq=False)
class Tokens:
    """What one language model answered for n texts: a log-probability a token, natural logarithm.

    Text i is the slice ``start[i]:start[i + 1]`` of every array of length t. About 16 bytes a
    token, however large the vocabulary; the texts themselves are not kept.

    Parameters
    ----------
    logp : float32 (t,)
        Log-probability of each token given those before it in its text; 0 where not `scored`.
    start : int64 (n + 1,)
        Where each text begins and ends.
    mean : float32 (t,) or None
        Mean of the log-probability over the whole vocabulary at that place, sum of p log p.
    var : float32 (t,) or None
        Variance of the same.
    top1 : bool (t,) or None
        Was the token the model's first guess?
    token : int32 (t,) or None
        The tokens' numbers.
    scored : bool (t,) or None
        False on prompts and on a first token that nothing predicts. None: all are scored.
    n_bytes : int64 (n,) or None
        Size of each text's scored part in UTF-8.
    compressed : int64 (n,) or None
        Its size after zlib.
    digest : str
        Names the tokenizer: token by token, two models can be compared only where it is the same.
    sampler : str
        What was done to the distribution (temperature, top-k); empty for the model's own.
    context : int
        Tokens that one forward pass sees; longer texts were scored in windows. 0: not stated.

    Raises
    ------
    InvalidInput
        Lengths differ, a number is NaN, a log-probability is positive (or infinite without a
        `sampler`), or a text has no scored token. Row numbers are given.

    Examples
    --------
    >>> two = Tokens(logp=np.log([0.5, 0.25, 0.1]), start=np.array([0, 2, 3]))
    >>> two.n, two.lengths.tolist()
    (2, [2, 1])
    """

    logp: NDArray[np.float32]
    start: NDArray[np.int64]
    mean: NDArray[np.float32] | None = None
    var: NDArray[np.float32] | None = None
    top1: NDArray[np.bool_] | None = None
    token: NDArray[np.int32] | None = None
    scored: NDArray[np.bool_] | None = None
    n_bytes: NDArray[np.int64] | None = None
    compressed: NDArray[np.int64] | None = None
    digest: str = ""
    sampler: str = ""
    context: int = 0

    def __post_init__(self) -> None:
        offsets = checking.integers(self.start, "start")
        logp = checking.array(self.logp, "logp", ndim=1)
        require_offsets(offsets, len(logp))
        object.__setattr__(self, "start", offsets)
        object.__setattr__(self, "context", int(self.context))
        for name in WORDS:
            object.__setattr__(self, name, str(getattr(self, name)))
        for name, kind in BY_TOKEN.items():
            object.__setattr__(self, name, _numbers(getattr(self, name), name, kind))
        for name in BY_TOKEN_FLAG:
            value = getattr(self, name)
            checked = None if value is None else checking.booleans(value, name)
            object.__setattr__(self, name, checked)
        for name in BY_TEXT:
            value = getattr(self, name)
            object.__setattr__(self, name, None if value is None else _sizes(value, name))
        _require_consistent(self)

    @property
    def n(self) -> int:
        """Number of texts."""
        return len(self.start) - 1

    def __len__(self) -> int:
        return self.n

    @property
    def n_tokens(self) -> int:
        """Number of tokens of all texts, prompts included."""
        return len(self.logp)

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """int (n,), tokens of each text, prompts included."""
        return checking.frozen(np.diff(self.start))

    @cached_property
    def kept_start(self) -> NDArray[np.int64]:
        """int (n + 1,), where each text begins and ends among the scored tokens alone."""
        if self.scored is None:
            return self.start
        before = np.concatenate([[0], np.cumsum(self.scored)])
        return checking.frozen(before[self.start].astype(np.int64))

    @property
    def n_windowed(self) -> int:
        """Texts that were longer than the context and so were scored in windows."""
        return 0 if self.context < 1 else int(np.count_nonzero(self.lengths > self.context))

    def ragged(self, name: str = "logp") -> Ragged:
        """One array of the scored tokens, text by text.

        Parameters
        ----------
        name : str
            ``"logp"``, ``"mean"``, ``"var"``, ``"top1"`` or ``"token"``.

        Raises
        ------
        InvalidInput
            The model did not give it.
        """
        value = getattr(self, name)
        if value is None:
            raise InvalidInput(
                f"These Tokens have no `{name}`: the model or endpoint that made them does not "
                f"give it. {_WHERE[name]}"
            )
        return Ragged(value if self.scored is None else value[self.scored], self.kept_start)

    def take(self, rows: NDArray[Any]) -> "Tokens":
        """The texts `rows` (indices or a mask), in that order."""
        index, start = items_of(self.start, rows)
        given: dict[str, Any] = {"start": start}
        for name in (*BY_TOKEN, *BY_TOKEN_FLAG):
            value = getattr(self, name)
            given[name] = None if value is None else value[index]
        for name in BY_TEXT:
            value = getattr(self, name)
            given[name] = None if value is None else value[rows]
        return Tokens(**given, digest=self.digest, sampler=self.sampler, context=self.context)

    @classmethod
    def concatenate(cls, parts: "Sequence[Tokens]") -> "Tokens":
        """The texts of several Tokens of one model, one after the other.

        Raises
        ------
        InvalidInput
            There is none, or tokenizer, sampler, context or the arrays that are given differ.
        """
        if not parts:
            raise InvalidInput("`parts` needs at least one Tokens, got none.")
        for name in (*WORDS, "context"):
            found = {getattr(part, name) for part in parts}
            if len(found) > 1:
                raise InvalidInput(f"`{name}` differs between the parts: {sorted(found)}.")
        given: dict[str, Any] = {name: getattr(parts[0], name) for name in (*WORDS, "context")}
        for name in (*BY_TOKEN, *BY_TOKEN_FLAG, *BY_TEXT):
            given[name] = _joined(parts, name)
        shifts = np.cumsum([0, *(part.n_tokens for part in parts)])
        starts = [part.start[1:] + shift for part, shift in zip(parts, shifts)]
        return cls(**given, start=np.concatenate([[0], *starts]))

    def require_same_texts(self, other: "Tokens", *, name: str = "reference") -> None:
        """Raise where `other` does not speak of the same tokens.

        Raises
        ------
        InvalidInput
            Another tokenizer, other texts, or another choice of scored tokens.
        """
        if self.digest != other.digest:
            raise InvalidInput(
                f"`{name}` has another tokenizer ({other.digest or 'unnamed'} against "
                f"{self.digest or 'unnamed'}): its tokens are not the model's tokens. Compare "
                "mean log-probabilities a byte instead, or score it with the model's tokenizer."
            )
        if not np.array_equal(self.kept_start, other.kept_start):
            raise InvalidInput(
                f"`{name}` needs the same {self.n} texts in the same order, got {other.n} texts "
                "of other lengths."
            )
        if self.token is None or other.token is None:
            return
        differ = self.ragged("token").value != other.ragged("token").value
        if differ.any():
            rows = np.unique(self.ragged("token").row[differ])
            raise InvalidInput(f"`{name}` has other tokens in {checking.rows_text(rows)}.")

    def to_bytes(self) -> bytes:
        """The content of a .npz file."""
        buffer = io.BytesIO()
        given = {item.name: getattr(self, item.name) for item in fields(self)}
        arrays = {name: np.asarray(value) for name, value in given.items() if value is not None}
        np.savez_compressed(buffer, schema=np.array(SCHEMA), **arrays)  # type: ignore[arg-type]
        return buffer.getvalue()

    def save(self, path: str | Path) -> Path:
        """Write a .npz file in one step."""
        if Path(path).suffix != ".npz":
            raise InvalidInput(f"Tokens are saved as .npz, got `{path}`.")
        write_whole(path, self.to_bytes())
        return Path(path)

    @classmethod
    def load(cls, file: str | Path | bytes) -> "Tokens":
        """Read what `save` or `to_bytes` wrote; nothing in the file is executed.

        Raises
        ------
        InvalidInput
            The file cannot be read, or is not Tokens.
        """
        shown = "the bytes" if isinstance(file, bytes) else f"`{file}`"
        found = read_npz(file if isinstance(file, bytes) else Path(file), wanted=_is_part)
        return cls(**_of_file(found, shown))


def _is_part(name: str) -> bool:
    return name == "schema" or name in {item.name for item in fields(Tokens)}


_WHERE = {
    "mean": "Min-K++ needs the whole distribution: score with the model itself.",
    "var": "Min-K++ needs the whole distribution: score with the model itself.",
    "top1": "Whether a token was the first guess needs one log-probability more a place.",
    "token": "Give token numbers to compare texts.",
    "logp": "",
}


def _numbers(value: Any, name: str, kind: Any) -> NDArray[Any] | None:
    if value is None:
        return None
    found = checking.array(value, name, ndim=1)
    if kind is np.int32:
        return checking.frozen(checking.integers(found, name).astype(np.int32))
    return checking.frozen(found.astype(np.float32, copy=False))


def _sizes(value: Any, name: str) -> NDArray[np.int64]:
    found = checking.integers(value, name)
    if (found < 1).any():
        rows = checking.rows_text(np.flatnonzero(found < 1))
        raise InvalidInput(f"`{name}` needs 1 or more a text, got less in {rows}.")
    return found


def _require_consistent(tokens: Tokens) -> None:
    t = tokens.n_tokens
    for name in (*BY_TOKEN, *BY_TOKEN_FLAG):
        value = getattr(tokens, name)
        if value is not None and len(value) != t:
            raise InvalidInput(f"`{name}` needs one value a token: {t} tokens, got {len(value)}.")
    for name in BY_TEXT:
        checking.require_length(tokens.n, **{name: getattr(tokens, name)})
    silent = np.flatnonzero(np.diff(tokens.kept_start) < 1)
    if len(silent):
        raise InvalidInput(
            "Every text needs at least one scored token, got none in "
            f"{checking.rows_text(silent)}. Leave out empty texts and those of a single token that "
            "nothing predicts."
        )
    _require_log_probabilities(tokens)


def _require_log_probabilities(tokens: Tokens) -> None:
    logp = tokens.ragged()
    wrong = np.isnan(logp.value) | (logp.value > ROUNDING)
    if not tokens.sampler:
        wrong |= np.isneginf(logp.value)
    if wrong.any():
        rows = checking.rows_text(np.unique(logp.row[wrong]))
        raise InvalidInput(
            f"`logp` needs log-probabilities (0 or less, finite), got {logp.value[wrong][0]:g} in "
            f"{rows}. NaN comes from a model that diverged or runs in too low a precision; "
            "-infinity is allowed only where a `sampler` cuts tokens off."
        )
    for name in ("mean", "var"):
        value = getattr(tokens, name)
        if value is not None and not np.isfinite(tokens.ragged(name).value).all():
            raise InvalidInput(f"`{name}` needs finite numbers, got NaN or infinity.")
    if tokens.var is not None and float(tokens.var.min(initial=0.0)) < 0:
        raise InvalidInput("`var` needs 0 or more: take the log-softmax in float32.")


def _joined(parts: Sequence[Tokens], name: str) -> NDArray[Any] | None:
    values = [getattr(part, name) for part in parts]
    if name == "scored" and any(value is not None for value in values):
        values = [
            np.ones(part.n_tokens, bool) if value is None else value
            for part, value in zip(parts, values)
        ]
    if len({value is None for value in values}) > 1:
        raise InvalidInput(f"`{name}` is given in some of the parts and not in the others.")
    return None if values[0] is None else np.concatenate(values)


def _of_file(found: Mapping[str, NDArray[Any]], shown: str) -> dict[str, Any]:
    if "schema" not in found or "logp" not in found or "start" not in found:
        raise InvalidInput(f"{shown} holds no Tokens: it has no `schema`, `logp` and `start`.")
    if found["schema"].shape != () or found["schema"] != SCHEMA:
        raise InvalidInput(f"{shown} needs schema {SCHEMA} of Tokens: install a matching tacit.")
    known = {item.name for item in fields(Tokens)}
    given: dict[str, Any] = {name: value for name, value in found.items() if name in known}
    for name in (*WORDS, "context"):
        if name in given:
            if given[name].shape != ():
                raise InvalidInput(f"{shown} is damaged: `{name}` needs a single value.")
            if given[name].dtype.kind not in "iU":
                raise InvalidInput(f"{shown} is damaged: `{name}` is of {given[name].dtype}.")
            given[name] = given[name].item()
    return given
