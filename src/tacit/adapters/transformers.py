"""Hugging Face transformers: classifiers, and language models by the loss of each text."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.adapters.answers import Kind, answered
from tacit.adapters.arrays import as_array, batches, is_a
from tacit.adapters.categories import of_config, with_names
from tacit.adapters.random_state import untouched_rng
from tacit.adapters.torch import evaluating, is_loader, loaded, move, scores_in
from tacit.core import InvalidInput, Outputs
from tacit.core.optional import require

LABEL_NAMES = ("labels", "label")
IGNORED = -100


def outputs_of(
    model: Any,
    x: Any,
    y: Any = None,
    *,
    batch_size: int = 256,
    kind: Kind = "auto",
    check: bool = True,
) -> Outputs:
    """What a transformers model answers; see `tacit.adapters.outputs_of`.

    `x` is what the tokenizer returned (a mapping with ``input_ids`` and so on; ``labels`` may be in
    it), an array of token numbers, a ``datasets.Dataset`` with those columns, or a loader that
    yields such mappings. A classifier answers with its logits; a language model with one loss a
    text, the mean negative log-likelihood of its tokens in nats.
    """
    with untouched_rng(), evaluating(model):
        stream = _stream(x, y, batch_size, check)
        if is_language_model(model):
            return answered(lambda part: token_loss(model, part), stream, kind="loss", check=check)
        found = answered(lambda part: _logits(model, part), stream, kind=kind, check=check)
        return with_names(found, of_config(model.config))


def is_language_model(model: Any) -> bool:
    """Does the model predict tokens rather than one class a text?"""
    inner = model.get_base_model() if is_a(model, "peft.PeftModel") else model
    names = [kind.__name__ for kind in type(inner).__mro__]
    return any(
        "CausalLM" in name or "LMHead" in name or "ForConditionalGeneration" in name
        for name in names
    )


def token_loss(model: Any, x: Any) -> NDArray[np.float32]:
    """Mean negative log-likelihood (n,) of the tokens of each text, in nats; padding and labels of
    -100 are left out.
    """
    torch = require("torch", extra="transformers", purpose="A transformers model")
    given = dict(x)
    encoder = bool(model.config.is_encoder_decoder)
    if encoder and "labels" not in given:
        raise InvalidInput(
            "An encoder-decoder model needs the target tokens of each text as `labels`, with -100"
            " for padding."
        )
    targets = given.get("labels") if encoder else given.pop("labels", None)
    placed = move(given, next(model.parameters()))
    ids = placed["input_ids"].long()
    target = ids if targets is None else move(targets, placed["input_ids"]).long()
    counted = target != IGNORED
    if targets is None and "attention_mask" in placed:
        counted = placed["attention_mask"].bool()
    logits = model(**placed).logits
    target, counted = (target, counted) if encoder else (target[:, 1:], counted[:, 1:])
    logits = logits if encoder else logits[:, :-1]
    log_p = (
        torch.log_softmax(logits.float(), -1)
        .gather(-1, target.clamp(min=0).unsqueeze(-1))
        .squeeze(-1)
    )
    if not bool(counted.any(1).all()):
        raise InvalidInput(
            "Every text needs at least two tokens: the loss of a single token cannot be known."
        )
    return np.asarray(as_array(-(log_p * counted).sum(1) / counted.sum(1)), np.float32)


def _logits(model: Any, x: Any) -> NDArray[Any]:
    return as_array(scores_in(model(**move(x, next(model.parameters())))))


def _stream(x: Any, y: Any, batch_size: int, check: bool) -> Iterator[tuple[Any, Any]]:
    if is_loader(x) and not hasattr(x, "column_names"):
        return (_named(inputs, label) for inputs, label in loaded(x, y, batch_size, check=check))
    named, label = columns_of(x, y)
    return ((part, truth) for part, truth in batches(named, label, batch_size))


def columns_of(x: Any, y: Any = None) -> tuple[dict[str, Any], Any]:
    """What the model is given for records, name to array or tensor, padded on the right; and their
    labels, or None.

    Parameters
    ----------
    x, y : see `outputs_of`; no loader.
    """
    if hasattr(x, "column_names"):
        x = {name: x[name][:] for name in x.column_names}
    named, label = _named(x, y)
    return _arrays(named), label


def columns_of_both(
    train: tuple[Any, ...], test: tuple[Any, ...], *, pad: int = 0
) -> tuple[dict[str, NDArray[Any]], NDArray[Any] | None]:
    """The records of both sides in one table, members first; and their labels, or None.

    Parameters
    ----------
    train, test : ``(x,)`` or ``(x, y)``, see `columns_of`.
    pad : token that fills up the shorter side; the attention mask says that it is none.

    Raises
    ------
    InvalidInput : the sides have other columns, or other widths and no attention mask.
    """
    sides = [columns_of(*part) for part in (train, test)]
    (first, one), (second, other) = sides
    if set(first) != set(second) or (one is None) != (other is None):
        raise InvalidInput(
            "`train` and `test` need the same columns, got"
            f" {' and '.join(', '.join(sorted(columns)) for columns, _ in sides)}"
            f"{'' if (one is None) == (other is None) else ', with labels on one side only'}."
        )
    whole = {}
    for name in first:
        parts = [as_array(columns[name]) for columns in (first, second)]
        widths = {part.shape[1:] for part in parts}
        if len(widths) > 1 and (parts[0].ndim != 2 or "attention_mask" not in first):
            raise InvalidInput(
                f"`{name}` needs rows of one length on both sides, or an `attention_mask`, got"
                f" shapes {parts[0].shape} and {parts[1].shape}."
            )
        if len(widths) > 1:
            parts = _as_wide(parts, pad if name == "input_ids" else 0)
        whole[name] = np.concatenate(parts)
    label = None if one is None else np.concatenate([as_array(one), as_array(other)])
    return whole, label


def _as_wide(parts: list[NDArray[Any]], filling: int) -> list[NDArray[Any]]:
    """Both (n, d), filled up on the right to the larger width."""
    wide = max(part.shape[1] for part in parts)
    return [
        np.pad(part, ((0, 0), (0, wide - part.shape[1])), constant_values=filling) for part in parts
    ]


def _named(x: Any, y: Any) -> tuple[dict[str, Any], Any]:
    if not (isinstance(x, Mapping) or hasattr(x, "items")):
        x = {"input_ids": x}
    columns = dict(x.items())
    if y is None:
        found = next(
            (
                name
                for name in LABEL_NAMES
                if name in columns and np.ndim(as_array(columns[name])) == 1
            ),
            None,
        )
        y = None if found is None else columns[found]
    wanted = (
        "input_ids",
        "attention_mask",
        "token_type_ids",
        "pixel_values",
        "input_values",
        "decoder_input_ids",
        "inputs_embeds",
        "position_ids",
    )
    token_labels = (
        {"labels"} if "labels" in columns and np.ndim(as_array(columns["labels"])) == 2 else set()
    )
    kept = {name: part for name, part in columns.items() if name in wanted or name in token_labels}
    if not kept:
        raise InvalidInput(
            "`x` needs model inputs such as `input_ids` (what the tokenizer returns), got"
            f" {', '.join(columns)}."
        )
    return padded_right(kept), y


def padded_right(columns: dict[str, Any]) -> dict[str, Any]:
    """The same texts with their padding on the right.

    Padding on the left moves a text away from the positions that it has alone, and its first token
    would be predicted from padding; on the right it changes nothing.

    Parameters
    ----------
    columns : what the tokenizer returned; the `attention_mask` says what is padding.
    """
    columns = dict(columns)
    for mask_name, ids_name in (
        ("attention_mask", "input_ids"),
        ("decoder_attention_mask", "decoder_input_ids"),
    ):
        mask = columns.get(mask_name)
        if mask is None or np.ndim(_plain(mask)) != 2:
            continue
        inside = _plain(mask) != 0
        left = ~inside[:, 0] & inside.any(axis=1) & (np.diff(inside.astype(int)) >= 0).all(axis=1)
        if not left.any() or ids_name not in columns:
            continue
        order = np.tile(np.arange(inside.shape[1]), (len(inside), 1))
        order[left] = np.argsort(~inside[left], axis=1, kind="stable")
        shape = _plain(columns[ids_name]).shape
        for name, part in columns.items():
            array = _plain(part)
            if array.shape[:2] == shape[:2] and array.ndim >= 2:
                columns[name] = np.take_along_axis(
                    array, order.reshape(*order.shape, *([1] * (array.ndim - 2))), axis=1
                )
    return columns


def _plain(part: Any) -> NDArray[Any]:
    """An array of a column; one without two dimensions where its rows differ in length."""
    try:
        return as_array(part)
    except ValueError:
        return np.zeros(0)


def _arrays(columns: dict[str, Any]) -> dict[str, Any]:
    for name, part in columns.items():
        first = part[0] if isinstance(part, list) and part else part
        if isinstance(first, str) or str(getattr(part, "dtype", "")).startswith(("<U", "object")):
            raise InvalidInput(
                f"`{name}` needs token numbers, got text. Pass what the tokenizer returns:"
                " tokenizer(texts, padding=True)."
            )
        if (
            isinstance(part, list)
            and len({len(row) for row in part if hasattr(row, "__len__")}) > 1
        ):
            raise InvalidInput(
                f"`{name}` needs rows of one length: tokenize with padding=True and keep the"
                " attention mask."
            )
    return {
        name: part if hasattr(part, "detach") else np.asarray(part)
        for name, part in columns.items()
    }
