"""`tacit attribute audit`."""

import csv

import numpy as np
import pytest

from tacit.cli import main
from tacit.core import Report

RECIPE = """
import numpy as np

def side(seed, n):
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.normal(size=n), rng.integers(0, 3, n)]), np.ones(n, int)

train, test, reference = side(1, 200), side(2, 200), side(3, 200)
truth = {row[0]: row[1] for row in train[0]}

def model(x):
    return np.array([0.95 if truth.get(row[0]) == row[1] else 0.05 for row in x])
"""
FRAMES = """
import numpy as np

def model(frame):
    return np.where(frame["ward"] == "a", 0.6, 0.5)
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "arrays.py").write_text(RECIPE, encoding="utf8")
    (tmp_path / "frames.py").write_text(FRAMES, encoding="utf8")
    for seed, side in enumerate(("train", "test", "reference")):
        rng = np.random.default_rng(seed)
        with open(tmp_path / f"{side}.csv", "w", newline="", encoding="utf8") as file:
            writer = csv.writer(file)
            writer.writerow(["age", "ward", "who", "back"])
            for i in range(80):
                row = [round(rng.normal(50, 9), 3), rng.choice(["a", "b"]), f"{side}{i // 4}"]
                writer.writerow([*row, rng.integers(0, 2)])
    return tmp_path


def words(folder, *more):
    sides = ("train", "test", "reference")
    files = [word for side in sides for word in (f"--{side}", str(folder / f"{side}.csv"))]
    return ["attribute", "audit", str(folder / "frames.py"), *files, *more]


def test_a_memoriser_in_a_python_file_is_found(folder, capsys):
    out = folder / "r.json"
    code = main(
        ["attribute", "audit", str(folder / "arrays.py"), "--secret", "1", "--json", str(out)]
    )
    report = Report.load(out)
    assert report.finding == "leak"
    assert code == report.exit_code == 1
    assert report.title == "arrays"
    assert str(folder) not in report.environment["command"]
    assert "This model tells the secret" in capsys.readouterr().out


def test_records_in_files_reach_the_model_as_frames(folder):
    pytest.importorskip("pandas")
    out = folder / "r.json"
    more = ["--secret", "ward", "--label", "back", "--cluster", "who", "--json", str(out)]
    code = main(words(folder, *more, "--html", str(folder / "r.html")))
    report = Report.load(out)
    assert code == report.exit_code
    assert report.environment["n_clusters"] == 40
    assert (folder / "r.html").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--secret", "ward"], "need --label"),
        (["--secret", "ward", "--label", "nobody"], "--label needs a column of the files"),
        (["--label", "back"], "The secret column needs a name"),
        (["--secret", "pay", "--label", "back"], "`secret` needs one of the columns"),
        (["--secret", "ward", "--label", "back", "--json", "r.txt"], "--json needs a file name"),
    ],
)
def test_wrong_usage_has_exit_code_3_and_says_what_to_do(folder, capsys, more, said):
    pytest.importorskip("pandas")
    assert main(words(folder, *more)) == 3
    assert said in capsys.readouterr().err


def test_one_file_alone_and_a_recipe_without_a_model_are_refused(folder, capsys):
    recipe = str(folder / "arrays.py")
    assert main(["attribute", "audit", recipe, "--train", "x.csv", "--secret", "1"]) == 3
    assert "give all three or none" in capsys.readouterr().err
    (folder / "empty.py").write_text("train = 1\n", encoding="utf8")
    assert main(["attribute", "audit", str(folder / "empty.py"), "--secret", "1"]) == 3
    assert "needs model, test, reference" in capsys.readouterr().err
