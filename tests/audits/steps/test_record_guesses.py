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


@pytest.fixture
def plain_fits(monkeypatch):
    """Every model of scikit-learn that is fitted here says the mean of what it was fitted on."""
    made = []

    class Plain(Memory):
        def __init__(self, *settings, **named):
            made.append((settings, named))

        def fit(self, x, y):
            self.columns = x.shape[1]
            self.mean = y.mean(axis=0)
            self.classes_, counts = np.unique(y, return_counts=True)
            self.share = counts / counts.sum()
            return self

        def predict(self, x):
            return np.repeat(np.atleast_1d(self.mean)[None], len(x), axis=0).squeeze()

        def predict_proba(self, x):
            return np.tile(self.share, (len(x), 1))

    for name in (
        "ensemble.RandomForestRegressor",
        "ensemble.RandomForestClassifier",
        "neighbors.KNeighborsRegressor",
        "neighbors.KNeighborsClassifier",
    ):
        monkeypatch.setattr(f"sklearn.{name}", Plain)
    return made


FOREST = {"min_samples_leaf": 5, "max_features": 1 / 3, "random_state": 7, "n_jobs": 1}


def test_a_forest_of_sixty_trees_says_what_the_columns_tell(plain_fits):
    fold = np.repeat([0, 1], 40).astype(np.int8)
    score = np.r_[np.arange(40.0), 10 + np.arange(40.0)]
    told = steps.trees_guess(np.zeros((80, 2)), score, fold, seed=7)
    np.testing.assert_allclose(told, np.repeat([29.5, 19.5], 40))
    assert plain_fits == [((60,), FOREST)] * 2


def test_a_row_tells_what_a_line_and_a_forest_tell_from_the_other_folds(plain_fits):
    """A ridge by hand: in units of spread, slope Sxy / (Sxx + 1) about the means of the others."""
    rng = np.random.default_rng(0)
    x, fold = rng.normal(size=40), (np.arange(40) % 2).astype(np.int8)
    targets = np.column_stack([3 * x + rng.normal(size=40), rng.normal(size=40), np.full(40, 4.0)])
    told = steps.row_guesses(x[:, None], np.zeros((40, 1)), targets, fold, seed=7)
    for number in (0, 1):
        here, there = fold == number, fold != number
        away = x[there] - x[there].mean()
        slope = away @ targets[there] / (away @ away + 1)
        line = targets[there].mean(axis=0) + (x[here] - x[there].mean())[:, None] * slope
        np.testing.assert_allclose(told[here], line, atol=1e-9)
    assert plain_fits == [((60,), FOREST)] * 2


def test_a_forest_learns_what_the_line_leaves(monkeypatch):
    """Here the forest says the mean of what is left, and 5 more."""
    left = []

    class Five(Memory):
        def __init__(self, *_, **__): ...

        def fit(self, x, y):
            assert x.dtype == np.float32
            left.append(y)
            return self

        def predict(self, x):
            return np.full((len(x), 1), 5.0)

    monkeypatch.setattr("sklearn.ensemble.RandomForestRegressor", Five)
    fold = np.repeat([0, 1], [20, 10]).astype(np.int8)
    target = np.arange(30.0)[:, None]
    told = steps.row_guesses(np.zeros((30, 1)), np.zeros((30, 1)), target, fold, seed=0)
    spread = np.arange(30).std()
    np.testing.assert_allclose(told[:20, 0], 24.5 + 5 * spread)
    np.testing.assert_allclose(told[20:, 0], 9.5 + 5 * spread)
    np.testing.assert_allclose(left[0][:, 0], (np.arange(20, 30) - 24.5) / spread)


def test_fits_use_records_spread_evenly(monkeypatch):
    monkeypatch.setattr(steps, "FIT_LIMIT", 10)
    for n, step in ((9, 1), (10, 1), (11, 2), (20, 2), (21, 3)):
        here = np.arange(n + 2) < 2
        assert steps._others(here).tolist() == list(range(2, n + 2, step))


