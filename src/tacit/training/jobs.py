"""One job: train some models, let each answer for every record, and hand back numbers."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, Outputs, checking
from tacit.training.digest import digest_of
from tacit.training.measuring import Floats, Statistic, accuracies, labelled, name_of
from tacit.training.pools import dumps

Observe = Callable[[Any], "Outputs | Floats"]


class Recipe(Protocol):
    """How to train one model: `fit` gets all records, the row numbers to train on, and a seed."""

    def fit(self, x: Any, y: Any, indices: NDArray[np.int64], seed: int) -> Observe:
        """Train on the rows `indices` and return a function from inputs to `Outputs` or signals (n,
        q).
        """
        ...


@dataclass(frozen=True, eq=False)
class Task:
    """One model to train: its number, its seed, and its members as packed bits."""

    model: int
    seed: int
    bits: bytes
    n: int

    @property
    def member(self) -> NDArray[np.bool_]:
        """True for the records to train on."""
        return np.unpackbits(np.frombuffer(self.bits, np.uint8), count=self.n).astype(bool)

    @property
    def indices(self) -> NDArray[np.int64]:
        """Row numbers of the records to train on."""
        return np.flatnonzero(self.member).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Answer:
    """What one model said: signals float32 (n, q), a note (accuracies, seconds), and the kept model
    if one was asked for.
    """

    model: int
    signal: NDArray[np.float32]
    note: dict[str, Any]
    kept: bytes | None = None


class Context:
    """What all jobs of a run share. Each worker process receives it once and keeps it.

    Parameters
    ----------
    recipe : how to train.
    data : ``(x, y)``, ``x`` alone, or a function without arguments that loads them.
    digest : the fingerprint of the loaded data; a worker whose loader finds something else stops.
    queries : functions from inputs to inputs, one column of signals each.
    statistic : from `Outputs` to one number a record.
    keep : from the observing function to bytes, for those who want the models too.
    """

    def __init__(
        self,
        recipe: Recipe,
        data: Any,
        *,
        digest: str,
        queries: Sequence[Callable[[Any], Any]],
        statistic: Statistic,
        keep: Callable[[Any], bytes] | None = None,
    ) -> None:
        self.recipe = recipe
        self.data = data
        self.digest = digest
        self.queries = tuple(queries)
        self.statistic = statistic
        self.keep = keep
        self.sent = False
        self._loaded: tuple[Any, Any] | None = None

    def __reduce__(self) -> tuple[Callable[..., "Context"], tuple[Any, ...]]:
        if self.sent:
            return received, (self.name,)
        return _from_bytes, (self.name, self.packed)

    @cached_property
    def packed(self) -> bytes:
        """The context as bytes, made once."""
        fields = {
            "queries": self.queries,
            "statistic": self.statistic,
            "keep": self.keep,
            "digest": self.digest,
        }
        return dumps((self.recipe, self.data, fields))

    @cached_property
    def name(self) -> str:
        """A name for the bytes, by which a worker knows that it has them already."""
        return digest_of(self.packed)

    def records(self) -> tuple[Any, Any]:
        """The records as ``(x, y)``; y is None where there is none."""
        if self._loaded is None:
            data = self.data
            if callable(data):
                data = data()
                if digest_of(data) != self.digest:
                    raise InvalidInput(
                        "`data` loads other records here than where the run was planned: nothing"
                        " was trained."
                    )
            self._loaded = split(data)
        return self._loaded


_RECEIVED: dict[str, Context] = {}


def _from_bytes(name: str, packed: bytes) -> Context:
    keep_context(name, packed)
    return _RECEIVED[name]


def keep_context(name: str, packed: bytes) -> None:
    """Unpack what the jobs of a run share, in the worker, and forget the run before."""
    if name not in _RECEIVED:
        import pickle

        # sent by the run that this worker serves
        recipe, data, fields = pickle.loads(packed)  # noqa: S301
        _RECEIVED.clear()
        _RECEIVED[name] = Context(recipe, data, **fields)


def received(name: str) -> Context:
    """What `keep_context` unpacked in this worker."""
    return _RECEIVED[name]


def split(data: Any) -> tuple[Any, Any]:
    """``(x, y)`` from what the user gave."""
    return data if isinstance(data, tuple) and len(data) == 2 else (data, None)


def run_job(context: Context, tasks: Sequence[Task]) -> list[Answer]:
    """Train the models of `tasks` and measure each; a pure function of its arguments.

    Raises
    ------
    RuntimeError : the recipe called ``sys.exit``, which must not end the run as if all was well.
    """
    try:
        return _answers(context, tasks)
    except SystemExit as error:
        raise RuntimeError(f"The recipe ended the program (sys.exit({error.code!r})).") from error


def _answers(context: Context, tasks: Sequence[Task]) -> list[Answer]:
    x, y = context.records()
    began = time.perf_counter()
    fit_many = getattr(context.recipe, "fit_many", None)
    if fit_many is not None and len(tasks) > 1:
        observers = list(
            fit_many(x, y, [task.indices for task in tasks], [task.seed for task in tasks])
        )
    else:
        observers = [context.recipe.fit(x, y, task.indices, task.seed) for task in tasks]
    answers = [
        _answer(context, task, observe, x, y)
        for task, observe in zip(tasks, observers, strict=True)
    ]
    seconds = (time.perf_counter() - began) / len(tasks)
    for answer in answers:
        answer.note["seconds"] = seconds
    return answers


def _answer(context: Context, task: Task, observe: Observe, x: Any, y: Any) -> Answer:
    columns: list[Floats] = []
    note: dict[str, Any] = {}
    for query in context.queries:
        answer = observe(query(x))
        if isinstance(answer, Outputs):
            outputs = labelled(answer, y)
            note = note or {
                "statistic": name_of(context.statistic, outputs),
                **accuracies(outputs, task.member),
            }
            answer = context.statistic(outputs)
        columns.append(_columns(answer, task))
    signal = np.ascontiguousarray(np.concatenate(columns, axis=1), dtype=np.float32)
    return Answer(task.model, signal, note, None if context.keep is None else context.keep(observe))


def _columns(answer: Any, task: Task) -> Floats:
    value = checking.floats(answer, f"signals of shadow model {task.model}", ndim=(1, 2))
    if len(value) != task.n:
        raise InvalidInput(
            f"`observe` needs one row a record: {task.n} records, got {len(value)} rows."
        )
    return value if value.ndim == 2 else value[:, None]
