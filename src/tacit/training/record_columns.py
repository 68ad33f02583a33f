"""Records in several columns of one length, such as what a tokenizer returns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput
from tacit.core.checking import frozen


@dataclass(frozen=True, eq=False)
class RecordColumns:
    """Records by columns: a row of all of them is one record.

    Parameters
    ----------
    columns : name to array (n, ...).

    Raises
    ------
    InvalidInput : there is no column, or they differ in length.

    Examples
    --------
    >>> rows = RecordColumns({"input_ids": np.eye(3), "attention_mask": np.ones((3, 3))})
    >>> len(rows), rows[[0, 2]]["input_ids"].shape
    (3, (2, 3))
    """

    columns: Mapping[str, NDArray[Any]]

    def __post_init__(self) -> None:
        arrays = {str(name): np.asarray(part) for name, part in self.columns.items()}
        lengths = {name: len(part) if part.ndim else 0 for name, part in arrays.items()}
        if not arrays or len(set(lengths.values())) > 1:
            said = ", ".join(f"{name} {n}" for name, n in lengths.items()) or "none"
            raise InvalidInput(f"Columns of records need one length, got {said}.")
        object.__setattr__(self, "columns", {name: frozen(part) for name, part in arrays.items()})

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __getitem__(self, rows: Any) -> dict[str, NDArray[Any]]:
        """The columns of some records (a slice, or their numbers)."""
        return {name: part[rows] for name, part in self.columns.items()}
