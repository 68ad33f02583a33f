"""Classes that a file calls by name: columns `prob_no`, `prob_yes`, and labels in words."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput

Columns = Mapping[str, NDArray[Any]]
# what a column of one class may begin with, and what it is then called
STEMS = {"prob": "prob", "probs": "prob", "p": "prob", "logit": "logit", "logits": "logit"}
LABELS = ("label", "labels", "y", "target")
N_SHOWN = 6
# more digits are no number of a class
NUMBER = re.compile(r"\d{1,6}", re.ASCII)


def numbered_classes(
    tables: Sequence[Columns], paths: Sequence[Path]
) -> tuple[list[dict[str, NDArray[Any]]], tuple[str, ...] | None]:
    """The tables with numbers in place of the names of classes, and the names in that order.

    Columns ``prob_no`` and ``prob_yes`` (or ``p_``, ``logit_``) become ``prob_0`` and ``prob_1`` in
    the order of the first file; columns numbered from 1 are names too. Labels are matched with the
    names. Where nothing is named, the tables stay as they are and there are no names.

    Parameters
    ----------
    tables : one, or one a side.
    paths : of the files, for errors.

    Raises
    ------
    InvalidInput : a file lacks a class of the other, or has labels that are none of the classes.
    """
    names = _named(tables[0])
    if not names:
        return _labels_in_words(tables, paths)
    renamed = []
    for table, path in zip(tables, paths):
        own = _named(table)
        if set(own) != set(names):
            raise InvalidInput(
                f"`{path}` needs the classes {_listed(list(names))} as columns, got"
                f" {_listed(list(own)) or 'none'}."
            )
        back = {own[name]: f"{_stem(own[name])}_{place}" for place, name in enumerate(names)}
        columns = {back.get(key, key): value for key, value in table.items()}
        for key in LABELS:
            if key in columns and columns[key].ndim == 1:
                columns[key] = _matched(columns[key], list(names), key, path)
        renamed.append(columns)
    return renamed, tuple(names)


def _stem(column: str) -> str:
    return STEMS[column.partition("_")[0]]


def _named(table: Columns) -> dict[str, str]:
    """Name of the class -> name of its column, where at least two columns name a class."""
    for stem in ("prob", "logit"):
        found: dict[str, str] = {}
        for key in table:
            match = re.fullmatch(r"([A-Za-z]+)_(.+)", key)
            if match and STEMS.get(match[1]) == stem and table[key].ndim == 1:
                found[match[2]] = key
        numbers = [int(name) for name in found if NUMBER.fullmatch(name)]
        from_one = len(numbers) > 1 and sorted(numbers) == list(range(1, len(numbers) + 1))
        if len(found) > 1 and (not numbers or (from_one and len(numbers) == len(found))):
            return found
    return {}


def _matched(values: NDArray[Any], names: list[str], key: str, path: Path) -> NDArray[np.int64]:
    texts = [_text(value) for value in values.tolist()]
    place = {name: number for number, name in enumerate(names)}
    strange = sorted({text for text in texts if text not in place})
    if strange:
        raise InvalidInput(
            f"The column `{key}` of `{path}` needs one of the classes that its columns name,"
            f" {_listed(names)}, got {_listed(strange)}."
        )
    return np.array([place[text] for text in texts], np.int64)


def _text(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value).strip()


def _labels_in_words(
    tables: Sequence[Columns], paths: Sequence[Path]
) -> tuple[list[dict[str, NDArray[Any]]], tuple[str, ...] | None]:
    """Labels in words where no column names a class: numbered in their order, if nothing else
    depends on it.
    """
    keys = [key for key in LABELS if key in tables[0] and tables[0][key].dtype.kind in "US"]
    plain = [dict(table) for table in tables]
    if not keys or any(keys[0] not in table for table in tables):
        return plain, None
    if any(re.fullmatch(r"(logit|prob)s?(_\d+)?", key) for key in tables[0]):
        raise InvalidInput(
            f"The column `{keys[0]}` of `{paths[0]}` names classes, and nothing says which of its"
            " columns belongs to which: call them by the classes, for example `prob_no` and"
            " `prob_yes`, or give the labels as 0, 1, ... in the order of the columns."
        )
    every = np.unique(np.concatenate([table[keys[0]].astype(str) for table in tables])).tolist()
    for columns, path in zip(plain, paths):
        columns[keys[0]] = _matched(columns[keys[0]], every, keys[0], path)
    return plain, tuple(str(name) for name in every)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:N_SHOWN])) + (", ..." if len(names) > N_SHOWN else "")
