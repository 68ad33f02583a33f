"""Rows of tokens through a transformers language model, without a whole array of its vocabulary."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.adapters.text_encoding import Encoded, Piece, batches_of
from tacit.core import InvalidInput, Sampler
from tacit.core.optional import require

Measured = dict[str, NDArray[Any]]
# floats of one array over the vocabulary that are worked on at once: 64 MB in float32
CHUNK = 1 << 24
# a log-probability as low as this times its probability is zero in float32
LOWEST = -1e4
# half precision differs by this much between a head asked whole and in parts
SAME_LOGITS = 2e-2
# two rows that begin alike differ by so many roundings at most
SAME_ROWS = 16


@dataclass(frozen=True, eq=False)
class Forward:
    """A model and how it is asked.

    Parameters
    ----------
    model : transformers model
        Causal or encoder-decoder.
    sampler : Sampler
        What is done to the distribution before a token's log-probability is taken.
    batch_tokens : int
        Tokens in one batch, padding included.
    batch_rows : int
        Texts in one batch.
    chunk : int
        Floats of an array over the vocabulary that may be whole at once.
    """

    model: Any
    sampler: Sampler
    batch_tokens: int
    batch_rows: int
    chunk: int = CHUNK

    def measured(self, texts: Encoded, pieces: Sequence[Piece]) -> Iterator[tuple[Piece, Measured]]:
        """Each piece with the numbers of its scored tokens."""
        size = vocabulary_of(self.model)
        longest = max(len(piece.ids) for piece in pieces)
        whole = self.chunk // size >= min(longest, self.batch_tokens)
        room = min(self.batch_tokens, self.chunk // size) if whole else self.batch_tokens
        for batch in batches_of(pieces, tokens=max(room, 1), rows=self.batch_rows):
            ask = self._whole if whole else self._in_parts
            table = ask(texts, batch, size)
            start = 0
            for piece in batch:
                end = start + len(piece.ids) - piece.first
                yield piece, {name: value[start:end] for name, value in table.items()}
                start = end

    def _whole(self, texts: Encoded, batch: list[Piece], size: int) -> Measured:
        rows, places, target, given = self._placed(texts, batch)
        logits = _own(self.model(**given).logits, given)
        return self._by_chunk(lambda part: logits[rows[part], places[part]], target, size)

    def _in_parts(self, texts: Encoded, batch: list[Piece], size: int) -> Measured:
        """Hidden states whole, the vocabulary only for a few tokens at a time."""
        rows, places, target, given = self._placed(texts, batch)
        head = head_of(self.model)
        with _silent(head) as seen:
            self.model(**given)
        hidden = _own(seen[-1], given)
        after = _after(self.model.config)
        return self._by_chunk(
            lambda part: after(head(hidden[rows[part], places[part]])), target, size
        )

    def _by_chunk(self, logits_of: Callable[[slice], Any], target: Any, size: int) -> Measured:
        step = max(1, self.chunk // size)
        parts = []
        for start in range(0, len(target), step):
            part = slice(start, start + step)
            parts.append(self._numbers(logits_of(part), target[part]))
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _numbers(self, logits: Any, target: Any) -> Measured:
        torch = require("torch", extra="torch", purpose="A transformers model")
        wide = logits.float()
        if not self.sampler.plain:
            rows = np.arange(len(target))
            cut = self.sampler.log_probabilities(wide.cpu().numpy())[rows, target.cpu().numpy()]
            top = (wide.argmax(-1) == target).cpu().numpy()
            return {"logp": cut.astype(np.float32), "top1": top}
        log_p = torch.log_softmax(wide, -1)
        own = log_p.gather(-1, target[:, None])[:, 0]
        p, safe = log_p.exp(), log_p.clamp(min=LOWEST)
        mean = (p * safe).sum(-1)
        var = (p * (safe - mean[:, None]).square()).sum(-1)
        found = {"logp": own.clamp(max=0), "mean": mean, "var": var, "top1": own >= log_p.amax(-1)}
        return {name: value.cpu().numpy() for name, value in found.items()}

    def _placed(self, texts: Encoded, batch: list[Piece]) -> tuple[Any, Any, Any, dict[str, Any]]:
        """Where each scored token is predicted (row, place), the token, and the model's inputs."""
        torch = require("torch", extra="torch", purpose="A transformers model")
        device = device_of(self.model)
        ids, mask = padded([piece.ids for piece in batch])
        spans = [np.arange(piece.first, len(piece.ids)) for piece in batch]
        rows = np.repeat(np.arange(len(batch)), [len(span) for span in spans])
        places = np.concatenate(spans)
        arrays = (rows, places - 1, ids[rows, places], ids, mask)
        row, place, target, tokens, seen = (torch.from_numpy(a).to(device) for a in arrays)
        given = {"input_ids": tokens, "attention_mask": seen, "use_cache": False}
        if texts.source is not None:
            source, read = padded([texts.source[piece.text] for piece in batch])
            given = {
                "input_ids": torch.from_numpy(source).to(device),
                "attention_mask": torch.from_numpy(read).to(device),
                "decoder_input_ids": tokens,
                "decoder_attention_mask": seen,
                "use_cache": False,
            }
        return row, place, target, given


