"""Records in slices, answers as arrays, whatever container they came in."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput
from tacit.core.checking import whole

# sparse formats that are not kept by rows
NO_ROWS = ("coo", "bsr", "dia")
# entries of a dict that hold the label of a record
LABEL_NAMES = ("labels", "label", "y", "target", "targets")


def as_array(value: Any) -> NDArray[Any]:
    """A NumPy array of any framework's tensor; bfloat16 and other narrow floats become float32."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = (value.float() if "bfloat16" in str(value.dtype) else value).numpy()
    result = np.asarray(value)
    return (
        result.astype(np.float32)
        if result.dtype.kind == "V" or result.dtype == np.float16
        else result
    )


def is_a(value: Any, *names: str) -> bool:
    """Is a class of `value` called one of `names`, given as ``package.Class``? No package is
    imported to find out.
    """
    known = {f"{kind.__module__.split('.')[0]}.{kind.__name__}" for kind in type(value).__mro__}
    return any(name in known for name in names)


def n_records(x: Any) -> int:
    """Number of records in an array, a frame, a sparse matrix, a list, or a dict or tuple of them.

    Raises
    ------
    InvalidInput : `x` has no length, or its parts differ in length.
    """
    if isinstance(x, (Mapping, tuple)):
        parts = x.values() if isinstance(x, Mapping) else x
        lengths = {n_records(part) for part in parts}
        if len(lengths) != 1:
            raise InvalidInput(
                f"`x` needs the same number of records in every input, got {sorted(lengths)}."
            )
        return lengths.pop()
    if getattr(x, "shape", ()):
        return int(x.shape[0])
    if hasattr(x, "__len__"):
        try:
            return len(x)
        except TypeError:  # a container that is read one record after the other
            pass
    raise InvalidInput(
        f"`x` needs records in an array, a frame, a list or a loader, got {type(x).__name__}."
    )


def take(x: Any, rows: Any) -> Any:
    """The records `rows` (a slice, or int indices) of any container that `n_records` counts."""
    if isinstance(x, Mapping):
        return {name: take(part, rows) for name, part in x.items()}
    if isinstance(x, tuple):
        return tuple(take(part, rows) for part in x)
    if hasattr(x, "iloc"):
        return x.iloc[rows]
    if isinstance(x, list):
        return x[rows] if isinstance(rows, slice) else [x[int(row)] for row in rows]
    if getattr(x, "format", "csr") in NO_ROWS and hasattr(x, "tocsr"):
        x = x.tocsr()
    try:
        return x[rows]
    except (TypeError, NotImplementedError) as error:
        raise InvalidInput(
            f"`x` needs records that can be taken in slices, got a {type(x).__name__}:"
            f" {str(error)[:100]}. Give an array or a loader."
        ) from error


def batches(x: Any, y: Any, size: int) -> Iterator[tuple[Any, Any]]:
    """Consecutive slices of `x` and `y`, `size` records each, the last one shorter.

    Raises
    ------
    InvalidInput : `size` is not positive, or `x` and `y` differ in length.
    """
    whole(size, "batch_size", least=1)
    n = n_records(x)
    if n == 0:
        raise InvalidInput("`x` needs at least one record, got none.")
    if y is not None and n_records(y) != n:
        raise InvalidInput(
            f"`y` needs one label a record: {n} records in `x`, got {n_records(y)} labels."
        )
    for start in range(0, n, size):
        part = slice(start, min(start + size, n))
        yield take(x, part), None if y is None else take(y, part)


def padded(x: Any, size: int) -> Any:
    """`x` filled up to `size` records with copies of its last one, so that a compiled model sees
    one shape.
    """
    n = n_records(x)
    return x if n >= size else take(x, np.minimum(np.arange(size), n - 1))


def columns_and_label(x: Any) -> tuple[Any, Any]:
    """Inputs and labels of a Hugging Face data set: the one column beside the label, or a dict."""
    columns = {str(name): x[name][:] for name in x.column_names}
    arrays = {
        name: part if hasattr(part, "shape") else np.asarray(part) for name, part in columns.items()
    }
    label = next((arrays.pop(name) for name in LABEL_NAMES if name in arrays), None)
    return (next(iter(arrays.values())) if len(arrays) == 1 else arrays), label


def pair(item: Any) -> tuple[Any, Any]:
    """What a loader yields, as inputs and labels: ``(x, y)``, ``(x, y, weight)``, ``x`` alone, or a
    dict with an entry called label, labels, y or target.
    """
    if isinstance(item, (tuple, list)) and len(item) in (2, 3):
        return inputs(item[0]), item[1]
    if isinstance(item, (tuple, list)) and len(item) == 1:
        return inputs(item[0]), None
    if isinstance(item, Mapping):
        named = {str(name): part for name, part in item.items()}
        found = [name for name in LABEL_NAMES if name in named and len(named) > 1]
        if found and "input_ids" not in named:
            rest = {name: part for name, part in named.items() if name not in LABEL_NAMES}
            return rest, named[found[0]]
    return item, None


def inputs(x: Any) -> Any:
    """Several inputs of a record as a tuple: a loader makes lists of them."""
    if isinstance(x, list) and len(x) > 1 and all(hasattr(part, "shape") for part in x):
        return tuple(x)
    return x


def same(first: Any, second: Any) -> bool:
    """Do two batches hold the same numbers?"""
    if isinstance(first, Mapping):
        return all(same(first[name], second[name]) for name in first)
    if isinstance(first, (tuple, list)):
        return len(first) == len(second) and all(same(a, b) for a, b in zip(first, second))
    return bool(np.array_equal(as_array(first), as_array(second)))


def as_sparse(x: Any) -> Any:
    """A sparse matrix of SciPy, PyTorch or TensorFlow in SciPy's rows; None for anything else."""
    if hasattr(x, "tocsr"):
        return x.tocsr()
    if "sparse" in str(getattr(x, "layout", "")) and hasattr(x, "to_sparse_coo"):
        x = x.detach().cpu().to_sparse_coo().coalesce()
        place, value = x.indices().numpy(), as_array(x.values())
    elif is_a(x, "tensorflow.SparseTensor"):
        place, value = np.asarray(x.indices).T, np.asarray(x.values)
    else:
        return None
    shape = tuple(int(side) for side in x.shape)
    if len(shape) != 2:
        return None
    from scipy import sparse

    return sparse.coo_matrix((value, (place[0], place[1])), shape=shape).tocsr()


def require_end(source: Any) -> None:
    """Refuse a data set that repeats itself for ever.

    Raises
    ------
    InvalidInput : `source` has no end.
    """
    cardinality = getattr(source, "cardinality", None)
    if is_a(source, "tensorflow.DatasetV2") and callable(cardinality) and int(cardinality()) == -1:
        raise InvalidInput(
            "The data set repeats its records without an end. Pass it without .repeat(), each"
            " record once."
        )
