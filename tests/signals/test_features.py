"""Features for attacks that learn."""

import numpy as np
import pytest

from tacit import Outputs
from tacit.signals import feature_matrix, measure


def outputs(n=50, k=4, seed=0, label=True):
    rng = np.random.default_rng(seed)
    return Outputs(
        logits=rng.normal(size=(n, k)) * 3, label=rng.integers(0, k, n) if label else None
    )


def test_columns_are_sorted_log_probabilities_then_statistics_then_the_label():
    given = outputs()
    features = feature_matrix(given)
    assert features.shape == (50, 4 + 5 + 4)
    assert features.dtype == np.float32
    probs = np.exp(given.logits) / np.exp(given.logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(
        features[:, :4], -np.sort(-np.log(probs), axis=1), rtol=1e-5, atol=1e-6
    )
    for column, name in ((4, "entropy"), (5, "loss"), (6, "scaled_logit"), (8, "modified_entropy")):
        np.testing.assert_allclose(features[:, column], measure(given, name), rtol=1e-5, atol=1e-6)
    true = np.take_along_axis(given.logits, given.label[:, None], axis=1)
    assert features[:, 7].tolist() == (given.logits > true).sum(axis=1).tolist()
    assert features[:, 9:].argmax(axis=1).tolist() == given.label.tolist()


def test_many_classes_leave_the_label_out_and_keep_the_top_ten():
    assert feature_matrix(outputs(k=100)).shape == (50, 15)


def test_without_labels_only_the_answer_itself_is_described():
    assert feature_matrix(outputs(label=False)).shape == (50, 5)


@pytest.mark.parametrize(
    "given",
    [
        Outputs(loss=[1.0, 2.0, 0.5]),
        Outputs(logits=[1.0, -2.0, 0.5], label=[1, 0, 0]),
        Outputs(logits=np.ones((3, 2)), label=np.ones((3, 2), int)),
        Outputs(logits=np.full((3, 3), [1e4, -1e4, 0.0]), label=[0, 1, 2]),
    ],
)
def test_every_kind_of_model_has_finite_features(given):
    features = feature_matrix(given)
    assert len(features) == 3
    assert np.isfinite(features).all()


def test_up_to_thirty_classes_the_label_has_a_column_each():
    """30 classes: 10 largest, 5 statistics, 30 labels; with 31 the labels are left out."""
    assert feature_matrix(outputs(k=30)).shape == (50, 45)
    assert feature_matrix(outputs(k=31)).shape == (50, 15)
