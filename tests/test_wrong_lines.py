"""The listed wrong lines can still be put in: `tools/mutants.py --list tests/wrong_lines.json`.

Those of `wrong_lines_frameworks.json` are noticed by tests that need PyTorch.
"""

import ast
import json
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
LISTED, FRAMEWORKS = (
    json.loads((ROOT / "tests" / name).read_text(encoding="utf8"))
    for name in ("wrong_lines.json", "wrong_lines_frameworks.json")
)


def test_every_wrong_line_stands_for_exactly_one_right_one():
    """Where a line was changed for good, its entry is to be changed with it."""
    entries = defaultdict(list)
    for entry in [*LISTED, *FRAMEWORKS]:
        assert set(entry) == {"path", "was", "reads", "error"}
        entries[entry["path"]].append(entry)
    for path, listed in entries.items():
        source = (ROOT / path).read_text(encoding="utf8")
        for entry in listed:
            assert source.count(entry["was"]) == 1, f"{path} holds this not once: {entry['was']}"
            assert entry["was"] != entry["reads"]
            ast.parse(source.replace(entry["was"], entry["reads"]))


def test_there_are_more_than_two_hundred_in_every_room_of_statistics():
    assert len(LISTED) >= 200
    rooms = {"/".join(Path(entry["path"]).parts[2:-1]) for entry in LISTED}
    assert {"dp", "metrics", "audits", "audits/steps"} <= rooms
    assert {"attacks", "attacks/reference", "attacks/learned", "signals", "design"} <= rooms
    assert {"training", "testing", "figures", "render", "render/sections"} <= rooms
