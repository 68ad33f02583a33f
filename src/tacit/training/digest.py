"""Fingerprints: of data, of a function and all that it reads, and of the libraries behind it."""

import dis
import functools
import hashlib
import importlib.metadata
import importlib.util
import inspect
import os
import platform
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from tacit.core import InvalidInput

DISTRIBUTIONS = {
    "sklearn": "scikit-learn",
    "PIL": "pillow",
    "cv2": "opencv-python",
    "yaml": "pyyaml",
}
BUILTIN_CALLABLES = (type(len), type(str.join), type(np.add), type(np.sum))
KERAS_BACKENDS = ("jax", "tensorflow", "torch")
LIBRARY_FOLDERS = tuple(
    {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
)
TACIT_FOLDER = str(Path(__file__).parents[1]) + os.sep


def digest_of(value: object) -> str:
    """A fingerprint of arrays, numbers, text, functions, estimators and containers of them; equal
    content, equal digest.

    A function is its bytecode, constants, defaults, closure and the globals that it names,
    functions among them followed in turn; comments and line numbers do not count. Of installed
    libraries only the name counts: their versions are in `versions_of`.

    Raises
    ------
    InvalidInput : some part has no content that can be fingerprinted; its type is named.
    """
    walk = _Walk()
    walk.add(value)
    return walk.hash.hexdigest()


def versions_of(*values: object) -> dict[str, str]:
    """Versions of Python, NumPy and every library that the functions or objects `values` name."""
    walk = _Walk()
    for value in values:
        walk.add(value)
    packages = {"numpy", *walk.packages}
    if "keras" in packages or "tensorflow" in packages:
        packages |= {"keras", *KERAS_BACKENDS}
    found = {name: version for name in sorted(packages) if (version := _version(name)) is not None}
    backend = (
        {"keras backend": os.environ.get("KERAS_BACKEND", "default")} if "keras" in packages else {}
    )
    return {"python": ".".join(platform.python_version_tuple()[:2]), **found, **backend}


def _version(package: str) -> str | None:
    if package in sys.stdlib_module_names or package == "tacit":
        return None
    try:
        return importlib.metadata.version(DISTRIBUTIONS.get(package, package))
    except importlib.metadata.PackageNotFoundError:
        version = getattr(sys.modules.get(package), "__version__", None)
        return None if version is None else str(version)


class _Walk:
    """One pass over a value: a running hash, and the packages met on the way."""

    def __init__(self) -> None:
        self.hash = hashlib.blake2b(digest_size=16)
        self.packages: set[str] = set()
        self._seen: dict[int, tuple[int, object]] = {}

    def tell(self, *parts: str | bytes) -> None:
        for part in parts:
            raw = part.encode() if isinstance(part, str) else part
            self.hash.update(len(raw).to_bytes(8, "little") + raw)

    def add(self, value: object) -> None:
        if value is None or isinstance(
            value, (bool, int, float, complex, str, bytes, type(Ellipsis))
        ):
            self.tell(type(value).__name__, value if isinstance(value, bytes) else repr(value))
            return
        if id(value) in self._seen:
            self.tell("again", str(self._seen[id(value)][0]))
            return
        self._seen[id(value)] = (len(self._seen), value)
        self._add_object(value)

    def _add_object(self, value: Any) -> None:
        if isinstance(value, (np.ndarray, np.generic)):
            self._add_array(np.asarray(value))
        elif isinstance(value, (list, tuple)):
            self.tell(type(value).__name__, str(len(value)))
            for item in value:
                self.add(item)
        elif isinstance(value, dict):
            self.tell("dict", str(len(value)))
            for key, item in value.items():
                self.add(key)
                self.add(item)
        elif isinstance(value, (set, frozenset)):
            self.tell("set", *sorted(digest_of(item) for item in value))
        elif isinstance(value, ModuleType):
            self._add_module(value)
        elif isinstance(
            value, (FunctionType, MethodType, functools.partial, type, *BUILTIN_CALLABLES)
        ):
            self._add_callable(value)
        else:
            self._add_instance(value)

    def _add_array(self, value: np.ndarray[Any, Any]) -> None:
        self.tell("array", value.dtype.str, str(value.shape))
        if value.dtype.hasobject:
            for item in value.ravel().tolist():
                self.add(item)
        elif value.flags.c_contiguous:
            self.hash.update(np.ascontiguousarray(value).reshape(-1).view(np.uint8).data)
        else:
            for row in value:
                self.hash.update(np.ascontiguousarray(row).reshape(-1).view(np.uint8).data)

    def _add_module(self, module: ModuleType) -> None:
        self.packages.add(module.__name__.split(".")[0])
        path = getattr(module, "__file__", None)
        self.tell("module", module.__name__)
        if path is not None and not _is_library(path) and path.endswith(".py"):
            self.tell(Path(path).read_bytes())

    def _add_callable(self, value: Any) -> None:
        if isinstance(value, functools.partial):
            self.tell("partial")
            self.add([value.func, value.args, value.keywords])
        elif isinstance(value, MethodType):
            self.tell("method", value.__name__)
            self.add([value.__func__, value.__self__])
        elif isinstance(value, BUILTIN_CALLABLES) or _is_library(_file_of(value)):
            module = getattr(value, "__module__", None) or "builtins"
            self.packages.add(module.split(".")[0])
            self.tell("library", module, getattr(value, "__qualname__", value.__name__))
        elif isinstance(value, type):
            self._add_class(value)
        else:
            self._add_function(value)

    def _add_class(self, value: type) -> None:
        self.tell("class", value.__qualname__.rpartition(".")[2])
        for base in value.__bases__:
            self.add(base)
        for name, item in vars(value).items():
            plain = item.__func__ if isinstance(item, (staticmethod, classmethod)) else item
            parts = [plain.fget, plain.fset] if isinstance(plain, property) else [plain]
            constant = not name.startswith("__") and isinstance(
                plain, (type(None), bool, int, float, str, bytes, tuple, list, dict)
            )
            if constant or all(
                isinstance(part, FunctionType) for part in parts if part is not None
            ):
                self.tell(name)
                self.add(parts)

    def _add_function(self, value: FunctionType) -> None:
        self.tell("function", value.__qualname__.rpartition(".")[2])
        self.add([value.__defaults__, value.__kwdefaults__])
        self._add_code(value.__code__)
        for name, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True):
            self.tell("closure", name)
            try:
                self.add(cell.cell_contents)
            except ValueError:  # not bound yet
                self.tell("empty")
        for name in sorted(set(_global_names(value.__code__))):
            if name in value.__globals__:
                self.tell("global", name)
                self.add(value.__globals__[name])

    def _add_code(self, code: CodeType) -> None:
        self.tell(
            "code",
            str(code.co_argcount),
            str(code.co_kwonlyargcount),
            str(code.co_flags),
            *code.co_varnames,
        )
        for step in dis.get_instructions(code):
            self.tell(step.opname)
            if isinstance(step.argval, CodeType):
                self._add_code(step.argval)
            elif step.opcode in dis.hasconst:
                self.add(step.argval)
            else:
                self.tell(str(step.argval))
            if step.opname == "IMPORT_NAME":
                self._add_import(str(step.argval))

    def _add_import(self, name: str) -> None:
        package = name.split(".")[0]
        if package in sys.stdlib_module_names or package == "tacit":
            return
        self.packages.add(package)
        try:
            spec = importlib.util.find_spec(name)
        except (ImportError, ValueError):
            return
        if (
            spec is not None
            and spec.origin
            and spec.origin.endswith(".py")
            and not _is_library(spec.origin)
        ):
            self.tell(Path(spec.origin).read_bytes())

    def _add_instance(self, value: Any) -> None:
        kind = type(value)
        self.tell("instance", kind.__qualname__)
        self.add(kind)
        if callable(getattr(value, "detach", None)):
            self._add_array(np.asarray(value.detach().cpu()))
        elif hasattr(value, "__array__"):
            self.tell(*(str(name) for name in getattr(value, "columns", ())))
            self._add_array(np.asarray(value))
        elif hasattr(value, "get_params"):
            self.add(dict(sorted(value.get_params(deep=True).items())))
        else:
            self.add(_reduced(value))


