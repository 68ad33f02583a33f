"""Which slices of the records to attack."""

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput

ENTIRE_DATASET_SLICE_STR = "Entire dataset"


class SlicingFeature(enum.Enum):
    """What records are sliced by."""

    CLASS = "class"
    PERCENTILE = "percentile"
    CORRECTLY_CLASSIFIED = "correctly_classified"
    CUSTOM = "custom"


@dataclass
class SingleSliceSpec:
    """One slice.

    Parameters
    ----------
    feature : what is sliced by; None for the entire dataset.
    value : the class, the pair of percentiles, whether classified correctly, or for custom indices
        ``(groups of the training records, groups of the test records, the group, its name)``.
    """

    feature: SlicingFeature | None = None
    value: Any = None

    @property
    def entire_dataset(self) -> bool:
        """Whether the slice is all records."""
        return self.feature is None

    def __str__(self) -> str:
        if self.feature is None:
            return ENTIRE_DATASET_SLICE_STR
        if self.feature is SlicingFeature.PERCENTILE:
            low, high = self.value
            return f"Loss percentiles: {low:d}-{high:d}"
        if self.feature is not SlicingFeature.CUSTOM:
            return f"{self.feature.name}={self.value}"
        train, test, group, name = self.value
        if name is not None:
            return f"Custom indices: slice_name = {name}"
        return f"Custom indices: train = {train}, test = {test}, group_value = {group}"


@dataclass
class SlicingSpec:
    """All the slices of one run; each field that is set adds some.

    Parameters
    ----------
    entire_dataset : all records as one slice.
    by_class : True for every class, or one class, or several.
    by_percentiles : ten slices of the loss.
    by_classification_correctness : records that the model classifies rightly, and wrongly.
    all_custom_train_indices : groupings of the training records, each int (n,).
    all_custom_test_indices : the same groupings of the test records, each int (m,).
    custom_slices_names : a name for every group.
    """

    entire_dataset: bool = True
    by_class: bool | int | Iterable[int] = False
    by_percentiles: bool = False
    by_classification_correctness: bool = False
    all_custom_train_indices: Sequence[NDArray[Any]] | None = None
    all_custom_test_indices: Sequence[NDArray[Any]] | None = None
    custom_slices_names: Mapping[int, str] | None = None

    def __post_init__(self) -> None:
        sizes = [
            len(groupings) if groupings else 0
            for groupings in (self.all_custom_train_indices, self.all_custom_test_indices)
        ]
        if sizes[0] != sizes[1]:
            raise InvalidInput(
                "`all_custom_train_indices` and `all_custom_test_indices` need the same number of"
                f" groupings, got {sizes[0]} and {sizes[1]}."
            )

    def __str__(self) -> str:
        by_class = self.by_class
        lines = {
            " Entire dataset,": self.entire_dataset,
            " By classes,": by_class is True,
            f" Into classes {by_class},": isinstance(by_class, Iterable),
            f" Class {by_class},": isinstance(by_class, int) and not isinstance(by_class, bool),
            " By percentiles,": self.by_percentiles,
            " By classification correctness,": self.by_classification_correctness,
            " By custom indices,": bool(self.all_custom_train_indices),
        }
        chosen = [line for line, wanted in lines.items() if wanted]
        return "\n".join(["SlicingSpec(", *chosen, ")"])

    def groups(self) -> list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]]:
        """Every custom grouping with the groups that hold records of both kinds, ascending."""
        pairs = zip(self.all_custom_train_indices or (), self.all_custom_test_indices or ())
        return [(train, test, np.intersect1d(train, test)) for train, test in pairs]
