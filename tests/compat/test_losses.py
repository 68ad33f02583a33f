"""Losses of single records by hand: which class is the true one, and what weighs them."""

import math

import numpy as np
import pytest

from tacit import InvalidInput
from tacit.compat.tf_privacy.privacy_tests import losses

PROBS = np.array([[0.2, 0.8], [0.5, 0.5], [0.0, 1.0]])
LABELS = np.array([1, 0, 0])


def test_from_probabilities_the_true_class_counts_and_zeros_are_clipped():
    expected = [-math.log(0.8), math.log(2), -math.log(1e-8)]
    np.testing.assert_allclose(losses.log_loss(LABELS, PROBS), expected)
    clipped = losses.log_loss(LABELS, PROBS, small_value=0.1)
    np.testing.assert_allclose(clipped, [-math.log(0.8), math.log(2), math.log(10)])
    weighted = losses.log_loss(LABELS, PROBS, np.array([2.0, 3.0, 0.0]))
    np.testing.assert_allclose(weighted, [2 * expected[0], 3 * expected[1], 0])


def test_from_logits_nothing_is_clipped():
    """log(1 + e^-2), log 2, and of a gap of 1,000 the gap itself; three classes of 0: log 3."""
    logits = np.array([[0.0, 2.0], [5.0, 5.0], [0.0, 1000.0]])
    found = losses.log_loss(LABELS, logits, from_logits=True)
    np.testing.assert_allclose(found, [math.log1p(math.exp(-2)), math.log(2), 1000])
    sure = losses.log_loss(np.array([0]), np.array([[800.0, 0.0]]), from_logits=True)
    assert 0 <= sure[0] < 1e-300
    even = losses.log_loss(np.array([2]), np.zeros((1, 3)), from_logits=True)
    np.testing.assert_allclose(even, [math.log(3)])


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_one_output_is_the_chance_of_the_class_one(shape):
    labels = np.array([1, 0, 0])
    chance = np.array([0.9, 0.9, 0.0]).reshape(shape)
    np.testing.assert_allclose(
        losses.log_loss(labels, chance), [-math.log(0.9), -math.log(0.1), 0.0], atol=1e-12
    )
    logit = np.array([2.0, 2.0, -50.0]).reshape(shape)
    np.testing.assert_allclose(
        losses.log_loss(labels, logit, from_logits=True),
        [math.log1p(math.exp(-2)), math.log1p(math.exp(2)), math.exp(-50)],
    )


def test_the_old_loss_is_clipped_at_both_ends():
    logits = np.array([[0.0, 40.0], [40.0, 0.0]], np.float32)
    found = losses.legacy_log_loss(np.array([1, 1]), logits, from_logits=True)
    np.testing.assert_allclose(found, [0.0, -math.log(1e-8)], rtol=1e-6)
    one = losses.legacy_log_loss(np.array([1]), np.array([0.0]), from_logits=True)
    np.testing.assert_allclose(one, [math.log(2)])
    np.testing.assert_allclose(losses.legacy_log_loss(LABELS[:1], PROBS[:1]), [-math.log(0.8)])


def test_a_squared_error_is_squared_and_weighed(caplog):
    found = losses.squared_loss(np.array([1.0, 4.0]), np.array([3.0, 1.0]), np.array([1.0, 0.5]))
    assert found.tolist() == [4.0, 4.5]
    caplog.clear()
    assert losses.squared_loss(np.ones(2), np.zeros(2)).tolist() == [1.0, 1.0]
    assert not caplog.records
    assert losses.squared_loss(np.ones((2, 1)), np.zeros((2, 1))).tolist() == [1.0, 1.0]
    assert len(caplog.records) == 2
    with pytest.raises(InvalidInput, match="one shape"):
        losses.squared_loss(np.ones(2), np.ones(3))


