"""Apache Beam: a model scores records where they lie, and only losses travel.

::

    with beam.Pipeline() as pipeline:
        for side, pattern in (("member", "train*"), ("nonmember", "eval*")):
            records = pipeline | f"read {side}" >> ...        # pairs (input, label)
            records | side >> ScoreShards(load_model, folder / side)
    tested = privacy_test(None, shards(folder / "member"), shards(folder / "nonmember"), policy)

No process holds the outputs of more than one batch: each worker loads the model once, and writes
one loss and one class a record.
"""

import hashlib
import io
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, Outputs
from tacit.core.files import write_whole
from tacit.core.optional import require

beam: Any = require("apache_beam", extra="beam", purpose="Scoring with Beam")

# records a worker scores at a time, and keeps before it writes a shard of 16 bytes a record
BATCH, SHARD = 256, 100_000
Ask = Callable[[list[Any]], Any]


class ScoreShards(beam.PTransform):  # type: ignore[misc]
    """Score pairs ``(input, label)`` and write losses and classes; gives the paths of the shards.

    A bundle that Beam tries again writes the same content under the same name.

    Parameters
    ----------
    load : callable
        Called once a worker; gives a function from a list of inputs to scores (n, k), as
        `tacit.adapters.outputs_of` takes them. It travels to the workers, so it should be a
        function of a module, or `functools.partial` of one.
    folder : str or Path
        Where the shards go; every worker must reach it.
    kind : str
        What the answers are: ``"auto"``, ``"logits"``, ``"probs"`` or ``"loss"``.
    batch : int
        Records that the model is asked about at once.
    """

    def __init__(
        self,
        load: Callable[[], Ask],
        folder: str | os.PathLike[str],
        *,
        kind: str = "auto",
        batch: int = BATCH,
    ) -> None:
        if not callable(load):
            raise InvalidInput(f"`load` needs a function without arguments, got {load!r}.")
        if batch < 1:
            raise InvalidInput(f"`batch` needs a whole number of 1 or more, got {batch!r}.")
        super().__init__()
        self.load, self.folder, self.kind, self.batch = load, str(folder), kind, batch

    def expand(self, pcollection: Any) -> Any:
        """One path a shard."""
        return pcollection | beam.ParDo(_Score(self.load, self.folder, self.kind, self.batch))


class _Score(beam.DoFn):  # type: ignore[misc]
    """Scores batches; a shard is written at the end of a bundle, or where it is full."""

    def __init__(self, load: Callable[[], Ask], folder: str, kind: str, batch: int) -> None:
        self.load, self.folder, self.kind, self.batch = load, folder, kind, batch

    def setup(self) -> None:
        self.ask = self.load()

    def start_bundle(self) -> None:
        self.waiting: list[tuple[Any, Any]] = []
        self.scored: list[Outputs] = []

    def process(self, pair: tuple[Any, Any]) -> Iterator[str]:
        self.waiting.append(pair)
        if len(self.waiting) >= self.batch:
            self._score()
        if sum(part.n for part in self.scored) >= SHARD:
            yield self._written()

    def finish_bundle(self) -> Iterable[Any]:
        self._score()
        if self.scored:
            window = beam.utils.windowed_value.WindowedValue
            yield window(self._written(), 0, [beam.transforms.window.GlobalWindow()])

    def _score(self) -> None:
        if self.waiting:
            inputs, labels = (list(part) for part in zip(*self.waiting))
            self.scored.append(_reduced(self.ask(inputs), np.asarray(labels), self.kind))
            self.waiting = []

    def _written(self) -> str:
        parts, self.scored = self.scored, []
        arrays = {"loss": np.concatenate([part.loss for part in parts if part.loss is not None])}
        labels = [part.label for part in parts if part.label is not None]
        if labels:
            arrays["label"] = np.concatenate(labels)
        return str(_write(arrays, Path(self.folder)))


def shards(folder: str | os.PathLike[str]) -> list[Path]:
    """The shards that `ScoreShards` wrote, in an order that does not depend on the workers.

    Raises
    ------
    InvalidInput
        There are none.
    """
    found = sorted(Path(folder).glob("shard-*.npz"))
    if not found:
        raise InvalidInput(f"`{folder}` holds no shards of scores.")
    return found


def _reduced(answer: Any, label: NDArray[Any], kind: Any) -> Outputs:
    """One loss and one class a record."""
    from tacit.adapters.answers import outputs
    from tacit.audits.steps.loss_trace import record_losses

    found = outputs(np.asarray(answer), label, kind=kind)
    if found.n != len(label):
        raise InvalidInput(
            f"The model needs to answer one row a record: asked about {len(label)}, got {found.n}."
        )
    one = found.label is not None and found.label.ndim == 1
    return Outputs(loss=record_losses(found), label=found.label if one else None)


def _write(arrays: dict[str, NDArray[Any]], folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.blake2b(digest_size=12)
    for name, array in arrays.items():
        digest.update(f"{name} {array.dtype}".encode() + array.tobytes())
    path = folder / f"shard-{digest.hexdigest()}.npz"
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    write_whole(path, content.getvalue())
    return path
