"""The other end of a pool, in this process."""

import os
import pickle
import queue
import sys
import types

import pytest

from tacit.training import worker
from tacit.training.pools import dumps, send


class Ended(Exception):
    """In place of the end of the process."""


def answer(fn, *args):
    found = worker._answer(dumps((fn, args)))
    return found[:1], pickle.loads(found[1:])  # noqa: S301 - made by this test


def test_a_job_that_is_done_is_answered_with_a_plus():
    assert answer(pow, 2, 5) == (b"+", 32)
    assert answer(lambda: None) == (b"+", None)


def test_an_error_is_answered_with_a_minus_and_says_where_it_was_raised():
    def fail():
        raise LookupError("lost")

    sign, error = answer(fail)
    assert sign == b"-"
    assert isinstance(error, LookupError)
    assert error.__notes__[0].startswith("In a worker process:\nTraceback")
    assert "in fail" in error.__notes__[0]


def test_a_job_that_ends_the_program_is_an_error_with_its_code():
    sign, error = answer(sys.exit, 3)
    assert sign == b"-"
    assert type(error) is RuntimeError
    assert str(error) == "The job ended the program (sys.exit(3))."


def test_an_error_that_cannot_travel_is_told_in_words():
    class Odd(Exception):
        def __init__(self, one, other):
            super().__init__(f"{one} and {other}")

    def fail():
        raise Odd("this", "that")

    sign, error = answer(fail)
    assert sign == b"-"
    assert type(error) is RuntimeError
    assert str(error).startswith("Odd: this and that\nIn a worker process:\n")


def test_a_message_that_is_no_job_is_answered_too():
    assert worker._answer(b"nonsense")[:1] == b"-"


@pytest.mark.parametrize(("said", "threads"), [("4", 4), (None, 1)])
def test_torch_is_told_how_many_threads_it_may_use(monkeypatch, said, threads):
    told = []
    monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(set_num_threads=told.append))
    if said is None:
        monkeypatch.delenv("TACIT_WORKER_THREADS", raising=False)
    else:
        monkeypatch.setenv("TACIT_WORKER_THREADS", said)
    assert answer(len, "abc") == (b"+", 3)
    assert told == [threads]


def test_torch_is_not_imported_for_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    worker._limit_threads()


def test_jobs_are_read_until_the_parent_is_gone_and_then_the_process_ends(monkeypatch):
    codes = []

    def end(code):
        codes.append(code)
        raise Ended

    monkeypatch.setattr(worker.os, "_exit", end)
    reads, writes = os.pipe()
    with os.fdopen(writes, "wb") as pipe:
        send(pipe, b"one")
        send(pipe, b"two")
        pipe.write(b"\x09\0")  # the parent was killed while it wrote
    inbox = queue.SimpleQueue()
    with os.fdopen(reads, "rb") as pipe, pytest.raises(Ended):
        worker._listen(pipe, inbox)
    assert codes == [0]
    assert [inbox.get(), inbox.get()] == [b"one", b"two"]
    assert inbox.empty()
