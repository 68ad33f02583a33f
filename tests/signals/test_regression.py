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


def test_an_exact_prediction_counts_as_an_error_of_1e_minus_12():
    """The log error is -log(1e-12), and so is the spread: density -log(1e-12 sqrt(2 pi))."""
    exact = Outputs(prediction=[1.0, 2.0], truth=[1.0, 2.0])
    np.testing.assert_allclose(measure(exact, "negative_log_error"), 12 * np.log(10))
    likely = 12 * np.log(10) - np.log(2 * np.pi) / 2
    np.testing.assert_allclose(measure(exact, "gaussian_log_likelihood"), likely)


def test_errors_of_several_outputs_of_any_shape_are_averaged_over_a_record():
    """Errors 1, 2, 3, 6 of one record: mean 3, mean square 50 / 4."""
    error = np.array([[[1.0, -2.0], [3.0, -6.0]]])
    outputs = Outputs(prediction=error.reshape(1, 4), truth=np.zeros((1, 4)))
    assert measure(outputs, "negative_absolute_error").tolist() == [-3]
    assert measure(outputs, "negative_squared_error").tolist() == [-12.5]
    np.testing.assert_allclose(measure(outputs, "negative_log_error"), -np.log(3))
