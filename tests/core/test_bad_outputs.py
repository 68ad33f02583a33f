"""More bad input, one row each: what people bring, and what the error says to do."""

import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import tacit
from tacit import InvalidInput, Membership, Outputs
from tacit.adapters import adapter_of, outputs_of
from tacit.adapters.files import read_outputs
from tacit.adapters.sklearn import outputs_of as from_sklearn

RNG = np.random.default_rng(0)
Z, Y = RNG.normal(size=(60, 3)), np.arange(60) % 3
P = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
BINARY = Y % 2


class Booster:
    __module__ = "xgboost.core"


class Pool:
    __module__ = "catboost.core"


class Unfitted:
    classes_ = np.array([0, 1])

    def fit(self, x, y):
        return self

    def predict_proba(self, x):
        raise type("NotFittedError", (ValueError,), {})("not fitted yet")


class Classes:
    classes_ = np.array(["bad", "good"])

    def fit(self, x, y):
        return self

    def predict_proba(self, x):
        return np.full((len(x), 2), 0.5)


def survival():
    return np.array([(True, 1.0)] * 60, dtype=[("event", bool), ("time", float)])


def fails(part):
    raise RuntimeError("expected a picture")


# case: (call, what the error says)
TABLE = {
    "percent": (lambda: Outputs(probs=P * 100), "`probs`.*percent: divide them by 100"),
    "percent, whole": (lambda: Outputs(probs=(P * 100).round()), "divide them by 100"),
    "percent, one column": (lambda: Outputs(probs=P[:, 0] * 100), "divide them by 100"),
    "halved": (lambda: Outputs(probs=P / 2), "`probs`.*sum to 1.*decimals"),
    "classes for a regression": (
        lambda: Outputs(prediction=Y.astype(float), label=Y),
        r"audit_label_only.*`loss=\(predicted != label\).astype\(float\)`",
    ),
    "percent for logits": (
        lambda: Outputs(logits=P * 100, label=Y),
        "`logits`.*looks like percent.*Divide them by 100.*`probs=`",
    ),
    "a text among numbers": (
        lambda: Outputs(logits=np.array([[0.5, "u1"], [0.5, "u2"]], object)),
        "`logits`.*with 'u1' in row 0: leave such columns out",
    ),
    "true among numbers": (
        lambda: Outputs(loss=np.array([0.5, True], object)),
        "`loss`.*mixes numbers and true or false",
    ),
    "rows of other lengths as objects": (
        lambda: Outputs(loss=np.array([[1.0], [1.0, 2.0]], object)),
        "`loss`.*same length",
    ),
    "no row of objects": (lambda: Outputs(loss=np.array([], object)), "at least one record"),
    "classes by number in several lengths": (
        lambda: Outputs(logits=Z[:3], label=[[0, 1], [2], [0]]),
        "`label`.*rows of different lengths.*0 and 1 for each class.*MultiLabelBinarizer",
    ),
    "tokens": (lambda: Outputs(logits=np.zeros((4, 5, 6))), "one loss a record.*cluster"),
    "pixels": (lambda: Outputs(probs=np.zeros((4, 5, 6, 2))), "`probs`.*one loss a record"),
    "a label a pixel": (
        lambda: Outputs(logits=Z, label=np.zeros((60, 8, 8), int)),
        "`label`.*one class a record.*`loss=`",
    ),
    "soft labels": (lambda: Outputs(logits=Z, label=P), "`label`.*soft.*`loss=`.*argmax"),
    "mixed labels": (
        lambda: Outputs(probs=P, label=0.9 * np.eye(3)[Y] + 0.1 / 3),
        "`label`.*soft",
    ),
    "labels -1 and 1": (
        lambda: Outputs(logits=Z[:, 0], label=2 * BINARY - 1),
        r"`label`.*\(label \+ 1\) // 2",
    ),
    "labels -1 and 1 of two classes": (
        lambda: Outputs(logits=Z[:, :2], label=2 * BINARY - 1),
        r"\(label \+ 1\) // 2",
    ),
    "one-hot for a loss": (
        lambda: Outputs(loss=Z[:, 0] ** 2, label=np.eye(3, dtype=int)[Y]),
        r"`label`.*got neither.*argmax",
    ),
    "one-hot for one logit": (
        lambda: Outputs(logits=Z[:, 0], label=np.eye(2, dtype=int)[BINARY]),
        r"got shape \(60,\).*argmax",
    ),
    "labels in two columns from 1": (
        lambda: Outputs(logits=Z, label=(Y + 1)[:, None]),
        "`label`.*count from 0",
    ),
    "a booster": (lambda: adapter_of(Booster()), "Booster.*function.*kind='logits'"),
    "a pool": (lambda: from_sklearn(Classes(), Pool()), r"Pool.*train=\(X, y\)"),
    "unfitted": (lambda: outputs_of(Unfitted(), Z, BINARY), "NotFittedError.*Fit it first"),
    "X and y swapped": (lambda: from_sklearn(Classes(), Y, Z), r"swapped.*train=\(X, y\)"),
    "labels of another coding": (
        lambda: from_sklearn(Classes(), Z, BINARY),
        "`y`.*'bad', 'good'.*every row.*'0', '1'",
    ),
    "a missing label": (
        lambda: from_sklearn(Classes(), Z, [None, *["good"] * 59]),
        r"`y`.*1 missing ones \(first: row 0\)",
    ),
    "a label that is no number": (
        lambda: from_sklearn(Classes(), Z, np.r_[np.nan, np.zeros(59)]),
        "`y`.*1 missing",
    ),
    "survival": (lambda: from_sklearn(Classes(), Z, survival()), "event, time.*kind='loss'"),
    "a missing label of a function": (
        lambda: outputs_of(lambda x: x, Z, np.array([None, *Y[1:]], object)),
        "`y`.*1 missing",
    ),
    "a model that fails": (
        lambda: outputs_of(fails, Z, Y),
        r"RuntimeError: expected a picture.*ndarray of shape \(60, 3\)",
    ),
    "whole numbers to a model that fails": (
        lambda: outputs_of(fails, Z.astype(np.uint8), Y),
        "scaled to floats in training",
    ),
    "a loss beside classes": (
        lambda: outputs_of(lambda x: x[:, 0] ** 2, Z, Y),
        "kind='loss' or kind='prediction'",
    ),
    "an answer a pixel": (
        lambda: outputs_of(lambda x: np.zeros((len(x), 4, 4)), Z, Y),
        "one loss a record, with kind='loss'",
    ),
    "features that are images": (
        lambda: tacit.audit(
            member=Outputs(loss=[1.0, 2]),
            nonmember=Outputs(loss=[3.0, 4]),
            features=(np.zeros((2, 2, 2)),) * 2,
        ),
        "`features`.*one column a feature",
    ),
    "slices of no frame": (
        lambda: tacit.audit(
            member=Outputs(loss=[1.0, 2]), nonmember=Outputs(loss=[3.0, 4]), slices=["age"]
        ),
        "`slices` names 'age'",
    ),
    "no cell": (
        lambda: tacit.audit(
            member=Outputs(loss=[1.0, 2]),
            nonmember=Outputs(loss=[3.0, 4]),
            slices={"a": ([1, 2], [1, 2])},
            min_cell=0,
        ),
        "`min_cell`",
    ),
}
DATA = (Z, BINARY)
TABLE |= {
    "one data set twice": (
        lambda: tacit.audit(lambda x: x[:, :2], train=DATA, test=DATA),
        "`train` and `test` are the same object",
    ),
    "one X twice": (
        lambda: tacit.audit(lambda x: x[:, :2], train=(Z, BINARY), test=(Z, BINARY.copy())),
        "records of `train` and `test` are the same object",
    ),
    "a copy of X": (
        lambda: tacit.audit(
            lambda x: x[:, :2], train=(Z, BINARY), test=(Z.copy(), BINARY), effort="quick"
        ),
        "hold the same",
    ),
    "probabilities here and losses there": (
        lambda: tacit.audit(
            lambda x: x[:, 0],
            train=(np.linspace(0, 1, 60)[:, None], BINARY),
            test=(np.linspace(0, 2, 60)[:, None], Y + 0.5),
        ),
        "Say what they are: kind=",
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_the_error_says_what_to_do(case):
    call, expected = TABLE[case]
    with pytest.raises(InvalidInput) as caught:
        call()
    assert re.search(expected, str(caught.value), re.DOTALL), str(caught.value)


FILES = {
    "two labels that differ": ("loss,y,labels,member\n1,0,1,1\n2,0,0,0\n", "`y` and `labels`"),
    "a label and its alias": ("loss,label,target,member\n1,0,1,1\n2,0,0,0\n", "mean the same"),
    "a class that no column names": (
        "prob_no,prob_yes,label,member\n.5,.5,no,1\n.5,.5,maybe,0\n",
        "`label`.*'no', 'yes', got 'maybe'",
    ),
    "labels in words, columns in numbers": (
        "prob_0,prob_1,label,member\n.5,.5,no,1\n.5,.5,yes,0\n",
        "`prob_no` and `prob_yes`",
    ),
    "sides in strange words": ("loss,member\n1,left\n2,right\n", "`member`.*'left', 'right'"),
    "one side in words": ("loss,member\n1,train\n2,train\n", "both members and non-members"),
    "a gap in the classes": ("prob_0,prob_2,member\n.5,.5,1\n.5,.5,0\n", "`prob_1` is missing"),
    "percent in a file": ("prob_0,prob_1,member\n40,60,1\n30,70,0\n", "divide them by 100"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_cannot_be_used_says_why(tmp_path, case):
    text, expected = FILES[case]
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(InvalidInput, match=expected):
        read_outputs(tmp_path / "t.csv")


def test_one_file_or_a_copy_of_it_cannot_be_both_sides(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("loss\n1\n2\n")
    for other in ("a.csv", "b.csv"):
        with pytest.raises(InvalidInput, match="hold the same"):
            read_outputs([tmp_path / "a.csv", tmp_path / other])


GOOD = {
    "class names": ("prob_no,prob_yes,label,member\n.4,.6,yes,1\n.3,.7,no,0\n", ("no", "yes")),
    "from one": ("prob_1,prob_2,label,member\n.4,.6,2,1\n.3,.7,1,0\n", ("1", "2")),
    "p and words": ("p_cat,p_dog,label,member\n.4,.6,dog,train\n.3,.7,cat,test\n", ("cat", "dog")),
    "losses": ("loss,label,member\n.4,yes,1\n.3,no,0\n", ("no", "yes")),
}


@pytest.mark.parametrize("case", GOOD)
def test_classes_by_name_are_matched_and_kept(tmp_path, case):
    text, names = GOOD[case]
    (tmp_path / "t.csv").write_text(text)
    records = read_outputs(tmp_path / "t.csv")
    assert records.member.classes == records.nonmember.classes == names
    assert (records.member.label.tolist(), records.nonmember.label.tolist()) == ([1], [0])


@pytest.mark.parametrize("name", ["prob", "prob_0", "prob_1"])
def test_one_column_of_a_binary_model_is_that_of_yes(tmp_path, name):
    (tmp_path / "t.csv").write_text(f"{name},label,member\n.4,1,1\n.3,0,0\n")
    assert read_outputs(tmp_path / "t.csv").member.task == "binary"


@pytest.mark.parametrize("label", [Y[:, None], Y[:, None].astype(float), Y.astype(np.float32)])
def test_labels_in_a_column_are_taken(label):
    assert Outputs(logits=Z, label=label).label.tolist() == Y.tolist()


def test_rounded_and_shortened_probabilities_are_taken():
    many = RNG.dirichlet(np.ones(10), 300)
    assert Outputs(probs=many.round(2)).n == Outputs(probs=many.round(1)).n == 300
    top = np.where(many >= np.sort(many, axis=1)[:, -3:-2], many, 0.0)
    outputs = Outputs(probs=top, label=np.arange(300) % 10)
    for name in ("loss", "scaled_logit", "entropy"):
        assert np.isfinite(tacit.signals.measure(outputs, name)).all()


def test_numbers_that_came_one_by_one_are_numbers():
    """As a data base or a column of mixed types gives them."""
    loss = np.array([Decimal("0.5"), Fraction(1, 4), 2, np.float32(1.5)], object)
    assert Outputs(loss=loss).loss.tolist() == [0.5, 0.25, 2.0, 1.5]
    assert Membership(np.array([True, False], object)).member.tolist() == [True, False]


def test_predictions_in_a_column_are_taken():
    """As a network of one output gives them; the truth may be in a column or not."""
    for truth in (Z[:, 0], Z[:, :1]):
        outputs = Outputs(prediction=Z[:, :1], truth=truth)
        assert outputs.prediction.shape == outputs.truth.shape == (60,)
