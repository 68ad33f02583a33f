"""Cut inputs into slices."""

import copy
import logging
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.attack_input import (
    AttackInputData,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.slice_specs import (
    SingleSliceSpec,
    SlicingFeature,
    SlicingSpec,
)
from tacit.core import InvalidInput

Mask = NDArray[np.bool_]

# more slices than this are a column of numbers taken for groups (theirs, kept)
MAX_SLICES = 1000
SLICED = ("logits", "probs", "labels", "loss", "entropy", "sample_weight", "extra_features")


def get_single_slice_specs(
    slicing_spec: SlicingSpec, num_classes: int | None = None
) -> list[SingleSliceSpec]:
    """Every slice that `slicing_spec` asks for.

    Parameters
    ----------
    slicing_spec : what to slice by.
    num_classes : needed where it asks for every class.

    Raises
    ------
    InvalidInput : there would be more than 1,000 slices of one kind, `num_classes` is missing, or a
        custom group has no name although names are given.
    """
    classes = _classes(slicing_spec.by_class, num_classes)
    correct = (True, False) if slicing_spec.by_classification_correctness else ()
    tenths = range(0, 100, 10) if slicing_spec.by_percentiles else ()
    return [
        *([SingleSliceSpec()] if slicing_spec.entire_dataset else []),
        *(SingleSliceSpec(SlicingFeature.CLASS, each) for each in classes),
        *(SingleSliceSpec(SlicingFeature.PERCENTILE, (low, low + 10)) for low in tenths),
        *(SingleSliceSpec(SlicingFeature.CORRECTLY_CLASSIFIED, each) for each in correct),
        *_custom(slicing_spec),
    ]


def get_slice(
    data: AttackInputData, slice_spec: SingleSliceSpec, return_slice_indices: bool = False
) -> AttackInputData:
    """The records of one slice, with its `slice_spec`.

    Percentile slices do not overlap: a record on the border belongs to the lower one.

    Parameters
    ----------
    data : all records.
    slice_spec : the slice.
    return_slice_indices : also say which records they are, as `train_indices`, `test_indices`.

    Raises
    ------
    InvalidInput : the data cannot be sliced this way; says why.
    """
    if slice_spec.feature is None:
        result = copy.copy(data)
    else:
        masks = MASKS[slice_spec.feature](data, slice_spec.value)
        result = _taken(data, masks)
        if return_slice_indices:
            train, test = (np.flatnonzero(mask) for mask in masks)
            result.train_indices, result.test_indices = train, test  # type: ignore[attr-defined]
    result.slice_spec = slice_spec  # type: ignore[attr-defined]
    return result


def _taken(data: AttackInputData, masks: tuple[Mask, Mask]) -> AttackInputData:
    # a slice of multi-label records may hold only records with one label: the kind stays
    result = AttackInputData(multilabel_data=data.is_multilabel_data())
    result.loss_function = data.loss_function
    result.loss_function_using_logits = data.loss_function_using_logits
    for side, mask in zip(("train", "test"), masks):
        for name in (f"{name}_{side}" for name in SLICED):
            values = getattr(data, name)
            setattr(result, name, None if values is None else values[mask])
    return result


def _by_class(data: AttackInputData, value: int) -> tuple[Mask, Mask]:
    train, test = data.labels_train, data.labels_test
    if train is None or test is None:
        raise InvalidInput("Slices by class need `labels_train` and `labels_test`.")
    if not data.is_multilabel_data():
        return train == value, test == value
    if value >= data.num_classes:
        raise InvalidInput(f"There are {data.num_classes} classes from 0, so no class {value}.")
    return train[:, value].astype(bool), test[:, value].astype(bool)


def _by_percentile(data: AttackInputData, value: tuple[float, float]) -> tuple[Mask, Mask]:
    losses: list[Any] = [data.signal("train"), data.signal("test")]
    if any(loss is None for loss in losses):
        raise InvalidInput("Slices by percentile need losses, or labels and outputs.")
    if data.is_multilabel_data():
        logging.info(
            "For multilabel data, when slices by percentiles are requested, losses are summed over"
            " the class axis before slicing."
        )
        losses = [loss.sum(axis=1) for loss in losses]
    low, high = np.percentile(np.concatenate(losses), value)
    first = value[0] == 0
    train, test = (((loss > low) | first) & (loss <= high) for loss in losses)
    return train, test


def _by_correctness(data: AttackInputData, value: bool) -> tuple[Mask, Mask]:
    if data.is_multilabel_data():
        raise InvalidInput("Whether a multi-label record is classified correctly is not defined.")
    right = []
    for side in ("train", "test"):
        outputs, labels = getattr(data, f"logits_or_probs_{side}"), getattr(data, f"labels_{side}")
        if outputs is None or labels is None:
            raise InvalidInput("Slices by correctness need outputs and labels of both kinds.")
        right.append((labels == np.argmax(outputs, axis=1)) == value)
    return right[0], right[1]


def _by_group(data: AttackInputData, value: tuple[Any, Any, Any, Any]) -> tuple[Mask, Mask]:
    train, test, group, _ = value
    sizes = (data.get_train_size(), data.get_test_size())
    for side, groups, size in zip(("train", "test"), (train, test), sizes):
        if len(groups) != size:
            raise InvalidInput(
                f"The custom indices need one group a {side} record, got {len(groups)} for {size}."
            )
    return train == group, test == group


MASKS: dict[SlicingFeature, Any] = {
    SlicingFeature.CLASS: _by_class,
    SlicingFeature.PERCENTILE: _by_percentile,
    SlicingFeature.CORRECTLY_CLASSIFIED: _by_correctness,
    SlicingFeature.CUSTOM: _by_group,
}


def _classes(by_class: bool | int | Iterable[int], num_classes: int | None) -> Iterable[int]:
    if by_class is True:
        if not num_classes or num_classes > MAX_SLICES:
            raise InvalidInput(
                f"Slices by every class need `num_classes` from 1 to {MAX_SLICES}, got"
                f" {num_classes}."
            )
        return range(num_classes)
    if by_class is False:
        return ()
    return (by_class,) if isinstance(by_class, (int, np.integer)) else by_class


def _custom(spec: SlicingSpec) -> Iterable[SingleSliceSpec]:
    names = spec.custom_slices_names
    for train, test, groups in spec.groups():
        if len(groups) > MAX_SLICES:
            raise InvalidInput(
                f"The custom indices have {len(groups)} groups; {MAX_SLICES} slices are the most."
            )
        for group in groups:
            if names is not None and group not in names:
                raise InvalidInput(f"`custom_slices_names` has no name for the group {group}.")
            name = None if names is None else names[group]
            yield SingleSliceSpec(SlicingFeature.CUSTOM, (train, test, group, name))
