"""Which wrong lines do the tests notice? One error at a time is put into a file, and its tests run.

    python tools/mutants.py src/tacit/dp/steinke.py -- tests/dp/test_steinke.py -m "not slow"
    python tools/mutants.py src/tacit/dp/*.py --page survivors.md -- tests/dp

Each error is one of: an arithmetic operator for its opposite, a comparison turned round or moved by
its edge, a number changed (whole numbers by 1, others doubled), a sign dropped, `and` for `or`,
`min` for `max`. Text, annotations and what is raised are left alone. A mutant is killed if a test
fails (or runs more than ten times as long as all of them did before); what survives is listed with
its line. Nothing is written to the file: the tests import the mutant in a process of its own.

Without tests after `--`, `tests/<room>/test_<file>.py` is used for each file. One process runs at a
time; `--every N` takes each N-th mutant, from a start that `--seed` draws.
"""

import argparse
import ast
import copy
import importlib.abc
import importlib.util
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[1]
PRELOADED = ("numpy", "scipy.special", "scipy.stats", "scipy.optimize", "pytest")
SLOWEST = 10  # times the time that the tests take without an error; then the mutant hangs
FEWEST_SECONDS = 20.0  # before a mutant is taken to hang

Change = Callable[..., None]  # puts an error into a node

ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
}
ROUND: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
EDGE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
OPPOSITE = {
    "min": "max",
    "max": "min",
    "minimum": "maximum",
    "maximum": "minimum",
    "argmin": "argmax",
    "argmax": "argmin",
    "floor": "ceil",
    "ceil": "floor",
}


@dataclass(frozen=True)
class Mutant:
    """One wrong line.

    Parameters
    ----------
    path : of the file.
    line : where it is.
    kind : of error.
    text : of the line as it would read.
    tree : of the whole module.
    """

    path: Path
    line: int
    kind: str
    text: str
    tree: ast.Module


class Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a tree, everything else as always."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant
        inside = mutant.path.resolve().relative_to(ROOT / "src").with_suffix("")
        self.name = ".".join(inside.parts).removesuffix(".__init__")

    def find_spec(self, fullname, path, target=None):  # type: ignore[no-untyped-def]
        """The mutant's own spec, or None."""
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(
            fullname, self.mutant.path.resolve(), loader=self
        )

    def exec_module(self, module) -> None:  # type: ignore[no-untyped-def]
        """Run the mutated tree."""
        exec(compile(self.mutant.tree, str(self.mutant.path), "exec"), module.__dict__)


def mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of a file, in the order of its lines."""
    source = path.read_text(encoding="utf8")
    tree = ast.parse(source)
    for number, node in enumerate(ast.walk(tree)):
        node.number = number  # type: ignore[attr-defined]
    for node in sorted(_mutable(tree), key=lambda n: (n.lineno, n.col_offset)):
        for kind, change in _changes(node):
            wrong = copy.deepcopy(tree)
            twin = next(n for n in ast.walk(wrong) if n.number == node.number)
            change(twin)
            ast.fix_missing_locations(wrong)
            yield Mutant(path, node.lineno, kind, ast.unparse(_statement(wrong, twin)), wrong)


def _mutable(tree: ast.Module) -> list[ast.expr]:
    """The expressions that may be mutated: none in annotations, text, or what is raised."""
    found: list[ast.expr] = []

    def visit(node: ast.AST) -> None:
        if isinstance(node, (ast.Raise, ast.JoinedStr)) or _is_error(node):
            return
        if isinstance(node, ast.expr):
            found.append(node)
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    visit(child)

    visit(tree)
    return found


def _is_error(node: ast.AST) -> bool:
    """Whether `node` builds an error, or compares only for a message."""
    return isinstance(node, ast.Call) and ast.unparse(node.func) in (
        "InvalidInput",
        "NotEnoughData",
        "AssumptionError",
    )


def _changes(node: ast.expr) -> Iterator[tuple[str, Change]]:
    """Pairs of a kind of error and the function that puts it into a twin of `node`."""
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC and not _is_text(node):
        yield "arithmetic", lambda n: setattr(n, "op", ARITHMETIC[type(n.op)]())
    elif isinstance(node, ast.Compare):
        for kind, wrong in (("comparison", ROUND), ("edge", EDGE)):
            if type(node.ops[0]) in wrong:
                yield kind, partial(_compare_by, wrong)
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        other = node.value + 1 if isinstance(node.value, int) else 2 * node.value or 1.0
        yield "constant", lambda n: setattr(n, "value", other)
    elif isinstance(node, ast.UnaryOp):
        yield "sign", _plain
    elif isinstance(node, ast.BoolOp):
        swapped = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield "logic", lambda n: setattr(n, "op", swapped())
    elif isinstance(node, (ast.Name, ast.Attribute)):
        name = "id" if isinstance(node, ast.Name) else "attr"
        if getattr(node, name) in OPPOSITE:
            yield "opposite", lambda n: setattr(n, name, OPPOSITE[getattr(n, name)])


def _compare_by(wrong: dict[type[ast.cmpop], type[ast.cmpop]], node: ast.Compare) -> None:
    node.ops = [wrong[type(node.ops[0])](), *node.ops[1:]]


def _plain(node: ast.UnaryOp) -> None:
    """`-x` and `~x` become `+x`, `not x` becomes `not not x`."""
    if isinstance(node.op, ast.Not):
        node.operand = ast.UnaryOp(ast.Not(), node.operand)
    else:
        node.op = ast.UAdd()


def _is_text(node: ast.BinOp) -> bool:
    """Whether an operator joins text."""
    return any(isinstance(n, ast.Constant) and isinstance(n.value, str) for n in ast.walk(node))


def _statement(tree: ast.Module, node: ast.AST) -> ast.AST:
    """The smallest statement that holds `node`, without what is inside it."""
    best: ast.AST = node
    for statement in ast.walk(tree):
        if isinstance(statement, ast.stmt) and any(n is node for n in ast.walk(statement)):
            best = statement
    # of a compound statement the head alone
    for name in ("body", "orelse", "handlers", "finalbody"):
        if isinstance(getattr(best, name, None), list):
            best = copy.copy(best)
            setattr(best, name, [])
    return best


def survives(mutant: Mutant | None, tests: Sequence[str], seconds: float) -> bool:
    """Whether all tests pass, in a process of their own."""
    child = os.fork()
    if child == 0:
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        code = 3
        try:
            if mutant is not None:
                sys.meta_path.insert(0, Mutated(mutant))
            import pytest

            # plain asserts: pytest would import a plug-in's modules itself, past the mutant
            plain = ["-x", "-q", "-p", "no:cacheprovider", "--no-header", "--assert=plain"]
            arguments = [*plain, *tests]
            code = int(pytest.main(arguments))
        finally:
            os._exit(code)
    return _waited(child, seconds) == 0


def _waited(child: int, seconds: float) -> int:
    """The exit code of `child`; -1 where it had to be stopped."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -1


