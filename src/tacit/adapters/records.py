"""The records that a model sees, as numbers: for the guesser that never sees the model, and to
find the same record twice.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.adapters.arrays import LABEL_NAMES, as_array, as_sparse, is_a, pair, require_end
from tacit.adapters.columns import Column, column_of, encoded_columns, token_column
from tacit.adapters.random_state import untouched_rng
from tacit.core import InvalidInput

# says of each token whether it is one, or padding
MASK = "attention_mask"
LOADERS = (
    "torch.DataLoader",
    "torch.Dataset",
    "torch.IterableDataset",
    "tensorflow.DatasetV2",
    "keras.PyDataset",
    "datasets.IterableDataset",
)


@dataclass(frozen=True, eq=False)
class SeenRecords:
    """What both sides' records are, members first.

    Parameters
    ----------
    columns : float32 (n, d), finite; None where nothing can look at the records.
    digest : uint64 (n,), equal where two records and their labels are; None likewise.
    chance : how often two different records would agree in all columns if the columns had nothing
        to do with one another; 1 where that cannot be known.
    reason : why nothing can look at them; empty where something can.
    """

    columns: NDArray[np.float32] | None = None
    digest: NDArray[np.uint64] | None = None
    chance: float = 1.0
    reason: str = ""


def seen_records(train: Any, test: Any) -> SeenRecords:
    """The records of both sides as columns of numbers.

    Knows arrays of any shape, data frames (texts, categories, dates, booleans, nullable integers;
    missing is a value), sparse matrices, lists of texts or of images, dicts and tuples of these,
    and data sets and loaders of PyTorch, Keras, TensorFlow and Hugging Face. Texts and images are
    told by cheap features. Nothing is learned from who is a member.

    Parameters
    ----------
    train, test : what `tacit.audit` took: ``(X, y)``, or a data set or loader.
    """
    try:
        with untouched_rng():
            sides = [_side(part) for part in (train, test)]
            names = [list(columns) for columns, _ in sides]
            if set(names[0]) != set(names[1]):
                return SeenRecords(reason="members and non-members have different columns")
            return _joined(*sides)
    except (InvalidInput, TypeError, ValueError, KeyError, AttributeError, RuntimeError) as error:
        given = [part[0] if isinstance(part, tuple) and part else part for part in (train, test)]
        kinds = " and ".join(dict.fromkeys(type(part).__name__ for part in given))
        return SeenRecords(reason=f"records in a {kinds} could not be read ({_short(error)})")


def seen_features(first: Any, second: Any, seen: SeenRecords) -> SeenRecords:
    """Tables of both sides, given as `features`, in place of what was `seen` of the records.

    The records themselves, where they were seen, still say which are the same.

    Raises
    ------
    InvalidInput : a side cannot be read as records, is no table, or has other columns.
    """
    first, second = (_one_column(part) for part in (first, second))
    for part in (first, second):
        if np.ndim(part) != 2 and not hasattr(part, "tocsr") and not isinstance(part, Mapping):
            raise InvalidInput(
                "`features` needs one row a record and one column a feature, got shape"
                f" {np.shape(part)}."
            )
    widths = [part.shape[1] for part in (first, second) if len(getattr(part, "shape", ())) == 2]
    if len(set(widths)) > 1:
        raise InvalidInput(
            f"`features` needs the same columns for members and non-members, got {widths[0]} and"
            f" {widths[1]}."
        )
    found = seen_records((first, None), (second, None))
    if found.columns is None:
        raise InvalidInput(
            f"`features` needs a table of numbers, texts or dates for each side: {found.reason}."
        )
    return found if seen.digest is None else replace(seen, columns=found.columns, reason="")


def _one_column(part: Any) -> Any:
    """A table of one column where a single one was given, as a series or a list."""
    if hasattr(part, "to_frame") and not hasattr(part, "columns"):
        return part.to_frame()
    if isinstance(part, Mapping):
        return part
    single = np.ndim(part) == 1 and not hasattr(part, "column_names")
    return np.asarray(part)[:, None] if single else part


def _short(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:120]


def _joined(
    first: tuple[dict[str, Column], Column | None], second: tuple[dict[str, Column], Column | None]
) -> SeenRecords:
    both = {name: first[0][name].joined(second[0][name]) for name in first[0]}
    if not both:
        return SeenRecords(reason="the records have no columns")
    lengths = {len(column.digest) for column in both.values()}
    if len(lengths) > 1:
        raise InvalidInput("its columns differ in length")
    columns = encoded_columns(list(both.values()))
    digest, chance = np.zeros(lengths.pop(), np.uint64), 1.0
    everything = list(both.values())
    if first[1] is not None and second[1] is not None:
        everything.append(first[1].joined(second[1]))
    for column in everything:
        digest = mixed(digest, column.digest)
        chance *= column.chance
    return SeenRecords(columns, digest, chance)


def mixed(first: NDArray[np.uint64], second: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """One number of two, different where either is (splitmix64)."""
    with np.errstate(over="ignore"):
        x = first * np.uint64(0x9E3779B97F4A7C15) + second + np.uint64(0x632BE59BD9B4E019)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(x ^ (x >> np.uint64(31)))


def _side(part: Any) -> tuple[dict[str, Column], Column | None]:
    """Columns by name, and the labels where they came along."""
    if isinstance(part, tuple):
        x, y = part[0], part[1] if len(part) > 1 else None
        if is_loader(x):
            return _streamed(x)
        return _columns(x), None if y is None else _label(y)
    if is_loader(part):
        return _streamed(part)
    columns = _columns(part)
    return columns, columns.pop("labels", None) or columns.pop("label", None)


def is_loader(value: Any) -> bool:
    """Records that come a batch, or one, at a time."""
    if is_a(value, "datasets.IterableDataset"):
        return True
    return is_a(value, *LOADERS) and not hasattr(value, "column_names")


def _label(y: Any) -> Column:
    labels = list(_columns(y).values())
    whole = labels[0]
    for label in labels[1:]:
        whole = Column(whole.kind, whole.values, mixed(whole.digest, label.digest), whole.chance)
    return whole


def _streamed(source: Any) -> tuple[dict[str, Column], Column | None]:
    """One pass over a data set or loader; each batch is reduced before the next is read."""
    parts: dict[str, list[Column]] = {}
    labels: list[Column] = []
    for x, y in _batches(source):
        for name, column in _columns(x).items():
            parts.setdefault(name, []).append(column)
        if y is not None:
            labels.append(_label(y))
    if not parts:
        raise InvalidInput("it is empty")
    columns = {name: Column.together(column) for name, column in parts.items()}
    return columns, Column.together(labels) if labels else None


def _batches(source: Any) -> Iterator[tuple[Any, Any]]:
    require_end(source)
    single = is_a(source, "torch.Dataset", "torch.IterableDataset", "datasets.IterableDataset")
    if is_a(source, "keras.PyDataset"):
        items: Any = (source[i] for i in range(source.num_batches))
    elif single and hasattr(source, "__len__"):
        items = (source[i] for i in range(len(source)))
    else:
        items = iter(source)
    for item in items:
        x, y = pair(item)
        # a tf.data set that was never batched
        single = single or (hasattr(y, "shape") and len(y.shape) == 0)
        if y is None and hasattr(x, "items"):
            y = next((x[name] for name in LABEL_NAMES if name in x), None)
            x = {name: value for name, value in x.items() if name not in LABEL_NAMES}
        yield (_one(x), None if y is None else _one(y)) if single else (x, y)


def _one(x: Any) -> Any:
    """A single record as a batch of one."""
    if isinstance(x, Mapping):
        return {name: _one(value) for name, value in x.items()}
    if isinstance(x, (tuple, list)) and not all(isinstance(item, (int, float)) for item in x):
        return tuple(_one(value) for value in x)
    return [x] if isinstance(x, str) else as_array(x)[None]


def _columns(x: Any, name: str = "x") -> dict[str, Column]:
    """Columns by name of any container of records."""
    sparse = as_sparse(x)
    if sparse is not None:
        return {name: Column.of_sparse(sparse)}
    if isinstance(x, list) and x and all(isinstance(item, Mapping) for item in x):
        names = dict.fromkeys(str(key) for item in x for key in item)
        cells = [{str(key): value for key, value in item.items()} for item in x]
        return {key: column_of([item.get(key) for item in cells]) for key in names}
    if isinstance(x, (tuple, list)) and x and all(isinstance(item, str) for item in x):
        return {name: column_of(list(x))}
    frame = _frame(x)
    if frame is not None:
        named = [(str(key), values) for key, values in frame]
        tokens = _tokens(named)
        found = {key: column_of(values) for key, values in named if key not in tokens}
        return _without_mask(found, tokens)
    parts: Any = None
    if isinstance(x, Mapping) or (hasattr(x, "items") and not hasattr(x, "iloc")):
        parts = [(str(key), part) for key, part in x.items()]
    elif isinstance(x, tuple) or (isinstance(x, list) and x and _many(x[0])):
        parts = [(f"{name}[{number}]", part) for number, part in enumerate(x)]
    if parts is None:
        return _array_columns(x, name)
    found, tokens = {}, _tokens(parts)
    for key, part in parts:
        if part is not None and key not in tokens:
            found |= _columns(part, key)
    return _without_mask(found, tokens)


def _tokens(parts: list[tuple[str, Any]]) -> dict[str, Column]:
    """Columns of tokens without what an attention mask says is padding; none where there is no
    mask.
    """
    inside = _matrix(dict(parts).get(MASK))
    if inside is None:
        return {}
    arrays = {key: _matrix(part) for key, part in parts if key != MASK}
    return {
        key: token_column(array, inside != 0)
        for key, array in arrays.items()
        if array is not None and array.shape == inside.shape
    }


def _without_mask(found: dict[str, Column], tokens: dict[str, Column]) -> dict[str, Column]:
    """All columns; the mask is in the length of the tokens."""
    if tokens:
        found.pop(MASK, None)
    return found | tokens


def _matrix(part: Any) -> NDArray[Any] | None:
    """An array (n, d) of whole numbers, or None."""
    try:
        array = None if part is None else as_array(part)
    except (TypeError, ValueError):
        return None
    return array if array is not None and array.ndim == 2 and array.dtype.kind in "biu" else None


def _many(item: Any) -> bool:
    """Is an item of a list a whole input with many records, not one record?"""
    return getattr(item, "ndim", 0) >= 2 and not is_a(item, "PIL.Image")


def _frame(x: Any) -> list[tuple[Any, Any]] | None:
    """Columns of a pandas, polars, Arrow or Hugging Face table, numbered so that names may
    repeat.
    """
    if hasattr(x, "column_names"):
        return [
            (key, x[key][:] if hasattr(x[key], "__getitem__") else x[key]) for key in x.column_names
        ]
    if hasattr(x, "iter_columns"):
        return [(column.name, column) for column in x.iter_columns()]
    if hasattr(x, "columns") and hasattr(x, "iloc"):
        names = [str(key) for key in x.columns]
        repeats = len(set(names)) < len(names)
        return [
            (f"{key}[{number}]" if repeats else key, x.iloc[:, number])
            for number, key in enumerate(names)
        ]
    return None


def _array_columns(x: Any, name: str) -> dict[str, Column]:
    if hasattr(x, "iloc"):
        return {name: column_of(x)}
    if getattr(getattr(x, "dtype", None), "names", None):
        return {field: column_of(x[field]) for field in x.dtype.names}
    array = _from_list(x) if isinstance(x, list) else as_array(x)
    if isinstance(array, list):
        return {name: column_of(array)}
    if array.ndim == 2 and array.dtype.kind in "OUS":
        return {f"{name}[{i}]": column_of(array[:, i]) for i in range(array.shape[1])}
    return {name: column_of(array)}


def _from_list(x: list[Any]) -> Any:
    """An array of a list of texts, numbers or rows; the list itself where its rows differ in
    length.
    """
    if any(isinstance(item, str) or item is None for item in x):
        return np.asarray(x, dtype=object)
    try:
        return np.asarray([as_array(item) for item in x])
    except ValueError:
        return x
