"""`tacit history`: files in, a page out, and an exit code for CI."""

import runpy
from pathlib import Path

import pytest

from tacit.cli import main
from tacit.core import Report

version = runpy.run_path(str(Path(__file__).parents[1] / "audits" / "test_history.py"))["version"]


@pytest.fixture
def files(tmp_path):
    rows = (("scorer", 0.05, 0.80), ("scorer", 0.20, 0.81))
    return [
        str(version(*row).save(tmp_path / f"v{number}.json")) for number, row in enumerate(rows, 1)
    ]


def test_reports_of_one_title_are_called_by_their_files(files, tmp_path, capsys):
    page = tmp_path / "history.html"
    assert main(["history", *files, "--html", str(page)]) == 0
    shown = capsys.readouterr().out
    assert "More vulnerable than the version before" in shown
    assert "v2" in shown
    assert "scorer" in page.read_text(encoding="utf8")


def test_a_worse_version_fails_where_asked(files):
    assert main(["history", *files, "--fail-if-worse"]) == 1
    assert main(["history", *reversed(files), "--fail-if-worse"]) == 0


def test_a_newest_version_without_a_score_does_not_pass(files, tmp_path):
    empty = Report("inconclusive", "inconclusive", "x", title="scorer", created="2026-12-01")
    given = [*files[:1], str(empty.save(tmp_path / "v3.json"))]
    assert main(["history", *given, "--fail-if-worse"]) == 2
    assert main(["history", *given]) == 0


def test_names_can_be_given_and_the_page_read_in_german(files, capsys):
    assert main(["history", *files, "--versions", "alt", "neu", "--lang", "de"]) == 0
    shown = capsys.readouterr().out
    assert "Stärker gefährdet als die Version davor" in shown
    assert "alt → neu" in shown


def test_neither_files_nor_a_model_is_wrong_usage(capsys):
    assert main(["history"]) == 3
    assert "--mlflow" in capsys.readouterr().err


def test_a_saved_history_is_shown_again(files, tmp_path, capsys):
    path = tmp_path / "history.json"
    main(["history", *files, "--json", str(path)])
    capsys.readouterr()
    assert main(["show", str(path)]) == 0
    assert "Version by version" in capsys.readouterr().out
