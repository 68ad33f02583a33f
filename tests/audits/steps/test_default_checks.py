"""Which attacks an audit runs where nobody names any."""

import numpy as np
import pytest

from tacit.audits.steps.default_checks import MAX_CLASSES, default_checks
from tacit.core import InvalidInput, Outputs


def names(outputs, **given):
    return [check.name for check in default_checks(outputs, **given)]


LEARNED = [
    "logistic regression",
    "gradient boosting",
    "random forest",
    "k nearest neighbours",
    "multilayer perceptron",
]


def test_classifiers_are_read_by_every_signal_and_losses_by_the_loss_alone():
    logits = np.zeros((4, 3))
    labelled = Outputs(logits=logits, label=[0, 1, 2, 0])
    found = names(labelled)
    assert found[0] == "confidence threshold"
    assert "loss threshold" not in found
    assert found[-6:] == ["confidence threshold per class", *LEARNED]
    assert names(labelled, effort="quick") == found[:-5]
    assert names(Outputs(loss=np.ones(4))) == ["loss threshold"]
    unlabelled = names(Outputs(logits=logits))
    assert "entropy threshold" in unlabelled
    assert "confidence threshold per class" not in unlabelled
    with pytest.raises(InvalidInput, match="'full' or 'quick', got 'some'"):
        default_checks(labelled, effort="some")


@pytest.mark.parametrize(
    ("label", "per_class"),
    [
        ([0, 0, 0], False),
        ([0, 1, 0], True),
        ([0, MAX_CLASSES - 1, 0], True),
        ([0, MAX_CLASSES, 0], False),
    ],
)
def test_two_to_a_thousand_classes_have_thresholds_of_their_own(label, per_class):
    assert MAX_CLASSES == 1000
    found = names(Outputs(loss=np.arange(3.0), label=label))
    assert ("confidence threshold per class" in found) == per_class


def test_every_check_measures_the_same():
    checks = default_checks(Outputs(logits=np.zeros((4, 3)), label=[0, 1, 2, 0]))
    assert {check.metrics for check in checks} == {("auc", "tpr@fpr=0.01", "tpr@fpr=0.001")}
