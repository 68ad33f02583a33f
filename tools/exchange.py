"""Exchange what a module that is in use holds for what it would hold with an error."""

import ast
import contextlib
import importlib
import sys
from enum import EnumType
from types import CodeType, FunctionType, ModuleType
from typing import Any

from wrong_code import ROOT, Mutant


def put_in(mutant: Mutant, tree: ast.Module) -> None:
    """Exchange what the module of a mutant holds for what it would hold with the error."""
    inside = mutant.path.resolve().relative_to(ROOT / "src").with_suffix("")
    name = ".".join(inside.parts).removesuffix(".__init__")
    module = importlib.import_module(name)
    wrong = ModuleType(name)
    wrong.__dict__.update({"__file__": module.__file__, "__package__": module.__package__})
    exec(compile(tree, str(mutant.path.resolve()), "exec"), wrong.__dict__)
    for key, value in vars(wrong).items():
        if not key.startswith("__") and key in vars(module):
            _exchange(module, key, value, name)


def _exchange(module: ModuleType, key: str, wrong: Any, name: str) -> None:
    """Give one name of a module its wrong value, wherever it was imported."""
    right = vars(module)[key]
    # an instance (a policy) names the module of its class, and may yet be a constant of this one
    if isinstance(wrong, (type, FunctionType)) and wrong.__module__ != name:
        return
    if isinstance(right, type):
        for inner, value in vars(wrong).items():
            if inner in vars(right) and not _same_function(vars(right)[inner], value):
                if isinstance(right, EnumType):  # whoever imported a member compares it by identity
                    continue
                with contextlib.suppress(AttributeError, TypeError):
                    setattr(right, inner, value)
        return
    if _same_function(right, wrong):
        return
    if repr(right) != repr(wrong):
        for other in list(sys.modules.values()):
            if getattr(other, "__dict__", {}).get(key) is right:
                setattr(other, key, wrong)


def _same_function(right: Any, wrong: Any) -> bool:
    """Give the function behind `right` the code of the one behind `wrong`; False if it is none."""
    ours, theirs = _function(right), _function(wrong)
    if (
        ours is None
        or theirs is None
        or len(ours.__closure__ or ()) != len(theirs.__closure__ or ())
    ):
        return False
    if not isinstance(ours.__code__, CodeType):
        return False
    ours.__code__ = theirs.__code__
    ours.__defaults__ = theirs.__defaults__
    ours.__kwdefaults__ = theirs.__kwdefaults__
    if hasattr(right, "cache_clear"):
        right.cache_clear()
    return True


def _function(value: Any) -> FunctionType | None:
    """The Python function behind a method, property, cache or decorator."""
    for name in ("__wrapped__", "__func__", "fget", "func"):
        inner = getattr(value, name, None)
        if inner is not None and inner is not value:
            return _function(inner)
    return value if isinstance(value, FunctionType) else None
