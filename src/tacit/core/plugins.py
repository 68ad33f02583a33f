"""Attacks, metrics and adapters of other packages, found by their entry points.

A package offers them in its `pyproject.toml`::

    [project.entry-points."tacit.attacks"]
    my_attack = "my_package:MyAttack"
"""

from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

from tacit.core.errors import InvalidInput

Group = Literal["tacit.attacks", "tacit.metrics", "tacit.adapters"]


def plugin_names(group: Group) -> tuple[str, ...]:
    """The names that installed packages offer in `group`, sorted."""
    return tuple(sorted(_found(group)))


def plugin(group: Group, name: str) -> Any:
    """What an installed package offers in `group` under `name`, loaded.

    Raises
    ------
    InvalidInput : nobody offers it, or it cannot be loaded.
    """
    found = _found(group)
    if name not in found:
        raise InvalidInput(
            f"No installed package offers {name!r} in {group!r}.{did_you_mean(name, found)}"
        )
    try:
        return found[name].load()
    except Exception as error:
        raise InvalidInput(
            f"The plug-in {name!r} of {group!r} cannot be loaded: {error}."
        ) from error


def did_you_mean(name: str, known: Any) -> str:
    """`` Did you mean 'auc'?`` where a known name is close to `name`, else nothing."""
    small = {str(item).lower(): str(item) for item in reversed(list(known))}
    close = [small[item] for item in get_close_matches(name.lower(), small, n=1, cutoff=0.6)]
    return f" Did you mean {close[0]!r}?" if close else ""


def _found(group: Group) -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=group)}
