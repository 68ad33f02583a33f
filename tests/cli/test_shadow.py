"""`tacit shadow`, as a shell sees it."""

import re
import subprocess
import sys

import numpy as np
import pytest

from tacit.cli import main

RECIPE = """
import numpy as np
from tacit import Outputs

x = np.random.default_rng(0).normal(size=(80, 3))
y = (x[:, 0] > 0).astype(int)
data = (x, y)
SCALE = 1.0

def train_fn(indices, seed):
    strength = np.full(len(x), 0.5)
    strength[indices] = 2.0 * SCALE
    def observe(rows):
        logits = np.zeros((len(rows), 2))
        logits[np.arange(len(rows)), y] = strength + rows[:, 1] * 0.1
        return Outputs(logits=logits)
    return observe

options = {"n": 4, "seed": 3}
"""


@pytest.fixture
def recipe(tmp_path):
    file = tmp_path / "train.py"
    file.write_text(RECIPE)
    return file


def test_plan_run_status_collect(recipe, tmp_path, capsys):
    assert main(["shadow", "plan", str(recipe)]) == 0
    assert "4 shadow models of 80 records" in capsys.readouterr().out
    assert main(["shadow", "status", str(recipe)]) == 2
    assert main(["shadow", "run", str(recipe), "--models", "0:2"]) == 2
    assert "2 of 4" in capsys.readouterr().out
    assert main(["shadow", "run", str(recipe)]) == 0
    assert "4 of 4 shadow models (2 reused)" in capsys.readouterr().err
    assert main(["shadow", "status", str(recipe)]) == 0
    assert "accuracy 1 on its own records" in capsys.readouterr().out
    assert main(["shadow", "collect", str(recipe), "--out", str(tmp_path / "s.npz")]) == 0
    with np.load(tmp_path / "s.npz", allow_pickle=False) as kept:
        assert kept["shadow"].shape == (4, 80, 1)
        assert kept["shadow_member"].sum(axis=0).tolist() == [2] * 80
        assert str(kept["statistic"]) == "scaled_logit"
        assert (
            kept["shadow"][kept["shadow_member"]].mean()
            > kept["shadow"][~kept["shadow_member"]].mean() + 1
        )


def test_a_changed_function_is_refused_unless_told_to_retrain(recipe, capsys):
    assert main(["shadow", "run", str(recipe), "--quiet"]) == 0
    recipe.write_text(RECIPE.replace("SCALE = 1.0", "SCALE = 1.5"))
    sys.modules.pop("tacit_recipe_train")
    assert main(["shadow", "plan", str(recipe)]) == 0
    assert "changed since run" in capsys.readouterr().out
    assert main(["shadow", "run", str(recipe)]) == 3
    assert "train_fn" in capsys.readouterr().err
    assert main(["shadow", "run", str(recipe), "--retrain", "--quiet"]) == 0


def test_toml_points_to_names_and_local_processes_train(recipe, tmp_path):
    toml = tmp_path / "shadow.toml"
    toml.write_text(
        '[shadow]\ntrain_fn = "train.py:train_fn"\ndata = "train.py:data"\nn = 2\nstore = "kept"\n'
    )
    command = [sys.executable, "-m", "tacit", "shadow", "run", str(toml), "--pool", "2"]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", timeout=120)
    assert done.returncode == 0, done.stderr
    assert "2 of 2 shadow models" in done.stdout
    assert len(list((tmp_path / "kept").rglob("model-*.npy"))) == 2


def test_a_training_that_falls_over_exits_with_1(recipe, capsys):
    recipe.write_text(
        RECIPE.replace(
            "    strength[indices]",
            "    raise ZeroDivisionError('fell over')\n    strength[indices]",
        )
    )
    assert main(["shadow", "run", str(recipe), "--quiet"]) == 1
    assert "fell over" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "{folder}/absent.py"], "exists"),
        (["run", "{folder}/train.txt"], r"\.py or \.toml"),
        (["run", "{folder}/bad.toml"], "not TOML"),
        (["run", "{folder}/empty.toml"], r"\[shadow\]"),
        (["run", "{folder}/unknown.toml"], "models"),
        (["run", "{folder}/lost.toml"], "cannot be loaded"),
        (["run", "{folder}/train.py", "--pool", "many"], "--pool"),
        (["run", "{folder}/train.py", "--models", "3:1"], "--models"),
        (["collect", "{folder}/train.py"], "no model"),
        (["collect", "{folder}/train.py", "--out", "x.csv"], "npz"),
    ],
)
def test_wrong_usage_exits_with_3_and_says_why(recipe, tmp_path, capsys, arguments, words):
    pointers = 'train_fn = "train.py:train_fn"\ndata = "train.py:data"\n'
    (tmp_path / "bad.toml").write_text("[shadow")
    (tmp_path / "empty.toml").write_text("")
    (tmp_path / "unknown.toml").write_text(f"[shadow]\n{pointers}models = 3\n")
    (tmp_path / "lost.toml").write_text(
        f"[shadow]\n{pointers.replace('py:train_fn', 'py:missing')}"
    )
    (tmp_path / "train.txt").write_text("")
    assert main(["shadow", *(part.format(folder=tmp_path) for part in arguments)]) == 3
    assert re.search(words, capsys.readouterr().err)
