"""Where jobs run: in this process, in local processes that come back when killed, in anything with
`submit`.
"""

import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from importlib import import_module
from types import TracebackType
from typing import Any, Protocol, runtime_checkable

from tacit.core import InvalidInput
from tacit.core.threads import usable_cores

HEADER = 8
WORKER = "from tacit.training.worker import main; main()"


class WorkerLost(RuntimeError):
    """A worker process died (killed, out of memory) each time it tried a job."""


@runtime_checkable
class Pool(Protocol):
    """What a run asks of a pool; `concurrent.futures` executors and Dask's `get_executor` have
    it.
    """

    def submit(self, fn: Callable[..., Any], /, *args: Any) -> Any:
        """Begin a job; the answer has ``done()`` and ``result()``."""
        ...


class Here:
    """Jobs run in this process, one at a time, when they are submitted."""

    width = 1

    def submit(self, fn: Callable[..., Any], /, *args: Any) -> "Future[Any]":
        """Run the job now and return it finished."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args))
        except Exception as error:
            future.set_exception(error)
        return future


class Processes:
    """Local processes; one that is killed is replaced, and only its own job begins again.

    The standard pools are broken for good when a worker dies. Workers start from a fresh
    interpreter (no fork), never run the main script, use one thread each for numerical libraries,
    and end when their parent does. Functions and what they close over are carried by cloudpickle,
    so a function from a notebook works.

    Parameters
    ----------
    width : number of processes; None: one a core that this process may use.
    retries : how often a job is begun again after its worker died.
    threads : threads of the numerical libraries in each worker.

    Examples
    --------
    >>> with Processes(2) as pool:
    ...     pool.submit(pow, 2, 10).result()
    1024
    """

    def __init__(self, width: int | None = None, *, retries: int = 3, threads: int = 1) -> None:
        self.width = usable_cores() if width is None else width
        if self.width < 1 or retries < 0:
            raise InvalidInput(
                f"A pool needs 1 process or more and `retries` 0 or more, got {width} and"
                f" {retries}."
            )
        self.retries = retries
        self.threads = threads
        self._jobs: queue.SimpleQueue[tuple[Future[Any], bytes] | None] = queue.SimpleQueue()
        self._workers: list[_Worker] = []
        self._shared: dict[str, bytes] = {}
        self._stopped = False
        self._guides = [
            threading.Thread(target=self._guide, daemon=True) for _ in range(self.width)
        ]
        for guide in self._guides:
            guide.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any) -> "Future[Any]":
        """Queue a job; the next free process takes it."""
        future: Future[Any] = Future()
        self._jobs.put((future, dumps((fn, args))))
        return future

    def share(self, name: str, fn: Callable[..., Any], /, *args: Any) -> None:
        """Let every worker run a job once before its next one, those that come later too.

        What all jobs share (training data) so travels once a worker, through a pipe: it is never on
        a disk, where a kill would leave it.
        """
        self._shared[name] = dumps((fn, args))

    def unshare(self, name: str) -> None:
        """Forget what `share` was given under this name."""
        self._shared.pop(name, None)

    def pids(self) -> list[int]:
        """Process ids of the workers that run now."""
        return [
            worker.process.pid for worker in list(self._workers) if worker.process.poll() is None
        ]

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers: after the queued jobs, or at once with `cancel_futures`."""
        if cancel_futures:
            self._stopped = True
            while not self._jobs.empty():
                item = self._jobs.get()
                if item is not None:
                    item[0].cancel()
            for worker in list(self._workers):
                worker.process.kill()
        for _ in self._guides:
            self._jobs.put(None)
        for guide in self._guides if wait else ():
            guide.join()

    def __enter__(self) -> "Processes":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.shutdown(cancel_futures=kind is not None)

    def _guide(self) -> None:
        """One thread for one worker: hand it a job, wait, and replace it when it dies."""
        worker: _Worker | None = None
        while (item := self._jobs.get()) is not None:
            future, message = item
            if not future.set_running_or_notify_cancel():
                continue
            answer = None
            for _ in range(self.retries + 1):
                try:
                    worker = worker or self._begin()
                    answer = worker.prepare(dict(self._shared)) or worker.ask(message)
                    break
                except (OSError, EOFError):  # the worker died: replace it and begin the job again
                    self._end(worker)
                    worker = None
            _settle(future, answer)
        self._end(worker)

    def _begin(self) -> "_Worker":
        if self._stopped:
            raise EOFError
        worker = _Worker(self.threads)
        self._workers.append(worker)
        if self._stopped:
            worker.process.kill()
        return worker

    def _end(self, worker: "_Worker | None") -> None:
        if worker is not None:
            self._workers.remove(worker)
            worker.close()


