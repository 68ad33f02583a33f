"""From many numbers a unit to one: pixels of a picture, tokens of a text, windows of a series."""

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.core import InvalidInput
from tacit.core.checking import codes, floats, require_length


def per_unit(
    value: ArrayLike, unit: ArrayLike, *, how: Literal["mean", "sum", "max"] = "mean"
) -> NDArray[np.float64]:
    """One number a unit, in the order in which the units first occur; float64 (u,) or (u, q).

    What is trained on as a whole should be scored as a whole: a picture by its pixels, a sentence
    by its tokens, a user by their ratings. The mean suits units of different sizes; a sum would
    mostly compare sizes.

    Parameters
    ----------
    value : ArrayLike
        (n,) or (n, q), larger means more like a member.
    unit : ArrayLike
        (n,), which unit each belongs to; any labels.
    how : Literal["mean", "sum", "max"]
        The mean, the sum, or the largest.

    Raises
    ------
    InvalidInput
        The lengths differ, or there is nothing.

    Examples
    --------
    >>> per_unit([1.0, 3.0, 5.0], ["b", "b", "a"]).tolist()
    [2.0, 5.0]
    """
    score = floats(value, "value", ndim=(1, 2))
    require_length(len(score), unit=np.asarray(unit))
    if len(score) == 0:
        raise InvalidInput("`value` needs at least one number, got none.")
    place = _order(codes(unit, "unit"))
    columns = np.asarray(score, np.float64).reshape(len(score), -1)
    size = np.bincount(place)
    if how == "max":
        result = np.full((len(size), columns.shape[1]), -np.inf)
        np.maximum.at(result, place, columns)
    elif how in ("mean", "sum"):
        parts = [np.bincount(place, weights=column) for column in columns.T]
        result = np.stack(parts, axis=1)
        if how == "mean":
            result = result / size[:, None]
    else:
        raise InvalidInput(f'`how` needs "mean", "sum" or "max", got {how!r}.')
    return np.asarray(result[:, 0] if score.ndim == 1 else result)


def first_of(value: ArrayLike, unit: ArrayLike) -> NDArray[Any]:
    """The first entry of each unit, in the order of `per_unit`: its cluster, its class.

    Examples
    --------
    >>> first_of(["x", "x", "y"], [7, 7, 3]).tolist()
    ['x', 'y']
    """
    array = np.asarray(value)
    code = codes(unit, "unit")
    require_length(len(code), value=array)
    return array[np.sort(np.unique(code, return_index=True)[1])]


def _order(code: NDArray[np.int64]) -> NDArray[np.int64]:
    """The codes renumbered by first occurrence."""
    first = np.unique(code, return_index=True)[1]
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return rank[code]
