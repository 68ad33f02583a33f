"""Names of classes that come with the labels (a pandas Categorical) or with the model."""

import re
from typing import Any

import numpy as np

from tacit.adapters.arrays import is_a
from tacit.core import InvalidInput, Outputs

# what transformers call a class that nobody named
UNNAMED = re.compile(r"LABEL_\d+")


def numbered(y: Any) -> tuple[Any, tuple[str, ...] | None]:
    """Labels of a pandas Categorical as numbers, and the names in that order.

    Other labels stay as they are, without names. Categories that are whole numbers are no names:
    they stay too.

    Parameters
    ----------
    y : Any
        Labels, one a record; a Series with a categorical type, or a Categorical.

    Raises
    ------
    InvalidInput
        A label is missing.
    """
    held = getattr(y, "array", y)
    if not is_a(held, "pandas.Categorical"):
        return y, None
    if np.asarray(held.categories).dtype.kind in "biuf":
        return y, None
    codes = np.asarray(held.codes, np.int64)
    missing = int(np.count_nonzero(codes < 0))
    if missing:
        raise InvalidInput(
            f"`y` needs a label for every record, got {missing} missing ones. Leave these records"
            " out."
        )
    return codes, tuple(str(name) for name in held.categories)


def with_names(outputs: Outputs, names: Any) -> Outputs:
    """The same answers with `names` for the classes, where they answer with that many classes."""
    answers = outputs.logits if outputs.probs is None else outputs.probs
    several = outputs.task == "multiclass" and answers is not None and outputs.classes is None
    if names is None or not several or answers is None or len(names) != answers.shape[1]:
        return outputs
    return outputs.named(names)


def of_config(config: Any) -> tuple[str, ...] | None:
    """Names of the classes that a transformers model was given; None where it has only numbers."""
    table = getattr(config, "id2label", None) or {}
    try:
        names = tuple(str(table[place]) for place in range(len(table)))
    except KeyError:
        return None
    return None if not names or all(UNNAMED.fullmatch(name) for name in names) else names