def default_tests(path: Path) -> list[str]:
    """The tests that mirror a file."""
    inside = path.resolve().relative_to(ROOT / "src" / "tacit")
    return [str(ROOT / "tests" / inside.parent / f"test_{inside.stem}.py")]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the mutants, print the survivors; 1 if fewer than `--least` percent were killed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path, help="files of src/ to put errors into")
    parser.add_argument("--every", type=int, default=1, help="only each N-th mutant")
    parser.add_argument("--seed", type=int, default=0, help="where --every starts")
    parser.add_argument("--least", type=float, default=90.0, help="percent to be killed")
    parser.add_argument("--page", type=Path, help="add a table of the survivors to this file")
    given = list(sys.argv[1:] if argv is None else argv)
    cut = given.index("--") if "--" in given else len(given)
    arguments, tests = parser.parse_args(given[:cut]), given[cut + 1 :]
    for name in PRELOADED:
        importlib.import_module(name)
    killed = total = 0
    for path in arguments.files:
        dead, alive = _run(path, tests or default_tests(path), arguments)
        killed, total = killed + dead, total + dead + len(alive)
        if arguments.page:
            with arguments.page.open("a", encoding="utf8") as page:
                page.write(_table(path, dead, alive))
    percent = 100 * killed / max(total, 1)
    _say(f"{killed} of {total} mutants killed ({percent:.1f} %)")
    return int(percent < arguments.least)


def _run(
    path: Path, tests: Sequence[str], arguments: argparse.Namespace
) -> tuple[int, list[Mutant]]:
    """How many mutants of a file were killed, and those that were not."""
    start = time.monotonic()
    if not survives(None, tests, 3600.0):
        raise SystemExit(f"{path}: the tests fail without any error in the file: {tests}")
    limit = max(FEWEST_SECONDS, SLOWEST * (time.monotonic() - start))
    every = list(mutants(path))
    chosen = every[random.Random(arguments.seed).randrange(arguments.every) :: arguments.every]
    alive = []
    for mutant in chosen:
        if survives(mutant, tests, limit):
            alive.append(mutant)
            _say(f"{path}:{mutant.line}: {mutant.kind}: {mutant.text}")
    dead = len(chosen) - len(alive)
    _say(f"{path}: {dead} of {len(chosen)} killed")
    return dead, alive


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _table(path: Path, dead: int, alive: Sequence[Mutant]) -> str:
    lines = [f"\n## `{path}`: {dead} of {dead + len(alive)} killed\n"]
    if alive:
        lines += ["| line | error | would read | reason |", "|---|---|---|---|"]
    for mutant in alive:
        text = mutant.text.replace("|", "\\|").replace("\n", " ")
        lines.append(f"| {mutant.line} | {mutant.kind} | `{text}` | |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
