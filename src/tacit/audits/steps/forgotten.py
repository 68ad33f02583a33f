"""Which records are to be forgotten, and by which units."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.core import InvalidInput
from tacit.core.checking import booleans, integers, unit_labels


def records_in(x: Any, y: Any) -> int:
    """How many records `data` holds.

    Raises
    ------
    InvalidInput
        None, a container that has no rows, or another number of labels.
    """
    if isinstance(x, (dict, str, bytes)) or not hasattr(x, "__len__"):
        raise InvalidInput(
            "`data` needs (x, y) or x with one row a record, an array or a frame, got "
            f"{type(x).__name__}."
        )
    total = len(x)
    if total == 0:
        raise InvalidInput("`data` needs records, got none.")
    if y is not None and len(y) != total:
        raise InvalidInput(f"`data` needs one label a record, got {total} and {len(y)}.")
    return total


def rows_to_forget(
    forget: ArrayLike, total: int, *, seed: int, name: str = "forget"
) -> NDArray[np.int64]:
    """Row numbers, sorted, from row numbers, a mask, or a share of all records.

    Parameters
    ----------
    forget : ArrayLike
        As the user gave it.
    total : int
        Number of records.
    seed : int
        Of the draw, where a share was given.
    name : str
        What the argument is called.

    Raises
    ------
    InvalidInput
        It is none of the three, names rows that there are not, or every row.
    """
    if isinstance(forget, (float, np.floating)):
        rows = _drawn(float(forget), total, seed, name)
    else:
        rows = _named(forget, total, name)
    if len(rows) == total:
        raise InvalidInput(f"`{name}` holds every record: nothing is left to train on and to keep.")
    return rows


def _drawn(share: float, total: int, seed: int, name: str) -> NDArray[np.int64]:
    if not 0 < share < 1:
        raise InvalidInput(
            f"`{name}` as a share needs a number strictly between 0 and 1, got {share}."
        )
    rng = np.random.default_rng([seed, 0])
    return np.sort(rng.permutation(total)[: round(share * total)]).astype(np.int64)


def _named(forget: ArrayLike, total: int, name: str) -> NDArray[np.int64]:
    value = np.asarray(forget)
    if value.ndim == 0:
        raise InvalidInput(
            f"`{name}` needs row numbers, a mask or a share of all records such as 0.2, got "
            f"{forget!r}."
        )
    if value.dtype.kind == "O" and all(isinstance(item, (bool, np.bool_)) for item in value.flat):
        value = value.astype(bool)
    if value.dtype.kind == "b":
        mask = booleans(value, name)
        if len(mask) != total:
            raise InvalidInput(f"`{name}` as a mask needs {total} entries, got {len(mask)}.")
        return np.flatnonzero(mask).astype(np.int64)
    rows = integers(value, name) if len(value) else np.zeros(0, np.int64)
    if len(rows) and (rows.min() < 0 or rows.max() >= total):
        raise InvalidInput(
            f"`{name}` needs row numbers 0 to {total - 1}, got {rows.min()} to {rows.max()}."
        )
    if len(np.unique(rows)) < len(rows):
        hint = " If it is a mask, pass booleans." if len(rows) == total else ""
        raise InvalidInput(f"`{name}` needs each row once, got some of them twice.{hint}")
    return np.sort(rows)


def forgotten_units(
    cluster: ArrayLike | None, rows: NDArray[np.int64], total: int
) -> NDArray[Any] | None:
    """The unit of each record to forget; None where each record is for itself.

    Raises
    ------
    InvalidInput
        Another number of labels, missing ones, or a unit with records on both sides.
    """
    if cluster is None:
        return None
    units = unit_labels(cluster, "cluster", total)
    units = units.astype(str) if units.dtype.kind == "O" else units
    kept = np.delete(units, rows)
    torn = np.intersect1d(units[rows], kept)
    if len(torn):
        raise InvalidInput(
            f"`cluster` needs units that are forgotten as a whole, got {len(torn)} with records "
            f"in `forget` and others that stay (first: {torn[0]})."
        )
    return units[rows]