def test_one_other_record_tells_its_own_score_and_none_tells_nothing():
    label, score = np.array([0, 0]), np.array([3.0, 7.0])
    assert steps.class_means(label, score, np.array([0, 1], np.int8)).tolist() == [7.0, 3.0]
    assert steps.class_means(label, score, np.array([0, 0], np.int8)).tolist() == [0.0, 0.0]


def test_the_difficulty_of_a_number_is_the_squared_error_of_each_fit(plain_fits):
    """Two numbers a record: their mean counts. Rows 1 to 80 of 81."""
    rows, fold = np.arange(1, 81), np.repeat([0, 1], 40).astype(np.int8)
    truth = np.column_stack([np.arange(81.0), np.arange(81.0) + 4])
    outputs = Outputs(prediction=np.zeros((81, 2)), truth=truth)
    features = np.zeros((80, 1), np.float32)
    found = steps.difficulties(features, outputs, rows, fold, seed=7)
    assert len(found) == 3
    said = np.repeat([62.5, 22.5], 40)
    for score in found:
        np.testing.assert_allclose(score, -((said - (rows + 2)) ** 2), rtol=1e-6)
    forest = {"min_samples_leaf": 5, "random_state": 7, "n_jobs": 1}
    assert [made for made in plain_fits if made[1]] == [((30,), forest)] * 2
    assert [made for made in plain_fits if not made[1]] == [((15,), {})] * 2


def test_the_difficulty_of_a_label_is_its_chance_in_the_other_folds(plain_fits):
    """One in four of the first fold has class 1, and three in four of the second."""
    rows, fold = np.arange(1, 81), np.repeat([0, 1], 40).astype(np.int8)
    label = np.r_[0, (np.arange(40) < 10).astype(int), (np.arange(40) < 30).astype(int)]
    outputs = Outputs(probs=np.full((81, 2), 0.5), label=label)
    found = steps.difficulties(np.zeros((80, 1), np.float32), outputs, rows, fold, seed=7)
    own = label[1:]
    share = np.where(fold == 0, 0.75, 0.25)
    expected = np.log(np.where(own == 1, share, 1 - share))
    assert len(found) == 3
    for score in found:
        np.testing.assert_allclose(score, expected, rtol=1e-3)


def test_boosted_trees_are_as_many_and_as_coarse_as_the_forest_s(monkeypatch):
    """Twice the leaf of the forest, and never stopped early."""
    made = []

    def fitted(make, *_):
        made.append(make())
        return np.zeros(steps.MANY)

    monkeypatch.setattr(steps, "_out_of_fold", fitted)
    n = steps.MANY
    steps.trees_guess(np.zeros((n, 1)), np.zeros(n), np.zeros(n, np.int8), seed=9)
    settings = made[0].get_params()
    assert (settings["max_iter"], settings["max_leaf_nodes"]) == (60, 15)
    assert settings["min_samples_leaf"] == 10
    assert (settings["early_stopping"], settings["random_state"]) == (False, 9)
    assert (steps.FIT_LIMIT, n) == (4_000, 500)


def test_the_forest_hears_of_every_target_in_units_of_its_own_spread(monkeypatch):
    """The second target is a thousand times the first: trees would be cut for it alone."""
    seen = []

    class Nothing(Memory):
        def __init__(self, *_, **__): ...

        def fit(self, x, y):
            seen.append((x, y))
            self.k = y.shape[1]
            return self

        def predict(self, x):
            return np.zeros((len(x), self.k))

    monkeypatch.setattr("sklearn.ensemble.RandomForestRegressor", Nothing)
    rng = np.random.default_rng(0)
    one, fold = rng.normal(size=40), np.repeat([0, 1], 20).astype(np.int8)
    targets, columns = np.column_stack([one, 1000 * one + 7]), rng.normal(size=(40, 3))
    told = steps.row_guesses(np.zeros((40, 1)), columns, targets, fold, seed=0)
    for number, (x, y) in enumerate(seen):
        others = fold != number
        np.testing.assert_array_equal(x, columns[others].astype(np.float32))
        centred = (one[others] - one[others].mean()) / one.std()
        np.testing.assert_allclose(y, np.column_stack([centred, centred]), atol=1e-9)
    # without anything of the row: the mean of the other fold, in the units that came
    np.testing.assert_allclose(told[:20], np.tile(targets[20:].mean(axis=0), (20, 1)))


