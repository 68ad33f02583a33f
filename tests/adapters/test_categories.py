"""Names of classes that come with the labels or with the model."""

from types import SimpleNamespace

import numpy as np
import pytest

from tacit.adapters import outputs_of
from tacit.adapters.categories import numbered, of_config, with_names
from tacit.core import InvalidInput, Outputs

LOGITS = np.array([[1.0, 0.0, 0.5], [0.2, 0.9, 0.1], [0.0, 0.1, 2.0], [0.3, 0.2, 0.1]])


def test_a_categorical_names_the_classes_of_a_function():
    pandas = pytest.importorskip("pandas")
    order = ["low", "mid", "high"]
    label = pandas.Series(pandas.Categorical(["low", "mid", "high", "low"], categories=order))
    found = outputs_of(lambda rows: LOGITS[rows], np.arange(4), label)
    assert found.classes == ("low", "mid", "high")
    assert found.label.tolist() == [0, 1, 2, 0]
    again = outputs_of(lambda rows: LOGITS[rows], np.arange(4), label.array)
    assert again.classes == found.classes


def test_numbers_as_categories_stay_numbers():
    pandas = pytest.importorskip("pandas")
    label = pandas.Series([2, 0, 1, 2], dtype="category")
    assert numbered(label)[1] is None
    assert outputs_of(lambda rows: LOGITS[rows], np.arange(4), label).label.tolist() == [2, 0, 1, 2]


def test_a_missing_category_is_refused():
    pandas = pytest.importorskip("pandas")
    with pytest.raises(InvalidInput, match="1 missing"):
        numbered(pandas.Categorical(["a", None, "b"]))


def test_other_labels_stay_as_they_are():
    label = np.array([0, 1])
    assert numbered(label) == (label, None) or numbered(label)[0] is label


def test_names_of_another_number_of_classes_are_not_used():
    outputs = Outputs(logits=LOGITS, label=np.array([0, 1, 2, 0]))
    assert with_names(outputs, ("a", "b")).classes is None
    assert with_names(outputs, ("a", "b", "c")).classes == ("a", "b", "c")
    assert with_names(Outputs(loss=np.ones(3)), ("a", "b", "c")).classes is None


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ({0: "NEGATIVE", 1: "POSITIVE"}, ("NEGATIVE", "POSITIVE")),
        ({0: "LABEL_0", 1: "LABEL_1"}, None),
        ({1: "a", 2: "b"}, None),
        (None, None),
    ],
)
def test_a_transformers_configuration_names_its_classes(table, names):
    assert of_config(SimpleNamespace(id2label=table)) == names
