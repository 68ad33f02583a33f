"""What the documents point at is there, and the front page's code runs."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/results/*.md")]
)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    text = path.read_text(encoding="utf8")
    targets = re.findall(r"\]\(([^)#\s]+)", text)
    missing = [
        target for target in targets if "://" not in target and not (path.parent / target).exists()
    ]
    assert not missing


def test_architecture_fits_on_a_few_screens():
    assert len((ROOT / "ARCHITECTURE.md").read_text(encoding="utf8").splitlines()) <= 120


def test_every_room_stands_in_the_architecture():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf8")
    rooms = [
        path.name
        for path in (ROOT / "src" / "tacit").iterdir()
        if path.is_dir() and not path.name.startswith("_")
    ]
    assert not [room for room in rooms if f"`{room}`" not in text]


def test_every_command_stands_in_the_help():
    from tacit.cli import COMMANDS, parser

    text = parser().format_help()
    assert not [name for name in COMMANDS if name not in text]
