"""What a record tells by itself: fitted without membership, out of fold."""

from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest

from tacit.audits.steps import record_guesses as steps
from tacit.core import Outputs

N = 120


def test_the_log_probability_of_a_label_that_was_not_fitted_is_the_least():
    model = SimpleNamespace(
        classes_=np.array([0, 2]), predict_proba=lambda x: np.tile([0.25, 0.75], (len(x), 1))
    )
    found = steps._log_p(model, np.zeros((4, 1)), np.array([2, 1, 0, 3]))
    np.testing.assert_allclose(np.exp(found), [0.75, 1e-6, 0.25, 1e-6])


def test_columns_have_spread_one_and_constant_ones_stay_zero():
    x = steps._standardised(np.array([[1.0, 5], [3, 5]], np.float32))
    assert x.tolist() == [[-1, 0], [1, 0]]


class Memory:
    """Says of every record the mean of what it was fitted on, and remembers how much that was."""

    sizes: ClassVar[list[int]] = []

    def fit(self, x, y):
        self.mean = y.mean()
        Memory.sizes.append(len(y))
        return self

    def predict(self, x):
        return np.full(len(x), self.mean)


def test_each_fold_is_judged_by_a_fit_on_the_others():
    fold = np.repeat([0, 1, 2], 40).astype(np.int8)
    y = np.repeat([1.0, 2.0, 6.0], 40)
    y[0] = 41.0  # the mean of the first fold is 2
    Memory.sizes.clear()
    found = steps._out_of_fold(Memory, np.zeros((N, 1)), y, fold, steps._prediction)
    np.testing.assert_allclose(found, np.repeat([4.0, 4.0, 2.0], 40))
    assert Memory.sizes == [80, 80, 80]


def test_too_few_records_of_the_other_folds_teach_nothing():
    for size, said in ((30, 0.5), (29, 0.0)):
        fold = np.repeat([0, 1], [size, 5]).astype(np.int8)
        y = np.zeros(size + 5)
        y[: size // 2] = 1.0
        found = steps._out_of_fold(Memory, np.zeros((size + 5, 1)), y, fold, steps._prediction)
        assert found[-1] == said
    # nor do records that are all alike
    fold = np.repeat([0, 1], 40).astype(np.int8)
    y = np.repeat([3.0, 4.0], 40)
    assert not steps._out_of_fold(Memory, np.zeros((80, 1)), y, fold, steps._prediction).any()


def test_difficulty_is_minus_a_squared_error_or_a_log_probability():
    rng = np.random.default_rng(2)
    rows, fold = np.arange(N), (np.arange(N) % 5).astype(np.int8)
    features = rng.normal(size=(N, 2)).astype(np.float32)
    truth = 3 * features[:, 0]
    outputs = Outputs(prediction=np.zeros(N), truth=truth)
    ridge, *others = steps.difficulties(features, outputs, rows, fold, seed=0)
    assert len(others) == 2
    # a line is fitted nearly without error; squared, not cubed: (3 x - its fit)^2
    assert -0.05 < ridge.min() <= ridge.max() <= 0
    assert all(score.min() < -0.5 and score.max() <= 0 for score in others)
    label = (features[:, 0] > 0).astype(int)
    outputs = Outputs(probs=np.full((N, 2), 0.5), label=label)
    scores = steps.difficulties(features, outputs, rows, fold, seed=0)
    assert len(scores) == 3
    for score in scores:
        assert (score <= 0).all()
        # easy far from the border
        assert score[np.abs(features[:, 0]) > 1].mean() > score[np.abs(features[:, 0]) < 0.2].mean()
    # another record's label in the same fold changes nothing, one in another fold does
    for place, same in ((5, True), (6, False)):
        turned = label.copy()
        turned[place] = 1 - turned[place]
        outputs = Outputs(probs=np.full((N, 2), 0.5), label=turned)
        again = steps.difficulties(features, outputs, rows, fold, seed=0)
        assert (again[0][0] == scores[0][0]) == same
    one_class = Outputs(probs=np.full((N, 2), 0.5), label=np.zeros(N, int))
    assert steps.difficulties(features, one_class, rows, fold, seed=0) == ()


def test_what_a_label_tells_of_a_score_is_counted_in_the_other_folds():
    """Class 0 scores 1 and 3, class 1 scores 5; five records of the mean of all are added."""
    label, score = np.array([0, 0, 1, 0, 2]), np.array([1.0, 3.0, 5.0, 100.0, 100.0])
    fold = np.array([0, 0, 0, 1, 1], np.int8)
    told = steps.class_means(label, score, fold)
    np.testing.assert_allclose(told[3], (1 + 3 + 5 * 3) / 7)
    np.testing.assert_allclose(told[4], 3.0)
    np.testing.assert_allclose(told[:3], [(100 + 500) / 6, (100 + 500) / 6, 100.0])


@pytest.mark.parametrize(
    ("n", "kind"), [(499, "RandomForestRegressor"), (500, "HistGradientBoostingRegressor")]
)
def test_trees_explain_what_a_record_tells_by_fits_on_other_folds(n, kind, monkeypatch):
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(n, 4)).astype(np.float32)
    score = np.where(columns[:, 0] > 0, 2.0, 0.0) + 0.1 * rng.normal(size=n)
    fold = (np.arange(n) % 5).astype(np.int8)
    made = []

    def watched(make, *arguments):
        made.append(type(make()).__name__)
        return out_of_fold(make, *arguments)

    out_of_fold = steps._out_of_fold
    monkeypatch.setattr(steps, "_out_of_fold", watched)
    guess = steps.trees_guess(columns, score, fold, seed=0)
    assert made == [kind]
    assert np.mean((guess - score) ** 2) < 0.1 * score.var()
    # a record's own score is not seen: another one changes the guesses of other folds only
    score[0] += 100
    again = steps.trees_guess(columns, score, fold, seed=0)
    assert np.array_equal(guess[fold == 0], again[fold == 0])
    assert not np.array_equal(guess[fold == 1], again[fold == 1])
