"""`tacit shadow audit`, as a shell sees it: a recipe or a collected file, and a model's answers."""

import numpy as np
import pytest

from tacit.cli import main
from tacit.cli.audit import stronger
from tacit.core import Report

RECIPE = """
import numpy as np
from tacit import Outputs

n = 400
rng = np.random.default_rng(0)
x = rng.normal(size=(n, 3))
y = (x[:, 0] > 0).astype(int)
data = (x, y)

def train_fn(indices, seed):
    strength = x[:, 1] * 0.5 + np.random.default_rng(seed).normal(0, 0.3, n)
    strength[indices] += 1.5
    def observe(rows):
        logits = np.zeros((len(rows), 2))
        logits[np.arange(len(rows)), y] = strength
        return Outputs(logits=logits)
    return observe

options = {"n": 4, "seed": 3}
"""


@pytest.fixture
def recipe(tmp_path):
    file = tmp_path / "train.py"
    file.write_text(RECIPE)
    return file


@pytest.fixture
def outputs(tmp_path):
    rng = np.random.default_rng(5)
    names = {}
    exec(RECIPE, names)
    inside = rng.random(400) < 0.5
    answers = names["train_fn"](np.flatnonzero(inside), 99)(names["x"])
    file = tmp_path / "outputs.npz"
    np.savez(file, logits=answers.logits, label=names["y"], member=inside)
    return file


def audit_of(recipe, outputs):
    return ["shadow", "audit", str(recipe), "--model", str(outputs), "--effort", "quick"]


def test_what_is_missing_is_trained_and_one_report_is_written(recipe, outputs, tmp_path, capsys):
    html, plain = tmp_path / "report.html", tmp_path / "report.json"
    code = main(
        [
            *audit_of(recipe, outputs),
            "--html",
            str(html),
            "--json",
            str(plain),
        ]
    )
    report = Report.load(plain)
    assert code == report.exit_code
    assert report.finding == "leak"
    assert report.environment["game"] == "online"
    assert "shadow audit train.py" in report.environment["command"]
    assert "with 4 shadow models" in capsys.readouterr().out
    assert "with 4 shadow models" in html.read_text()


def test_the_collected_file_gives_the_same_numbers(recipe, outputs, tmp_path, capsys):
    collected = tmp_path / "shadows.npz"
    assert main(["shadow", "run", str(recipe)]) == 0
    assert main(["shadow", "collect", str(recipe), "--out", str(collected)]) == 0
    scores = []
    for number, source in enumerate((recipe, collected)):
        file = tmp_path / f"{number}.json"
        main([*audit_of(source, outputs), "--json", str(file)])
        scores.append(Report.load(file))
    assert scores[0].score == scores[1].score
    assert scores[0].environment["digest"] == scores[1].environment["digest"]
    assert scores[0].environment["seconds_of_training"] > 0


def test_rows_that_do_not_fit_the_recipe_are_refused(recipe, outputs, tmp_path, capsys):
    short = tmp_path / "short.npz"
    with np.load(outputs) as content:
        np.savez(short, **{name: content[name][:100] for name in content.files})
    assert main(["shadow", "audit", str(recipe), "--model", str(short), "--quiet"]) == 3
    assert "one row for each of the recipe's 400 records" in capsys.readouterr().err


def test_answers_that_cannot_be_measured_alike_are_refused(recipe, outputs, tmp_path, capsys):
    collected, other = tmp_path / "shadows.npz", tmp_path / "loss.npz"
    main(["shadow", "run", str(recipe)])
    main(["shadow", "collect", str(recipe), "--out", str(collected)])
    np.savez(other, loss=np.ones(400), member=np.arange(400) < 200)
    assert main(["shadow", "audit", str(collected), "--model", str(other)]) == 3
    assert "measured by 'scaled_logit'" in capsys.readouterr().err


def test_an_audit_says_in_one_line_what_a_stronger_one_would_cost(outputs, capsys):
    main(["audit", str(outputs), "--effort", "quick", "--trained-in", "90"])
    assert "8 of them are 12 minutes of training (8 times 90 s)" in capsys.readouterr().err
    assert "8 times the training of the model" in stronger(None)
    assert "2.8 hours" in stronger(1260)
