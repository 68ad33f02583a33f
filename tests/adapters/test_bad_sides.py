"""What people give as `train`, `test`, `model` and `features`: read, or refused with what to do."""

import re
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.utils import resample

import tacit
from tacit import InvalidInput, Outputs
from tacit.adapters import outputs_of
from tacit.adapters.pairs import paired
from tacit.adapters.records import seen_records

RNG = np.random.default_rng(0)
N = 120
X = RNG.normal(size=(2 * N, 3))
Y = (X[:, 0] + RNG.normal(size=2 * N) > 0).astype(int)
MODEL = LogisticRegression().fit(X[:N], Y[:N])
FRAME = pd.DataFrame(X, columns=["a", "b", "c"])
TEST = (X[N:], Y[N:])


class Alone:
    """A model that has `predict` and nothing else."""

    def predict(self, x):
        return (np.asarray(x)[:, 0] > 0).astype(int)


class Named:
    """A model that answers with a frame whose columns stand in another order than its classes."""

    classes_ = np.array(["no", "yes"])

    def predict_proba(self, x):
        p = MODEL.predict_proba(x)[:, 1]
        return pd.DataFrame({"yes": p, "no": 1 - p})

    def predict(self, x):
        return self.classes_[MODEL.predict(x)]


class Lists(Named):
    """The same with lists of numbers, as a client of a service gives."""

    def predict_proba(self, x):
        return MODEL.predict_proba(x).tolist()


def audit(model=MODEL, train=(X[:N], Y[:N]), test=TEST, **more):
    return tacit.audit(model, train=train, test=test, effort="quick", **more)


def masked(values):
    return np.ma.masked_array(values, np.arange(values.size).reshape(values.shape) == 5)


