"""JSON in and out: what a report may hold, and what no reader of JSON takes."""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tacit.core.errors import InvalidInput


def parsed(text: str, kind: str) -> Any:
    """The plain data in a JSON text.

    Raises
    ------
    InvalidInput : it is no JSON, or holds NaN or Infinity, which JSON has not, or a key twice.
    """
    try:
        return json.loads(text, parse_constant=_refused, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"This is not a tacit {kind}: {str(error)[:200]}.") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A table whose keys stand in it once: of two, readers take different ones."""
    table = dict(pairs)
    if len(table) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"it holds the key {twice[:60]!r} twice")
    return table


def _refused(word: str) -> Any:
    raise ValueError(f"JSON has no {word}")


def finite(value: Any) -> Any:
    """`value` with None for numbers that are infinite or NaN, and numbers of Python for NumPy's, in
    lists and tables too.
    """
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def require_kind(plain: Any, kind: str, schema: int, what: str) -> None:
    """Refuse plain data that is not of this kind, or that a newer tacit wrote.

    Parameters
    ----------
    plain : what was parsed.
    kind, schema : what it needs to say of itself.
    what : the name of the kind in the error.

    Raises
    ------
    InvalidInput : it is of another kind or schema.
    """
    if not isinstance(plain, dict) or plain.get("kind") != kind:
        raise InvalidInput(f"This is not a tacit {what}: it has no `kind` of {kind!r}.")
    if plain.get("schema") != schema:
        raise InvalidInput(
            f"The {what} has schema {plain.get('schema')!r}, this tacit reads schema {schema}."
            " Install a newer tacit-privacy."
        )
