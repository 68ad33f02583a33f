"""What people type by mistake: named before any work is done, with the exit code of wrong usage."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest

import tacit
from tacit.cli import main

WRONG_USAGE = 3


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder with outputs of a model, and a report of them."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    loss = np.r_[rng.exponential(0.5, 60), rng.exponential(1.0, 60)]
    member = np.repeat([1, 0], 60)
    np.savez("o.npz", loss=loss, member=member)
    lines = "".join(f"{a},{b}\n" for a, b in zip(loss, member))
    (tmp_path / "gaps.csv").write_text(f"loss,member\n\n{lines}   \n")
    (tmp_path / "comment.csv").write_text(f"# by me\nloss,member\n{lines}")
    tacit.Report("leak", "fail", "This model leaks.", created="2026-11-26").save("r.json")


AUDIT = ["audit", "o.npz", "--quiet", "--effort", "quick"]
# case: (words, what is said)
REFUSED = {
    "a misspelled option": (
        [*AUDIT, "--polcy", "x"],
        "tacit audit: .*--polcy x. Did you mean --po",
    ),
    "an option of a part": (
        ["dp", "audit", "o.npz", "--dleta", "1", "--delta", "1e-5"],
        "tacit dp audit: .*Did you mean --delta",
    ),
    "one report too many": (["gate", "r.json", "r2.json"], "tacit gate: .*arguments: r2.json"),
    "a page without a name": ([*AUDIT, "--html", ""], "--html, --json and --out .* empty"),
    "a file without a name": ([*AUDIT, "--out", ""], "name of a file, got an empty one"),
    "a training of no time": ([*AUDIT, "--trained-in", "nan"], "--trained-in .* got nan"),
    "fewer shadow models than none": (["demo", "--shadows", "-1"], "`--shadows` .* got -1"),
    "a seed that nothing takes": (["demo", "--seed", "-1"], "`--seed` .* got -1"),
    "a page that is none": (["show", "r.json", "--verify", "o.npz"], "`o.npz` .* as a page"),
    "a page that is not there": (
        ["show", "r.json", "--verify", "x"],
        "`x` cannot be read as a page",
    ),
    "a comment before the names": (["audit", "comment.csv"], "begins with a comment .'# by me'"),
    "a device": (["audit", os.devnull], "is a pipe or a device"),
}


@pytest.mark.parametrize(("words", "said"), REFUSED.values(), ids=REFUSED)
def test_a_slip_is_named_and_nothing_is_printed(words, said, capsys):
    try:
        code = main(words)
    except SystemExit as ended:
        code = ended.code
    printed = capsys.readouterr()
    assert (code, printed.out) == (WRONG_USAGE, "")
    assert re.search(said, printed.err), printed.err


def test_a_pipe_is_not_waited_for(capsys):
    os.mkfifo("p.csv")
    assert main(["audit", "p.csv"]) == WRONG_USAGE
    assert "`p.csv` is a pipe or a device" in capsys.readouterr().err


def test_suffixes_may_be_in_capitals():
    """The report was made, and then could not be written."""
    main([*AUDIT, "--json", "R.JSON", "--out", "P.HTML", "--out", "C.CARD.MD"])
    assert tacit.Report.load("R.JSON").title == "o"
    for name, start in (("P.HTML", "<!doctype html>"), ("C.CARD.MD", "")):
        with open(name, encoding="utf8") as file:
            assert file.read().lower().startswith(start)


def test_blank_lines_of_a_table_are_no_rows():
    main(["audit", "gaps.csv", "--quiet", "--effort", "quick", "--json", "g.json"])
    assert tacit.Report.load("g.json").environment["n_members"] == 60


@pytest.mark.parametrize("closed", ["2>&-", "2>&- >&- <&-"])
def test_closed_streams_lose_no_report(closed):
    command = f"{sys.executable} -m tacit {' '.join(AUDIT)} --json s.json {closed}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    report = tacit.Report.load("s.json")
    assert done.returncode == report.exit_code
    assert "Traceback" not in done.stdout + done.stderr


def test_a_comparison_is_written_before_it_is_printed():
    for name in ("a", "b"):
        tacit.Report("leak", "fail", "This model leaks.", title=name).save(f"{name}.json")
    words = f"{sys.executable} -m tacit compare a.json b.json --json c.json | true"
    subprocess.run(["bash", "-c", words], capture_output=True, check=True)
    with open("c.json", encoding="utf8") as file:
        assert len(json.load(file)["points"]) == 2


def test_a_gate_writes_its_page_in_the_language_that_was_asked_for():
    main(["gate", "r.json", "--html", "g.html", "--lang", "de"])
    with open("g.html", encoding="utf8") as file:
        assert '<html lang="de"' in file.read()


def test_a_folder_that_cannot_be_written_is_named_before_the_work(capsys, monkeypatch):
    monkeypatch.setattr("tacit.cli.writing.os.access", lambda path, mode: False)
    assert main([*AUDIT, "--json", "new.json"]) == WRONG_USAGE
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "`new.json` cannot be written: there is no permission" in printed.err
