"""What a model answered: each edge of what is taken."""

import numpy as np
import pytest

from tacit.core import InvalidInput, Outputs
from tacit.core.outputs import concatenate


def one_hot(n):
    return np.eye(3, dtype=int)[np.arange(n) % 3]


def test_a_label_looks_one_hot_from_ten_rows_on():
    Outputs(probs=np.full((9, 3), 0.4), label=one_hot(9))
    with pytest.raises(InvalidInput, match="looks one-hot"):
        Outputs(probs=np.full((10, 3), 0.4), label=one_hot(10))
    several = one_hot(10)
    several[0] = 1
    assert Outputs(probs=np.full((10, 3), 0.4), label=several).task == "multilabel"


@pytest.mark.parametrize(
    ("given", "task"),
    [
        ({"logits": [[1.0, 2.0]]}, "multiclass"),
        ({"logits": [1.0]}, "binary"),
        ({"logits": [[1.0]]}, "binary"),
        ({"logits": [[1.0, -2.0]], "label": [[1, 1]]}, "multilabel"),
        ({"loss": [1.0]}, "loss"),
        ({"prediction": [1.0], "truth": [1.0]}, "regression"),
    ],
)
def test_the_task_is_told_by_the_shape(given, task):
    found = Outputs(**given)
    assert found.task == task
    assert found.n == len(found) == 1


@pytest.mark.parametrize(
    ("value", "half", "taken"),
    [(1.0009, False, True), (1.002, False, False), (1.015, True, True), (1.03, True, False)],
)
def test_rounded_probabilities_may_leave_their_range_by_a_little(value, half, taken):
    probs = np.array([value], np.float16 if half else np.float32)
    if taken:
        Outputs(probs=probs)
    else:
        with pytest.raises(InvalidInput, match="`probs`"):
            Outputs(probs=probs)


def test_logits_are_told_from_probabilities_by_more_than_the_first_rows():
    probs = np.full((1200, 2), 0.5)
    with pytest.raises(InvalidInput, match="looks like probabilities"):
        Outputs(logits=probs)
    probs[1100] = [3.0, -1.0]
    assert Outputs(logits=probs).n == 1200


@pytest.mark.parametrize(
    ("label", "logits", "allowed"),
    [
        ([0, 3], np.array([[0.0, 1.0, 2.0]] * 2), "0 to 2"),
        ([0, -1], np.array([[0.0, 1.0, 2.0]] * 2), "0 to 2"),
        ([0, 2], np.array([3.0, -2.0]), "0 to 1"),
        ([0, -1], None, "0 or larger"),
    ],
)
def test_labels_outside_of_the_classes_are_refused(label, logits, allowed):
    given = {"loss": [0.1, 0.2]} if logits is None else {"logits": logits}
    with pytest.raises(InvalidInput, match=f"classes {allowed}.*first: 1"):
        Outputs(**given, label=label)


def test_labels_of_minus_one_and_one_are_told_how_to_become_classes():
    with pytest.raises(InvalidInput, match=r"\(label \+ 1\) // 2"):
        Outputs(logits=[3.0, -2.0], label=[-1, 1])


def test_soft_labels_are_known_by_fractions_that_sum_to_one():
    with pytest.raises(InvalidInput, match="soft or mixed"):
        Outputs(logits=[[3.0, -2.0]], label=[[0.3, 0.7]])
    with pytest.raises(InvalidInput, match="whole numbers"):
        Outputs(logits=[[3.0, -2.0]], label=[[0.3, 0.9]])


@pytest.mark.parametrize(
    ("given", "names", "taken"),
    [
        ({"logits": [[3.0, -1.0]]}, ["a", "b"], True),
        ({"logits": [[3.0, -1.0]]}, ["a"], False),
        ({"logits": [[3.0, -1.0]]}, ["a", "b", "c"], False),
        ({"logits": [3.0]}, ["no", "yes"], True),
        ({"logits": [3.0]}, ["yes"], False),
        ({"loss": [3.0], "label": [1]}, ["a", "b", "c"], True),
        ({"loss": [3.0], "label": [1]}, ["a"], False),
        ({"logits": [[3.0, -1.0]]}, ["a", "a"], False),
        ({"logits": [[3.0, -1.0]]}, ["a", ""], False),
    ],
)
def test_names_are_one_a_class(given, names, taken):
    if taken:
        assert Outputs(**given, classes=names).classes == tuple(names)
    else:
        with pytest.raises(InvalidInput, match="`classes`"):
            Outputs(**given, classes=names)


def test_records_and_names_are_taken_along():
    whole = Outputs(logits=[[3.0, -1.0], [0.0, 5.0]], label=[0, 1], classes=["a", "b"])
    second = whole.take(np.array([1]))
    assert second.logits.tolist() == [[0, 5]]
    assert second.label.tolist() == [1]
    assert second.classes == ("a", "b")
    assert whole.named(["x", "y"]).classes == ("x", "y")
    assert whole.named(None).classes is None


def test_parts_are_joined_in_order_where_they_are_alike():
    first, second = Outputs(loss=[1.0, 2.0], label=[0, 1]), Outputs(loss=[3.0], label=[2])
    both = concatenate(first, second)
    assert both.loss.tolist() == [1, 2, 3]
    assert both.label.tolist() == [0, 1, 2]
    with pytest.raises(InvalidInput, match="`label` is given for some"):
        concatenate(first, Outputs(loss=[3.0]))
    with pytest.raises(InvalidInput, match="same number of columns"):
        concatenate(Outputs(logits=[[3.0, -1.0]]), Outputs(logits=[[3.0, -1.0, 2.0]]))
    with pytest.raises(InvalidInput, match="`classes` needs the same names"):
        concatenate(first.named(["a", "b"]), second)


def test_what_is_asked_once_is_kept():
    asked = []
    outputs = Outputs(loss=[1.0])
    function = asked.append
    assert outputs.once(function) is None
    assert outputs.once(function) is None
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "none of them"),
        ({"loss": [1.0], "probs": [0.5]}, "`probs`, `loss`"),
        ({"loss": []}, "at least one record"),
        ({"prediction": [1.0]}, "both `prediction` and `truth`"),
        ({"loss": [1.0], "truth": [1.0]}, "both `prediction` and `truth`"),
        ({"prediction": [1.0], "truth": [[1.0, 2.0]]}, r"shape of `prediction` \(1,\)"),
        ({"prediction": [1.0], "label": [1]}, "answer of a regression"),
        ({"logits": np.zeros((2, 3, 4))}, "each token, pixel or step"),
        ({"logits": np.zeros((2, 0))}, "at least one class"),
        ({"loss": [1.0, 2.0], "label": np.zeros((2, 3, 4))}, "one class a record"),
        ({"loss": [1.0, 2.0], "label": one_hot(2)}, r"got neither.*argmax"),
        ({"probs": [[0.9, 0.4]]}, "sum"),
    ],
)
def test_what_does_not_fit_together_is_said(given, says):
    with pytest.raises(InvalidInput, match=says):
        Outputs(**given)
