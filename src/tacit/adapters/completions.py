"""A served language model: any endpoint that speaks the completions API of OpenAI."""

import hashlib
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from tacit.adapters.completion_answers import Answer, of_echo, of_vllm
from tacit.adapters.text_encoding import require_texts, sizes_of
from tacit.core import InvalidInput, Tokens

Dialect = Literal["auto", "vllm", "echo"]
PROBE = "The quick brown fox jumps over the lazy dog, twice."
# answers that may be better in a moment
AGAIN = (408, 409, 425, 429, 500, 502, 503, 504)
# seconds before the first repetition; doubled each time
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
# bytes of an answer that are read; 100,000 tokens with their names take about a tenth
LARGEST_ANSWER = 1 << 27
# log-probabilities of one text asked twice: a server's batches change the last digits
SAME = 1e-2
# probabilities of a few tokens sum to 1 at most, but for rounding
ABOVE_ONE = 1e-3


@dataclass(frozen=True, eq=False)
class Endpoint:
    """A model behind ``/v1/completions``, asked for the log-probabilities of texts.

    Works where the server scores a given text: vLLM (``prompt_logprobs``) and servers with
    ``echo`` and ``logprobs``. What a server can do is tried before the first text, and a server
    that cannot is refused: chat endpoints and most commercial ones give no log-probability of a
    given text. Whether a token was the first guess comes along; the whole distribution does not,
    so Min-K++ is left out. The first token is not scored, because nothing predicts it.

    Parameters
    ----------
    url : str
        Up to and with ``/v1``, for example ``"http://localhost:8000/v1"``.
    model : str
        Its name at the server.
    key : str or None
        Sent as a bearer token; never followed to another address, never shown.
    dialect : ``"auto"``, ``"vllm"`` or ``"echo"``
        How the server is asked; ``"auto"`` tries both.
    concurrency : int
        Requests at a time.
    retries : int
        How often a request that failed for the moment is sent again.
    timeout : float
        Seconds until a request has failed.
    store : mapping from str to bytes, or None
        Answers are kept there and not asked for again; a run that was killed goes on.
    digest : str
        Names the tokenizer, where it is to be compared with a local model's.

    Raises
    ------
    InvalidInput
        The address or the key can be none, or a number is out of range.
    """

    url: str
    model: str
    key: str | None = field(default=None, repr=False)
    dialect: Dialect = "auto"
    concurrency: int = 8
    retries: int = 5
    timeout: float = 120.0
    store: MutableMapping[str, bytes] | None = field(default=None, repr=False)
    digest: str = ""

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise InvalidInput(f"`url` needs to begin with http:// or https://, got {self.url!r}.")
        if not _plain(self.url):
            raise InvalidInput(f"`url` needs no blanks and no line ends, got {self.url!r}.")
        if self.key is not None and not (isinstance(self.key, str) and _plain(self.key)):
            raise InvalidInput(
                "`key` needs plain letters, digits and signs without blanks and line ends (it is "
                "not shown here): strip() what was read from a file."
            )
        if self.dialect not in ("auto", "vllm", "echo"):
            raise InvalidInput(f"`dialect` needs 'auto', 'vllm' or 'echo', got {self.dialect!r}.")
        if self.concurrency < 1 or self.retries < 0 or not self.timeout > 0:
            raise InvalidInput("`concurrency` needs 1, `retries` 0 and `timeout` above 0 at least.")

    def tokens(
        self,
        texts: Sequence[str],
        *,
        prompts: Sequence[str] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Tokens:
        """What the served model says of texts, each after its prompt.

        Raises
        ------
        InvalidInput
            The server cannot score a given text, answers differently each time, refuses a text,
            or cannot be reached.
        """
        wanted = require_texts(texts)
        before = [""] * len(wanted) if prompts is None else list(prompts)
        if len(before) != len(wanted):
            raise InvalidInput(f"`prompts` needs {len(wanted)}, one a text, got {len(before)}.")
        dialect = self.ability()
        found: list[Tokens] = []
        with ThreadPoolExecutor(self.concurrency) as pool:
            jobs = [
                pool.submit(self._one, dialect, prompt, text)
                for prompt, text in zip(before, wanted)
            ]
            try:
                for row, job in enumerate(jobs):
                    found.append(_named(job.result, row))
                    if progress is not None:
                        progress(row + 1, len(jobs))
            finally:
                for job in jobs:
                    job.cancel()
        return Tokens.concatenate(found)

    def ability(self) -> Literal["vllm", "echo"]:
        """How this server scores a given text, tried on a short one.

        Raises
        ------
        InvalidInput
            It does not, or its numbers are no log-probabilities, or change from time to time.
        """
        tried: tuple[Literal["vllm", "echo"], ...] = ("vllm", "echo")
        why = []
        for dialect in tried if self.dialect == "auto" else (self.dialect,):
            try:
                first, second = (self._ask(dialect, PROBE) for _ in range(2))
            except InvalidInput as error:
                why.append(f"{dialect}: {error}")
                continue
            _require_trusted(first, second)
            return dialect
        raise InvalidInput(
            f"The server at {self.url} gives no log-probabilities of a given text, which membership"
            f" and extraction need ({'; '.join(why)}). vLLM gives them with `prompt_logprobs`,"
            " others with `echo` and `logprobs`; for llama.cpp, load the model in Python."
        )

    def _one(self, dialect: Literal["vllm", "echo"], prompt: str, text: str) -> Tokens:
        words = json.dumps([self.url, self.model, dialect, prompt, text, self.digest])
        place = f"completions/{hashlib.blake2b(words.encode(), digest_size=16).hexdigest()}.npz"
        kept = self._kept(place)
        if kept is not None:
            return kept
        answer = self._ask(dialect, prompt + text)
        own = answer.after(len(prompt), prompt + text)
        n_bytes, compressed = sizes_of([text])
        found = Tokens(
            logp=np.where(own, answer.logp, 0.0),
            start=np.array([0, len(own)]),
            top1=answer.top1,
            token=answer.token,
            scored=own,
            n_bytes=n_bytes,
            compressed=compressed,
            digest=self.digest,
        )
        if self.store is not None:
            self.store[place] = found.to_bytes()
        return found

    def _kept(self, place: str) -> Tokens | None:
        """What was answered before; None where nothing was, or only half of it was written."""
        if self.store is None or place not in self.store:
            return None
        try:
            return Tokens.load(self.store[place])
        except InvalidInput:
            return None

    def _ask(self, dialect: Literal["vllm", "echo"], text: str) -> Answer:
        given: dict[str, Any] = {"model": self.model, "prompt": text, "temperature": 1.0}
        if dialect == "vllm":
            read, more = of_vllm, {"max_tokens": 1, "prompt_logprobs": 1}
        else:
            read, more = of_echo, {"max_tokens": 1, "echo": True, "logprobs": 1}
        plain = self._post({**given, **more})
        try:
            answer = read(plain, text)
        except (TypeError, ValueError, OverflowError, AttributeError, KeyError) as error:
            if isinstance(error, InvalidInput):
                raise
            raise InvalidInput(
                f"the answer is of another form than {dialect}'s: {error}"
            ) from error
        _require_whole(plain, answer)
        return answer

    def _post(self, given: Mapping[str, Any]) -> dict[str, Any]:
        pause = FIRST_PAUSE
        for left in range(self.retries, -1, -1):
            try:
                return self._sent(given)
            except urllib.error.HTTPError as error:
                with error:
                    said = error.read(2000).decode("utf8", "replace")
                    wait = error.headers.get("Retry-After", "")
                if error.code not in AGAIN or not left:
                    reason = f"HTTP {error.code}: {said[:300]}"
                    raise InvalidInput(f"{self.url} refused a request ({reason}).") from error
                pause = float(wait) if wait.isdigit() else pause
            except (
                urllib.error.URLError,
                http.client.HTTPException,
                TimeoutError,
                ConnectionError,
            ) as error:
                if not left:
                    why = str(error) or type(error).__name__
                    raise InvalidInput(f"{self.url} cannot be reached: {why}.") from error
            time.sleep(min(pause, LONGEST_PAUSE))
            pause *= 2
        raise AssertionError

    def _sent(self, given: Mapping[str, Any]) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        if self.key is not None:
            headers["Authorization"] = f"Bearer {self.key}"
        address = f"{self.url.rstrip('/')}/completions"
        request = urllib.request.Request(address, json.dumps(given).encode(), headers)
        with _OPENER.open(request, timeout=self.timeout) as answer:
            raw = answer.read(LARGEST_ANSWER + 1)
            missing = answer.length
        if missing and len(raw) <= LARGEST_ANSWER:
            raise http.client.IncompleteRead(raw, missing)
        if len(raw) > LARGEST_ANSWER:
            raise InvalidInput(f"{self.url} sent an answer of more than {LARGEST_ANSWER} bytes.")
        try:
            plain = json.loads(raw)
        except ValueError as error:
            raise InvalidInput(f"{self.url} did not answer with JSON: {error}.") from error
        if not isinstance(plain, dict):
            raise InvalidInput(f"{self.url} did not answer with a JSON object.")
        return plain


def _plain(word: str) -> bool:
    """Can it stand in an address or a header: ASCII, no blanks, no line ends?"""
    return word.isascii() and all(
        character.isprintable() and character != " " for character in word
    )


class _Stay(urllib.request.HTTPRedirectHandler):
    """Never sends texts and keys on to another address."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_Stay)


def _require_whole(plain: Mapping[str, Any], answer: Answer) -> None:
    """Raise where the server counts other tokens in the text than it scored."""
    usage = plain.get("usage")
    told = usage.get("prompt_tokens") if isinstance(usage, Mapping) else None
    if isinstance(told, int) and told != len(answer.logp):
        raise InvalidInput(
            f"the server counts {told} tokens in the text and gives {len(answer.logp)} of them"
        )


def _require_trusted(first: Answer, second: Answer) -> None:
    if len(first.logp) != len(second.logp):
        raise InvalidInput("The server cut the same text into different tokens when asked twice.")
    gap = float(np.nanmax(np.abs(first.logp - second.logp)))
    if gap > SAME:
        raise InvalidInput(
            f"The server scored the same text differently when asked twice (by {gap:.3g} nats): its"
            " log-probabilities are of a random model, or more than one model answers."
        )
    most = max(first.most, float(np.exp(np.nanmax(first.logp))))
    if most > 1 + ABOVE_ONE:
        raise InvalidInput(
            f"The server's probabilities of one place sum to {most:.4g}: its numbers are no "
            "log-probabilities of the model (a penalty or another base of the logarithm?)."
        )


def _named(result: Callable[[], Tokens], row: int) -> Tokens:
    try:
        return result()
    except InvalidInput as error:
        raise InvalidInput(f"`texts` row {row}: {error}") from error
