"""One number a record: what it is must be said, or be borne out by the training records."""

import numpy as np
import pytest

import tacit
from tacit import InvalidInput
from tacit.adapters.both_sides import answers_of_both

RNG = np.random.default_rng(0)
N = 400
X = RNG.normal(size=N)
Y = (X + RNG.normal(size=N) > 0).astype(int)
P = 1 / (1 + np.exp(-X))
LOSS = RNG.exponential(0.2, N).clip(0, 1)
ROWS = np.arange(N)[:, None]


def asked(values, y, **how):
    half = N // 2
    sides = [(ROWS[:half], y[:half]), (ROWS[half:], y[half:])]
    if y is ROWS:
        sides = [ROWS[:half], ROWS[half:]]
    return answers_of_both(lambda x: values[np.asarray(x)[:, 0]], *sides, **how)


@pytest.mark.parametrize(
    ("values", "y"),
    [
        (LOSS, Y),
        (5 * LOSS, Y),
        (-5 * LOSS, Y),
        (LOSS.astype(np.float32)[:, None], Y.astype(bool)),
        (LOSS, 2 * Y - 1),
        (LOSS, (Y + 1).astype(float)),
        (LOSS, X),
        (1 - P, Y),
    ],
    ids=[
        "within 0..1",
        "above 1",
        "negated",
        "a float32 column, boolean labels",
        "labels -1 and 1",
        "float labels from 1",
        "a regression's",
        "the other class",
    ],
)
def test_losses_are_not_read_as_something_else(values, y):
    with pytest.raises(InvalidInput, match="kind='loss'"):
        asked(values, y)
    both, said = asked(values, y, kind="loss")
    assert both[0].task == "loss"
    assert said == ""


def test_numbers_without_labels_are_not_guessed_at():
    for values in (LOSS, P, X):
        with pytest.raises(InvalidInput, match=r"there are no labels.*kind='loss'"):
            asked(values, ROWS)
    assert asked(P, ROWS, kind="probs")[0][0].task == "binary"


@pytest.mark.parametrize("y", [Y, Y.astype(bool), Y.astype(np.float32), 2 * Y - 1, Y[:, None]])
def test_what_the_training_records_bear_out_is_read_and_said(y):
    both, said = asked(P, y)
    assert both[0].task == "binary"
    assert "probabilities of class 1" in said
    logits, said = asked(X, y)
    assert logits[0].logits is not None
    assert "logits of class 1" in said


def test_a_regression_is_borne_out_by_the_training_records():
    assert asked(X, X + 0.1)[0][0].task == "regression"
    assert asked(LOSS, X, kind="prediction")[0][0].task == "regression"


def test_an_overfitted_model_is_read_by_its_training_records():
    coins = RNG.integers(0, 2, N)
    values = np.where(np.arange(N) < N // 2, coins * 0.8 + 0.1, RNG.uniform(0, 1, N))
    assert asked(values, coins)[0][1].task == "binary"


def test_the_report_says_what_was_assumed():
    half = N // 2
    sides = {
        "train": (ROWS[:half], Y[:half]),
        "test": (ROWS[half:], Y[half:]),
    }
    report = tacit.audit(lambda x: P[x[:, 0]], **sides, features=(X[:half, None], X[half:, None]))
    assert any("probabilities of class 1" in text for text in report.assumes)
