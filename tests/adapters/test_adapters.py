"""The right adapter is found, records keep their order, and answers that cannot be trusted are
errors.
"""

import subprocess
import sys

import numpy as np
import pytest

from tacit.adapters import adapter_of, outputs_of
from tacit.core import InvalidInput
from tacit.testing import check_adapter

WEIGHTS = np.random.default_rng(1).normal(size=(3, 4))


@pytest.fixture
def x():
    return np.random.default_rng(2).normal(size=(30, 3))


@pytest.fixture
def y():
    return np.arange(30) % 4


def test_any_function_is_a_model(x, y):
    check_adapter(outputs_of, lambda part: part @ WEIGHTS, x, y, expected=x @ WEIGHTS)


def test_finding_an_adapter_imports_no_framework():
    code = (
        "import sys, numpy as np; from tacit.adapters import outputs_of; outputs_of(lambda x: x,"
        " np.eye(3) * 2 - 1, [0, 1, 2]);print(*{'torch', 'keras', 'jax', 'tensorflow', 'sklearn',"
        " 'transformers'} & set(sys.modules))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert found.strip() == ""


def test_what_is_no_model_is_refused(x, y):
    with pytest.raises(InvalidInput, match="is a dict with 0 entries"):
        outputs_of({}, x, y)


def test_probabilities_are_told_from_logits(x, y):
    assert outputs_of(lambda part: np.full((len(part), 4), 0.25), x, y).probs is not None
    assert outputs_of(lambda part: np.abs(part @ WEIGHTS) + 0.01, x, y).logits is not None
    assert outputs_of(lambda part: 1 / (1 + np.exp(-part[:, 0])), x, y % 2).probs is not None
    assert outputs_of(lambda part: part[:, :1], x, y % 2).logits.shape == (30,)


def test_one_hot_labels_become_class_numbers(x, y):
    np.testing.assert_array_equal(outputs_of(lambda part: part @ WEIGHTS, x, np.eye(4)[y]).label, y)


def test_a_loss_can_be_given(x):
    found = outputs_of(lambda part: (part**2).sum(axis=1), x, kind="loss")
    np.testing.assert_array_equal(found.loss, (x**2).sum(axis=1))


def test_several_inputs_are_cut_together(x, y):
    found = outputs_of(
        lambda part: part["a"] @ WEIGHTS + part["b"],
        {"a": x, "b": np.ones((30, 4))},
        y,
        batch_size=7,
    )
    np.testing.assert_allclose(found.logits, x @ WEIGHTS + 1)
    with pytest.raises(InvalidInput, match="same number of records"):
        outputs_of(lambda part: part["a"], {"a": x, "b": x[:4]}, y)


def test_random_answers_are_an_error(x, y):
    rng = np.random.default_rng(0)
    with pytest.raises(InvalidInput, match=r"30 records differently when asked twice.*Dropout"):
        outputs_of(lambda part: part @ WEIGHTS * (rng.random((len(part), 4)) > 0.5), x, y)


def test_answers_that_depend_on_the_batch_are_an_error(x, y):
    with pytest.raises(InvalidInput, match="depends on the other records"):
        outputs_of(lambda part: (part - part.mean(axis=0)) @ WEIGHTS, x, y)


def test_global_random_states_are_put_back(x, y):
    before = np.random.get_state()[1].copy()  # noqa: NPY002

    def model(part):
        np.random.random()  # noqa: NPY002
        return part @ WEIGHTS

    outputs_of(model, x, y)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda part: np.zeros((len(part), 5, 4)), r"shape \(30, 5, 4\)"),
        (lambda part: np.zeros(3), "one row a record"),
        (lambda part: np.float64(1), "one row a record"),
    ],
)
def test_answers_of_the_wrong_shape_are_named(model, message, x, y):
    with pytest.raises(InvalidInput, match=message):
        outputs_of(model, x, y)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "`batch_size` needs 1"),
        ({"y": [0, 1]}, "30 records in `x`, got 2"),
        ({"y": ["a"] * 30}, "`y` needs numbers"),
    ],
)
def test_bad_arguments_are_named(options, message, x, y):
    with pytest.raises(InvalidInput, match=message):
        outputs_of(lambda part: part @ WEIGHTS, x, **({"y": y} | options))


def test_the_contract_catches_an_adapter_that_reorders(x, y):
    def shuffling(model, x, y, batch_size):
        return outputs_of(model, x[::-1], y[::-1])

    with pytest.raises(AssertionError, match="another order"):
        check_adapter(shuffling, lambda part: part @ WEIGHTS, x, y, expected=x @ WEIGHTS)


def test_the_contract_catches_an_adapter_that_changes_the_model(x, y):
    count = [0]

    def counting(part):
        count[0] += 1
        return part @ WEIGHTS

    with pytest.raises(AssertionError, match="changes nothing"):
        check_adapter(outputs_of, counting, x, y, expected=x @ WEIGHTS, state=lambda: count)


def test_adapters_are_named():
    assert adapter_of(print) == "callables"
