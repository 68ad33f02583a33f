"""The house rules, checked: who may import whom, how long a file may be, what it may be called."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "tacit"
FILES = sorted(SOURCE.rglob("*.py"))

# room: (rooms of tacit that it may import, third-party packages at module level)
RULES: dict[str, tuple[set[str], set[str]]] = {
    "core": (set(), {"numpy"}),
    "design": ({"core"}, {"numpy", "scipy"}),
    "signals": ({"core"}, {"numpy", "scipy"}),
    "attacks": ({"core"}, {"numpy", "scipy"}),
    "metrics": ({"core"}, {"numpy", "scipy"}),
    "dp": ({"core", "metrics"}, {"numpy", "scipy"}),
    "training": ({"core", "design", "signals"}, {"numpy"}),
    "audits": (
        {"core", "design", "signals", "attacks", "metrics", "dp", "training"},
        {"numpy", "scipy"},
    ),
    "figures": ({"core", "metrics", "dp"}, {"numpy"}),
    "plots": ({"core", "figures"}, {"numpy"}),
    "render": ({"core", "figures"}, {"numpy", "jinja2"}),
    "adapters": ({"core", "audits", "render"}, {"numpy"}),
    "integrations": ({"core", "_audit", "audits", "render", "adapters"}, {"numpy", "pytest"}),
    "compat": (
        {"core", "attacks", "dp", "audits", "_audit", "render", "adapters", "integrations"},
        {"numpy", "scipy"},
    ),
    "testing": ({"core", "metrics", "dp"}, {"numpy"}),
    "cli": ({"*"}, {"numpy"}),
    "_audit": ({"core", "adapters", "audits", "_given", "_strong"}, {"numpy"}),
    "_given": ({"core", "adapters", "audits"}, {"numpy"}),
    "_strong": ({"core", "adapters", "audits", "training", "_given"}, {"numpy"}),
    "_audit_text": ({"core", "adapters", "audits", "training", "_asked"}, {"numpy"}),
    "_asked": ({"core", "adapters", "audits", "training", "metrics"}, {"numpy"}),
    "__init__": ({"*"}, set()),
    "__main__": ({"cli"}, set()),
}
# modules of the package's top folder, behind the functions that it shows
ENTRANCES = ("_asked", "_audit", "_audit_text", "_given", "_strong")
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "handler", "base_classes", "misc"}


def room(path: Path) -> str:
    first = path.relative_to(SOURCE).parts[0]
    return first.removesuffix(".py")


def imports(tree: ast.AST, *, top_only: bool) -> list[str]:
    nodes = tree.body if top_only and isinstance(tree, ast.Module) else list(ast.walk(tree))
    names = []
    for node in nodes:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names += [
                f"{node.module}.{alias.name}" if node.module == "tacit" else str(node.module)
                for alias in node.names
            ]
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_run_one_way(path):
    here = room(path)
    rooms, packages = RULES[here]
    tree = ast.parse(path.read_text(encoding="utf8"))
    for name in imports(tree, top_only=False):
        parts = name.split(".")
        if parts[0] == "tacit" and len(parts) > 1:
            there = parts[1]
            ok = there == here or "*" in rooms or there in rooms or there.startswith("__")
            assert ok, f"{here} may not import tacit.{there}"
    for name in imports(tree, top_only=True):
        package = name.split(".")[0]
        known = package in sys.stdlib_module_names or package == "tacit" or package in packages
        assert known, f"{here} may not import {package} at the top"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_files_are_short_and_named_by_an_idea(path):
    assert len(path.read_text(encoding="utf8").splitlines()) <= 500
    assert path.stem not in FORBIDDEN_NAMES


def test_import_tacit_loads_nothing_heavier_than_numpy():
    code = (
        "import tacit, sys; print(*sorted({m.split('.')[0] for m in sys.modules} -"
        " set(sys.stdlib_module_names)))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    # NumPy 1 leaves Cython's own module behind
    allowed = {"tacit", "numpy", "__main__", "__mp_main__", "cython_runtime"}
    heavy = {
        name
        for name in loaded
        if not name.startswith(("_", "sitecustomize")) and "editable" not in name
    } - allowed
    assert not heavy, f"import tacit loads {heavy}"


def test_public_names_exist():
    code = (
        "import tacit; [getattr(tacit, n) for n in tacit.__all__]; assert sorted(tacit.__all__) =="
        " tacit.__all__"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_public_function_has_a_docstring():
    bare = []
    for path in FILES:
        for node in ast.parse(path.read_text(encoding="utf8")).body:
            if (
                isinstance(node, (ast.FunctionDef, ast.ClassDef))
                and not node.name.startswith("_")
                and not ast.get_docstring(node)
            ):
                bare.append(f"{path.relative_to(SOURCE)}:{node.name}")
    assert not bare


def modules_imported(path: Path) -> set[str]:
    """The files of tacit that a file imports, inside functions too, as dotted names."""
    here = {str(file.relative_to(SOURCE).with_suffix("")).replace("/", ".") for file in FILES}
    here = {name.removesuffix(".__init__") for name in here}
    found = set()
    tree = ast.parse(path.read_text(encoding="utf8"))
    hidden = [
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for child in ast.walk(node)
    ]
    for node in ast.walk(tree):
        if node in hidden:
            continue
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "tacit":
                for end in range(len(parts), 1, -1):
                    if ".".join(parts[1:end]) in here:
                        found.add(".".join(parts[1:end]))
                        break
    return found


def circles(arrows: dict[str, set[str]]) -> list[list[str]]:
    """Every circle in a graph, by Tarjan's strongly connected components."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in arrows.get(name, set()):
            if other not in index:
                visit(other)
            if other in stack:
                low[name] = min(low[name], low[other])
        if low[name] == index[name]:
            part = []
            while not part or part[-1] != name:
                part.append(stack.pop())
            if len(part) > 1:
                found.append(sorted(part))

    for name in arrows:
        if name not in index:
            visit(name)
    return found


