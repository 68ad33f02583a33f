"""From a model's answer to one number a record: what the number is, and who is right."""

import numpy as np
import pytest

from tacit.core import Outputs
from tacit.training.measuring import (
    Named,
    accuracies,
    labelled,
    name_of,
    statistic_of,
    unchanged,
)

LOGITS = np.array([[2.0, 0.0], [0.0, 3.0], [1.0, 0.0], [0.0, 4.0]])
LABEL = np.array([0, 1, 1, 1])
INSIDE = np.array([True, True, True, False])


def test_accuracies_are_shares_of_each_side_and_not_exchanged():
    """Two of the three members are right, and the only non-member."""
    found = accuracies(Outputs(logits=LOGITS, label=LABEL), INSIDE)
    assert found == {"accuracy_in": pytest.approx(2 / 3), "accuracy_out": 1.0}
    turned = accuracies(Outputs(logits=LOGITS, label=LABEL), ~INSIDE)
    assert turned == {"accuracy_in": 1.0, "accuracy_out": pytest.approx(2 / 3)}


def test_a_binary_answer_is_cut_at_0_as_a_logit_and_at_a_half_as_a_probability():
    label, inside = np.array([1, 0, 1, 0]), np.array([True, True, False, False])
    logits = Outputs(logits=np.array([0.3, -0.3, 0.6, 0.4]), label=label)
    assert accuracies(logits, inside) == {"accuracy_in": 1.0, "accuracy_out": 0.5}
    probs = Outputs(probs=np.array([0.3, 0.3, 0.6, 0.4]), label=label)
    assert accuracies(probs, inside) == {"accuracy_in": 0.5, "accuracy_out": 1.0}
    # on the edge the answer is the class 0
    edge = Outputs(logits=np.array([0.0, 0.0]), label=np.array([0, 1]))
    assert accuracies(edge, np.array([True, False])) == {"accuracy_in": 1.0, "accuracy_out": 0.0}
    half = Outputs(probs=np.array([0.5, 0.5]), label=np.array([0, 1]))
    assert accuracies(half, np.array([True, False])) == {"accuracy_in": 1.0, "accuracy_out": 0.0}


def test_logits_come_before_probabilities_and_without_classes_there_is_no_accuracy():
    assert accuracies(Outputs(loss=np.ones(4)), INSIDE) == {}
    assert accuracies(Outputs(logits=LOGITS), INSIDE) == {}
    many = Outputs(probs=np.full((4, 2), 0.4), label=np.ones((4, 2), int))
    assert many.task == "multilabel"
    assert accuracies(many, INSIDE) == {}
    assert accuracies(Outputs(probs=np.eye(2)[[0, 1, 0, 1]], label=LABEL), INSIDE) == {
        "accuracy_in": pytest.approx(2 / 3),
        "accuracy_out": 1.0,
    }


def test_the_scaled_logit_is_the_default_and_any_other_is_taken_by_its_name():
    outputs = Outputs(logits=LOGITS, label=LABEL)
    assert Named().chosen(outputs) == "scaled_logit"
    np.testing.assert_allclose(Named()(outputs), [2, 3, -1, 4])
    assert Named("loss").chosen(outputs) == "loss"
    assert (Named("loss")(outputs) < 0).all()
    many = Outputs(probs=np.full((4, 2), 0.4), label=np.ones((4, 2), int))
    assert many.task == "multilabel"
    assert Named().chosen(many) != "scaled_logit"
    loss = Outputs(loss=np.array([0.5, 2.0]))
    # larger for members: the loss with its sign turned
    np.testing.assert_allclose(Named()(loss), [-0.5, -2.0])


def test_a_function_is_taken_as_it_is_and_names_itself():
    def margin(outputs):
        return outputs.logits[:, 0]

    outputs = Outputs(logits=LOGITS, label=LABEL)
    assert statistic_of(margin) is margin
    assert statistic_of("loss") == Named("loss")
    assert statistic_of(None) == Named(None)
    assert name_of(margin, outputs) == "margin"
    assert name_of(Named("loss"), outputs) == "loss"
    assert unchanged(LOGITS) is LOGITS


def test_labels_are_put_in_only_where_they_are_missing():
    bare = Outputs(logits=LOGITS)
    assert labelled(bare, LABEL).label.tolist() == LABEL.tolist()
    assert labelled(bare, LABEL).logits is not None
    assert labelled(Outputs(probs=np.eye(2)), np.array([0, 1])).label.tolist() == [0, 1]
    own = Outputs(logits=LOGITS, label=LABEL)
    assert labelled(own, 1 - LABEL) is own
    assert labelled(bare, None) is bare
    loss = Outputs(loss=np.ones(4))
    assert labelled(loss, LABEL) is loss
