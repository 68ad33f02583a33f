"""A language model and texts to Tokens: transformers, endpoints, any function."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tacit.adapters.language_forward import CHUNK, Forward, Measured, require_causal
from tacit.adapters.random_state import untouched_rng
from tacit.adapters.text_encoding import (
    FEWEST,
    NO_LIMIT,
    Encoded,
    Long,
    Piece,
    encoded,
    encoded_pairs,
    pieces_of,
    require_texts,
    sizes_of,
)
from tacit.adapters.torch import evaluating
from tacit.core import InvalidInput, Sampler, TacitError, Tokens, checking
from tacit.core.ragged import offsets_of

Progress = Callable[[int, int], None]
PLAIN = Sampler()
# tokens and texts of one batch: large enough to fill a core, small enough for a laptop's memory
BATCH_TOKENS, BATCH_ROWS = 4096, 64


def tokens_of(
    model: Any,
    tokenizer: Any,
    texts: Sequence[str],
    *,
    prompts: Sequence[str] | None = None,
    adapter: Literal["as_is", "off"] = "as_is",
    sampler: Sampler = PLAIN,
    context: int | None = None,
    long: Long = "refuse",
    batch_tokens: int = BATCH_TOKENS,
    batch_rows: int = BATCH_ROWS,
    chunk: int = CHUNK,
    progress: Progress | None = None,
) -> Tokens:
    """What a language model says of texts: the log-probability of every token.

    Each text is tokenized without special tokens and put after the tokenizer's token for
    "begin", so that its first token is predicted too; where the tokenizer has none, the first
    token is not scored. Batches hold texts of nearly one length. Padding is masked by length,
    never by a token's number, so that padding side, a missing pad token or one equal to "end"
    do not matter. Nothing that training depends on changes: modes, weights and random states are
    as they were.

    Parameters
    ----------
    model : transformers model, endpoint or function
        A causal or encoder-decoder model; something with ``tokens(texts, prompts=)``, such as
        `tacit.adapters.completions.Endpoint`; or ``model(texts)``, which returns Tokens or one
        array of log-probabilities a text.
    tokenizer : transformers tokenizer or None
        Not needed where the model takes texts.
    texts : n texts
        None may be empty.
    prompts : n texts or None
        What comes before each text and is not scored; for an encoder-decoder model, what its
        encoder reads.
    adapter : ``"as_is"`` or ``"off"``
        ``"off"`` asks a PEFT model with its adapters switched off: the base model, without a
        second copy.
    sampler : Sampler
        Temperature, top-k and nucleus that the log-probabilities are to be of.
    context : int or None
        Tokens that a forward pass may hold; None: what the model or tokenizer says.
    long : ``"refuse"`` or ``"windows"``
        What to do with longer texts: an error, or windows that overlap by half.
    batch_tokens, batch_rows : int
        The size of a batch.
    chunk : int
        Floats of an array over the vocabulary that may be in memory at once.
    progress : function or None
        Called with (pieces done, pieces).

    Raises
    ------
    InvalidInput
        A text is empty, too short or too long (rows are given), or model and tokenizer do not fit.

    Examples
    --------
    >>> fair = lambda texts: [np.full(len(text), np.log(1 / 27)) for text in texts]
    >>> tokens_of(fair, None, ["abc", "a longer text"]).lengths.tolist()
    [3, 13]
    """
    wanted = require_texts(texts)
    before = None if prompts is None else [str(prompt) for prompt in prompts]
    model = unwrapped(model)
    _require_sizes(context, batch_tokens, batch_rows, chunk)
    if hasattr(model, "tokens"):
        _require_plain(sampler)
        found: Tokens = model.tokens(wanted, prompts=before, progress=progress)
        return found
    if not hasattr(model, "get_output_embeddings"):
        _require_plain(sampler)
        return _of_function(model, wanted, before)
    if tokenizer is None:
        raise InvalidInput("A transformers model needs its `tokenizer`, got None.")
    forward = Forward(model, sampler, batch_tokens, batch_rows, chunk)
    with untouched_rng(), evaluating(model), _switched(model, adapter):
        begin = getattr(model.config, "decoder_start_token_id", None)
        pairs = bool(getattr(model.config, "is_encoder_decoder", False))
        require_causal(model)
        coded = (
            encoded_pairs(tokenizer, wanted, before, begin)
            if pairs
            else encoded(tokenizer, wanted, before)
        )
        _require_vocabulary(model, coded)
        room = _room(model, tokenizer, context)
        pieces = pieces_of(coded, room, long=long)
        return _assembled(forward, coded, pieces, room, progress)


def unwrapped(model: Any) -> Any:
    """The language model inside what spreads it over devices (DataParallel and its like)."""
    inner = getattr(model, "module", None)
    if hasattr(inner, "get_output_embeddings") and not hasattr(model, "get_output_embeddings"):
        return inner
    return model


def _require_sizes(context: Any, batch_tokens: Any, batch_rows: Any, chunk: Any) -> None:
    sizes = {"batch_tokens": batch_tokens, "batch_rows": batch_rows, "chunk": chunk}
    for name, value in (sizes if context is None else sizes | {"context": context}).items():
        checking.whole(value, name, least=FEWEST if name == "context" else 1)


def _room(model: Any, tokenizer: Any, context: int | None) -> int | None:
    if context is None:
        return context_of(model, tokenizer)
    most = _positions(model.config)
    if most is not None and context > most:
        raise InvalidInput(
            f"`context` needs {most} or less, the positions that the model knows, got {context}."
        )
    return context


def context_of(model: Any, tokenizer: Any) -> int | None:
    """Tokens that one forward pass may hold, or None where neither model nor tokenizer says."""
    config = getattr(model, "config", None)
    if getattr(config, "is_encoder_decoder", False) and not _positions(config):
        return None
    limit = _positions(config) or getattr(tokenizer, "model_max_length", None)
    return None if limit is None or limit > NO_LIMIT else int(limit)


def _positions(config: Any) -> int | None:
    # relative positions (T5) have no limit, though `n_positions` is there
    if hasattr(config, "relative_attention_num_buckets"):
        return None
    names = ("max_position_embeddings", "n_positions", "n_ctx")
    return next((int(getattr(config, n)) for n in names if getattr(config, n, None)), None)


def _assembled(
    forward: Forward,
    texts: Encoded,
    pieces: list[Piece],
    room: int | None,
    progress: Progress | None,
) -> Tokens:
    start = offsets_of(np.array([len(own) for own in texts.ids]))
    table: Measured = {}
    scored = np.zeros(start[-1], bool)
    for done, (piece, numbers) in enumerate(forward.measured(texts, pieces)):
        at = int(start[piece.text]) + piece.at
        for name, value in numbers.items():
            if name not in table:
                table[name] = np.zeros(start[-1], value.dtype)
            table[name][at : at + len(value)] = value
        scored[at : at + len(numbers["logp"])] = True
        if progress is not None:
            progress(done + 1, len(pieces))
    return Tokens(
        **table,
        start=start,
        token=np.concatenate([np.asarray(own, np.int32) for own in texts.ids]),
        scored=None if scored.all() else scored,
        n_bytes=texts.n_bytes,
        compressed=texts.compressed,
        digest=texts.digest,
        sampler=str(forward.sampler),
        context=0 if room is None else room,
    )


def _of_function(model: Any, texts: list[str], prompts: list[str] | None) -> Tokens:
    if not callable(model):
        raise InvalidInput(
            f"`model` needs a transformers language model, an endpoint or a function from texts "
            f"to log-probabilities, got {type(model).__name__}."
        )
    answer = _answer(model, texts, prompts)
    if isinstance(answer, Tokens):
        _require_rows(answer.n, len(texts))
        return answer
    try:
        given = list(answer)
    except TypeError:
        raise InvalidInput(
            f"`model` needs to answer with one array of log-probabilities a text, it answered "
            f"with {type(answer).__name__}."
        ) from None
    _require_rows(len(given), len(texts))
    rows = [_row(each, number) for number, each in enumerate(given)]
    silent = [number for number, row in enumerate(rows) if not len(row)]
    if silent:
        raise InvalidInput(
            "`model` needs to answer with one log-probability a text at least, it gave none in "
            f"{checking.rows_text(np.array(silent))}."
        )
    n_bytes, compressed = sizes_of(texts)
    start = offsets_of(np.array([len(row) for row in rows]))
    logp: NDArray[np.float32] = np.concatenate(rows)
    return Tokens(logp=logp, start=start, n_bytes=n_bytes, compressed=compressed)


def _answer(model: Any, texts: list[str], prompts: list[str] | None) -> Any:
    try:
        return model(texts) if prompts is None else model(texts, prompts=prompts)
    except TacitError:
        raise
    except Exception as error:
        call = "model(texts)" if prompts is None else "model(texts, prompts=prompts)"
        raise InvalidInput(
            f"`model` is called as {call} with lists of {len(texts)} texts, and raised "
            f"{type(error).__name__}: {error}"
        ) from error


def _row(given: Any, number: int) -> NDArray[np.float32]:
    """The log-probabilities of one text; one number stands for a text of one token."""
    plain = given.detach().cpu().float().numpy() if hasattr(given, "detach") else given
    if np.ma.isMaskedArray(plain) or np.iscomplexobj(plain):
        raise InvalidInput(
            "`model` needs to answer with real log-probabilities of every token, row "
            f"{number} holds masked or complex numbers."
        )
    try:
        found = np.asarray(plain, np.float32)
    except (TypeError, ValueError) as error:
        raise InvalidInput(
            f"`model` needs to answer with log-probabilities, row {number} holds others: {error}."
        ) from error
    if found.ndim > 1:
        raise InvalidInput(
            f"`model` needs to answer with one log-probability a token, row {number} has shape "
            f"{found.shape}: pick that of each token out of the distribution."
        )
    return found.ravel()


def _require_rows(got: int, n: int) -> None:
    if got != n:
        raise InvalidInput(f"`model` needs to answer for each of {n} texts, it answered {got}.")


def _require_plain(sampler: Sampler) -> None:
    if not sampler.plain:
        raise InvalidInput(
            "`sampler` needs the whole distribution, which only a transformers model gives here."
        )


def _require_vocabulary(model: Any, texts: Encoded) -> None:
    size = model.get_input_embeddings().num_embeddings
    most = max(max(own) for own in texts.ids)
    if most >= size:
        raise InvalidInput(
            f"The tokenizer gives token {most}, the model knows {size}: they do not belong "
            "together."
        )


def _switched(model: Any, adapter: str) -> Any:
    if adapter not in ("as_is", "off"):
        raise InvalidInput(f"`adapter` needs 'as_is' or 'off', got {adapter!r}.")
    if adapter == "as_is":
        return nullcontext()
    if not hasattr(model, "disable_adapter"):
        raise InvalidInput(
            f"adapter='off' needs a PEFT model with adapters to switch off, got "
            f"{type(model).__name__}. Pass the base model itself as the reference."
        )
    return model.disable_adapter()
