"""A run described in a small file: a Python file that names `train_fn` and `data`, or a TOML file
that points to one.
"""

import importlib
import importlib.util
import sys
import tomllib
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

from tacit.core import InvalidInput, TacitError
from tacit.core.files import text_of
from tacit.design.assignment import Kind
from tacit.training.shadow import Run, plan
from tacit.training.stores import Store, store_of

OPTIONS = (
    "n",
    "seed",
    "kind",
    "share",
    "cluster",
    "fixed",
    "statistic",
    "queries",
    "version",
    "name",
    "keep",
)
POINTERS = ("train_fn", "data", "cluster", "fixed", "queries", "keep")


@dataclass(frozen=True, eq=False)
class RecipeFile:
    """What a file says about a run.

    Parameters
    ----------
    train_fn, data : see `tacit.training.shadow`.
    store : where numbers are kept, a path (relative to the file) or a URL.
    options : the other arguments of `tacit.training.plan`.
    """

    train_fn: Any
    data: Any
    store: str
    options: dict[str, Any] = field(default_factory=dict)

    def plan(self, **changes: Any) -> Run:
        """The plan that the file describes; `changes` replace options.

        Raises
        ------
        InvalidInput : an option cannot be used, or the function that loads the data fails.
        """
        options = {**self.options, **{name: v for name, v in changes.items() if v is not None}}
        with _blamed("The recipe cannot be planned"):
            return plan(self.train_fn, self.data, **options)

    def open(self, store: str | None = None) -> Store:
        """The store of the file, or another one."""
        return store_of(self.store if store is None else store)


def read_recipe(path: str | Path) -> RecipeFile:
    """Read a recipe file.

    A Python file assigns ``train_fn`` and ``data``, and where needed ``store`` and ``options =
    {"n": 32, ...}``. A TOML file has a table ``[shadow]`` with the same names; ``train_fn``,
    ``data``, ``cluster``, ``fixed``, ``queries`` and ``keep`` are written ``"file.py:name"`` or
    ``"package.module:name"``.

    Raises
    ------
    InvalidInput : the file is missing, is of another kind, or names something unknown.
    """
    file = Path(path)
    if file.suffix not in (".py", ".toml"):
        raise InvalidInput(f"`recipe` needs a .py or .toml file, got {str(path)!r}.")
    if not file.is_file():
        raise InvalidInput(f"`recipe` needs a file that exists, got {str(path)!r}.")
    given = _from_python(file) if file.suffix == ".py" else _from_toml(file)
    for name in ("train_fn", "data"):
        if name not in given:
            raise InvalidInput(
                f"The recipe {file.name} needs `{name}`, got"
                f" {', '.join(sorted(given)) or 'nothing'}."
            )
    train_fn, records = given.pop("train_fn"), given.pop("data")
    store = given.pop("store", "shadows")
    if not isinstance(store, (str, Path)) or not str(store).strip() or "\0" in str(store):
        raise InvalidInput(f"`store` of the recipe {file.name} needs a path, got {store!r:.80}.")
    store = str(store)
    unknown = sorted(set(given) - set(OPTIONS))
    if unknown:
        raise InvalidInput(
            f"The recipe {file.name} knows {', '.join(OPTIONS)}, got {', '.join(unknown)}."
        )
    if str(given.get("kind", "coin")) not in get_args(Kind):
        raise InvalidInput(
            f"`kind` needs one of {', '.join(get_args(Kind))}, got {given['kind']!r}."
        )
    return RecipeFile(
        train_fn, records, store if "://" in store else str(file.parent / store), given
    )


def read_variants(path: str | Path) -> tuple[RecipeFile, dict[str, dict[str, Any]]]:
    """Read a Python file that names ``train_fn``, ``data`` and ``variants``, for `tacit.explore`.

    Raises
    ------
    InvalidInput : the file is missing, is no Python file, or names no variants.
    """
    file = Path(path)
    found = names_in(file, ("train_fn", "data", "variants"), optional=("store", "options"))
    store = str(found.get("store", "shadows"))
    options = dict(found.get("options", {}))
    place = store if "://" in store else str(file.parent / store)
    return RecipeFile(found["train_fn"], found["data"], place, options), found["variants"]


