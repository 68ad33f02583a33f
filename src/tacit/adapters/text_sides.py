"""What people hold their texts in: lists, columns, tables, rows of a data set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tacit.adapters.text_encoding import require_strings, require_texts
from tacit.audits.steps.sides import compared, require_two_sides
from tacit.core import InvalidInput, Outputs, Tokens

# the columns that data sets for language models have, by the names of the `datasets` world
TEXT, PROMPT, ANSWER = "text", "prompt", "completion"


@dataclass(frozen=True, eq=False)
class Side:
    """The texts of one side.

    Parameters
    ----------
    texts : n texts
        What is scored.
    prompts : n texts or None
        What came before each, where the table had a column for it.
    """

    texts: list[str]
    prompts: list[str] | None = None


def side_of(given: Any, name: str) -> Side:
    """The texts of one side, out of whatever holds them.

    A list, tuple, array or column of texts; or a table (pandas, polars, Arrow, `datasets`), a
    dict of columns or a list of dicts with a column ``text``, or with ``prompt`` and
    ``completion``. A table of a single column needs no name.

    Parameters
    ----------
    given : list, column or table
        What came.
    name : str
        Of the argument, for errors.

    Raises
    ------
    InvalidInput
        It holds no texts, no order, or no column that is known to hold them.
    """
    if isinstance(given, (set, frozenset)):
        raise InvalidInput(f"`{name}` needs texts in an order, got a set: pass sorted({name}).")
    given = _held(given)
    table = _columns(given)
    if table is None:
        return Side(require_texts(_listed(given), name))
    if TEXT in table:
        return Side(require_texts(table[TEXT], name))
    if PROMPT in table and ANSWER in table:
        answers = require_texts(table[ANSWER], name)
        return Side(answers, prompts_of(table[PROMPT], len(answers), f"{name}[{PROMPT!r}]"))
    if len(table) == 1:
        return Side(require_texts(next(iter(table.values())), name))
    shown = ", ".join(repr(column) for column in list(table)[:8]) or "none"
    raise InvalidInput(
        f"`{name}` needs a column {TEXT!r} (or {PROMPT!r} and {ANSWER!r}), it has {shown}. Pass "
        f"the column of the texts itself: {name}=table['...']."
    )


def prompts_of(given: Any, n: int, name: str) -> list[str]:
    """One prompt a text; a single one stands for all, and may be empty.

    Raises
    ------
    InvalidInput
        Another number of prompts, or something else than texts.
    """
    if isinstance(given, str):
        return [given] * n
    found = require_strings(given, name)
    if len(found) != n:
        raise InvalidInput(f"`{name}` needs {n} prompts, one a text, got {len(found)}.")
    return found


def _held(given: Any) -> Any:
    """What is still to be computed or read, in memory: a lazy frame, a generator, a stream."""
    if type(given).__name__ == "LazyFrame":
        return given.collect()
    if hasattr(given, "__iter__") and not hasattr(given, "__len__"):
        return list(given)
    return given


def _columns(given: Any) -> dict[str, Any] | None:
    """Columns by name, or None where it is no table."""
    if isinstance(given, Mapping):
        return {str(name): _listed(value) for name, value in given.items()}
    # `columns` of pandas and polars, `column_names` of Arrow and `datasets`
    for attribute in ("column_names", "columns"):
        names: Any = getattr(given, attribute, None)
        if isinstance(names, (str, bytes)) or not hasattr(names, "__iter__"):
            continue
        listed = list(names)
        if all(isinstance(name, str) for name in listed):
            return {name: _listed(given[name]) for name in listed}
        if len(listed) == 1:
            return {str(listed[0]): _listed(given[listed[0]])}
        return {str(name): [] for name in listed}
    if isinstance(given, (list, tuple)) and given and isinstance(given[0], Mapping):
        return _of_rows(given)
    return None


def _of_rows(rows: Sequence[Any]) -> dict[str, Any]:
    names = [str(name) for name in rows[0]]
    return {
        name: [row.get(name) if isinstance(row, Mapping) else row for row in rows] for name in names
    }


def _listed(column: Any) -> Any:
    # Arrow's own strings are not Python's
    return column.to_pylist() if hasattr(column, "to_pylist") else column


def require_other_tokens(member: Tokens, nonmember: Tokens) -> None:
    """Refuse what a model says of the same texts on both sides, in another order or precision too.

    Parameters
    ----------
    member, nonmember : Tokens
        Of both sides.

    Raises
    ------
    InvalidInput
        They are the same.
    """
    require_two_sides(member, nonmember, "`member` and `nonmember`")
    loss = -np.concatenate([side.ragged().mean() for side in (member, nonmember)])
    if np.isfinite(loss).all():
        compared(Outputs(loss=loss), np.arange(len(loss)) < member.n)
