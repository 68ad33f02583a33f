"""Regression signals: smaller errors look more like members."""

import numpy as np
import pytest

from tacit import InvalidInput, Outputs
from tacit.signals import available, feature_matrix, measure

NAMES = (
    "negative_absolute_error",
    "negative_squared_error",
    "negative_log_error",
    "gaussian_log_likelihood",
)


@pytest.fixture
def outputs():
    return Outputs(prediction=[1.0, 2.0, 3.0, 4.0], truth=[1.0, 2.5, 2.0, 8.0])


def test_every_regression_signal_falls_with_the_error(outputs):
    assert available(outputs) == NAMES
    for name in NAMES:
        assert (np.diff(measure(outputs, name)) < 0).all()


def test_errors_by_hand(outputs):
    assert measure(outputs, "negative_absolute_error").tolist() == [0, -0.5, -1, -4]
    assert measure(outputs, "negative_squared_error").tolist() == [0, -0.25, -1, -16]
    np.testing.assert_allclose(
        measure(outputs, "negative_log_error")[1:], -np.log([0.5, 1, 4]), atol=1e-9
    )


def test_gaussian_log_likelihood_matches_scipy():
    from scipy.stats import norm

    rng = np.random.default_rng(0)
    residual = rng.normal(size=(500, 2)) * [1.0, 5.0]
    outputs = Outputs(prediction=residual, truth=np.zeros((500, 2)))
    spread = 1.4826 * np.median(np.abs(residual), axis=0)
    np.testing.assert_allclose(
        measure(outputs, "gaussian_log_likelihood"), norm.logpdf(residual, scale=spread).sum(axis=1)
    )
    np.testing.assert_allclose(spread, [1, 5], rtol=0.15)


def test_exact_predictions_give_finite_signals():
    outputs = Outputs(prediction=[1.0, 2.0], truth=[1.0, 2.0])
    assert all(np.isfinite(measure(outputs, name)).all() for name in NAMES)


def test_features_of_a_regression_are_its_statistics(outputs):
    assert feature_matrix(outputs).shape == (4, 4)


def test_classifiers_have_no_regression_signals():
    with pytest.raises(InvalidInput, match="'gaussian_log_likelihood' needs a regression"):
        measure(Outputs(loss=[1.0]), "gaussian_log_likelihood")
