"""Apache Beam: a model scores records where they lie, and only losses travel.

::

    with beam.Pipeline() as pipeline:
        for side, pattern in (("member", "train*"), ("nonmember", "eval*")):
            records = pipeline | f"read {side}" >> ...        # pairs (input, label)
            records | side >> ScoreShards(load_model, f"{folder}/{side}", kind="logits")
    tested = privacy_test(None, scored(f"{folder}/member"), scored(f"{folder}/nonmember"), policy)

No process holds the outputs of more than one batch: each worker loads the model once, and writes
one loss and one class a record.
"""

import hashlib
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, Outputs, concatenate
from tacit.core.optional import require

beam: Any = require("apache_beam", extra="beam", purpose="Scoring with Beam")

# records a worker scores at a time, and keeps before it writes a shard of 12 bytes a record
BATCH, SHARD = 256, 100_000
# the last file to be written: which shards are those of attempts that Beam accepted
LIST = "shards.json"
KINDS = ("logits", "probs", "prediction", "loss")
Ask = Callable[[list[Any]], Any]


class ScoreShards(beam.PTransform):  # type: ignore[misc]
    """Score pairs ``(input, label)`` and write losses and classes; gives the paths of the shards.

    A bundle that Beam tries twice leaves two shards, and only the one that Beam accepted is in the
    list that `scored` reads.

    Parameters
    ----------
    load : callable
        Called once a worker; gives a function from a list of inputs to scores (n, k), as
        `tacit.adapters.outputs_of` takes them. It travels to the workers, so it should be a
        function of a module, or `functools.partial` of one.
    folder : str or Path
        Where the shards go, on any file system of Beam's that every worker reaches; one folder for
        the members and another for the others.
    kind : str
        What the answers are: ``"logits"``, ``"probs"``, ``"prediction"`` or ``"loss"``. It has to
        be said, as a batch of a few records does not show it.
    batch : int
        Records that the model is asked about at once.
    """

    def __init__(
        self,
        load: Callable[[], Ask],
        folder: str | os.PathLike[str],
        *,
        kind: str,
        batch: int = BATCH,
    ) -> None:
        if not callable(load):
            raise InvalidInput(f"`load` needs a function without arguments, got {load!r}.")
        if kind not in KINDS:
            raise InvalidInput(f"`kind` needs one of {', '.join(KINDS)}, got {kind!r}.")
        if batch < 1:
            raise InvalidInput(f"`batch` needs a whole number of 1 or more, got {batch!r}.")
        super().__init__()
        self.load, self.folder, self.kind, self.batch = load, str(folder), kind, batch

    def expand(self, pcollection: Any) -> Any:
        """One path a shard."""
        written = pcollection | beam.ParDo(_Score(self.load, self.folder, self.kind, self.batch))
        _ = (
            written
            | "all shards" >> beam.CombineGlobally(beam.combiners.ToListCombineFn())
            | "list them" >> beam.Map(_list_shards, self.folder)
        )
        return written


class _Score(beam.DoFn):  # type: ignore[misc]
    """Scores batches; a shard is written at the end of a bundle, or where it is full."""

    def __init__(self, load: Callable[[], Ask], folder: str, kind: str, batch: int) -> None:
        self.load, self.folder, self.kind, self.batch = load, folder, kind, batch

    def setup(self) -> None:
        from tacit.core.asking import guarded

        self.ask = guarded(self.load())
        self.checked = False

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
        from tacit.adapters.answers import require_stable

        if not self.waiting:
            return
        inputs, labels = (list(part) for part in zip(*self.waiting))
        answer = np.asarray(self.ask(inputs))
        if not self.checked:
            require_stable(self.ask, inputs, answer)
            self.checked = True
        self.scored.append(_reduced(answer, np.asarray(labels), self.kind))
        self.waiting = []

    def _written(self) -> str:
        parts, self.scored = self.scored, []
        arrays = {"loss": np.concatenate([part.loss for part in parts if part.loss is not None])}
        labels = [part.label for part in parts if part.label is not None]
        if len(labels) == len(parts):
            arrays["label"] = np.concatenate(labels)
        return _write(arrays, self.folder)


def scored(folder: str | os.PathLike[str]) -> Outputs:
    """What `ScoreShards` wrote into a folder: one loss and one class a record.

    The order of the records is that of the bundles, which a runner may choose anew in each run.

    Raises
    ------
    InvalidInput
        No run that wrote into this folder has ended, or it scored no record.
    """
    files = _files()
    name = files.join(str(folder), LIST)
    if not files.exists(name):
        raise InvalidInput(f"`{folder}` holds no list of scored shards; has the pipeline ended?")
    with files.open(name) as listed:
        paths = json.loads(listed.read())
    if not paths:
        raise InvalidInput(f"`{folder}` needs at least one scored record, got none.")
    return concatenate(*(_read(files, path) for path in paths))


def _read(files: Any, path: str) -> Outputs:
    with files.open(path) as file:
        content = io.BytesIO(file.read())
    with np.load(content, allow_pickle=False) as held:
        return Outputs(loss=held["loss"], label=held.get("label"))


def _list_shards(paths: list[str], folder: str) -> None:
    """Write the list; sorted, so that equal shards give equal lists."""
    _put(folder, LIST, json.dumps(sorted(paths)).encode())


def _reduced(answer: NDArray[Any], label: NDArray[Any], kind: Any) -> Outputs:
    """One loss and one class a record."""
    from tacit.adapters.answers import outputs
    from tacit.audits.steps.loss_trace import record_losses

    found = outputs(answer, label, kind=kind)
    if found.n != len(label):
        raise InvalidInput(
            f"The model needs to answer one row a record: asked about {len(label)}, got {found.n}."
        )
    one = found.label is not None and found.label.ndim == 1
    return Outputs(loss=record_losses(found), label=found.label if one else None)


def _write(arrays: dict[str, NDArray[Any]], folder: str) -> str:
    # names begin with the content, so that shards are read in one order, and end at random: two
    # bundles of the same losses are two shards
    digest = hashlib.blake2b(digest_size=12)
    for name, array in arrays.items():
        digest.update(f"{name} {array.dtype}".encode() + array.tobytes())
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    return _put(folder, f"shard-{digest.hexdigest()}-{uuid4().hex[:12]}.npz", content.getvalue())


def _put(folder: str, name: str, content: bytes) -> str:
    files = _files()
    path = str(files.join(folder, name))
    if not files.exists(folder):
        try:
            files.mkdirs(folder)
        except OSError:
            # another worker made it in between
            if not files.exists(folder):
                raise
    with files.create(path, compression_type=_uncompressed()) as file:
        file.write(content)
    return path


def _files() -> Any:
    return beam.io.filesystems.FileSystems


def _uncompressed() -> Any:
    return beam.io.filesystem.CompressionTypes.UNCOMPRESSED