def names_in(
    path: str | Path, needed: tuple[str, ...], *, optional: tuple[str, ...] = ()
) -> dict[str, Any]:
    """What a Python file calls `needed`, and those of `optional` that it has.

    Raises
    ------
    InvalidInput : the file is missing, is no Python file, fails, or lacks a needed name.
    """
    file = Path(path)
    if file.suffix != ".py" or not file.is_file():
        raise InvalidInput(f"`recipe` needs a .py file that exists, got {str(path)!r}.")
    module = _loaded(file)
    missing = [name for name in needed if not hasattr(module, name)]
    if missing:
        raise InvalidInput(f"The recipe {file.name} needs {', '.join(missing)}.")
    wanted = (*needed, *optional)
    return {name: getattr(module, name) for name in wanted if hasattr(module, name)}


def _from_python(file: Path) -> dict[str, Any]:
    module = _loaded(file)
    names = ("train_fn", "data", "store")
    options = getattr(module, "options", {})
    if not isinstance(options, Mapping) or not all(isinstance(name, str) for name in options):
        raise InvalidInput(
            f'`options` of the recipe {file.name} needs a dict such as {{"n": 32}}, got'
            f" {str(options)[:80]!r}."
        )
    return {**options, **{name: getattr(module, name) for name in names if hasattr(module, name)}}


def _from_toml(file: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(text_of(file))
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidInput(f"The recipe {file.name} is not TOML: {str(error)[:300]}.") from error
    if not isinstance(table.get("shadow"), dict):
        raise InvalidInput(
            f"The recipe {file.name} needs a table [shadow], got {', '.join(table) or 'nothing'}."
        )
    given = dict(table["shadow"])
    return {
        name: _pointed(value, file) if name in POINTERS else value for name, value in given.items()
    }


def _pointed(value: Any, file: Path) -> Any:
    where, _, name = str(value).partition(":")
    if not name:
        raise InvalidInput(
            f"The recipe {file.name} needs names such as 'train.py:train_fn' or"
            f" 'package.module:name', got {value!r}."
        )
    with _blamed(f"The recipe {file.name} points to {value!r:.80}, which cannot be loaded"):
        module = (
            _loaded(file.parent / where)
            if where.endswith(".py")
            else importlib.import_module(where)
        )
        return getattr(module, name)


def _loaded(file: Path) -> ModuleType:
    """Run a Python file as a module of its own; what it defines travels to workers by value, so
    they need no copy of it.
    """
    name = f"tacit_recipe_{file.stem}"
    if name in sys.modules and sys.modules[name].__file__ == str(file):
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None or not file.is_file():
        raise InvalidInput(f"The recipe needs a Python file that exists, got {str(file)!r}.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    folder = str(file.parent)
    if folder not in sys.path:
        # last: a queue.py beside the recipe is not the standard library's
        sys.path.append(folder)
    try:
        with _blamed(f"The recipe {file.name} cannot be run"):
            spec.loader.exec_module(module)
    except InvalidInput:
        del sys.modules[name]
        raise
    _by_value(module)
    return module


@contextmanager
def _blamed(what: str) -> Iterator[None]:
    """Whatever the user's own code raises, ``sys.exit`` too, is an error of what was given."""
    try:
        yield
    except TacitError:
        raise
    except SystemExit as error:
        raise InvalidInput(f"{what}: it ends the program (sys.exit({error.code!r})).") from error
    except Exception as error:
        line = "".join(traceback.format_exception_only(error)).strip().replace("\n", " ")
        raise InvalidInput(f"{what}: {line[:400]}.") from error


def _by_value(module: ModuleType) -> None:
    from tacit.training.pools import pickler

    pickler().register_pickle_by_value(module)