@pytest.mark.parametrize("labels", [True, False])
def test_how_hard_a_record_is_is_asked_of_columns_of_one_spread(monkeypatch, labels):
    """The nearest records would else be those in the column of the largest unit."""
    seen = []

    def fitted(make, x, y, fold, judged):
        seen.append(x)
        return np.zeros(len(x))

    monkeypatch.setattr(steps, "_out_of_fold", fitted)
    features = np.random.default_rng(0).normal(5, [1.0, 1000.0], (N, 2)).astype(np.float32)
    outputs = Outputs(prediction=np.zeros(N), truth=np.arange(N, dtype=float))
    if labels:
        outputs = Outputs(probs=np.full((N, 2), 0.5), label=np.arange(N) % 2)
    steps.difficulties(features, outputs, np.arange(N), np.zeros(N, np.int8), seed=0)
    assert len(seen) == 3
    for x in seen:
        np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-4)
        np.testing.assert_allclose(x.std(axis=0), 1, rtol=1e-4)


def test_a_fit_that_stopped_early_is_passed_over_and_nothing_else_is(monkeypatch):
    import warnings
    from contextlib import contextmanager

    from sklearn.exceptions import ConvergenceWarning

    threads = []

    @contextmanager
    def one_thread():
        threads.append(1)
        yield

    monkeypatch.setattr(steps, "one_thread", one_thread)
    with steps._quiet():
        warnings.warn("early", ConvergenceWarning, stacklevel=1)
    with pytest.warns(UserWarning, match="odd"), steps._quiet():
        warnings.warn("odd", UserWarning, stacklevel=1)
    assert threads == [1, 1]


def test_a_label_has_the_chance_at_its_place_among_those_that_were_fitted():
    p = [0.5, 0.2, 0.3]
    model = SimpleNamespace(
        classes_=np.array([3, 5, 9]), predict_proba=lambda x: np.tile(p, (len(x), 1))
    )
    found = steps._log_p(model, np.zeros((6, 1)), np.array([9, 5, 3, 4, 1, 10]))
    np.testing.assert_allclose(np.exp(found), [0.3, 0.2, 0.5, 1e-6, 1e-6, 1e-6])


def test_labels_of_several_kinds_and_single_classes_have_no_difficulty():
    rows, fold = np.arange(N), (np.arange(N) % 5).astype(np.int8)
    features = np.ones((N, 1), np.float32)
    label = (np.arange(2 * N) % 3 == 0).reshape(N, 2).astype(int)
    for outputs in (
        Outputs(logits=np.zeros((N, 2)), label=label),
        Outputs(logits=np.zeros((N, 2))),
        Outputs(logits=np.zeros((N, 2)), label=np.ones(N, int)),
    ):
        assert steps.difficulties(features, outputs, rows, fold, seed=0) == ()


def test_three_unlike_models_say_how_hard_a_label_is(monkeypatch):
    made = []

    def fitted(make, x, *_):
        made.append(make())
        return np.zeros(len(x))

    monkeypatch.setattr(steps, "_out_of_fold", fitted)
    outputs = Outputs(probs=np.full((N, 2), 0.5), label=np.arange(N) % 2)
    features = np.ones((N, 1), np.float32)
    steps.difficulties(features, outputs, np.arange(N), np.zeros(N, np.int8), seed=4)
    line, forest, near = made
    assert line.max_iter == 300
    assert (forest.n_estimators, forest.min_samples_leaf, forest.random_state) == (30, 5, 4)
    assert near.n_neighbors == 15
