"""Recipes that could not be trained, one row each: named where they are written."""

import numpy as np
import pytest

from tacit import InvalidInput
from tacit.training import KerasRecipe, TorchRecipe, shadow


class Model:
    """What a framework's model has."""

    def state_dict(self):
        return {}

    def __call__(self, x):
        return x


class KerasModel:
    def get_weights(self):
        return []

    def __call__(self, x):
        return x


def build():
    return Model()


# case: (call, what the error says)
REFUSED = {
    "a model of PyTorch": (lambda: TorchRecipe(Model(), epochs=1), "`build_fn`.*got Model"),
    "a model of Keras": (
        lambda: KerasRecipe(KerasModel(), "logits"),
        "compiled keras.Model.*KerasModel",
    ),
    "no function": (lambda: TorchRecipe("net", epochs=1), "`build_fn`.*got str"),
    "no epochs": (lambda: TorchRecipe(build, epochs=0), "`epochs`"),
    "epochs in words": (lambda: TorchRecipe(build, epochs="5"), "`epochs`.*'5'"),
    "no batch": (lambda: TorchRecipe(build, epochs=1, batch_size=0), "`batch_size`"),
    "another schedule": (
        lambda: TorchRecipe(build, epochs=1, schedule="cos"),
        "`schedule` needs one of constant, cosine, got 'cos'",
    ),
    "another loss": (lambda: TorchRecipe(build, epochs=1, loss="mse"), "`loss`.*got 'mse'"),
    "another optimizer": (
        lambda: TorchRecipe(build, epochs=1, optimizer="Adam"),
        "`optimizer`.*got 'Adam'",
    ),
    "other answers": (lambda: KerasRecipe(build, "prob"), "`outputs` needs one of logits, probs"),
    "no epochs of Keras": (lambda: KerasRecipe(build, "probs", epochs=0), "`epochs`"),
}


def run(**options):
    return shadow(lambda rows, seed: np.negative, np.arange(20.0), n=2, **options)


# what a run cannot be started with, and what the error says
UNSTARTED = {
    "another change": ({"on_change": "ignore"}, "`on_change` needs one of retrain, refuse"),
    "one query alone": ({"queries": np.negative}, "`queries` needs a list of functions"),
    "names of queries": ({"queries": ["flip"]}, "`queries` needs functions.*'flip'"),
    "fewer processes than none": ({"pool": -1}, "A pool needs 1 process or more"),
}


@pytest.mark.parametrize(("options", "said"), UNSTARTED.values(), ids=UNSTARTED)
def test_a_run_that_could_not_be_carried_out_is_refused(options, said):
    with pytest.raises(InvalidInput, match=said):
        run(**options)


def test_a_file_is_no_store(tmp_path):
    (tmp_path / "kept").write_text("mine")
    with pytest.raises(InvalidInput, match=r"A store is a folder, and .*kept` is a file"):
        run(store=tmp_path / "kept")
    assert (tmp_path / "kept").read_text() == "mine"


@pytest.mark.parametrize(("call", "said"), REFUSED.values(), ids=REFUSED)
def test_a_recipe_that_could_not_be_trained_is_refused(call, said):
    with pytest.raises(InvalidInput, match=said):
        call()


def test_a_class_without_arguments_builds_its_models():
    assert TorchRecipe(Model, epochs=1).build_fn is Model
