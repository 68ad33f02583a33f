"""The pages of the API reference, made from every `__all__`: a new public name is in it at once.

A name that several rooms offer is described once, under its shortest path; the other rooms link
there. Nothing here needs Sphinx, so that the tests can look at the pages without building a site.
"""

import inspect
import pkgutil
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

import tacit

KINDS = ("Functions", "Classes", "Errors", "Constants and types")
# rooms without public names of their own: a command line, and folders of modules
NOT_IMPORTED = ("cli",)


@dataclass(frozen=True)
class Page:
    """One room: its public names, those described here, and where the others are described."""

    module: str
    described: tuple[str, ...]
    elsewhere: tuple[tuple[str, str], ...]

    @property
    def file(self) -> str:
        """The name of the page, without its ending."""
        return self.module

    def by_kind(self) -> dict[str, list[str]]:
        """The names described here: functions, classes, errors, everything else."""
        sorted_by: dict[str, list[str]] = {kind: [] for kind in KINDS}
        for name in self.described:
            sorted_by[_kind(getattr(import_module(self.module), name))].append(name)
        return {kind: names for kind, names in sorted_by.items() if names}

    def text(self) -> str:
        """The page in reStructuredText."""
        summary = (inspect.getdoc(import_module(self.module)) or "").split("\n\n")[0]
        lines = [self.module, "=" * len(self.module), "", summary, ""]
        if self.described:
            lines += [f".. currentmodule:: {self.module}", ""]
        for kind, names in self.by_kind().items():
            lines += [kind, "-" * len(kind), "", ".. autosummary::"]
            lines += ["   :toctree: generated", "   :nosignatures:", ""]
            lines += [f"   {name}" for name in names] + [""]
        if self.elsewhere:
            title = "Also offered here"
            lines += ["", title, "-" * len(title), ""]
            lines += [f"* :py:obj:`{name} <{path}>`" for name, path in self.elsewhere]
        return "\n".join(lines) + "\n"


def rooms() -> list[str]:
    """Every package of tacit that offers public names, at any depth; the top comes first."""
    found = ["tacit"]
    for entry in pkgutil.walk_packages(tacit.__path__, "tacit."):
        parts = entry.name.split(".")
        hidden = any(part.startswith("_") for part in parts) or parts[1] in NOT_IMPORTED
        if entry.ispkg and not hidden and hasattr(import_module(entry.name), "__all__"):
            found.append(entry.name)
    return found


def public(room: str) -> dict[str, Any]:
    """The names of a room's `__all__`, with what they are; modules are rooms, not names."""
    module = import_module(room)
    values = {name: getattr(module, name) for name in sorted(module.__all__, key=str.lower)}
    return {name: value for name, value in values.items() if not isinstance(value, ModuleType)}


def pages() -> list[Page]:
    """One page a room."""
    home: list[tuple[Any, str]] = []
    made = []
    for room in rooms():
        described, elsewhere = [], []
        for name, value in public(room).items():
            first = next((path for other, path in home if _same(other, value, path, name)), None)
            if first is None:
                described.append(name)
                home.append((value, f"{room}.{name}"))
            else:
                elsewhere.append((name, first))
        made.append(Page(room, tuple(described), tuple(elsewhere)))
    return made


def _same(one: Any, other: Any, path: str, name: str) -> bool:
    """The same object under the same name: equal constants of two rooms are two things."""
    return one is other and path.rsplit(".", 1)[1] == name


def _kind(value: Any) -> str:
    """Under which heading of its page a name stands."""
    if inspect.isclass(value):
        return "Errors" if issubclass(value, Exception) else "Classes"
    return "Functions" if inspect.isroutine(value) else "Constants and types"


def index(made: list[Page]) -> str:
    """The first page of the reference."""
    lines = ["Reference", "=========", ""]
    lines += ["Every public name of every room, from its docstring. What a user starts stands in"]
    lines += [":doc:`tacit <tacit>`; the :doc:`command line <command-line>` has its own page.", ""]
    lines += [".. toctree::", "   :maxdepth: 1", ""]
    lines += [f"   {page.file}" for page in made] + ["   command-line"]
    return "\n".join(lines) + "\n"


def command_line() -> str:
    """Every command with its help, as the program prints it."""
    from tacit.cli import COMMANDS, parser

    whole = parser()
    lines = ["The command line", "================", "", ".. code-block:: text", ""]
    lines += _indented(whole.format_help())
    subparsers = next(
        action.choices
        for action in whole._actions
        if isinstance(getattr(action, "choices", None), dict)
    )
    for name in COMMANDS:
        title = f"tacit {name}"
        lines += ["", title, "-" * len(title), "", ".. code-block:: text", ""]
        lines += _indented(subparsers[name].format_help())
    return "\n".join(lines) + "\n"


def _indented(text: str) -> list[str]:
    return [f"   {line}".rstrip() for line in text.splitlines()]


def written() -> dict[str, str]:
    """All pages of the reference: file name -> text."""
    made = pages()
    texts = {f"{page.file}.rst": page.text() for page in made}
    return texts | {"index.rst": index(made), "command-line.rst": command_line()}


def documented() -> set[str]:
    """The full names that get a page of their own."""
    return {f"{page.module}.{name}" for page in pages() for name in page.described}
