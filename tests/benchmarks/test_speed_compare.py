"""Two runs of the speed benchmark, held beside each other."""

import json
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def compare(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    sys.modules.pop("speed_compare", None)
    import speed_compare

    return speed_compare


def run(**seconds):
    """A run of pieces that took so many (CPU seconds, seconds of the fixed work)."""
    return {"work": {name: {"cpu": a, "reference": b} for name, (a, b) in seconds.items()}}


def test_a_slower_machine_is_no_slowdown(compare):
    (change,) = compare.changes(run(sort=(1.0, 0.1)), run(sort=(4.0, 0.4)))
    assert change.slowdown == pytest.approx(1.0)
    assert not change.fails(1.5)


@pytest.mark.parametrize(("after", "fails"), [(1.49, False), (1.51, True), (0.2, False)])
def test_half_as_much_again_is_too_slow(compare, after, fails):
    (change,) = compare.changes(run(sort=(1.0, 0.1)), run(sort=(after, 0.1)))
    assert change.fails(compare.SLOWDOWN) is fails


def test_a_piece_that_is_gone_fails_and_a_new_one_does_not(compare):
    gone, kept, new = compare.changes(run(gone=(1, 1), kept=(1, 1)), run(kept=(1, 1), new=(9, 1)))
    assert gone.fails(1.5)
    assert not kept.fails(1.5)
    assert not new.fails(1.5)
    assert new.slowdown is None


def test_runs_without_a_common_piece_are_refused(compare):
    with pytest.raises(ValueError, match="no piece of work in common"):
        compare.changes(run(a=(1, 1)), run(b=(1, 1)))


def test_seconds_that_cannot_be_are_refused(compare):
    with pytest.raises(ValueError, match="a needs CPU seconds above 0"):
        compare.changes(run(a=(1, 1)), run(a=(0, 1)))


def test_the_command_ends_with_1_and_names_what_is_too_slow(compare, tmp_path, capsys):
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    before.write_text(json.dumps(run(fine=(1, 1), slow=(1, 1))), encoding="utf8")
    after.write_text(json.dumps(run(fine=(1, 1), slow=(3, 1))), encoding="utf8")
    assert compare.main([str(before), str(after)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == "| slow | 1.00 | 3.00 | 3.00 | **too slow** |"
    assert lines[3] == "| fine | 1.00 | 1.00 | 1.00 |  |"
    assert compare.main([str(before), str(after), "--limit", "4"]) == 0
