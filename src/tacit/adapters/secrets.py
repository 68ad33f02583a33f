"""The log-probability of every secret of a space after one prompt, each context asked once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.adapters.language import context_of
from tacit.adapters.language_forward import device_of, padded
from tacit.adapters.random_state import untouched_rng
from tacit.adapters.text_encoding import begin_of, require_texts
from tacit.adapters.torch import evaluating
from tacit.core import InvalidInput
from tacit.core.optional import require

# contexts of one batch
ROWS = 256


def scores_of_secrets(
    model: Any, tokenizer: Any, prompt: str, secrets: Sequence[str], *, batch_rows: int = ROWS
) -> NDArray[np.float64]:
    """Log-probability of each secret after the prompt: float64 (n,).

    Secrets that differ in their last token share all that stands before it: the model is asked
    once for each beginning, and the last token is read off its next distribution. For the 10^d
    numbers of d digits, a token each, that is a tenth of the forward passes.

    Parameters
    ----------
    model, tokenizer
        A causal transformers model and its tokenizer.
    prompt : str
        What stands before the secret.
    secrets : n texts
        The whole space, for example all numbers of four digits.
    batch_rows : int
        Beginnings asked at once.

    Raises
    ------
    InvalidInput
        A secret changes the tokens of the prompt, or is too long for the model.
    """
    torch = require("torch", extra="transformers", purpose="A transformers model")
    rows, n_before = _rows(tokenizer, prompt, require_texts(secrets, "secrets"))
    room = context_of(model, tokenizer)
    longest = max(map(len, rows))
    if room is not None and longest > room:
        raise InvalidInput(
            f"A secret needs {longest} tokens with its prompt, the model has {room}."
        )
    beginnings = sorted({tuple(row[:-1]) for row in rows}, key=len)
    place = {begin: index for index, begin in enumerate(beginnings)}
    within = np.zeros(len(beginnings))
    followers: dict[int, list[int]] = {}
    for number, row in enumerate(rows):
        followers.setdefault(place[tuple(row[:-1])], []).append(number)
    score = np.zeros(len(rows))
    with untouched_rng(), evaluating(model):
        device = device_of(model)
        for start in range(0, len(beginnings), batch_rows):
            batch = beginnings[start : start + batch_rows]
            ids, mask = padded(batch)
            placed = torch.from_numpy(ids).to(device)
            seen = torch.from_numpy(mask).to(device)
            logits = model(input_ids=placed, attention_mask=seen, use_cache=False).logits
            log_p = torch.log_softmax(logits[:, n_before - 1 :].float(), -1).cpu().numpy()
            for index, begin in enumerate(batch):
                inner = range(n_before, len(begin))
                own = [log_p[index, at - n_before, begin[at]] for at in inner]
                within[start + index] = float(np.sum(own)) if own else 0.0
                last = log_p[index, len(begin) - n_before]
                for number in followers[start + index]:
                    score[number] = within[start + index] + float(last[rows[number][-1]])
    return score


def _rows(tokenizer: Any, prompt: str, secrets: list[str]) -> tuple[list[list[int]], int]:
    """Tokens of prompt and secret together, and how many of them all secrets share as prompt."""
    prefix = begin_of(tokenizer)
    coded = tokenizer([prompt + secret for secret in secrets], add_special_tokens=False)
    rows = [prefix + [int(token) for token in row] for row in coded["input_ids"]]
    alone = tokenizer([prompt], add_special_tokens=False)["input_ids"][0] if prompt else []
    shared = min(len(prefix) + len(alone), *(len(row) - 1 for row in rows))
    # the end of a prompt may be joined with the secret: what all rows share stands before
    while shared > 0 and len({tuple(row[:shared]) for row in rows}) > 1:
        shared -= 1
    if shared < 1:
        raise InvalidInput("`prompt` needs a token before the secret, got none that all share.")
    return rows, shared
