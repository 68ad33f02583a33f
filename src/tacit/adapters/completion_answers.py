"""How completion servers say what they think of each token of a text: two dialects."""

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tacit.core import InvalidInput

# characters of the longest tokens that vocabularies hold: runs of blanks
LONGEST_TOKEN = 128


@dataclass(frozen=True, eq=False)
class Answer:
    """One text as a server scored it.

    Parameters
    ----------
    logp : float (t,)
        NaN where nothing predicts the token.
    top1 : bool (t,)
        Was the token the first guess?
    token : int32 (t,)
        Its number, or a checksum of its text.
    begin : list of int or None
        Character of the whole text at which each token begins; None where that is not known.
    most : float
        The largest sum of probabilities that was told for one place.
    """

    logp: Any
    top1: Any
    token: Any
    begin: list[int] | None
    most: float

    def after(self, n_prompt: int, text: str) -> Any:
        """bool (t,): tokens that are scored, those wholly after the first `n_prompt` characters."""
        scored = ~np.isnan(self.logp)
        if not n_prompt:
            return scored
        if self.begin is None:
            raise InvalidInput(
                "The server does not say where its tokens lie in the text, so a prompt cannot be "
                f"told from what follows it ({text[:20]!r}...): leave out `prompts`."
            )
        return scored & (np.array(self.begin) >= n_prompt)


def of_vllm(plain: Mapping[str, Any], text: str) -> Answer:
    """What vLLM answers with ``prompt_logprobs``.

    Raises
    ------
    InvalidInput
        It has none, or only those of a part of the text.
    """
    places = _choice(plain).get("prompt_logprobs")
    if not isinstance(places, list) or len(places) < 2:
        raise InvalidInput("the answer has no `prompt_logprobs`")
    # nothing predicts the first token, and it comes without its name
    logp, top1, token, words = [math.nan], [False], [-1], [""]
    most = 0.0
    for place in places[1:]:
        number, own = _prompt_token(place)
        logp.append(_number(own.get("logprob")))
        top1.append(own.get("rank") == 1)
        token.append(number)
        words.append(str(own.get("decoded_token") or ""))
        most = max(most, sum(math.exp(_number(each.get("logprob"))) for each in place.values()))
    tail = "".join(words)
    if all(words[1:]) and len(text) - len(tail) > LONGEST_TOKEN:
        raise InvalidInput(
            f"the server scored {len(tail)} of {len(text)} characters: it cuts texts off "
            "(`truncate_prompt_tokens`?)"
        )
    begin = None
    if text.endswith(tail):
        sizes = [len(text) - len(tail), *map(len, words[1:])]
        begin = np.cumsum([0, *sizes])[:-1].tolist()
    return Answer(np.array(logp), np.array(top1), np.array(token, np.int32), begin, most)


def _prompt_token(place: Any) -> tuple[int, Mapping[str, Any]]:
    """The token that stands in the text: of two, the one that is not the first guess."""
    if not isinstance(place, Mapping) or not place:
        raise InvalidInput("an entry of `prompt_logprobs` is no table of tokens")
    entries = {int(number): own for number, own in place.items()}
    if not all(isinstance(own, Mapping) for own in entries.values()):
        raise InvalidInput("an entry of `prompt_logprobs` is no table of tokens")
    return max(entries.items(), key=lambda item: item[1].get("rank") or 0)


def of_echo(plain: Mapping[str, Any], text: str) -> Answer:
    """What a server answers with ``echo`` and ``logprobs``.

    Raises
    ------
    InvalidInput
        It has none, or does not repeat the text.
    """
    choice = _choice(plain)
    told = choice.get("logprobs")
    if not isinstance(told, Mapping) or not isinstance(told.get("token_logprobs"), list):
        raise InvalidInput("the answer has no `logprobs.token_logprobs`")
    words, values = told.get("tokens"), told["token_logprobs"]
    if not isinstance(words, list) or len(words) != len(values):
        raise InvalidInput("the answer has no `logprobs.tokens`, one a log-probability")
    words = [str(word) for word in words]
    begin = told.get("text_offset")
    if not isinstance(begin, list) or len(begin) != len(words):
        begin = np.cumsum([0, *map(len, words)])[:-1].tolist() if "".join(words) else None
    n = sum(place < len(text) for place in begin) if begin is not None else len(words) - 1
    echoed = (str(choice.get("text")), "".join(words))
    if n < 2 or not any(each.startswith(text) for each in echoed):
        raise InvalidInput("the answer does not begin with the text: `echo` is ignored")
    tops = told.get("top_logprobs") or [None] * len(words)
    logp = [math.nan if value is None else _number(value) for value in values[:n]]
    top1 = [_is_top(value, top) for value, top in zip(values[:n], tops)]
    sums = [sum(math.exp(_number(v)) for v in top.values()) for top in tops[:n] if top]
    token = [zlib.crc32(word.encode("utf8", "surrogatepass")) >> 1 for word in words[:n]]
    return Answer(
        np.array(logp),
        np.array(top1),
        np.array(token, np.int32),
        None if begin is None else [int(place) for place in begin[:n]],
        max(sums, default=0.0),
    )


def _is_top(value: float | None, top: Mapping[str, Any] | None) -> bool:
    return value is not None and bool(top) and value >= max(map(_number, (top or {}).values()))


def _choice(plain: Mapping[str, Any]) -> Mapping[str, Any]:
    choices = plain.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
        raise InvalidInput("the answer has no `choices`")
    return choices[0]


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or math.isnan(value):
        raise InvalidInput(f"a log-probability is {value!r}")
    return float(value)
