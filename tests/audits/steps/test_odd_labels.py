"""Labels whose classes have other numbers than the answers'."""

from itertools import permutations

import numpy as np
import pytest

import tacit
from tacit import Outputs
from tacit.audits.steps.odd_labels import agreement, labels_at_odds

RNG = np.random.default_rng(0)
N = 300
TRUE = RNG.integers(0, 3, 2 * N)
LOGITS = RNG.normal(size=(2 * N, 3))
# the model fits its members better
LOGITS[np.arange(2 * N), TRUE] += np.repeat([4.0, 2.5], N)
MEMBER = np.arange(2 * N) < N


def outputs(label, logits=LOGITS):
    return Outputs(logits=logits, label=label)


def test_mean_and_deviations_are_those_of_all_permutations():
    answered, label = np.array([0, 0, 1, 2, 2]), np.array([0, 1, 1, 2, 0])
    found = [(np.array(order) == label).mean() for order in permutations(answered.tolist())]
    right, chance, far = agreement(answered, label)
    assert right == pytest.approx(3 / 5)
    assert chance == pytest.approx(np.mean(found))
    assert far == pytest.approx((right - np.mean(found)) / np.std(found))


def test_answers_of_one_class_are_what_chance_gives():
    assert agreement(np.zeros(4, int), np.array([0, 0, 1, 1])) == (0.5, 0.5, 0.0)
    assert agreement(np.zeros(1, int), np.ones(1, int)) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("side", "text"),
    [(MEMBER, "labels of the members do not"), (~MEMBER, "labels of the non-members do not")],
    ids=["members", "non-members"],
)
def test_classes_in_another_order_on_one_side_are_named(side, text):
    label = np.where(side, (TRUE + 1) % 3, TRUE)
    assert text in labels_at_odds(outputs(label), MEMBER)
    report = tacit.audit(
        member=outputs(label).take(MEMBER), nonmember=outputs(label).take(~MEMBER), effort="quick"
    )
    assert report.verdict == report.finding == "inconclusive"
    assert text in report.headline


def test_classes_in_another_order_on_both_sides_do_not_pass():
    """The wrong order hid a leak: the audit passed."""
    label = (TRUE + 1) % 3
    report = tacit.audit(
        member=outputs(label).take(MEMBER), nonmember=outputs(label).take(~MEMBER), effort="quick"
    )
    assert report.verdict == "inconclusive"
    assert "labels of the members do not go with the model's answers" in report.headline
    assert not any("swapped" in text for text in report.warnings)


@pytest.mark.parametrize("scores", ["logits", "probs"])
def test_a_yes_for_a_no_is_named_too(scores):
    answer = LOGITS[:, 0] if scores == "logits" else 1 / (1 + np.exp(-LOGITS[:, 0]))
    yes = (LOGITS[:, 0] > 0).astype(int)
    assert labels_at_odds(Outputs(**{scores: answer}, label=yes), MEMBER) == ""
    assert labels_at_odds(Outputs(**{scores: answer}, label=1 - yes), MEMBER) != ""


def test_true_labels_are_not_named_nor_is_a_model_at_chance():
    assert labels_at_odds(outputs(TRUE), MEMBER) == ""
    assert labels_at_odds(outputs(RNG.permutation(TRUE)), MEMBER) == ""
    assert labels_at_odds(Outputs(loss=np.ones(2 * N), label=TRUE), MEMBER) == ""
    assert labels_at_odds(Outputs(logits=LOGITS), MEMBER) == ""


def test_labels_at_random_are_named_in_no_audit_of_two_hundred():
    for _ in range(200):
        assert labels_at_odds(outputs(RNG.permutation(TRUE)), MEMBER) == ""


def test_few_records_say_nothing():
    rows = np.r_[0:5, N : N + 5]
    assert labels_at_odds(outputs((TRUE + 1) % 3).take(rows), MEMBER[rows]) == ""
