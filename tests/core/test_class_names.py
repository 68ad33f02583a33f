"""Names of classes go with the answers, and into the report."""

import numpy as np
import pytest

import tacit
from tacit.core import InvalidInput, Outputs, concatenate

LOGITS = np.array([[2.0, -1.0], [0.5, 0.1], [-1.0, 3.0]])


def test_names_stay_with_the_records():
    named = Outputs(logits=LOGITS, label=[0, 1, 1], classes=["good", "bad"])
    assert named.take(np.array([2])).classes == ("good", "bad")
    assert concatenate(named, named).classes == ("good", "bad")
    assert Outputs(logits=LOGITS).named(["a", "b"]).classes == ("a", "b")
    assert Outputs(logits=LOGITS).classes is None


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        (["good"], "`classes` needs 2 names, one a class, got 1"),
        (["a", "b", "c"], "needs 2 names"),
        (["a", "a"], "a different text for each class"),
        (["a", 3], "a different text for each class"),
    ],
)
def test_names_that_do_not_fit_are_refused(classes, said):
    with pytest.raises(InvalidInput, match=said):
        Outputs(logits=LOGITS, classes=classes)


def test_sides_with_other_names_are_not_joined():
    one, other = Outputs(logits=LOGITS, classes=["a", "b"]), Outputs(logits=LOGITS)
    with pytest.raises(InvalidInput, match="same names in all Outputs"):
        concatenate(one, other)


def test_the_report_says_the_names_and_the_digest_does_not_change():
    rng = np.random.default_rng(0)
    answers = rng.normal(size=(400, 2))
    label = rng.integers(0, 2, 400)
    reports = [
        tacit.audit(
            member=Outputs(logits=answers[:200], label=label[:200], classes=classes),
            nonmember=Outputs(logits=answers[200:], label=label[200:], classes=classes),
            effort="quick",
        )
        for classes in (None, ["good", "bad"])
    ]
    names = [{c.name for c in report.checks if c.slice == "class"} for report in reports]
    assert names == [{"class = 0", "class = 1"}, {"class = good", "class = bad"}]
    assert reports[0].environment["digest"] == reports[1].environment["digest"]


def test_scikit_learn_brings_the_names_of_its_classes():
    pytest.importorskip("sklearn")
    from sklearn.linear_model import LogisticRegression

    from tacit.adapters import outputs_of

    x = np.random.default_rng(0).normal(size=(80, 2))
    y = np.where(x[:, 0] > 0, "good", "bad")
    assert outputs_of(LogisticRegression().fit(x, y), x, y).classes == ("bad", "good")
    numbers = (x[:, 0] > 0).astype(int)
    assert outputs_of(LogisticRegression().fit(x, numbers), x, numbers).classes is None
