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


SPOKEN = (".py", ".md", ".toml", ".yml", ".yaml", ".txt", ".sh", ".cfg")
# the index has another project called tacit: who types its name installs somebody else's code
FOREIGN = re.compile(
    r"""(?:pip3?|uv|poetry|pipx|conda)\s+(?:pip\s+)?(?:install|add|run)\s[^\n]*?(?<![\w./-])"""
    r"""['"]?tacit(?:\[[^\]]*\])?['"]?(?=[\s`'"),;]|$)""",
    re.MULTILINE,
)


def test_nothing_tells_a_user_to_install_somebody_elses_package():
    wrong = {}
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        hidden = any(part.startswith(".") and part not in (".github", ".ci") for part in parts)
        if hidden or path.suffix not in SPOKEN or not path.is_file():
            continue
        found = FOREIGN.findall(path.read_text(encoding="utf8"))
        if found and path != Path(__file__):
            wrong[str(path)] = found
    assert not wrong


@pytest.mark.parametrize(
    "text",
    [
        "pip install tacit",
        "pip install 'tacit[torch]'",
        'run `pip install "tacit"` first',
        "python -m pip install -U tacit opacus",
        "uv pip install tacit",
    ],
)
def test_the_search_for_somebody_elses_package_finds_it(text):
    assert FOREIGN.search(text)


@pytest.mark.parametrize(
    "text",
    ["pip install tacit-privacy", "pip install 'tacit-privacy[torch]'", "pip install ./tacit"],
)
def test_the_search_for_somebody_elses_package_spares_ours(text):
    assert not FOREIGN.search(text)
