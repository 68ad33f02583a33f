"""What a model says of itself, for the evidence file."""

import warnings

import pytest

from tacit.adapters import describe
from tacit.core.evidence_file import EvidenceFile


def test_a_linear_model_and_a_network_of_scikit_learn_are_counted():
    pytest.importorskip("sklearn")
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, y = np.random.default_rng(0).normal(size=(60, 3)), np.arange(60) % 2
    linear = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)
    assert describe(linear) == {"architecture": "sklearn.Pipeline", "parameters": 4}
    network = MLPClassifier((5,), solver="lbfgs", random_state=0)
    with warnings.catch_warnings():  # whether it converges is another matter, and the machine's
        warnings.simplefilter("ignore")
        network.fit(x, y)
    assert describe(network)["parameters"] == 3 * 5 + 5 + 5 + 1
    assert EvidenceFile(**describe(network)).parameters == 26


def test_what_cannot_be_counted_is_not_invented():
    assert describe(lambda x: x) == {"architecture": "builtins.function"}


@pytest.mark.framework
def test_a_torch_model_counts_what_is_trained():
    torch = pytest.importorskip("torch")
    model = torch.nn.Linear(3, 2)
    assert describe(model)["parameters"] == 8
    model.bias.requires_grad_(False)
    assert describe(model)["parameters"] == 6


@pytest.mark.framework
def test_a_keras_model_counts_what_is_trained():
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    assert describe(model)["parameters"] == 8
