"""Messages, guides and workers by hand: no process is started here."""

import io
import pickle
import subprocess
import sys
import types
from concurrent.futures import Future

import pytest

from tacit.core import InvalidInput
from tacit.training import pools
from tacit.training.pools import (
    Here,
    Pool,
    Processes,
    WorkerLost,
    _settle,
    _Worker,
    dumps,
    pool_of,
    receive,
    send,
    width_of,
)


class Process:
    """A child that does not run."""

    def __init__(self, pid=7, ended=None):
        self.pid, self.ended = pid, ended
        self.stdin, self.stdout = io.BytesIO(), io.BytesIO()
        self.waited, self.killed = [], 0

    def poll(self):
        return self.ended

    def kill(self):
        self.killed += 1

    def wait(self, timeout=None):
        self.waited.append(timeout)
        if timeout is not None and not self.killed and self.ended is None:
            raise subprocess.TimeoutExpired("worker", timeout)


def worker(answers=(), shared=()):
    """A worker that answers from a list; an error in it is raised."""
    one = _Worker.__new__(_Worker)
    one.has, one.process = set(shared), Process(ended=0)
    one.asked, left = [], list(answers)

    def ask(message):
        one.asked.append(message)
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    one.ask = ask
    return one


def pool_with(monkeypatch, workers, **options):
    """One guide that takes its workers from a list."""
    left = list(workers)
    monkeypatch.setattr(pools, "_Worker", lambda threads: left.pop(0))
    return Processes(1, **options)


def unpacked(message):
    return pickle.loads(message)  # noqa: S301 - made by this test


DONE = (True, pickle.dumps("done"))


def test_a_message_has_its_length_in_eight_bytes_before_it():
    pipe = io.BytesIO()
    send(pipe, b"abc")
    send(pipe, b"")
    assert pipe.getvalue() == b"\x03\0\0\0\0\0\0\0abc" + bytes(8)
    pipe.seek(0)
    assert receive(pipe) == b"abc"
    assert receive(pipe) == b""
    with pytest.raises(EOFError):
        receive(pipe)


@pytest.mark.parametrize("cut", [0, 1, 7, 8, 10])
def test_a_message_that_is_cut_short_is_the_end(cut):
    pipe = io.BytesIO()
    send(pipe, b"abc")
    with pytest.raises(EOFError):
        receive(io.BytesIO(pipe.getvalue()[:cut]))


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_a_job_is_tried_once_and_then_again_as_often_as_it_may(monkeypatch, retries):
    lost = [worker([EOFError()]) for _ in range(9)]
    with (
        pool_with(monkeypatch, lost, retries=retries) as pool,
        pytest.raises(WorkerLost, match="each time"),
    ):
        pool.submit(len, "a").result(timeout=30)
    assert [len(one.asked) for one in lost] == [1] * (retries + 1) + [0] * (8 - retries)
    assert all(one.process.waited for one in lost[: retries + 1]), "each was closed"


def test_a_worker_that_lives_does_the_next_job_too(monkeypatch):
    lost, kept = worker([OSError()]), worker([DONE, DONE, DONE])
    with pool_with(monkeypatch, [lost, kept]) as pool:
        found = [pool.submit(len, "abc"[:k]).result(timeout=30) for k in range(3)]
        assert pool._workers == [kept]
    assert found == ["done"] * 3
    assert [unpacked(message) for message in kept.asked] == [
        (len, ("",)),
        (len, ("a",)),
        (len, ("ab",)),
    ]
    assert pool._workers == []


def test_a_job_that_was_cancelled_is_not_begun(monkeypatch):
    one = worker([DONE])
    pool = pool_with(monkeypatch, [one])
    cancelled, message = Future(), dumps((len, ("a",)))
    cancelled.cancel()
    pool._jobs.put((cancelled, message))
    assert pool.submit(len, "b").result(timeout=30) == "done"
    pool.shutdown()
    assert len(one.asked) == 1


