"""The example of an evidence file is what this tacit makes of its JSON."""

import os
from pathlib import Path

import pytest

from tacit.core.filing import Filing
from tacit.render import rendered

FOLDER = Path(__file__).parents[2] / "examples" / "evidence_file"


@pytest.mark.parametrize(
    ("name", "lang"), [("file.md", "en"), ("file.html", "en"), ("akte.de.html", "de")]
)
def test_the_committed_page_is_made_from_the_committed_json(name, lang):
    filing = Filing.load(FOLDER / "file.json")
    path = FOLDER / name
    if os.environ.get("TACIT_WRITE_GOLDEN"):
        path.write_text(rendered(filing, suffix=path.suffix, lang=lang), encoding="utf8")
    assert path.read_text(encoding="utf8") == rendered(filing, suffix=path.suffix, lang=lang)
    assert path.stat().st_size < 500_000


def test_the_statements_are_those_of_the_toml_file():
    from tacit.core.evidence_file import EvidenceFile

    stated = EvidenceFile.from_toml(FOLDER / "tacit.toml")
    assert Filing.load(FOLDER / "file.json").statements == stated
