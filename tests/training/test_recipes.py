import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from tacit.core import InvalidInput
from tacit.training import EstimatorRecipe, KerasRecipe, shadow

X, Y = load_digits(return_X_y=True)
X, Y = X[:300], Y[:300]


def test_a_pipeline_is_cloned_and_seeded():
    given = make_pipeline(StandardScaler(), DecisionTreeClassifier(max_features=2))
    run = shadow(given, (X, Y), n=4)
    assert run.statistic == "scaled_logit"
    assert (run.accuracy[:, 0] == 1).all()
    assert not hasattr(given[-1], "tree_"), "the user's estimator stays unfitted"
    np.testing.assert_array_equal(run.shadow, shadow(given, (X, Y), n=4).shadow)
    assert (shadow(given, (X, Y), n=4, seed=1).shadow != run.shadow).any()


def test_labels_may_be_text_and_classes_a_model_never_saw_have_probability_0():
    names = np.array(["zero", "one", "two"])[np.arange(6) % 3]
    outputs = EstimatorRecipe(DummyClassifier()).fit(
        np.zeros((6, 1)), names, np.array([0, 1, 3]), 0
    )(np.zeros((6, 1)))
    classes = np.unique(names)
    assert outputs.probs[0, classes.tolist().index("two")] == 0
    assert outputs.label.tolist() == np.searchsorted(classes, names).tolist()


def test_frames_are_rows_and_columns():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, index=np.arange(300) + 1000)
    np.testing.assert_array_equal(
        shadow(GaussianNB(), (frame, Y), n=2).shadow, shadow(GaussianNB(), (X, Y), n=2).shadow
    )


def test_decision_functions_are_logits():
    run = shadow(LinearSVC(), (X / 16, Y), n=2)
    assert run.accuracy[:, 0].min() > 0.9
    binary = shadow(LinearSVC(), (X / 16, Y > 4), n=2)
    assert binary.accuracy[:, 0].min() > 0.9
    assert (binary.shadow[..., 0] > 0).mean() > 0.8, (
        "the logit of the true class is positive where the answer is right"
    )


def test_regressors_are_measured_by_their_error():
    truth = X @ np.linspace(0, 1, 64) + np.random.default_rng(0).normal(size=300)
    run = shadow(LinearRegression(), (X, truth), n=4)
    inside, outside = run.shadow[..., 0][run.member], run.shadow[..., 0][~run.member]
    assert run.statistic.startswith("negative")
    assert inside.mean() > outside.mean(), "members fit better, and larger means member"


def test_an_estimator_needs_targets_and_all_classes():
    with pytest.raises(InvalidInput, match="targets"):
        shadow(GaussianNB(), X, n=2)
    labels = np.r_[np.zeros(150), np.ones(149), 2].astype(int)
    with pytest.raises(InvalidInput, match="saw no record of 1 of 3 classes"):
        shadow(LinearSVC(), (X, labels), n=2)


@pytest.mark.framework
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_keras_model_trains_from_its_build_fn(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")

    def build_fn():
        model = keras.Sequential(
            [keras.Input((64,)), keras.layers.Dense(32, "relu"), keras.layers.Dense(10, "softmax")]
        )
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    recipe = KerasRecipe(build_fn, outputs="probs", epochs=15)
    store = {}
    run = shadow(recipe, (X / 16, Y), n=2, store=store)
    assert run.accuracy[:, 0].min() > 0.4
    assert any("keras" in name for name in run.plan.parts)
    del store[f"{run.plan.entry(1)}.json"]
    np.testing.assert_allclose(
        shadow(recipe, (X / 16, Y), n=2, store=store).shadow, run.shadow, rtol=1e-4, atol=1e-4
    )


ONE_CALL = """
import keras
import numpy as np
import tacit
from tacit.training import KerasRecipe

rng = np.random.default_rng(0)
x, y = rng.normal(size=(120, 12)).astype("float32"), rng.integers(0, 2, 120)


def build():
    model = keras.Sequential(
        [keras.Input((12,)), keras.layers.Dense(64, "relu"), keras.layers.Dense(2)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss)
    return model


model = build()
model.fit(x[:60], y[:60], epochs=30, verbose=0)
report = tacit.audit(
    model,
    train=(x[:60], y[:60]),
    test=(x[60:], y[60:]),
    shadows=4,
    train_fn=KerasRecipe(build, "logits", epochs=30),
    effort="quick",
)
print(keras.config.backend(), report.finding, report.environment["n_shadows"])
"""


@pytest.mark.framework
@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "tensorflow", "torch"])
def test_keras_of_every_backend_is_audited_with_shadow_models_in_one_call(backend):
    pytest.importorskip("keras")
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"no {backend} here")
    done = subprocess.run(
        [sys.executable, "-c", ONE_CALL],
        env=os.environ | {"KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[-1] == f"{backend} leak 4"
