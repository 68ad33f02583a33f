"""Arguments that are no arrays: a slip is named before anything runs on it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tacit.core.checking import confidence, require_cell
from tacit.core.errors import InvalidInput

# scikit-learn and Keras take no larger one
MOST_SEEDS = 2**32


def require_options(
    level: object, seed: object, *, min_cell: object, records: object, progress: object
) -> None:
    """Raise where an option that every audit of records has cannot be used.

    Parameters
    ----------
    level, seed : object
        Confidence, and the seed of all draws.
    min_cell : object
        The least of each side that a slice may be shown with.
    records : object
        Whether records' scores are kept.
    progress : object
        A function that is told how far the audit is, or None.

    Raises
    ------
    InvalidInput : says which, and what came.
    """
    confidence(level)
    seed_of(seed)
    require_cell(min_cell)
    flag(records, "records")
    require_callback(progress, "progress", "(what, done, of)")


def seed_of(value: object, name: str = "seed") -> int:
    """`value` if every generator of random numbers takes it for a seed.

    Raises
    ------
    InvalidInput : it is no whole number from 0 to below 2**32.
    """
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.bool_))
    if not whole or not 0 <= int(value) < MOST_SEEDS:  # type: ignore[call-overload]
        raise InvalidInput(
            f"`{name}` needs a whole number of 0 or more and below 2**32, got {value!r}."
        )
    return int(value)  # type: ignore[call-overload, no-any-return]


def flag(value: object, name: str) -> bool:
    """`value` if it is True or False: the text "no" would count as yes.

    Raises
    ------
    InvalidInput : it is neither.
    """
    if not isinstance(value, (bool, np.bool_)):
        raise InvalidInput(f"`{name}` needs True or False, got {value!r}.")
    return bool(value)


def require_choice(value: object, name: str, choices: Sequence[str]) -> None:
    """Raise where `value` is none of the `choices`.

    Raises
    ------
    InvalidInput : lists them.
    """
    if not isinstance(value, str) or value not in choices:
        raise InvalidInput(f"`{name}` needs one of {', '.join(choices)}, got {value!r}.")


def require_builder(value: object, made: str) -> None:
    """Raise where a model was given in place of the function that makes one.

    Each shadow model starts anew: one model would go on learning from all of them.

    Parameters
    ----------
    value : object
        What was given as `build_fn`.
    made : str
        What it has to return.

    Raises
    ------
    InvalidInput : it is no function.
    """
    a_model = hasattr(value, "state_dict") or hasattr(value, "get_weights")
    if not callable(value) or (a_model and not isinstance(value, type)):
        came = type(value).__name__
        raise InvalidInput(
            f"`build_fn` needs a function without arguments that makes a new {made}, got {came}:"
            " for example `def build(): return ...`, given as `build`."
        )


def require_callback(value: object, name: str, arguments: str) -> None:
    """Raise where something was given that cannot be called.

    Parameters
    ----------
    value : object
        A function, or None for none.
    name : str
        Of the argument.
    arguments : str
        What it is called with, for the error.

    Raises
    ------
    InvalidInput : it is no function.
    """
    if value is not None and (not callable(value) or isinstance(value, type)):
        raise InvalidInput(
            f"`{name}` needs a function that is called with {arguments}, or None, got {value!r}."
        )


def several(
    value: Any, name: str, what: str, *, kind: type = object, remedy: str = ""
) -> tuple[Any, ...]:
    """The items of a list, a tuple or a generator; one thing alone is no list of one.

    Parameters
    ----------
    value : Any
        What was given.
    name : str
        Of the argument.
    what : str
        What it is a list of.
    kind : type
        Of every item.
    remedy : str
        How to come by items of that kind.

    Raises
    ------
    InvalidInput : it is a text, a mapping, cannot be iterated, or holds something else.

    Examples
    --------
    >>> several(range(2), "epochs", "epochs")
    (0, 1)
    """
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        alone = " Put it into a list, even if it is one." if not isinstance(value, Mapping) else ""
        raise InvalidInput(f"`{name}` needs a list of {what}, got {type(value).__name__}.{alone}")
    items = tuple(value)
    for item in items:
        if not isinstance(item, kind):
            raise InvalidInput(
                f"`{name}` needs a list of {what}, got {_shown(item)} in it. {remedy}".rstrip()
            )
    return items


def _shown(item: object) -> str:
    return repr(item) if isinstance(item, str) else f"a {type(item).__name__}"


def require_a(value: object, kind: type, name: str, remedy: str) -> None:
    """Raise where `value` is no `kind`; `remedy` says how to come by one.

    Raises
    ------
    InvalidInput : it is something else.
    """
    if not isinstance(value, kind):
        raise InvalidInput(
            f"`{name}` needs {kind.__module__.split('.')[0]}.{kind.__name__}, got"
            f" {type(value).__name__}. {remedy}"
        )