def _own(values: Any, given: dict[str, Any]) -> Any:
    """What stands at the text's own tokens: prompt tuning puts virtual ones before them."""
    tokens = given.get("decoder_input_ids", given["input_ids"])
    return values[:, values.shape[1] - tokens.shape[1] :]


def padded(rows: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Token numbers (b, longest), filled up at the right, and the mask of what is real."""
    ids = np.zeros((len(rows), max(len(row) for row in rows)), np.int64)
    mask = np.zeros_like(ids)
    for index, row in enumerate(rows):
        ids[index, : len(row)] = row
        mask[index, : len(row)] = 1
    return ids, mask


def vocabulary_of(model: Any) -> int:
    """Number of tokens that the model chooses from."""
    head = model.get_output_embeddings()
    size = getattr(head, "out_features", None) or getattr(model.config, "vocab_size", None)
    if size is None:
        raise InvalidInput(f"The size of the vocabulary of a {type(model).__name__} is not known.")
    return int(size)


def device_of(model: Any) -> Any:
    """Where the model reads its input: the first of its weights that is anywhere.

    Raises
    ------
    InvalidInput
        The model has no weights in memory.
    """
    found = next((w.device for w in model.parameters() if w.device.type != "meta"), None)
    if found is None:
        raise InvalidInput(
            f"A {type(model).__name__} on the meta device has no weights: load them first."
        )
    return found


def require_causal(model: Any) -> None:
    """Raise where the model gives no next-token distribution, or one that has seen the token.

    Two short rows that differ in their last token are asked: what stands before it must be
    predicted alike. A masked model (BERT) reads what it is to predict, and its numbers would be
    no log-probabilities of a text.

    Raises
    ------
    InvalidInput
        The model has no head over a vocabulary, or looks ahead.
    """
    torch = require("torch", extra="torch", purpose="A transformers model")
    kind = type(model).__name__
    if model.get_output_embeddings() is None:
        raise InvalidInput(
            f"`model` needs a language-model head, a {kind} has none: load it with "
            "AutoModelForCausalLM or AutoModelForSeq2SeqLM."
        )
    size = vocabulary_of(model)
    found = []
    for last in (3, 4):
        probe = torch.tensor([[1, 2, last]], device=device_of(model)) % size
        given = {"input_ids": probe}
        if getattr(model.config, "is_encoder_decoder", False):
            given = {"input_ids": probe[:, :2], "decoder_input_ids": probe}
        logits = getattr(model(**given, use_cache=False), "logits", None)
        if logits is None or logits.ndim != 3 or logits.shape[1] < probe.shape[1]:
            raise InvalidInput(f"`model` needs logits (texts, tokens, words), a {kind} has none.")
        found.append(_own(logits, {"input_ids": probe})[0, :2])
    before = torch.stack(found).float()
    gap = float((before[0] - before[1]).abs().max())
    if gap > SAME_ROWS * torch.finfo(found[0].dtype).eps * (1 + float(before.abs().max())):
        raise InvalidInput(
            f"`model` needs to predict a token from those before it; a {kind} looks ahead (its "
            "logits change with a later token), so that it has no log-probability of a text."
        )


def head_of(model: Any) -> Any:
    """The layer that makes logits of hidden states, when it can stand alone.

    Raises
    ------
    InvalidInput
        What the model does after it is not known here, so it must be asked whole.
    """
    torch = require("torch", extra="torch", purpose="A transformers model")
    head = model.get_output_embeddings()
    device = device_of(model)
    probe = torch.arange(3, device=device)[None] % vocabulary_of(model)
    given = {"input_ids": probe, "use_cache": False}
    if model.config.is_encoder_decoder:
        given["decoder_input_ids"] = probe
    right = model(**given).logits.float()
    with _silent(head) as seen:
        model(**given)
    gap = float((_after(model.config)(head(seen[-1])).float() - right).abs().max())
    if gap > SAME_LOGITS * (1 + float(right.abs().max())):
        raise InvalidInput(
            f"A {type(model).__name__} changes its logits after the last layer in a way that is "
            f"not known here (by {gap:.3g}), and a text of its vocabulary does not fit into "
            "memory at once. Pass a larger `chunk`, or shorter texts."
        )
    return head


@contextmanager
def _silent(head: Any) -> Iterator[list[Any]]:
    """The head keeps what it is given and answers with one zero a token."""
    seen: list[Any] = []
    own = head.__dict__.get("forward")

    def keep(hidden: Any, *_: Any, **__: Any) -> Any:
        seen.append(hidden)
        return hidden.new_zeros((*hidden.shape[:-1], 1))

    head.forward = keep
    try:
        yield seen
    finally:
        if own is None:
            del head.forward
        else:
            head.forward = own


def _after(config: Any) -> Callable[[Any], Any]:
    """What a model does to its logits after the last layer: a scale, a soft cap."""
    torch = require("torch", extra="torch", purpose="A transformers model")
    scale = getattr(config, "logit_scale", None) or 1.0
    divisor = getattr(config, "logits_scaling", None) or 1.0
    cap = getattr(config, "final_logit_softcapping", None)

    def after(logits: Any) -> Any:
        scaled = logits * (float(scale) / float(divisor))
        return scaled if cap is None else torch.tanh(scaled / cap) * cap

    return after