def test_what_is_shared_is_told_to_a_worker_once():
    one = worker([DONE, DONE, DONE], shared=["a"])
    assert one.prepare({"a": b"1", "b": b"2", "c": b"3"}) is None
    assert one.asked == [b"2", b"3"]
    assert one.prepare({"a": b"1", "b": b"2", "c": b"3"}) is None
    assert one.asked == [b"2", b"3"]
    assert one.has == {"a", "b", "c"}


def test_what_is_shared_and_fails_is_the_answer_of_the_job_and_is_tried_again():
    failed = (False, b"why")
    one = worker([DONE, failed, DONE, DONE])
    assert one.prepare({"a": b"1", "b": b"2", "c": b"3"}) == failed
    assert one.has == {"a"}
    assert one.prepare({"a": b"1", "b": b"2", "c": b"3"}) is None
    assert one.asked == [b"1", b"2", b"2", b"3"]


def test_a_job_is_not_asked_for_where_what_is_shared_failed(monkeypatch):
    one = worker([(False, pickle.dumps(LookupError("no data"))), DONE, DONE])
    with pool_with(monkeypatch, [one]) as pool:
        pool.share("x", len, "shared")
        with pytest.raises(LookupError, match="no data"):
            pool.submit(len, "job").result(timeout=30)
        assert [unpacked(message)[1] for message in one.asked] == [("shared",)]
        pool.unshare("x")
        pool.unshare("x")
        assert pool.submit(len, "job").result(timeout=30) == "done"
    assert unpacked(one.asked[-1])[1] == ("job",)


@pytest.mark.parametrize(("first", "right"), [(b"+", True), (b"-", False)])
def test_an_answer_is_a_sign_and_a_value(first, right):
    one = _Worker.__new__(_Worker)
    one.process = Process()
    send(one.process.stdout, first + b"+-value")
    one.process.stdout.seek(0)
    assert one.ask(b"question") == (right, b"+-value")
    one.process.stdin.seek(0)
    assert receive(one.process.stdin) == b"question"


def test_a_worker_begins_with_few_threads_and_the_path_of_its_parent(monkeypatch):
    seen = {}

    def begun(command, **options):
        seen.update(options, command=command)
        return Process()

    monkeypatch.setattr(pools.subprocess, "Popen", begun)
    monkeypatch.setattr(sys, "path", ["", "/own"])
    monkeypatch.setattr(pools.os, "getcwd", lambda: "/here")
    monkeypatch.setenv("OMP_NUM_THREADS", "12")
    monkeypatch.setenv("TACIT_TEST_OTHER", "kept")
    one = _Worker(3)
    assert one.has == set()
    environment = seen["env"]
    for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
        assert environment[f"{name}_NUM_THREADS"] == "3"
    assert environment["TACIT_WORKER_THREADS"] == "3"
    assert environment["TACIT_TEST_OTHER"] == "kept"
    assert environment["PYTHONPATH"] == "/here:/own".replace(":", pools.os.pathsep)
    assert seen["command"][:3] == [sys.executable, "-P", "-c"]
    assert seen["stdin"] == seen["stdout"] == subprocess.PIPE


def test_a_worker_that_does_not_end_in_five_seconds_is_killed():
    one = worker()
    one.process = Process()
    one.close()
    assert one.process.waited == [5, None]
    assert one.process.killed == 1
    assert one.process.stdin.closed
    assert one.process.stdout.closed


def test_a_worker_that_ends_is_not_killed_even_with_a_broken_pipe():
    class Broken:
        def close(self):
            raise BrokenPipeError

    one = worker()
    one.process.stdin = Broken()
    one.close()
    assert one.process.waited == [5]
    assert one.process.killed == 0
    assert one.process.stdout.closed


def test_answers_are_values_errors_or_nothing():
    futures = [Future() for _ in range(4)]
    _settle(futures[0], (True, pickle.dumps([3])))
    _settle(futures[1], (False, pickle.dumps(KeyError("k"))))
    _settle(futures[2], (True, b"no pickle"))
    _settle(futures[3], None)
    assert futures[0].result(timeout=0) == [3]
    assert isinstance(futures[1].exception(timeout=0), KeyError)
    assert isinstance(futures[2].exception(timeout=0), pickle.UnpicklingError)
    assert isinstance(futures[3].exception(timeout=0), WorkerLost)


