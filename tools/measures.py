"""What the package looks like from outside: size, density, docstrings, parameters without words.

python tools/measures.py [FOLDER]      # default: src/tacit
"""

import ast
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

NAMED = re.compile(r"^\s{0,}((?:\*{0,2}`?\w+`?(?:, )?)+)\s*(?::|$)")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.AST) -> Iterator[Function]:
    """Every function and method."""
    yield from (node for node in ast.walk(tree) if isinstance(node, Function))


def body_lines(node: Function, lines: list[str]) -> list[str]:
    """The lines of a body, without its docstring and empty lines."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    if not body:
        return []
    return [line for line in lines[body[0].lineno - 1 : body[-1].end_lineno] if line.strip()]


def documented(docstring: str) -> set[str]:
    """The names that a numpydoc parser finds under Parameters, one entry a line."""
    names: set[str] = set()
    inside = False
    lines = docstring.splitlines()
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if set(following.strip()) == {"-"}:
            inside = line.strip() in ("Parameters", "Other Parameters")
        elif inside and line and not line.startswith(" "):
            found = NAMED.match(line)
            if found:
                names |= {name.strip(" `*") for name in found[1].split(",")}
    return names


def undocumented(tree: ast.Module) -> tuple[int, int]:
    """Parameters of public functions that have a Parameters section: missed, and all."""
    missed = total = 0
    for node in tree.body:
        if not isinstance(node, Function) or node.name.startswith("_"):
            continue
        arguments = node.args
        names = {item.arg for item in (*arguments.args, *arguments.kwonlyargs)}
        found = documented(ast.get_docstring(node) or "")
        if found:
            missed += len(names - found)
            total += len(names)
    return missed, total


def comments(path: Path) -> int:
    """Lines with a comment."""
    with path.open("rb") as file:
        return sum(token.type == tokenize.COMMENT for token in tokenize.tokenize(file.readline))


def main(folder: Path) -> None:
    """Print the table."""
    sizes, bodies, characters, wide, docs, noted = [], [], [], 0, 0, 0
    missed = total = 0
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text("utf8")
        lines = text.splitlines()
        tree = ast.parse(text)
        sizes.append(len(lines))
        wide += sum(len(line) > 100 for line in lines)
        noted += comments(path)
        for node in ast.walk(tree):
            if isinstance(node, (ast.Module, ast.ClassDef, Function)) and ast.get_docstring(node):
                first = node.body[0]
                docs += first.end_lineno - first.lineno + 1
        for node in functions(tree):
            body = body_lines(node, lines)
            bodies.append(len(body))
            characters += [len(line.strip()) for line in body]
        gone, all_of = undocumented(tree)
        missed, total = missed + gone, total + all_of
    n = sum(sizes)
    ninth = lambda values: quantiles(values, n=10)[8]  # noqa: E731
    print(f"files / lines                    {len(sizes)} / {n:,}")
    print(f"file median / p90 / max          {median(sizes):g} / {ninth(sizes):g} / {max(sizes)}")
    print(f"body median / p90                {median(bodies):g} / {ninth(bodies):g}")
    print(f"characters a body line           {sum(characters) / len(characters):.1f}")
    print(f"lines over 100 columns           {100 * wide / n:.1f} %")
    print(f"docstring lines                  {100 * docs / n:.1f} %")
    print(f"comments                         {100 * noted / n:.1f} %")
    print(f"parameters a parser misses       {missed} of {total}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "src/tacit"))
