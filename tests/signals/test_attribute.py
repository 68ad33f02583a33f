"""Log-chances of answers, guesses and scores of a secret, by hand."""

import numpy as np
import pytest

from tacit.core import InvalidInput, Outputs
from tacit.signals.attribute import auditor_score, error_spread, guesses, log_likelihood


def test_chances_below_a_thousandth_count_as_one():
    outputs = Outputs(probs=np.array([[0.25, 0.75], [0.9999, 0.0001]]), label=np.array([1, 1]))
    np.testing.assert_allclose(np.exp(log_likelihood(outputs)), [0.75, 1e-3], rtol=1e-6)
    assert np.exp(log_likelihood(Outputs(loss=np.array([np.log(4)])))) == pytest.approx(0.25)


def test_errors_of_a_regression_are_normal_in_units_of_their_spread():
    """Errors 1, 3 and 2, 0: squares of mean 5 and 2."""
    outputs = Outputs(prediction=np.array([[1.0, 2.0], [3.0, 0.0]]), truth=np.zeros((2, 2)))
    spread = error_spread(outputs)
    np.testing.assert_allclose(spread**2, [5, 2])
    found = log_likelihood(outputs, spread=spread)
    np.testing.assert_allclose(found, [-(1 / 5 + 4 / 2) / 2, -(9 / 5) / 2])
    exact = Outputs(prediction=np.zeros(3), truth=np.zeros(3))
    assert error_spread(exact).tolist() == [1.0]
    with pytest.raises(InvalidInput, match="spread"):
        log_likelihood(outputs)


def test_yes_and_no_answers_add_up():
    outputs = Outputs(logits=np.array([0.0, np.log(3)]), label=np.array([1, 0]))
    np.testing.assert_allclose(np.exp(log_likelihood(outputs)), [1 / 2, 1 / 4])


def test_the_best_guess_is_right_about_most_of_the_chances():
    near = np.array([[1, 1, 0], [1, 1, 1], [0, 1, 1]], bool)
    chance = np.log([[0.4, 0.2, 0.4], [0.7, 0.2, 0.1]])
    assert guesses(chance, near).tolist() == [1, 1]
    assert guesses(chance, np.eye(3, dtype=bool)).tolist() == [0, 0]
    # a constant a record changes nothing, not even one that underflows
    assert guesses(chance - 2000.0, near).tolist() == [1, 1]


def test_the_auditor_compares_the_true_value_with_what_was_expected():
    """Prior 1/4, 3/4; likelihoods .8, .4: expected .2 + .3 = .5."""
    prior = np.log([[0.25, 0.75]] * 2)
    likelihood = np.log([[0.8, 0.4]] * 2)
    found = auditor_score(prior, likelihood, np.array([0, 1]))
    np.testing.assert_allclose(np.exp(found), [0.8 / 0.5, 0.4 / 0.5])
