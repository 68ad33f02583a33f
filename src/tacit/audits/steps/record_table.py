"""Columns of the records as numbers, for guessers that never see the model."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.core import InvalidInput

# A column with fewer different values becomes one column a value.
FEW_VALUES = 20


def record_table(features: ArrayLike) -> NDArray[np.float32]:
    """Numbers, texts and missing values as float32 (n, d').

    Columns of numbers stay as they are; texts become one column a value where there are few, else
    their rank. Missing values (NaN, None, infinities) get a column of their own that marks them and
    the middle of the others in place.

    Parameters
    ----------
    features : (n, d), numbers or mixed.

    Raises
    ------
    InvalidInput : the table does not have two dimensions.
    """
    table = np.asarray(features)
    if table.ndim != 2:
        raise InvalidInput(
            f"`features` needs one row a record and one column a feature, got shape {table.shape}."
        )
    if table.dtype.kind in "biuf" and np.isfinite(table).all():
        return table.astype(np.float32)
    columns = [part for column in table.T for part in _numbers(column)]
    if not columns:
        return np.zeros((len(table), 0), np.float32)
    return np.stack(columns, axis=1).astype(np.float32)


def _numbers(column: NDArray[Any]) -> list[NDArray[Any]]:
    try:
        values = column.astype(np.float64)
    except (TypeError, ValueError):
        return _of_texts(column)
    known = np.isfinite(values)
    if known.all():
        return [values]
    middle = float(np.median(values[known])) if known.any() else 0.0
    return [np.where(known, values, middle), ~known]


def _of_texts(column: NDArray[Any]) -> list[NDArray[Any]]:
    texts = np.array(["" if value is None or value != value else str(value) for value in column])
    names, code = np.unique(texts, return_inverse=True)
    if len(names) < FEW_VALUES:
        return [code == number for number in range(len(names))]
    return [code / len(names)]