SHUFFLED = RNG.permutation(N)
# case: (call, pattern of the error)
REFUSED = {
    "a generator": (
        lambda: audit(train=((row for row in X), Y)),
        r"`train` holds a generator, which can be read only once\..*train=\(X, y\)",
    ),
    "pairs one at a time": (
        lambda: audit(test=zip(X[N:], Y[N:])),
        "`test` holds a zip, which can be read only once",
    ),
    "weights": (
        lambda: audit(train=(X[:N], Y[:N], np.ones(N))),
        r"`train` needs \(X, y\), got 3 things.*weights are not used",
    ),
    "train_test_split taken two by two": (
        lambda: audit(train=(X[:N], X[N:]), test=(Y[:N], Y[N:])),
        "`train` holds two tables and `test` two columns of labels, as train_test_split",
    ),
    "no records": (
        lambda: audit(test=(X[:0], Y[:0])),
        "`test` needs at least one record, got none",
    ),
    "other columns in features": (
        lambda: audit(features=(X[:N], X[N:, :2])),
        "`features` needs the same columns .* got 3 and 2",
    ),
    "a row number beside the label": (
        lambda: audit(train=(X[:N], np.column_stack([np.arange(N), Y[:N]]))),
        r"`y` needs one label a record, got 2 columns, \(120, 2\): does it hold a row number",
    ),
    "a row number beside the label of a function": (
        lambda: audit(
            model=lambda x: MODEL.predict_proba(x),
            train=(X[:N], np.column_stack([np.arange(N), Y[:N], Y[:N]])),
        ),
        "`y` needs one label a record, got 3 columns",
    ),
    "slices without names": (
        lambda: audit(slices=Y),
        "`slices` needs {name: .* got ndarray",
    ),
    "the training records for a third set": (
        lambda: audit(utility=(X[:N], Y[:N])),
        "`utility` holds the training records",
    ),
    "a longer name of a class": (
        lambda: audit(
            model=LogisticRegression().fit(X[:N], np.where(Y[:N], "yes", "no")),
            train=(X[:N], np.where(Y[:N], "yes", "no")),
            test=(X[N:], np.where(Y[N:], "yes ", "no")),
        ),
        "`y` needs classes that the estimator was fitted on, got 'yes '",
    ),
    "logits called probabilities": (
        lambda: audit(model=MODEL.decision_function, kind="probs"),
        "`probs` needs numbers from 0 to 1",
    ),
    "masked labels": (
        lambda: audit(test=(X[N:], masked(Y[N:]))),
        "`test` holds a masked array with 1 masked entries.*Drop or fill",
    ),
    "masked records": (
        lambda: audit(train=(masked(X[:N]), Y[:N])),
        "`train` holds a masked array with 1 masked",
    ),
    "rows in another order than labels": (
        lambda: audit(train=(FRAME.iloc[SHUFFLED], pd.Series(Y[:N]))),
        r"X and y of `train` have the same row names .* in another order.*y\.loc\[X\.index\]",
    ),
    "a class in place of a model": (
        lambda: audit(model=LogisticRegression),
        "`model` is the class LogisticRegression.*make one and fit it",
    ),
    "a path in place of a model": (
        lambda: audit(model="model.pkl"),
        r"`model` is the path `model\.pkl`.*Load it first",
    ),
    "predict alone": (
        lambda: audit(model=Alone()),
        "Alone has `predict` alone.*kind='probs'.*audit_label_only",
    ),
    "a model that was not fitted": (
        lambda: audit(model=LogisticRegression()),
        "could not answer: NotFittedError.*Fit it first",
    ),
    "a column too many": (
        lambda: audit(
            model=LogisticRegression().fit(FRAME[:N], Y[:N]),
            train=(FRAME[:N].assign(target=Y[:N]), Y[:N]),
            test=(FRAME[N:].assign(target=Y[N:]), Y[N:]),
        ),
        "feature names.*target.*The records came as DataFrame",
    ),
    "words as a quantity": (
        lambda: audit(
            model=LinearRegression().fit(X[:N], X[:N, 0]),
            train=(X[:N], X[:N, 0].astype(str)),
            test=(X[N:], X[N:, 0].astype(str)),
        ),
        r"`y` needs numbers \(of classes: 0\.\.k-1\), got <U32 such as",
    ),
    "features of one side": (
        lambda: audit(features=X),
        r"`features` needs a pair \(for members, for non-members\), got ndarray",
    ),
    "one class among few records": (
        lambda: tacit.audit(
            LogisticRegression().fit(X[:20], np.arange(20) % 2),
            train=(X[:20], (np.arange(20) == 3).astype(int)),
            test=(X[20:40], (np.arange(20) == 3).astype(int)),
            shadows=4,
        ),
        "A shadow model could not be fitted on .*more of each class",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_refused_by_name(case):
    call, pattern = REFUSED[case]
    with pytest.raises(InvalidInput) as caught:
        call()
    assert re.search(pattern, str(caught.value), re.DOTALL), str(caught.value)


@pytest.mark.parametrize(
    ("train", "test"),
    [
        (list(resample(X[:N], Y[:N], random_state=0, replace=False)), [X[N:], Y[N:]]),
        ({"X": X[:N], "y": Y[:N]}, {"data": X[N:], "target": Y[N:]}),
        ((X[:N].tolist(), Y[:N].tolist()), (X[N:].tolist(), Y[N:].tolist())),
        (
            (sparse.coo_matrix(X[:N]), Y[:N]),
            (sparse.bsr_matrix(X[N:]), Y[N:]),
        ),
        (
            (pd.DataFrame(X[:N], index=SHUFFLED), pd.Series(Y[:N], index=SHUFFLED)),
            (pd.DataFrame(X[N:]), pd.DataFrame({"y": Y[N:]})),
        ),
    ],
    ids=["lists of two", "dicts", "nested lists", "sparse without rows", "an index out of order"],
)
def test_pairs_in_another_wrapping_are_the_same_audit(train, test):
    expected = audit()
    report = audit(model=LogisticRegression().fit(X[:N], Y[:N]), train=train, test=test)
    assert report.score.value == pytest.approx(expected.score.value)


def test_two_records_are_not_a_pair():
    assert isinstance(paired([np.zeros((4, 4)), np.zeros((4, 4))], "train"), list)
    assert isinstance(paired([[1.0, 2.0], [3.0, 4.0]], "train"), list)
    assert isinstance(paired({"a": X, "b": X}, "train"), dict)


@pytest.mark.parametrize("model", [Named(), Lists()], ids=["a frame", "lists"])
def test_probabilities_are_matched_with_the_classes(model):
    words = np.where(Y, "yes", "no")
    found = outputs_of(model, X, words)
    np.testing.assert_allclose(found.probs, MODEL.predict_proba(X))
    np.testing.assert_array_equal(found.label, Y)


def test_labels_in_words_are_matched_with_the_names_of_the_classes():
    words = np.where(Y, "yes", "no")
    logits = MODEL.decision_function(X)
    for label in (words, words.tolist(), pd.Categorical(words), pd.Series(words, dtype="string")):
        found = Outputs(logits=logits, label=label, classes=["no", "yes"])
        np.testing.assert_array_equal(found.label, Y)
    with pytest.raises(InvalidInput, match="`label` needs the names in `classes`, 'no', 'ja'"):
        Outputs(logits=logits, label=words, classes=["no", "ja"])


@pytest.mark.parametrize(
    "one",
    [lambda x: x[:, 0], lambda x: pd.Series(x[:, 0]), lambda x: x[:, 0].tolist()],
    ids=["array", "series", "list"],
)
def test_a_single_feature_is_a_table_of_one_column(one):
    report = audit(features=(one(X[:N] + 9.0), one(X[N:])))
    assert "giveaway" in report.headline


def test_records_as_dicts_have_columns():
    rows = [{"a": float(x), "side": "in" if k < N else "out"} for k, x in enumerate(X[:, 0])]
    seen = seen_records((rows[:N], Y[:N]), (rows[N:], Y[N:]))
    assert seen.columns.shape == (2 * N, 3)
    assert not (seen.columns[:N, 1] == seen.columns[N:, 1]).any()


def test_an_answer_of_words_alone_is_told_where_to_go():
    dummy = DummyClassifier().fit(X, Y)
    with pytest.raises(InvalidInput, match="`y` needs"):
        outputs_of(lambda x: dummy.predict(x).astype(str), X, Y.astype(str))


def test_features_may_be_columns_by_name():
    report = audit(features=({"a": X[:N, 0] + 9.0}, {"a": X[N:, 0]}))
    assert "giveaway" in report.headline


@pytest.mark.parametrize("answer", [{"label": "POS", "score": 0.9}, 1j], ids=["dicts", "complex"])
def test_answers_that_are_no_numbers_are_shown(answer):
    with pytest.raises(InvalidInput, match=r"needs to answer with numbers, got .*takes one row"):
        outputs_of(lambda x: [answer] * len(x), X, Y)


def test_answers_that_came_one_by_one_are_numbers():
    answers = outputs_of(lambda x: [[Decimal("0.25"), Decimal("0.75")]] * len(x), X, Y)
    assert answers.probs[0].tolist() == [0.25, 0.75]
