"""`tacit synthetic audit`."""

import csv

import numpy as np
import pytest

from tacit.cli import main
from tacit.core import Report
from tacit.testing.generators import Copier


def table(n, seed):
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=n)
    return {
        "x": (latent + rng.normal(size=n)).round(3),
        "y": rng.normal(size=n).round(3),
        "c": np.where(latent > 0, "high", "low"),
        "who": np.array([f"p{seed}-{i // 2}" for i in range(n)]),
    }


@pytest.fixture
def folder(tmp_path):
    files = {name: table(160, seed) for seed, name in enumerate(("member", "nonmember", "other"))}
    files["release"] = Copier(1.0, 0.1)(files["member"], 0)
    rng = np.random.default_rng(0)
    for name, columns in files.items():
        with open(tmp_path / f"{name}.csv", "w", newline="", encoding="utf8") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            for row in zip(*columns.values(), strict=True):
                writer.writerow([row[0] if rng.random() < 0.9 else "", *row[1:]])
    return tmp_path


def words(folder, *more):
    names = {"--member": "member", "--nonmember": "nonmember", "--reference": "other"}
    pairs = [word for flag, name in names.items() for word in (flag, str(folder / f"{name}.csv"))]
    return ["synthetic", "audit", str(folder / "release.csv"), *pairs, "--quiet", *more]


def test_files_with_missing_cells_are_audited(folder, capsys):
    out = folder / "r.json"
    code = main(words(folder, "--ignore", "who", "--json", str(out), "--secret", "c"))
    report = Report.load(out)
    assert report.finding == "leak"
    assert code == report.exit_code == 1
    assert report.title == "release"
    assert str(folder) not in report.environment["command"]
    assert "What the release gives away" in capsys.readouterr().out


def test_a_column_may_name_the_person_behind_a_row(folder):
    out = folder / "r.json"
    main(words(folder, "--cluster", "who", "--json", str(out), "--secret", "c"))
    assert Report.load(out).environment["n_clusters"] == 160


def test_wrong_use_ends_with_3(folder, capsys):
    assert main(words(folder, "--cluster", "nobody")) == 3
    assert "`--cluster`" in capsys.readouterr().err
    (folder / "other.csv").write_text("x,y\n1,2\n", encoding="utf8")
    assert main(words(folder)) == 3
    assert "lacks 'c', 'who'" in capsys.readouterr().err
