"""`tacit unlearn audit`."""

import pytest

from tacit.cli import main
from tacit.core import Report

RECIPE = """
import numpy as np

data = np.zeros((160, 1))
level = np.random.default_rng(99).normal(size=160)
n = 8

class Model:
    def __init__(self, signal):
        self.signal = signal

    def __call__(self, x):
        return self.signal

def train_fn(rows, seed):
    signal = level + np.random.default_rng(seed).normal(size=160)
    signal[rows] += 2
    return Model(signal)

def unlearn_fn(model, forget, retain, seed):
    model.signal[forget] -= 2 * SHARE
    return model
"""


@pytest.fixture
def recipe(tmp_path):
    def written(share, more=""):
        path = tmp_path / f"forgets{share}_{len(more)}.py"
        path.write_text(RECIPE.replace("SHARE", str(share)) + more, encoding="utf8")
        return str(path)

    return written


def test_an_unlearning_that_does_nothing_fails(recipe, tmp_path, capsys):
    out = tmp_path / "r.json"
    code = main(["unlearn", "audit", recipe(0), "--forget", "0.6", "--json", str(out), "--quiet"])
    report = Report.load(out)
    assert report.finding == "leak"
    assert code == report.exit_code == 1
    assert report.environment["n_forget"] == 96
    assert "Unlearning leaves traces" in capsys.readouterr().out


def test_the_recipe_names_what_to_forget_and_a_store_keeps_the_numbers(recipe, tmp_path):
    out, store = tmp_path / "r.json", tmp_path / "numbers"
    path = recipe(1, "forget = np.arange(100)\n")
    main(["unlearn", "audit", path, "-n", "6", "--store", str(store), "--json", str(out)])
    report = Report.load(out)
    assert report.finding != "leak"
    assert (report.environment["n_forget"], report.environment["n_models"]) == (100, 6)
    assert list(store.iterdir())


def test_wrong_usage_has_exit_code_3_and_says_what_to_do(recipe, capsys, tmp_path):
    assert main(["unlearn", "audit", recipe(1)]) == 3
    assert "What to forget needs" in capsys.readouterr().err
    assert main(["unlearn", "audit", recipe(1), "--forget", "1"]) == 3
    assert "strictly between 0 and 1" in capsys.readouterr().err
    (tmp_path / "none.py").write_text("data = 1\n", encoding="utf8")
    assert main(["unlearn", "audit", str(tmp_path / "none.py")]) == 3
    assert "needs train_fn, unlearn_fn" in capsys.readouterr().err
    assert main(["unlearn", "audit", str(tmp_path / "gone.py")]) == 3