def test_every_class_of_a_record_has_its_own_loss():
    labels, chance = np.array([[1, 0], [0, 1]]), np.array([[0.9, 0.8], [0.0, 0.0]])
    expected = [[-math.log(0.9), -math.log(0.2)], [0.0, -math.log(1e-8)]]
    np.testing.assert_allclose(losses.multilabel_bce_loss(labels, chance), expected, atol=1e-12)
    weighted = losses.multilabel_bce_loss(labels, chance, np.array([2.0, 3.0]))
    np.testing.assert_allclose(weighted, np.array([[2.0], [3.0]]) * expected, atol=1e-12)
    logits = np.array([[2.0, -2.0], [0.0, 3.0]])
    exact = [[math.log1p(math.exp(-2))] * 2, [math.log(2), math.log1p(math.exp(-3))]]
    np.testing.assert_allclose(losses.multilabel_bce_loss(labels, logits, from_logits=True), exact)
    for wrong, says in (
        (labels + 1, "labels should be in"),
        (labels[:1], "same length"),
    ):
        with pytest.raises(InvalidInput, match=says):
            losses.multilabel_bce_loss(wrong, chance)
    for outside in (-0.1, 1.1):
        with pytest.raises(InvalidInput, match="not in"):
            losses.multilabel_bce_loss(labels, chance * 0 + outside)
    assert losses.multilabel_bce_loss(labels, labels * 1.0).sum() == 0


@pytest.mark.parametrize(
    ("labels", "pred", "says"),
    [
        ([0, 2], np.ones((2, 2)), r"range \[0, 1\]"),
        ([-1, 0], np.ones((2, 2)), r"range \[0, 1\]"),
        ([0, 2], np.ones(2), r"range \[0, 1\]"),
        ([0], np.ones((2, 2)), "same length"),
    ],
)
def test_labels_outside_of_the_classes_are_refused(labels, pred, says):
    with pytest.raises(InvalidInput, match=says):
        losses.log_loss(np.array(labels), pred)


def test_a_weight_is_needed_for_each_record():
    with pytest.raises(InvalidInput, match="got 2 for 3"):
        losses.log_loss(LABELS, PROBS, np.ones(2))


def got(**given):
    names = {"loss": None, "labels": LABELS, "logits": None, "probs": None}
    known = {"loss_function": "cross_entropy", "loss_function_using_logits": False}
    return losses.get_loss(**(names | known | {"multilabel_data": False} | given))


def test_a_given_loss_comes_first_and_nothing_is_made_of_nothing():
    own = np.array([7.0])
    assert got(loss=own, probs=PROBS) is own
    assert got() is None
    assert got(labels=None, probs=PROBS) is None


def test_the_loss_is_made_from_what_was_asked_for():
    np.testing.assert_allclose(got(probs=PROBS), losses.log_loss(LABELS, PROBS))
    logits = 3 * PROBS
    np.testing.assert_allclose(
        got(logits=logits, probs=PROBS, loss_function_using_logits=True),
        losses.log_loss(LABELS, logits, from_logits=True),
    )
    with pytest.raises(InvalidInput, match="from `logits`, which"):
        got(probs=PROBS, loss_function_using_logits=True)
    with pytest.raises(InvalidInput, match="from `probs`, which"):
        got(logits=PROBS)
    squared = got(labels=np.array([1.0, 2.0]), probs=np.array([0.0, 0.0]), loss_function="squared")
    assert squared.tolist() == [1.0, 4.0]
    many = got(labels=np.eye(2, dtype=int), probs=np.full((2, 2), 0.5), multilabel_data=True)
    np.testing.assert_allclose(many, math.log(2))
    mine = got(
        probs=PROBS,
        loss_function=lambda labels, pred, weight: pred[:, 0] * weight,
        sample_weight=np.full(3, 2.0),
    )
    assert mine.tolist() == [0.4, 1.0, 0.0]
    with pytest.raises(InvalidInput, match="cross_entropy, squared"):
        got(probs=PROBS, loss_function="hinge")


def test_numbers_are_told_with_four_decimals():
    assert losses.format_number_list([1.23456, 2]) == "1.2346, 2.0000"
    assert losses.format_number_list([0.5], 1) == "0.5"
