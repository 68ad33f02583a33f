"""The attacks' room: one attack a file, and what several share is in `reference/`."""

import ast
import inspect
from dataclasses import fields
from pathlib import Path

import pytest

import tacit.attacks
from tacit.core import Attack

FOLDER = Path(tacit.attacks.__file__).parent
SHARED = ("tacit.attacks.reference", "tacit.attacks.learned.fitting")
SHARED += ("tacit.attacks.learned.known_rows",)
KINDS = [
    kind for name in tacit.attacks.__all__ if inspect.isclass(kind := getattr(tacit.attacks, name))
]


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.ImportFrom):
            yield node.module


@pytest.mark.parametrize(
    "path",
    [path for path in FOLDER.rglob("*.py") if path.name != "__init__.py"],
    ids=lambda path: str(path.relative_to(FOLDER)),
)
def test_no_attack_imports_from_another(path):
    inside = [name for name in imports(path) if name.startswith("tacit.attacks")]
    assert all(name.startswith(SHARED) for name in inside), inside
    if path.parent.name == "reference":
        assert all(name.startswith(SHARED[0]) for name in inside), inside


def test_no_attack_asks_for_the_name_of_a_statistic():
    names = {"loss", "scaled_logit", "confidence", "hinge", "max_confidence"}
    for path in FOLDER.rglob("*.py"):
        text = [
            node
            for node in ast.walk(ast.parse(path.read_text(encoding="utf8")))
            if isinstance(node, (ast.Compare, ast.Set, ast.Call))
        ]
        for node in text:
            for part in ast.walk(node):
                said = isinstance(part, ast.Constant) and part.value in names
                assert not said, f"{path.name}:{part.lineno} asks for a statistic by name"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_attack_says_what_it_needs_and_explains_each_parameter(kind):
    attack = kind()
    assert isinstance(attack, Attack)
    assert kind.needs.startswith("needs")
    text = inspect.getdoc(kind)
    section = text.partition("Parameters\n----------\n")[2].partition("\n\n")[0]
    for field in fields(kind):
        assert f"\n{field.name} :" in "\n" + section, f"{kind.__name__}: `{field.name}`"
    assert "Examples\n--------\n>>> " in text
    assert "References\n----------\n" in text or kind.__name__ == "EpochVote"
