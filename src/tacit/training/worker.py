"""The other end of `Processes`: read a job, run it, write the answer; end with the parent."""

import os
import pickle
import queue
import signal
import sys
import threading
from typing import BinaryIO

from tacit.training.pools import dumps, receive, send


def main() -> None:
    """Serve the parent until its pipe closes; what a job prints goes to the error stream."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends us
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    inbox: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, inbox), daemon=True).start()
    while True:
        send(answers, _answer(inbox.get()))


def _listen(pipe: BinaryIO, inbox: "queue.SimpleQueue[bytes]") -> None:
    try:
        while True:
            inbox.put(receive(pipe))
    except (EOFError, OSError):
        os._exit(
            0
        )  # the parent is gone, or done with us: a job in flight is lost, and nothing else


def _answer(message: bytes) -> bytes:
    try:
        fn, args = pickle.loads(message)  # noqa: S301 - written by our own parent process
        _limit_threads()
        return b"+" + dumps(fn(*args))
    except SystemExit as error:
        return b"-" + _carried(
            RuntimeError(f"The job ended the program (sys.exit({error.code!r})).")
        )
    except Exception as error:
        return b"-" + _carried(error)


def _carried(error: Exception) -> bytes:
    import traceback

    error.add_note("In a worker process:\n" + "".join(traceback.format_exception(error)))
    try:
        content = dumps(error)
        pickle.loads(content)  # noqa: S301 - our own bytes: can the parent read them?
        return content
    except Exception:
        return dumps(
            RuntimeError(f"{type(error).__name__}: {error}\n" + "\n".join(error.__notes__))
        )


def _limit_threads() -> None:
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(int(os.environ.get("TACIT_WORKER_THREADS", "1")))
