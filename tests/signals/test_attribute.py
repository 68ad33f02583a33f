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


def test_equal_chances_but_for_rounding_go_to_the_first_and_smaller_gaps_do_not():
    """.1 + .2 is larger than .3 by 5.6e-17, which is rounding; a gap of 1.5e-12 is not."""
    either = np.array([[1, 0, 0], [0, 1, 1]], bool)
    assert guesses(np.log([[0.3, 0.1, 0.2]]), either).tolist() == [0]
    apart = np.log([[1 - 1.5e-12, 1.0]])
    assert guesses(apart, np.eye(2, dtype=bool)).tolist() == [1]


def test_what_was_expected_does_not_underflow_however_unlikely_every_candidate_is():
    """Log-chances -2000 and 0 with even priors: expected log(1/2), whichever is the smallest."""
    prior = np.log([[0.5, 0.5]])
    found = auditor_score(prior, np.array([[-2000.0, 0.0]]), np.array([1]))
    np.testing.assert_allclose(found, [np.log(2)])


def test_several_yes_and_no_answers_of_a_record_add_up_each_with_its_own_floor():
    """Margins log 3 and log 1 are chances of 3/4 and 1/2; one of -20 counts as a thousandth."""
    logits = np.array([[np.log(3), 0.0], [-20.0, 0.0]])
    outputs = Outputs(logits=logits, label=np.ones((2, 2), int))
    np.testing.assert_allclose(np.exp(log_likelihood(outputs)), [3 / 8, 1 / 2000])


def test_chances_that_lie_further_apart_than_a_float_reaches_still_have_a_best():
    assert guesses(np.array([[-1000.0, 0.0]]), np.eye(2, dtype=bool)).tolist() == [1]


def test_three_answers_of_a_record_are_one_record():
    outputs = Outputs(logits=np.zeros((2, 3)), label=np.ones((2, 3), int))
    np.testing.assert_allclose(np.exp(log_likelihood(outputs)), [1 / 8, 1 / 8])