class _Worker:
    """One process that answers one message at a time."""

    def __init__(self, threads: int) -> None:
        self.has: set[str] = set()
        names = (
            "OMP_NUM_THREADS",
            "OPENBLAS_NUM_THREADS",
            "MKL_NUM_THREADS",
            "NUMEXPR_NUM_THREADS",
            "TACIT_WORKER_THREADS",
        )
        environment = {**os.environ, **dict.fromkeys(names, str(threads))}
        environment["PYTHONPATH"] = os.pathsep.join(path or os.getcwd() for path in sys.path)
        self.process = subprocess.Popen(
            # -P: the current folder is not a place to import from, unless it is one of the parent's
            [sys.executable, "-P", "-c", WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )

    def prepare(self, shared: dict[str, bytes]) -> tuple[bool, bytes] | None:
        """Run what is shared and was not yet run here; the answer of a job that failed, or None."""
        for name, message in shared.items():
            if name not in self.has:
                answer = self.ask(message)
                if not answer[0]:
                    return answer
                self.has.add(name)
        return None

    def ask(self, message: bytes) -> tuple[bool, bytes]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        send(self.process.stdin, message)
        answer = receive(self.process.stdout)
        return answer[:1] == b"+", answer[1:]

    def close(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except OSError:
                continue
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _settle(future: "Future[Any]", answer: tuple[bool, bytes] | None) -> None:
    if answer is None:
        future.set_exception(
            WorkerLost(
                "A worker process died each time it tried this job: killed or out of memory?"
            )
        )
        return
    try:
        value = pickle.loads(answer[1])  # noqa: S301 - written by our own child process
    except Exception as error:
        future.set_exception(error)
        return
    if answer[0]:
        future.set_result(value)
    else:
        future.set_exception(value)


def send(pipe: Any, message: bytes) -> None:
    """One message with its length before it."""
    pipe.write(len(message).to_bytes(HEADER, "little"))
    pipe.write(message)
    pipe.flush()


def receive(pipe: Any) -> bytes:
    """The next whole message; `EOFError` when the other side is gone."""
    head = pipe.read(HEADER)
    if len(head) < HEADER:
        raise EOFError
    size = int.from_bytes(head, "little")
    message = pipe.read(size)
    if len(message) < size:
        raise EOFError
    return bytes(message)


def dumps(value: object) -> bytes:
    """`value` as bytes for another process, functions of the main script by value."""
    return bytes(pickler().dumps(value))


def pickler() -> Any:
    """cloudpickle; joblib, which comes with scikit-learn, needs it or (up to 1.5) brought its own
    copy.
    """
    try:
        return import_module("cloudpickle")
    except ImportError:
        return import_module("joblib.externals.cloudpickle")


def pool_of(pool: "Pool | int | None") -> tuple[Pool, bool]:
    """The pool to use, and whether it is ours to close: None is this process, a number that many
    local processes.
    """
    if pool is None:
        return Here(), False
    if isinstance(pool, int):
        return Processes(pool), True
    if not isinstance(pool, Pool):
        raise InvalidInput(
            "`pool` needs a number of processes or an object with `submit`, got"
            f" {type(pool).__name__}."
        )
    return pool, False


def width_of(pool: Pool) -> int | None:
    """How many jobs `pool` runs at once, None where it does not say."""
    for name in ("width", "_max_workers"):
        value = getattr(pool, name, None)
        if isinstance(value, int):
            return value
    return None
