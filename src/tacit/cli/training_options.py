"""Where to train, and progress while training: the same for every command that trains models."""

import argparse
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tacit.training import Progress

POOL_HELP = """\
where to train: `here`, a number of local processes, `ray`, `dask=ADDRESS` or
`threads=N` (default: %(default)s)"""
# seconds between two lines: in a terminal, where the line moves, and in a log
MOVING, LOGGED = 0.1, 5.0


def add_pool_options(command: argparse.ArgumentParser) -> None:
    """Add `--pool`, `--gpus` and `--quiet` to a command."""
    command.add_argument("--pool", default="here", help=POOL_HELP)
    command.add_argument(
        "--gpus",
        type=float,
        default=0.0,
        help="with --pool ray: share of a GPU a job (0.25: four jobs on one)",
    )
    command.add_argument("--quiet", action="store_true", help="no progress")


def pool_of(arguments: argparse.Namespace) -> tuple[Any, Callable[[], Any]]:
    """The pool that was asked for, and what closes it.

    Raises
    ------
    InvalidInput : `--pool` names none.
    """
    from tacit.core import InvalidInput

    kind, _, value = arguments.pool.partition("=")
    if kind == "here":
        return None, lambda: None
    if kind.isdigit() and int(kind):
        return int(kind), lambda: None
    if kind == "threads" and value.isdigit() and int(value):
        from concurrent.futures import ThreadPoolExecutor

        threads = ThreadPoolExecutor(int(value))
        return threads, threads.shutdown
    if kind == "ray":
        from tacit.training.ray import RayPool

        return RayPool(gpus=arguments.gpus, address=value or None), lambda: None
    if kind == "dask" and value:
        from tacit.core.optional import require

        client = require("distributed", extra="dask", purpose="--pool dask").Client(value)
        return client.get_executor(retries=3, pure=False), client.close
    raise InvalidInput(
        "`--pool` needs here, a number of processes, ray, dask=ADDRESS or threads=N, got"
        f" {arguments.pool!r}."
    )


class TrainingLine:
    """Progress on standard error: one moving line in a terminal, a line every few seconds
    elsewhere.
    """

    def __init__(self) -> None:
        self.said = -1e9

    def __call__(self, progress: "Progress") -> None:
        """Say how far the training is."""
        moving, last = sys.stderr.isatty(), progress.done == progress.total
        if not last and time.monotonic() - self.said < (MOVING if moving else LOGGED):
            return
        self.said = time.monotonic()
        print(
            f"\r\x1b[2K{progress}" if moving else str(progress),
            end="\n" if last or not moving else "",
            file=sys.stderr,
            flush=True,
        )
