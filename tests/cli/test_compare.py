"""`tacit compare`, as a shell sees it."""

import pytest

from tacit.cli import main
from tacit.core import Comparison, Estimate, Report


@pytest.fixture
def saved(tmp_path):
    """Reports of three epochs as JSON files."""
    paths = []
    for epoch, accuracy, score in ((3, 0.80, 0.02), (9, 0.897, 0.08), (15, 0.90, 0.24)):
        found = Estimate("advantage", score, score - 0.02, score + 0.02, 0.95, 4000, "by hand")
        report = Report(
            "leak",
            "fail",
            "x",
            score=found,
            accuracy={"nonmember": accuracy},
            environment={"epoch": epoch},
            title="net",
        )
        paths.append(str(report.save(tmp_path / f"epoch{epoch}.json")))
    return paths


def test_compare_prints_a_recommendation_and_writes_files(saved, tmp_path, capsys):
    page, plain = tmp_path / "c.html", tmp_path / "c.json"
    assert (
        main(
            [
                "compare",
                *saved,
                "--html",
                str(page),
                "--json",
                str(plain),
                "--title",
                "three epochs",
            ]
        )
        == 0
    )
    printed = capsys.readouterr()
    assert (
        "net, epoch 9 gives up 0.3 points of accuracy for a third of the vulnerability"
        in " ".join(printed.out.split())
    )
    assert "wrote" in printed.err
    assert "three epochs" in page.read_text(encoding="utf8")
    assert Comparison.from_json(plain.read_text(encoding="utf8")).recommended == "net, epoch 9"


def test_one_report_is_too_few(saved, capsys):
    assert main(["compare", saved[0]]) == 3
    assert "got 1" in capsys.readouterr().err


def test_a_file_that_is_no_report_is_named(saved, tmp_path, capsys):
    bad = tmp_path / "bad.json"
    bad.write_text("{}")
    assert main(["compare", saved[0], str(bad)]) == 3
    assert "not a tacit report" in capsys.readouterr().err


def test_a_wrong_suffix_is_refused_before_the_work(saved, tmp_path, capsys):
    assert main(["compare", *saved, "--html", str(tmp_path / "c.pdf")]) == 3
    assert ".html" in capsys.readouterr().err


def test_show_writes_a_model_card(saved, tmp_path):
    card = tmp_path / "privacy.card.md"
    assert main(["show", saved[0], "--out", str(card)]) == 0
    assert "model-index:" in card.read_text(encoding="utf8")