def test_the_ids_are_those_of_workers_that_run(monkeypatch):
    pool = pool_with(monkeypatch, [])
    pool._workers = [
        types.SimpleNamespace(process=Process(pid, ended))
        for pid, ended in ((3, None), (4, 0), (5, -9), (6, None))
    ]
    assert pool.pids() == [3, 6]
    pool._workers = []
    pool.shutdown()


def test_a_pool_that_was_stopped_begins_no_worker(monkeypatch):
    one = worker()
    pool = pool_with(monkeypatch, [one])
    pool.shutdown()
    assert pool._stopped is False, "what is queued is still done"
    assert pool._begin() is one
    assert one.process.killed == 0
    pool._stopped = True
    with pytest.raises(EOFError):
        pool._begin()


def test_a_worker_that_begins_while_the_pool_stops_is_killed(monkeypatch):
    pool = pool_with(monkeypatch, [])
    pool.shutdown()
    late = worker()

    def begin(threads):
        pool._stopped = True
        return late

    monkeypatch.setattr(pools, "_Worker", begin)
    pool._begin()
    assert late.process.killed == 1
    assert pool._workers == [late]


def test_stopping_at_once_cancels_what_waits_and_kills_what_runs(monkeypatch):
    pool = pool_with(monkeypatch, [])
    pool.shutdown()
    waiting, running = Future(), worker()
    pool._jobs.put((waiting, b""))
    pool._jobs.put(None)
    pool._workers = [running]
    pool.shutdown(cancel_futures=True)
    assert waiting.cancelled()
    assert running.process.killed == 1
    assert pool._stopped


@pytest.mark.parametrize(("error", "at_once"), [(None, False), (ValueError, True)])
def test_a_block_that_fails_stops_at_once(monkeypatch, error, at_once):
    pool = pool_with(monkeypatch, [])
    told = []
    ends = pool.shutdown
    monkeypatch.setattr(pool, "shutdown", lambda **options: told.append(options))
    assert pool.__enter__() is pool
    pool.__exit__(error, None, None)
    assert told == [{"cancel_futures": at_once}]
    ends()


def test_a_width_of_none_is_a_process_a_core_and_a_width_of_zero_is_refused(monkeypatch):
    monkeypatch.setattr(pools, "usable_cores", lambda: 3)
    pool = Processes()
    assert pool.width == len(pool._guides) == 3
    assert (pool.retries, pool.threads) == (3, 1)
    pool.shutdown()
    for width, retries in ((0, 3), (-1, 3), (1, -1)):
        with pytest.raises(InvalidInput, match=f"got {width} and {retries}"):
            Processes(width, retries=retries)


def test_here_does_a_job_when_it_is_submitted():
    done = []
    assert Here().submit(lambda a, b: done.append(a + b), 1, 2).done()
    assert done == [3]
    failed = Here().submit(int, "x")
    assert isinstance(failed.exception(timeout=0), ValueError)


def test_a_pool_of_one_s_own_is_not_closed_and_a_number_is():
    own = Here()
    assert pool_of(own) == (own, False)
    found, ours = pool_of(None)
    assert isinstance(found, Here)
    assert ours is False
    made, ours = pool_of(2)
    assert made.width == 2
    assert ours is True
    made.shutdown()
    assert isinstance(made, Pool)
    with pytest.raises(InvalidInput, match="got str"):
        pool_of("2")


def test_the_width_is_told_by_the_pool_or_not_at_all():
    assert width_of(types.SimpleNamespace(width=4, _max_workers=5)) == 4
    assert width_of(types.SimpleNamespace(width=None, _max_workers=5)) == 5
    assert width_of(types.SimpleNamespace(width="many")) is None


def test_functions_are_carried_by_cloudpickle_or_by_the_copy_of_joblib(monkeypatch):
    asked = []

    def found(name):
        asked.append(name)
        if name == "cloudpickle":
            raise ImportError
        return name

    monkeypatch.setattr(pools, "import_module", found)
    assert pools.pickler() == "joblib.externals.cloudpickle"
    assert asked == ["cloudpickle", "joblib.externals.cloudpickle"]
