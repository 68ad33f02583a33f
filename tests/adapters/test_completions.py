"""A served model answers as the local one does: a real small model behind a real local server."""

import importlib.util
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

import tacit
from tacit.adapters.completions import Endpoint
from tacit.adapters.language import tokens_of
from tacit.core import InvalidInput

pytestmark = pytest.mark.framework
torch = pytest.importorskip("torch")
pytest.importorskip("transformers")


def _models():
    path = Path(__file__).with_name("language_models.py")
    spec = importlib.util.spec_from_file_location("language_models", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


models = _models()
TEXTS = models.some_texts(12, seed=3)


class Server:
    """A model behind ``/v1/completions`` that speaks one dialect, and may misbehave."""

    def __init__(self, dialect, *, fails=0, code=503, noise=0.0, scale=1.0, after=None):
        self.dialect, self.noise, self.scale = dialect, noise, scale
        self.fails, self.code, self.after = fails, code, after
        self.asked, self.keys, self.lock = [], [], threading.Lock()
        self.spoil, self.slow = lambda body: (body, len(body)), 0.0
        self.tokenizer, self.model = models.tokenizer(begin=False), models.gpt2().eval()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                with outer.lock:
                    outer.asked.append(json.loads(raw))
                    outer.keys.append(self.headers.get("Authorization"))
                    failing = outer.fails > 0
                    outer.fails -= failing
                    code = outer.code if failing else 200
                    body = b"{}" if failing else json.dumps(outer.answer(json.loads(raw))).encode()
                time.sleep(outer.slow)
                body, length = outer.spoil(body)
                self.send_response(code)
                if code in (301, 302):
                    self.send_header("Location", outer.after)
                self.send_header("Content-Length", str(length))
                self.send_header("Retry-After", "0")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"

    def close(self):
        self.http.shutdown()
        self.http.server_close()

    def answer(self, given):
        if self.dialect == "chat":
            return {"choices": [{"text": "Hello!", "logprobs": None}]}
        coded = self.tokenizer(
            given["prompt"], add_special_tokens=False, return_offsets_mapping=True
        )
        ids, spans = coded["input_ids"], coded["offset_mapping"]
        own, whole = models.by_hand(self.model, ids)
        own = self.scale * own + self.noise * np.random.default_rng(len(self.asked)).random()
        words = [self.tokenizer.decode([number]) for number in ids]
        if self.dialect == "vllm" and "prompt_logprobs" in given:
            places = [None]
            for j, number in enumerate(ids[1:]):
                rank = int((whole[j] > whole[j, number]).sum()) + 1
                place = {str(number): (own[j], rank, words[j + 1])}
                top = int(whole[j].argmax())
                if rank > 1:
                    place[str(top)] = (whole[j, top], 1, self.tokenizer.decode([top]))
                names = ("logprob", "rank", "decoded_token")
                places.append({k: dict(zip(names, map(plain, v))) for k, v in place.items()})
            return {"choices": [{"text": "", "prompt_logprobs": places}]}
        if self.dialect == "echo" and given.get("echo"):
            told = {
                "tokens": [*words, " more"],
                "token_logprobs": [None, *map(float, own), -1.0],
                "top_logprobs": [None, *({"x": float(row.max())} for row in whole), {"x": -1.0}],
                "text_offset": [*(begin for begin, _ in spans), len(given["prompt"])],
            }
            return {"choices": [{"text": given["prompt"] + " more", "logprobs": told}]}
        return {"choices": [{"text": "", "logprobs": None}]}


def plain(value):
    return value.item() if isinstance(value, np.generic) else value


@pytest.fixture
def served():
    opened = []

    def start(dialect, **options):
        opened.append(Server(dialect, **options))
        return opened[-1]

    yield start
    for server in opened:
        server.close()


@pytest.mark.parametrize("dialect", ["vllm", "echo"])
def test_a_served_model_says_what_the_local_one_says(dialect, served):
    server = served(dialect)
    endpoint = Endpoint(server.url, "small")
    assert endpoint.ability() == dialect
    found = tokens_of(endpoint, None, TEXTS)
    right = tokens_of(models.gpt2(), models.tokenizer(begin=False), TEXTS)
    np.testing.assert_allclose(found.ragged().value, right.ragged().value, atol=1e-4)
    np.testing.assert_array_equal(found.ragged("top1").value, right.ragged("top1").value)
    np.testing.assert_array_equal(found.n_bytes, right.n_bytes)
    if dialect == "vllm":
        np.testing.assert_array_equal(found.ragged("token").value, right.ragged("token").value)


@pytest.mark.parametrize("dialect", ["vllm", "echo"])
def test_prompts_are_not_scored(dialect, served):
    endpoint = Endpoint(served(dialect).url, "small")
    prompts, texts = ["The old cat"] * 2, [" sat on the mat.", " ate 1234 apples."]
    found = tokens_of(endpoint, None, texts, prompts=prompts)
    tokenizer = models.tokenizer(begin=False)
    right = tokens_of(models.gpt2(), tokenizer, texts, prompts=prompts)
    np.testing.assert_allclose(found.ragged().value, right.ragged().value, atol=1e-4)


def test_a_server_that_gives_no_log_probabilities_of_a_text_is_refused(served):
    with pytest.raises(InvalidInput, match="gives no log-probabilities of a given text"):
        Endpoint(served("chat").url, "small").tokens(TEXTS)


def test_a_server_that_answers_differently_each_time_is_refused(served):
    with pytest.raises(InvalidInput, match="differently when asked twice"):
        Endpoint(served("vllm", noise=-0.5).url, "small").tokens(TEXTS)


def test_numbers_that_are_no_log_probabilities_are_refused(served):
    with pytest.raises(InvalidInput, match="sum to"):
        Endpoint(served("echo", scale=-1.0).url, "small").tokens(TEXTS)


def test_a_server_that_is_busy_is_asked_again(served, monkeypatch):
    monkeypatch.setattr("tacit.adapters.completions.FIRST_PAUSE", 0.0)
    server = served("vllm", fails=3)
    found = Endpoint(server.url, "small", concurrency=1, retries=5).tokens(TEXTS[:2])
    assert found.n == 2
    assert len(server.asked) == 3 + 2 + 2


def test_a_text_that_the_server_refuses_is_named_and_not_asked_again(served):
    server = served("vllm")
    right = server.answer

    def too_long_later(given):
        if given["prompt"] == TEXTS[0]:
            server.fails, server.code = 99, 400
        return right(given)

    server.answer = too_long_later
    with pytest.raises(InvalidInput, match=r"row 1.*HTTP 400"):
        Endpoint(server.url, "small", concurrency=1).tokens(TEXTS[:3])
    assert [given["prompt"] for given in server.asked].count(TEXTS[1]) == 1


def test_what_was_answered_is_not_asked_for_again(served):
    server, store = served("vllm"), {}
    endpoint = Endpoint(server.url, "small", store=store)
    first = endpoint.tokens(TEXTS[:3])
    before = len(server.asked)
    again = endpoint.tokens(TEXTS[:4])
    assert len(server.asked) == before + 2 + 1
    np.testing.assert_array_equal(again.take(np.arange(3)).logp, first.logp)


def test_a_key_is_sent_never_shown_and_never_sent_on(served):
    other = served("vllm")
    server = served("vllm", fails=99, code=302, after=f"{other.url}/completions")
    endpoint = Endpoint(server.url, "small", key="sesame", retries=0)
    assert "sesame" not in repr(endpoint)
    with pytest.raises(InvalidInput) as error:
        endpoint.tokens(TEXTS)
    assert server.keys[0] == "Bearer sesame"
    assert not other.asked
    assert "sesame" not in str(error.value)


def test_a_server_that_is_not_there_is_named():
    with pytest.raises(InvalidInput, match="cannot be reached"):
        Endpoint("http://127.0.0.1:9/v1", "small", retries=0).tokens(TEXTS)


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"url": "file:///etc/passwd"}, "`url`"),
        ({"dialect": "chat"}, "`dialect`"),
        ({"concurrency": 0}, "`concurrency`"),
        ({"url": "http://local host/v1"}, "`url` needs no blanks"),
        ({"key": "sesame\n"}, r"`key` needs plain.*strip\(\)"),
        ({"key": b"sesame"}, "`key` needs plain"),
    ],
)
def test_arguments_that_cannot_be_are_refused(wrong, match):
    with pytest.raises(InvalidInput, match=match) as error:
        Endpoint(**({"url": "http://localhost/v1", "model": "m"} | wrong))
    assert "sesame" not in str(error.value)


