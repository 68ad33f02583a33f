"""`tacit attacks`: what there is, with references."""

import argparse
from typing import Any


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    text = (
        "List every attack: what it does, what it needs, the paper it comes from, and its options"
        " with their defaults."
    )
    command = commands.add_parser(
        "attacks", help="list the attacks, with references", description=text
    )
    command.add_argument("--json", action="store_true", help="as JSON")
    command.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    import json

    rows = listed()
    if arguments.json:
        print(json.dumps(rows, indent=1))
        return 0
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        print(f"{row['name']:<{width}}  {row['summary']}")
        print(f"{'':<{width}}  {row['needs']}; {row['reference']}")
        if row["options"]:
            print(f"{'':<{width}}  options: {row['options']}")
    return 0


def listed() -> list[dict[str, str]]:
    """One row an attack, ours and those of plug-ins (entry point group ``tacit.attacks``)."""
    import tacit.attacks
    from tacit.core.plugins import plugin, plugin_names

    kinds = {name: getattr(tacit.attacks, name) for name in tacit.attacks.__all__}
    kinds |= {name: plugin("tacit.attacks", name) for name in plugin_names("tacit.attacks")}
    return [
        _row(name, kind)
        for name, kind in kinds.items()
        if hasattr(kind, "reference") and hasattr(kind, "learns")
    ]


def _row(name: str, kind: Any) -> dict[str, str]:
    from dataclasses import MISSING, fields

    options = [
        f"{item.name}={item.default!r}" if item.default is not MISSING else item.name
        for item in fields(kind)
    ]
    told = (
        "needs some known members and non-members" if kind.learns else "needs the model's outputs"
    )
    return {
        "name": name,
        "summary": (kind.__doc__ or "").strip().splitlines()[0],
        "needs": str(getattr(kind, "needs", told)),
        "reference": str(kind.reference),
        "options": ", ".join(options),
    }
