"""scikit-learn estimators, pipelines and boosters become outputs."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from tacit.adapters import adapter_of, outputs_of
from tacit.core import InvalidInput
from tacit.testing import check_adapter


@pytest.fixture(scope="module")
def records():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 4))
    return x, (x[:, 0] + x[:, 1] > 0).astype(int) + (x[:, 2] > 0.5)


def test_a_forest_answers_with_probabilities(records):
    x, y = records
    model = RandomForestClassifier(10, random_state=0).fit(x, y)
    check_adapter(outputs_of, model, x, y, expected=model.predict_proba(x))


def test_a_linear_pipeline_answers_with_its_unsaturated_logits(records):
    x, y = records
    model = make_pipeline(StandardScaler(), LogisticRegression(C=100)).fit(x, y)
    check_adapter(outputs_of, model, x, y, expected=model.decision_function(x))
    two = make_pipeline(StandardScaler(), LogisticRegression(C=1e12, max_iter=1000, tol=1e-8)).fit(
        x[:20], y[:20] > 0
    )
    found = outputs_of(two, 1e3 * x, y > 0)
    assert (two.predict_proba(1e3 * x).max(axis=1) == 1).any()
    assert np.isfinite(found.logits).all()
    assert len(np.unique(found.logits[:, 1])) == len(x)


def test_a_classifier_without_probabilities_answers_with_its_margin(records):
    x, y = records
    model = RidgeClassifier().fit(x, y)
    np.testing.assert_array_equal(outputs_of(model, x, y).logits, model.decision_function(x))


def test_classes_of_any_name_are_matched(records):
    x, y = records
    names = np.array(["zebra", "ape", "cat"])[y]
    found = outputs_of(GaussianNB().fit(x, names), x, names)
    np.testing.assert_array_equal(found.label, np.array([2, 0, 1])[y])


def test_an_unknown_class_is_named(records):
    x, y = records
    with pytest.raises(InvalidInput, match=r"fitted on, got 7 in 1 rows"):
        outputs_of(GaussianNB().fit(x, y), x, np.r_[7, y[1:]])


def test_a_regressor_predicts(records):
    x, _ = records
    truth = x @ [1.0, 2.0, 0.0, 0.5]
    model = LinearRegression().fit(x, truth)
    check_adapter(outputs_of, model, x, truth, expected=model.predict(x))
    assert outputs_of(model, x, np.round(truth)).task == "regression"


def test_several_yes_no_outputs_become_columns(records):
    x, _ = records
    labels = np.column_stack([x[:, 0] > 0, x[:, 1] > 0]).astype(int)
    found = outputs_of(RandomForestClassifier(5, random_state=0).fit(x, labels), x, labels)
    assert found.task == "multilabel"
    assert found.probs.shape == (120, 2)


def test_frames_are_taken_as_they_are(records):
    pandas = pytest.importorskip("pandas")
    x, y = records
    frame = pandas.DataFrame(x, columns=list("abcd"))
    model = GaussianNB().fit(frame, y)
    np.testing.assert_array_equal(
        outputs_of(model, frame, pandas.Series(y)).probs, model.predict_proba(frame)
    )


def test_random_augmentation_in_a_pipeline_is_an_error(records):
    x, y = records
    rng = np.random.default_rng(0)
    noisy = make_pipeline(
        FunctionTransformer(lambda part: part + rng.normal(size=part.shape)), GaussianNB()
    ).fit(x, y)
    with pytest.raises(InvalidInput, match="differently when asked twice"):
        outputs_of(noisy, x, y)


def test_an_estimator_that_only_names_classes_is_audited_by_its_labels(records):
    class Stump:
        classes_ = np.array([0, 1, 2])

        def fit(self, x, y):
            return self

        def predict(self, x):
            return np.zeros(len(x))

    found = outputs_of(Stump(), *records)
    assert found.probs.tolist() == [[1.0, 0.0, 0.0]] * len(records[0])
    with pytest.raises(InvalidInput, match="nothing says how sure it is"):
        outputs_of(Stump(), records[0])


def test_a_wrapper_that_only_names_classes_is_right_or_wrong(records):
    class Wrapper:
        def fit(self, x, y):
            return self

        def predict(self, x):
            return np.where(x[:, 0] > 0, "a", "b")

    x = records[0]
    found = outputs_of(Wrapper(), x, np.where(x[:, 0] > 1, "a", "b"))
    np.testing.assert_array_equal(found.loss, (x[:, 0] > 0) & (x[:, 0] <= 1))


@pytest.mark.framework
@pytest.mark.parametrize("n_classes", [2, 3])
def test_xgboost_answers_with_its_margins(records, n_classes):
    xgboost = pytest.importorskip("xgboost")
    x, y = records
    y = np.minimum(y, n_classes - 1)
    model = xgboost.XGBClassifier(n_estimators=4, n_jobs=1).fit(x, y)
    found = outputs_of(model, x, y)
    assert adapter_of(model) == "sklearn"
    np.testing.assert_allclose(_softmax(found.logits), model.predict_proba(x), atol=1e-5)


@pytest.mark.framework
@pytest.mark.parametrize("n_classes", [2, 3])
def test_lightgbm_answers_with_its_margins(records, n_classes):
    lightgbm = pytest.importorskip("lightgbm")
    x, y = records
    y = np.minimum(y, n_classes - 1)
    model = lightgbm.LGBMClassifier(n_estimators=4, n_jobs=1, verbose=-1).fit(x, y)
    found = outputs_of(model, x, y)
    np.testing.assert_allclose(_softmax(found.logits), model.predict_proba(x), atol=1e-5)


def _softmax(z):
    z = np.exp(z - z.max(axis=1, keepdims=True))
    return z / z.sum(axis=1, keepdims=True)