def dotted(path: Path) -> str:
    name = str(path.relative_to(SOURCE).with_suffix("")).replace("/", ".")
    return name.removesuffix(".__init__")


def test_no_circle_between_files():
    # a package's __init__ gathers what its files offer, so it stands above them
    arrows = {dotted(path): modules_imported(path) for path in FILES if path.name != "__init__.py"}
    assert circles(arrows) == []


def test_no_circle_between_rooms():
    arrows: dict[str, set[str]] = {}
    for path in FILES:
        here = room(path)
        if here in ("__init__", "__main__", "_asked", "_audit", "_audit_text", "cli"):
            continue
        there = {name.split(".")[0] for name in modules_imported(path)}
        arrows.setdefault(here, set()).update(there - {here})
    assert circles(arrows) == []


def test_the_search_for_circles_finds_them():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
    assert circles({"a": {"b"}, "b": set()}) == []


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_no_name_with_an_underscore_crosses_rooms(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("tacit."):
            continue
        there = str(node.module).split(".")[1]
        private = [
            part
            for alias in node.names
            for part in [*str(node.module).split(".")[1:], alias.name]
            if part.startswith("_") and part not in ("__version__", *ENTRANCES)
        ]
        assert there == room(path) or not private, f"{private} is private to {there}"


def test_lines_are_at_most_100_columns():
    wide = {
        str(path.relative_to(SOURCE)): number
        for path in FILES
        for number, line in enumerate(path.read_text(encoding="utf8").splitlines(), 1)
        if len(line) > 100
    }
    assert not wide


def test_a_numpydoc_parser_finds_every_parameter():
    import importlib.util

    place = Path(__file__).parents[1] / "tools" / "measures.py"
    spec = importlib.util.spec_from_file_location("measures", place)
    measures = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(measures)
    missed = {
        str(path.relative_to(SOURCE)): measures.undocumented(ast.parse(path.read_text("utf8")))[0]
        for path in FILES
    }
    assert not {path: count for path, count in missed.items() if count}
