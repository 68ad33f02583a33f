"""The command line, as a shell sees it."""

import json
import subprocess
import sys

import numpy as np
import pytest

import tacit
from tacit.cli import main
from tacit.cli.progress import Progress


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """An npz of a leaking classifier."""
    rng = np.random.default_rng(0)
    label, member = rng.integers(0, 4, 1200), np.arange(1200) < 600
    logits = rng.normal(size=(1200, 4))
    logits[np.arange(1200), label] += 1 + 2 * member
    path = tmp_path_factory.mktemp("données") / "sorties.npz"
    np.savez(path, logits=logits, label=label, member=member)
    return path


def test_audit_prints_a_report_writes_files_and_exits_with_the_verdict(outputs, tmp_path, capsys):
    saved = tmp_path / "r.json"
    assert (
        main(
            [
                "audit",
                str(outputs),
                "--effort",
                "quick",
                "--json",
                str(saved),
                "--out",
                str(tmp_path / "r.md"),
            ]
        )
        == 1
    )
    assert "leaks" in capsys.readouterr().out
    assert tacit.Report.load(saved).finding == "leak"
    assert (tmp_path / "r.md").read_text(encoding="utf8").strip()


def test_two_files_need_no_member_column(outputs, tmp_path, capsys):
    with np.load(outputs) as both:
        parts = [
            {key: both[key][rows] for key in ("logits", "label")}
            for rows in (slice(0, 600), slice(600, 1200))
        ]
    paths = [tmp_path / "members.npz", tmp_path / "others.npz"]
    for path, part in zip(paths, parts):
        np.savez(path, **part)
    assert main(["audit", *map(str, paths), "--effort", "quick"]) == 1


def test_show_and_gate_read_what_audit_wrote(outputs, tmp_path, capsys):
    saved = tmp_path / "r.json"
    main(["audit", str(outputs), "--effort", "quick", "--json", str(saved)])
    assert main(["show", str(saved)]) == 0
    lenient, strict = tmp_path / "lenient.toml", tmp_path / "strict.toml"
    lenient.write_text('[policy]\nname = "lenient"\n[policy.at_most]\nadvantage = 0.99\n')
    strict.write_text('[policy]\nname = "strict"\n[policy.at_most]\nadvantage = 0.01\n')
    capsys.readouterr()
    assert main(["gate", str(saved), "--policy", str(lenient)]) == 0
    assert main(["gate", str(saved), "--policy", str(strict)]) == 1
    assert "lies above the limit 0.01" in capsys.readouterr().out
    assert main(["gate", str(saved)]) == 1


def test_a_gate_on_what_was_not_measured_is_inconclusive(outputs, tmp_path):
    saved, policy = tmp_path / "r.json", tmp_path / "p.toml"
    main(["audit", str(outputs), "--effort", "quick", "--json", str(saved)])
    policy.write_text('[policy.at_most]\n"tpr@fpr=0.00001" = 0.01\n[policy]\nname = "x"\n')
    assert main(["gate", str(saved), "--policy", str(policy)]) in (2, 3)
    policy.write_text('[policy]\nname = "x"\n[policy.at_most]\n"tpr@fpr=0.00001" = 0.01\n')
    assert main(["gate", str(saved), "--policy", str(policy)]) == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["audit", "nowhere.npz"], "nowhere.npz"),
        (["audit", "a.npz", "b.npz", "c.npz"], "one file or two"),
        (["show", "nowhere.json"], "nowhere.json"),
        (["gate", "nowhere.json"], "nowhere.json"),
        (["frobnicate"], "invalid choice"),
        ([], "COMMAND"),
    ],
)
def test_wrong_usage_exits_with_3_and_says_what_is_wrong(arguments, says):
    done = subprocess.run(
        [sys.executable, "-m", "tacit", *arguments], capture_output=True, text=True
    )
    assert done.returncode == 3
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_report_is_not_computed_when_it_could_not_be_written(outputs, tmp_path, capsys):
    assert main(["audit", str(outputs), "--json", str(tmp_path / "no" / "folder.json")]) == 3
    assert "does not exist" in capsys.readouterr().err
    assert main(["audit", str(outputs), "--json", str(tmp_path)]) == 3


def test_attacks_lists_every_attack_with_its_reference(capsys):
    assert main(["attacks", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    names = {row["name"] for row in rows}
    assert {"Threshold", "LiRA", "RandomForest", "Blind"} <= names
    assert all(row["reference"] and row["summary"] for row in rows)


def test_help_is_quick_and_loads_nothing_heavy():
    code = (
        "import sys; sys.argv = ['tacit', '--help']\ntry:\n import tacit.cli;"
        " tacit.cli.main()\nexcept SystemExit: pass\n"
    )
    code += (
        "assert not {'scipy', 'sklearn', 'matplotlib', 'pandas', 'torch', 'jinja2'} &"
        " set(sys.modules), 'heavy'"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "exit codes" in done.stdout


def test_progress_is_silent_for_a_second_and_then_says_how_much_is_left(capsys):
    progress = Progress()
    progress("first", 0, 4)
    assert capsys.readouterr().err == ""
    progress.started -= 20
    progress.said -= 20
    progress("third", 2, 4)
    assert "[3/4] third, about 20 s left" in capsys.readouterr().err


def test_a_closed_pipe_loses_no_file(outputs, tmp_path):
    saved = tmp_path / "r.json"
    command = (
        f"{sys.executable} -m tacit audit '{outputs}' --effort quick --json '{saved}' | head -1"
    )
    subprocess.run(["bash", "-c", command], capture_output=True, check=True)
    assert tacit.Report.load(saved).finding == "leak"


def test_a_report_that_cannot_be_written_is_still_printed(outputs, tmp_path, capsys, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tacit.core.files.os.fsync", full)
    assert (
        main(["audit", str(outputs), "--effort", "quick", "--json", str(tmp_path / "r.json")]) == 3
    )
    printed = capsys.readouterr()
    assert "leaks" in printed.out
    assert "No space left" in printed.err


@pytest.mark.parametrize("name", ["x.pdf", "x.docx", "x"])
def test_a_format_that_nobody_writes_is_refused_before_the_work(tmp_path, name, capsys):
    path = tmp_path / "o.npz"
    np.savez(path, loss=np.arange(40.0), member=np.arange(40) % 2)
    assert main(["audit", str(path), "--quiet", "--out", str(tmp_path / name)]) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert "needs a name that ends in one of .txt, .json" in said.err
    assert ("print the .html page" in said.err) == name.endswith(".pdf")


@pytest.mark.parametrize("command", ["gate", "show", "compare", "file", "history"])
def test_a_file_that_is_no_report_is_named(tmp_path, command, capsys):
    path = tmp_path / "table.csv"
    path.write_text("loss,member\n1,1\n")
    more = ["--out", str(tmp_path / "f.html")] if command == "file" else []
    assert (
        main([command, str(path), str(path), *more][: 2 if command in ("gate", "show") else 9]) == 3
    )
    assert "table.csv" in capsys.readouterr().err
