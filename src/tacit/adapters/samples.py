"""A fixed random subsample of records, held in memory, from whatever a framework keeps its records
in.
"""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.adapters.arrays import as_array, is_a, n_records, pair, same, take
from tacit.adapters.random_state import untouched_rng
from tacit.core import InvalidInput

# so many records that are the same, in the same order, are no chance
FIRST = 100


def n_available(source: Any) -> int:
    """How many records a pair ``(x, y)``, a data set or a loader over one holds."""
    records = _records(source)
    return n_records(records[0] if isinstance(records, tuple) else records)


def sample(source: Any, size: int, *, seed: int) -> tuple[Any, Any, NDArray[np.int64]]:
    """`size` records drawn without replacement: inputs, labels (or None) and row numbers in
    ascending order.

    Parameters
    ----------
    source : a pair ``(x, y)``, a PyTorch ``Dataset`` or a loader over one, or a
        ``datasets.Dataset``.
    size : how many; all where there are fewer.
    seed : the same seed draws the same rows.

    Raises
    ------
    InvalidInput : `source` has no rows to draw from, or gives different numbers each time (random
        augmentation).
    """
    records = _records(source)
    n = n_available(records)
    rows = np.sort(np.random.default_rng(seed).choice(n, min(size, n), replace=False)).astype(
        np.int64
    )
    if isinstance(records, tuple):
        x, y = records
        return take(x, rows), None if y is None else take(y, rows), rows
    if hasattr(records, "column_names"):
        chosen = records[rows.tolist()]
        return {name: np.asarray(part) for name, part in chosen.items()}, None, rows
    with untouched_rng():
        items, again = [pair(records[int(row)]) for row in rows], pair(records[int(rows[0])])
    if not same(items[0][0], again[0]):
        raise InvalidInput(
            "The data set augments its records at random; give the callback one with the evaluation"
            " transforms."
        )
    return (
        _stacked([x for x, _ in items]),
        None if items[0][1] is None else np.stack([as_array(y) for _, y in items]),
        rows,
    )


def fingerprint(x: Any, y: Any) -> str:
    """SHA-256 of records and labels, the same for the same numbers."""
    digest = hashlib.sha256()
    _feed(digest, x)
    _feed(digest, y)
    return digest.hexdigest()


def begin_alike(first: Any, second: Any) -> bool:
    """Are the first records of two sides the same, as those of a copy are?"""
    if first is None or second is None:
        return first is second
    try:
        firsts = [take(part, slice(0, FIRST)) for part in (first, second)]
        return n_records(firsts[0]) > 1 and same(*firsts)
    except (InvalidInput, TypeError, ValueError, KeyError, AttributeError):
        return False


def _records(source: Any) -> Any:
    source = source.dataset if is_a(source, "torch.DataLoader") else source
    if isinstance(source, list) and len(source) == 2:
        source = tuple(source)
    if isinstance(source, tuple) and len(source) == 2 and _several(*source):
        source = (tuple(source[0]), source[1])
    known = hasattr(source, "column_names") or is_a(source, "torch.Dataset")
    if not known and not (isinstance(source, tuple) and len(source) == 2):
        raise InvalidInput(
            "Records come as a pair (x, y), a PyTorch data set or loader, or a datasets.Dataset;"
            f" got {type(source).__name__}. For another kind, such as tf.data, take a few thousand"
            " records into arrays first."
        )
    return source


def _several(x: Any, y: Any) -> bool:
    """Is `x` a list of inputs, each with one row a label, and not a list of records?"""
    if not isinstance(x, list) or len(x) < 2 or not all(hasattr(part, "shape") for part in x):
        return False
    lengths = {int(part.shape[0]) if part.shape else 0 for part in x}
    return len(lengths) == 1 and (y is None or n_records(y) in lengths) and lengths != {len(x)}


def _stacked(items: list[Any]) -> Any:
    if isinstance(items[0], tuple):
        return tuple(_stacked([item[place] for item in items]) for place in range(len(items[0])))
    if isinstance(items[0], dict):
        return {name: _stacked([item[name] for item in items]) for name in items[0]}
    return np.stack([as_array(item) for item in items])


def _feed(digest: Any, value: Any) -> None:
    if isinstance(value, dict):
        for name in sorted(value):
            digest.update(str(name).encode())
            _feed(digest, value[name])
    elif isinstance(value, tuple):
        for part in value:
            _feed(digest, part)
    elif hasattr(value, "tocsr"):
        _feed(digest, value.tocsr().toarray())
    else:
        array = as_array(value) if value is not None else np.zeros(0)
        content = (
            repr(array.tolist()).encode()
            if array.dtype.kind == "O"
            else np.ascontiguousarray(array).tobytes()
        )
        digest.update(f"{array.dtype}{array.shape}".encode() + content)