def _reduced(value: Any) -> list[Any]:
    """What `pickle` would keep of an object: its content, without writing it."""
    try:
        parts = value.__reduce_ex__(4)
    except Exception as error:
        raise InvalidInput(
            "A fingerprint needs arrays, numbers, text or functions, got a"
            f" {type(value).__module__}.{type(value).__qualname__} ({error}). Build it inside the"
            " function instead, or convert it to an array."
        ) from error
    return (
        [parts]
        if isinstance(parts, str)
        else [list(part) if isinstance(part, Iterator) else part for part in parts]
    )


def _global_names(code: CodeType) -> Iterator[str]:
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield str(step.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _global_names(constant)


def _file_of(value: Any) -> str | None:
    """Where a callable was written; None for what was typed into a notebook or made on the fly."""
    try:
        return inspect.getfile(value)
    except (TypeError, OSError):
        name = getattr(value, "__module__", None) or "builtins"
    # a compiled module may have no file where its package has one
    for part in (name, name.split(".")[0]):
        path: str | None = getattr(sys.modules.get(part), "__file__", None)
        if path is not None:
            return path
    return "builtin" if name.split(".")[0] in sys.stdlib_module_names else None


def _is_library(path: str | None) -> bool:
    """True for what is installed: the standard library, site-packages, compiled code and tacit
    itself.
    """
    if path is None:
        return False
    return (
        path == "builtin"
        or path.startswith((*LIBRARY_FOLDERS, TACIT_FOLDER))
        or f"{os.sep}site-packages{os.sep}" in path
    )
