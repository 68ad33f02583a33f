"""Wrong code, made on purpose: one error in the tree of a file, or lines put in by hand."""

import ast
import copy
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[1]

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


@dataclass(frozen=True, eq=False)
class Mutant:
    """One wrong line, or several of one file.

    Parameters
    ----------
    path : of the file.
    lines : the first and the last that it is in.
    kind : of error.
    right : the file's tree.
    build : makes the wrong tree, and what the line would read.
    """

    path: Path
    lines: tuple[int, int]
    kind: str
    right: ast.Module
    build: Callable[[], tuple[ast.Module, str]]

    @property
    def tree(self) -> ast.Module:
        """The wrong tree."""
        return self.build()[0]

    @property
    def text(self) -> str:
        """What the line would read."""
        return self.build()[1]

    @property
    def twin(self) -> "Mutant":
        """The same file without an error, as if all of its lines were changed."""
        right = self.right
        return Mutant(self.path, (0, 0), "none", right, lambda: (copy.deepcopy(right), ""))

    @property
    def right_targets(self) -> list[ast.expr]:
        """What the statements of the module at these lines assign to or define."""
        first, last = self.lines
        found: list[ast.expr] = []
        for node in self.right.body:
            if isinstance(node, ast.FunctionDef) and node.lineno <= first < node.body[0].lineno:
                found.append(ast.Name(node.name))
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and first <= node.lineno <= last:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    found += target.elts if isinstance(target, ast.Tuple) else [target]
        return found

    @property
    def in_function(self) -> bool:
        """Whether the lines are run by a call, not by the import."""
        first, _ = self.lines
        return any(
            isinstance(node, ast.FunctionDef) and node.body[0].lineno <= first <= _end(node)
            for node in ast.walk(self.right)
        )


def sampled(path: Path, most: int, seed: int) -> list[Mutant]:
    """At most `most` mutants of a file, drawn by `seed`, in the order of its lines."""
    tree = ast.parse(path.read_text(encoding="utf8"))
    for number, node in enumerate(ast.walk(tree)):
        node.number = number  # type: ignore[attr-defined]
    every = []
    for node in sorted(_mutable(tree), key=lambda n: (n.lineno, n.col_offset)):
        every += [(node, kind, change) for kind, change in _changes(node)]
    chosen = sorted(random.Random(seed).sample(range(len(every)), min(most, len(every))))
    return [_mutant(path, tree, *every[index]) for index in chosen]


def _mutant(path: Path, tree: ast.Module, node: ast.expr, kind: str, change: Change) -> Mutant:
    def build() -> tuple[ast.Module, str]:
        wrong = copy.deepcopy(tree)
        number = node.number  # type: ignore[attr-defined]
        # operators and contexts are shared by all trees, expressions are not
        inside = (n for n in ast.walk(wrong) if isinstance(n, ast.expr))
        twin = next(n for n in inside if n.number == number)  # type: ignore[attr-defined]
        change(twin)
        ast.fix_missing_locations(wrong)
        return wrong, _text(_statement(wrong, twin))

    return Mutant(path, _lines(_statement(tree, node)), kind, tree, build)


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


def _statement(tree: ast.Module, node: ast.AST) -> ast.stmt:
    """The smallest statement that holds `node`."""
    line = node.lineno  # type: ignore[attr-defined]
    around = [
        statement
        for statement in ast.walk(tree)
        if isinstance(statement, ast.stmt)
        and statement.lineno <= line <= (statement.end_lineno or line)
        and any(inside is node for inside in ast.walk(statement))
    ]
    return around[-1]


def _end(node: ast.FunctionDef) -> int:
    return node.end_lineno or node.lineno


def _lines(statement: ast.stmt) -> tuple[int, int]:
    """Where a statement stands; of a compound one the head alone."""
    body = getattr(statement, "body", None)
    last = statement.end_lineno or statement.lineno
    if body:
        last = max(statement.lineno, body[0].lineno - 1)
    return statement.lineno, last


def _text(statement: ast.stmt) -> str:
    """How a statement would read; of a compound one the head alone."""
    head = copy.copy(statement)
    for name in ("body", "orelse", "handlers", "finalbody"):
        if isinstance(getattr(head, name, None), list):
            setattr(head, name, [])
    return ast.unparse(head)


def by_hand(page: Path) -> list[Mutant]:
    """The wrong lines that a file lists, each alone: `path`, `was`, `reads`, `error`."""
    return [_put_in([entry]) for entry in json.loads(page.read_text(encoding="utf8"))]


def together(page: Path) -> list[Mutant]:
    """The same, all wrong lines of a file at once."""
    listed = json.loads(page.read_text(encoding="utf8"))
    paths = sorted({entry["path"] for entry in listed})
    return [_put_in([entry for entry in listed if entry["path"] == path]) for path in paths]


def _put_in(entries: Sequence[dict[str, str]]) -> Mutant:
    path = ROOT / entries[0]["path"]
    right = path.read_text(encoding="utf8")
    first = right[: right.index(entries[0]["was"])].count("\n") + 1
    lines = (first, first + entries[0]["was"].count("\n"))
    wrong = right
    for entry in entries:
        if wrong.count(entry["was"]) != 1:
            raise ValueError(f"{entry['path']} must hold this exactly once: {entry['was']}")
        wrong = wrong.replace(entry["was"], entry["reads"])
    text = "; ".join(entry["reads"] for entry in entries)
    kind = "; ".join(entry["error"] for entry in entries)
    return Mutant(path, lines, kind, ast.parse(right), lambda: (ast.parse(wrong), text))
