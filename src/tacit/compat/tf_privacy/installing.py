"""Let old import lines find this package, where a script must not change at all."""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

from tacit.core import InvalidInput, MissingDependency

OLD = "tensorflow_privacy"
OURS = "tacit.compat.tf_privacy.privacy_tests"
ATTACKS = "membership_inference_attack"
PARENTS = (OLD, f"{OLD}.privacy")
# until 2021 the attacks lay outside of `privacy_tests`
OLD_NAMES = {
    f"{OLD}.privacy.privacy_tests": OURS,
    f"{OLD}.privacy.{ATTACKS}": f"{OURS}.{ATTACKS}",
}
ELSEWHERE = (
    "tacit has TensorFlow Privacy's `privacy_tests` only. To train with differential privacy use"
    " Opacus, JAX Privacy or TensorFlow Privacy itself; for the accountant dp-accounting, and"
    " tacit.dp to test what it promises."
)


class _Loader(Loader):
    """Hands out a module of `ours` under an old name, the beginning of which is `lent`."""

    def __init__(self, lent: str, ours: str) -> None:
        self.lent, self.ours = lent, ours

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = import_module(self.ours + spec.name.removeprefix(self.lent))
        # the import machinery writes the old name's spec over the module's own
        self.own = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.own


class _Finder(MetaPathFinder):
    """Answers for the name `lent` and for names below it."""

    def __init__(self, lent: str, ours: str) -> None:
        self.lent, self.ours = lent, ours

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if fullname == self.lent or fullname.startswith(self.lent + "."):
            return ModuleSpec(fullname, _Loader(self.lent, self.ours))
        return None


class _Folder(Loader):
    """An empty package that stands for a folder of TensorFlow Privacy."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return ModuleType(spec.name, "Stands in for TensorFlow Privacy; see tacit.compat.")

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["__getattr__"] = nothing_else_in(module.__name__)


class _Folders(MetaPathFinder):
    """Answers for the folders `above` what is lent, and refuses what else is in them."""

    def __init__(self, *above: str, own: bool = False) -> None:
        self.above, self.own = above, own

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if fullname in self.above:
            return None if self.own else ModuleSpec(fullname, _Folder(), is_package=True)
        if fullname.rpartition(".")[0] in self.above:
            raise MissingDependency(f"There is no `{fullname}`: {ELSEWHERE}")
        return None


def lend(name: str, ours: str) -> None:
    """From now on importing `name`, or what is below it, gives the modules of `ours`: the very
    same modules, so that no class exists twice.

    Parameters
    ----------
    name : a full name such as ``"tacit.compat.tf_privacy.privacy.privacy_tests"``.
    ours : the full name of the module or package that it stands for.
    """
    if not any(isinstance(finder, _Finder) and finder.lent == name for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder(name, ours))


def refuse_others(folder: str) -> None:
    """From now on importing what a package of ours does not have says what to use instead.

    Parameters
    ----------
    folder : full name of a package that exists, and in which nothing is left to be found.
    """
    if not any(isinstance(finder, _Folders) and folder in finder.above for finder in sys.meta_path):
        # after the finders of real modules
        sys.meta_path.append(_Folders(folder, own=True))


def nothing_else_in(folder: str) -> Callable[[str], None]:
    """A module's ``__getattr__`` that says what to use in place of what is not there.

    Parameters
    ----------
    folder : full name of the module.
    """

    def missing(name: str) -> None:
        said = "" if name.startswith("__") else f": {ELSEWHERE}"
        raise AttributeError(f"module {folder!r} has no attribute {name!r}{said}")

    return missing


def install() -> None:
    """From now on ``import tensorflow_privacy.privacy.privacy_tests...`` finds tacit's modules, and
    so does ``tensorflow_privacy.privacy.membership_inference_attack`` of older scripts.

    Only in this process, and nothing else of TensorFlow Privacy; nothing is written to disk.
    `uninstall` takes it back. Calling it twice is harmless.

    Raises
    ------
    InvalidInput : TensorFlow Privacy is installed, and which of the two an import means would be
        a matter of order; change the import line instead.
    """
    if any(isinstance(finder, _Folders) and OLD in finder.above for finder in sys.meta_path):
        return
    if OLD in sys.modules or find_spec(OLD) is not None:
        raise InvalidInput(
            f"`{OLD}` is installed here, so its name cannot be lent to tacit. Change the import"
            f" line to `{OURS}`, or uninstall {OLD}."
        )
    sys.meta_path.insert(0, _Folders(*PARENTS))
    for name, ours in OLD_NAMES.items():
        lend(name, ours)


def uninstall() -> None:
    """Take `install` back; modules that were imported under the old names stay usable."""
    sys.meta_path[:] = [
        finder
        for finder in sys.meta_path
        if not (isinstance(finder, _Finder) and finder.lent in OLD_NAMES)
        and not (isinstance(finder, _Folders) and OLD in finder.above)
    ]
    for name in [name for name in sys.modules if name == OLD or name.startswith(OLD + ".")]:
        del sys.modules[name]
