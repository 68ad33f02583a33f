"""Ray as a pool: a task a job, with retries and a share of a GPU each, on as many machines as the
cluster has.
"""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from tacit.core import InvalidInput
from tacit.core.optional import require
from tacit.training.jobs import Context


class RayPool:
    """Jobs as Ray tasks. Connects to the running cluster, or starts Ray on this machine where there
    is none.

    A job whose node or process dies begins again elsewhere. What all jobs share (data, function) is
    put into Ray's object store once. Results come back to the caller, who stores them: workers need
    no access to the store.

    Parameters
    ----------
    cpus, gpus : what one job reserves; ``gpus=0.25`` puts four jobs on one GPU.
    retries : how often a job is begun again after its process or node died; -1 without end.
    address : of the cluster, as in `ray.init`; None leaves it to Ray.
    options : anything else that `ray.remote` takes (``resources``, ``runtime_env``, ``memory``
        ...).
    """

    def __init__(
        self,
        *,
        cpus: float = 1.0,
        gpus: float = 0.0,
        retries: int = 5,
        address: str | None = None,
        options: dict[str, Any] | None = None,
    ) -> None:
        if cpus < 0 or gpus < 0 or retries < -1:
            raise InvalidInput(
                f"`cpus` and `gpus` need 0 or more and `retries` -1 or more, got {cpus}, {gpus} and"
                f" {retries}."
            )
        self._ray = require("ray", extra="ray", purpose="RayPool")
        if not self._ray.is_initialized():
            self._ray.init(address=address, log_to_driver=False)
        remote = self._ray.remote(
            num_cpus=cpus, num_gpus=gpus, max_retries=retries, **(options or {})
        )
        self._call = remote(_call)
        self._shared: dict[int, tuple[Context, Any]] = {}

    def submit(self, fn: Callable[..., Any], /, *args: Any) -> "Future[Any]":
        """Begin a job somewhere in the cluster."""
        future: Future[Any] = self._call.remote(fn, *(self._put(arg) for arg in args)).future()
        return future

    def _put(self, arg: Any) -> Any:
        if not isinstance(arg, Context):
            return arg
        if id(arg) not in self._shared:
            self._shared[id(arg)] = (arg, self._ray.put(arg))
        return self._shared[id(arg)][1]


def _call(fn: Callable[..., Any], *args: Any) -> Any:
    return fn(*args)
