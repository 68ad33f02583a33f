"""Let old import lines find this package, where a script must not change at all."""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

from tacit.core import InvalidInput

OLD = "tensorflow_privacy"
TESTS = f"{OLD}.privacy.privacy_tests"
OURS = "tacit.compat.tf_privacy.privacy_tests"
PARENTS = (OLD, f"{OLD}.privacy")


class _Loader(Loader):
    """Hands out a module of ours under an old name, the beginning of which is `lent`."""

    def __init__(self, lent: str) -> None:
        self.lent = lent

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        if spec.name in PARENTS:
            return ModuleType(spec.name, "Stands in for TensorFlow Privacy; see tacit.compat.")
        module = import_module(OURS + spec.name.removeprefix(self.lent))
        # the import machinery writes the old name's spec over the module's own
        self.own = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        if module.__name__ not in PARENTS:
            module.__spec__ = self.own


class _Finder(MetaPathFinder):
    """Answers for names that begin with `lent`, and for the folders above it in `parents`."""

    def __init__(self, lent: str, parents: tuple[str, ...] = ()) -> None:
        self.lent, self.parents = lent, parents

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        above = fullname in self.parents
        if above or fullname == self.lent or fullname.startswith(self.lent + "."):
            return ModuleSpec(fullname, _Loader(self.lent), is_package=above)
        return None


def lend(name: str) -> None:
    """From now on importing `name`, or what is in it, gives tacit's ``privacy_tests``: the very
    same modules, so that no class exists twice.

    Parameters
    ----------
    name : a full name such as ``"tacit.compat.tf_privacy.privacy.privacy_tests"``.
    """
    if name not in _lent():
        sys.meta_path.insert(0, _Finder(name))


def _lent() -> set[str]:
    return {finder.lent for finder in sys.meta_path if isinstance(finder, _Finder)}


def install() -> None:
    """From now on ``import tensorflow_privacy.privacy.privacy_tests...`` finds tacit's modules.

    Only in this process, and only ``privacy_tests``; nothing is written to disk. `uninstall` takes
    it back. Calling it twice is harmless.

    Raises
    ------
    InvalidInput : TensorFlow Privacy is installed, and which of the two an import means would be
        a matter of order; change the import line instead.
    """
    if TESTS in _lent():
        return
    if OLD in sys.modules or find_spec(OLD) is not None:
        raise InvalidInput(
            f"`{OLD}` is installed here, so its name cannot be lent to tacit. Change the import"
            f" line to `{OURS}`, or uninstall {OLD}."
        )
    sys.meta_path.insert(0, _Finder(TESTS, PARENTS))


def uninstall() -> None:
    """Take `install` back; modules that were imported under the old names stay usable."""
    sys.meta_path[:] = [
        finder
        for finder in sys.meta_path
        if not (isinstance(finder, _Finder) and finder.lent == TESTS)
    ]
    for name in [name for name in sys.modules if name == OLD or name.startswith(OLD + ".")]:
        del sys.modules[name]
