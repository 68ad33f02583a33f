"""Optional packages: imported where they are used, with an error that says what to type."""

from importlib import import_module
from types import ModuleType

from tacit.core.errors import MissingDependency


def require(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import `module`, or say which extra brings it.

    Raises
    ------
    MissingDependency : `module` (or a part of it) cannot be imported.
    """
    try:
        return import_module(module)
    except ImportError as error:
        message = (
            f"{purpose} needs `{module}`, which cannot be imported ({error}). Type: pip install"
            f" 'tacit-privacy[{extra}]'"
        )
        raise MissingDependency(message) from error
