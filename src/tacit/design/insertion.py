"""Put the canaries whose coin says so into a training set: arrays, PyTorch data sets, Hugging Face
data sets.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.core import InvalidInput
from tacit.core.optional import require
from tacit.design.canaries import Canaries


def insert_arrays(
    x: ArrayLike, label: ArrayLike, canaries: Canaries, *, seed: int = 0
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The training arrays with the canaries whose coin says so, in random order.

    Parameters
    ----------
    x : (n, ...).
    label : (n,).
    canaries : their rows must have the shape of a row of `x`.
    seed : of the order.

    Raises
    ------
    InvalidInput : shapes differ, or the canaries have no label.
    """
    rows, labels = np.asarray(x), np.asarray(label)
    extra, extra_label = canaries.inserted
    if extra_label is None or extra.shape[1:] != rows.shape[1:]:
        raise InvalidInput(
            f"Canaries need a label and rows of shape {rows.shape[1:]}, got {extra.shape[1:]},"
            f" label {extra_label}."
        )
    order = np.random.default_rng(seed).permutation(len(rows) + len(extra))
    both = np.concatenate([rows, extra.astype(rows.dtype)])
    return both[order], np.concatenate([labels, extra_label.astype(labels.dtype)])[order]


def insert_torch(dataset: Any, canaries: Canaries) -> Any:
    """A PyTorch data set with the canaries whose coin says so at its end.

    Canaries become tensors of the type of the data set's first item, and their label likewise; text
    and label-less canaries come alone. Shuffle in the loader.

    Parameters
    ----------
    dataset : a map-style `torch.utils.data.Dataset`.
    canaries : rows of the shape that the data set returns.

    Returns
    -------
    `torch.utils.data.ConcatDataset`.
    """
    torch = require("torch", extra="torch", purpose="Inserting canaries into a PyTorch data set")
    from torch.utils.data import ConcatDataset

    first = dataset[0]
    x, label = canaries.inserted
    if label is None:
        return ConcatDataset(
            [dataset, [torch.as_tensor(row) if row.dtype.kind != "U" else str(row) for row in x]]
        )
    like, like_label = first[0], first[1]
    shape = tuple(getattr(like, "shape", x.shape[1:]))
    if shape != x.shape[1:]:
        raise InvalidInput(
            f"Canaries need rows of shape {shape} as the data set returns them, got {x.shape[1:]}."
        )
    kind = like.dtype if isinstance(like, torch.Tensor) else None
    rows = [
        torch.as_tensor(np.array(row), dtype=kind) if kind is not None else np.array(row)
        for row in x
    ]
    keep = (
        (lambda value: torch.tensor(value, dtype=like_label.dtype))
        if isinstance(like_label, torch.Tensor)
        else int
    )
    return ConcatDataset([dataset, [(row, keep(int(value))) for row, value in zip(rows, label)]])


def insert_huggingface(
    dataset: Any, canaries: Canaries, *, column: str, label_column: str | None = None
) -> Any:
    """A Hugging Face `Dataset` with the canaries whose coin says so at its end; shuffle it or let
    the trainer do so.

    Parameters
    ----------
    dataset : `datasets.Dataset`.
    canaries : texts, token ids or rows.
    column : where the canary goes.
    label_column : where its label goes, if it has one. Other columns are left empty.

    Raises
    ------
    InvalidInput : the data set has no such column.
    """
    datasets = require(
        "datasets", extra="transformers", purpose="Inserting canaries into a Hugging Face data set"
    )
    missing = [
        name
        for name in (column, label_column)
        if name is not None and name not in dataset.column_names
    ]
    if missing:
        raise InvalidInput(
            f"The data set has no column {', '.join(missing)}; it has"
            f" {', '.join(dataset.column_names)}."
        )
    x, label = canaries.inserted
    if (label is None) != (label_column is None):
        raise InvalidInput(
            f"`label_column` goes with canaries that have labels, got {label_column!r} and labels"
            f" {label is not None}."
        )
    empty: list[Any] = [None] * len(x)
    plain: dict[str, Any] = dict.fromkeys(dataset.column_names, empty)
    plain[column] = x.tolist()
    if label is not None and label_column is not None:
        plain[label_column] = label.tolist()
    extra = datasets.Dataset.from_dict(plain, features=dataset.features)
    return datasets.concatenate_datasets([dataset, extra])