def test_a_served_model_is_audited(served):
    base = served("vllm")
    texts = models.some_texts(80, seed=8)
    endpoint = Endpoint(base.url, "small")
    report = tacit.audit_text(
        endpoint, member=texts[:40], nonmember=texts[40:], overlap="keep", title="served"
    )
    assert report.finding != "leak"
    assert "Min-K++" not in [check.name for check in report.checks]


@pytest.mark.parametrize(
    ("spoil", "match"),
    [
        (lambda body: (body[: len(body) // 2], len(body)), "cannot be reached: IncompleteRead"),
        (lambda body: (body[: len(body) // 2], len(body) // 2), "did not answer with JSON"),
        (lambda body: (b"<html>busy</html>", 17), "did not answer with JSON"),
        (lambda body: (b"[]", 2), "no log-probabilities.*JSON object"),
        (lambda body: (b"", 0), "did not answer with JSON"),
    ],
)
def test_half_an_answer_is_none(served, spoil, match):
    server = served("vllm")
    server.spoil = spoil
    with pytest.raises(InvalidInput, match=match):
        Endpoint(server.url, "small", retries=0).tokens(TEXTS)


def test_a_broken_connection_is_tried_again(served, monkeypatch):
    monkeypatch.setattr("tacit.adapters.completions.FIRST_PAUSE", 0.0)
    server = served("vllm")

    def once(body):
        server.spoil = lambda whole: (whole, len(whole))
        return body[:10], len(body)

    server.spoil = once
    assert Endpoint(server.url, "small", retries=1).ability() == "vllm"


def test_a_slow_server_is_given_up(served):
    server = served("vllm")
    server.slow = 0.5
    with pytest.raises(InvalidInput, match=r"cannot be reached.*timed out"):
        Endpoint(server.url, "small", retries=0, timeout=0.05).tokens(TEXTS)


def changed(server, change):
    """The server's answers, each changed in place."""
    right = server.answer

    def answer(given):
        found = right(given)
        change(found, found["choices"][0])
        return found

    server.answer = answer


def names_first(found, choice):
    choice["prompt_logprobs"] = [
        place and {f"token_id:{number}": own for number, own in place.items()}
        for place in choice["prompt_logprobs"]
    ]


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (names_first, "another form than vllm's"),
        (lambda found, choice: choice.update(prompt_logprobs=[None, [1, 2]]), "no table of tokens"),
        (lambda found, choice: choice.update(prompt_logprobs=[None]), "no `prompt_logprobs`"),
        (
            lambda found, choice: choice["prompt_logprobs"].__setitem__(
                1, {"5": {"logprob": 1e9, "rank": 1}}
            ),
            "another form than vllm's",
        ),
        (lambda found, choice: found.update(usage={"prompt_tokens": 500}), "counts 500 tokens"),
        (lambda found, choice: found.update(choices=[]), "no `choices`"),
    ],
)
def test_an_answer_of_another_form_is_refused(served, change, match):
    server = served("vllm")
    changed(server, change)
    with pytest.raises(InvalidInput, match=match):
        Endpoint(server.url, "small", dialect="vllm", retries=0).tokens(TEXTS)


@pytest.mark.parametrize("kept", [slice(-20, None), slice(0, 20)])
def test_a_server_that_cuts_a_text_off_is_refused(served, kept):
    server = served("vllm")
    server.model = models.gpt2(context=256).eval()
    long = " ".join(models.SENTENCES)[:250]

    def cut(found, choice):
        places = choice["prompt_logprobs"]
        if len(places) > 60:
            choice["prompt_logprobs"] = [None, *places[1:][kept]]

    changed(server, cut)
    with pytest.raises(InvalidInput, match=r"row 1: the server scored \d+ of 250 characters"):
        Endpoint(server.url, "small").tokens(["short text", long])


def test_an_answer_that_was_half_written_is_asked_for_again(served):
    server, store = served("vllm"), {}
    endpoint = Endpoint(server.url, "small", store=store)
    first = endpoint.tokens(TEXTS[:2])
    name = next(iter(store))
    store[name] = store[name][:40]
    again = endpoint.tokens(TEXTS[:2])
    np.testing.assert_array_equal(again.logp, first.logp)
    assert len(store[name]) > 40
