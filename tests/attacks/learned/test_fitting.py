"""Learned guessers: standardisation, speed, and more than the single signal gives."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from tacit import Membership, Outputs, Signals, attacks, collect
from tacit.attacks.learned.fitting import Learner, log_odds, standardised
from tacit.metrics import auc
from tacit.signals import feature_matrix, measure

LEARNERS = [
    attacks.LogisticRegression(),
    attacks.RandomForest(),
    attacks.GradientBoosting(),
    attacks.KNearest(),
    attacks.MultilayerPerceptron(),
]


def test_columns_get_mean_zero_and_spread_one_and_flags_stay():
    x = np.array([[1.0, 0, 7], [3.0, 1, 7], [50.0, 1, 8]], np.float32)
    assert standardised(x, np.array([0, 1])).tolist() == [[-1, 0, 0], [1, 1, 0], [48, 1, 1]]


@pytest.mark.slow
@pytest.mark.parametrize("attack", LEARNERS, ids=repr)
def test_learned_guessers_reach_the_best_single_signal(attack):
    rng = np.random.default_rng(0)
    n, k = 6000, 10
    member, label = rng.random(n) < 0.5, rng.integers(0, k, n)
    logits = rng.normal(size=(n, k)).astype(np.float32)
    gain = 2.5 + rng.normal(0, 1.5, n) + member * np.exp(rng.normal(0, 0.6, n))
    logits[np.arange(n), label] += gain
    outputs = Outputs(logits=logits, label=label)
    signals = Signals.of(measure(outputs, "scaled_logit"), features=feature_matrix(outputs))
    membership = Membership(member)
    alone = auc(collect(attacks.Threshold(), signals, membership)).value
    assert auc(collect(attack, signals, membership)).value > alone - 0.025


@pytest.mark.parametrize("attack", LEARNERS, ids=repr)
def test_a_leak_that_no_threshold_shows_is_learned(attack):
    rng = np.random.default_rng(1)
    member = rng.random(2000) < 0.5
    value = np.where(member, rng.normal(0, 0.5, 2000), rng.normal(0, 2, 2000))
    signals = Signals.of(value, features=np.abs(value)[:, None])
    evidence = collect(attack, signals, Membership(member))
    assert auc(evidence).value > 0.8
    assert abs(auc(collect(attacks.Threshold(), signals, Membership(member))).value - 0.5) < 0.05


def test_learners_work_in_one_thread():
    """Measured inside the fit, because idle threads spin: the cap has to be set there."""
    seen = []

    class Watching(Learner):
        def classifier(self):
            return self

        def fit(self, x, y):
            seen.extend(library["num_threads"] for library in threadpool_info())

        def predict_proba(self, x):
            seen.extend(library["num_threads"] for library in threadpool_info())
            return np.full((len(x), 2), 0.5)

    known = np.where(np.arange(60) < 40, np.arange(60) % 2, -1)
    with threadpool_limits(3):
        Watching()(Signals.of(np.arange(60.0), known=known))
    assert set(seen) == {1}


def test_scores_are_the_log_odds_of_a_member_and_known_records_have_none():
    class Four:
        """Members four times in five."""

        def fit(self, x, y):
            self.seen = y.tolist()

        def predict_proba(self, x):
            return np.tile([0.2, 0.8], (len(x), 1))

    model = Four()
    rows = np.array([0, 2])
    score = log_odds(model, np.zeros((4, 1), np.float32), rows, np.array([True, False]))
    np.testing.assert_allclose(score, [0, np.log(4), 0, np.log(4)])
    assert sorted(model.seen) == [False, True]


@pytest.mark.parametrize(("p", "odds"), [(0.0, 1e-9), (1.0, 1 - 1e-9), (0.25, 0.25)])
def test_certain_answers_are_odds_of_a_thousand_million(p, odds):
    class Sure:
        def fit(self, x, y):
            pass

        def predict_proba(self, x):
            return np.tile([1 - p, p], (len(x), 1))

    score = log_odds(Sure(), np.zeros((2, 1), np.float32), np.array([0]), np.array([True]))
    np.testing.assert_allclose(score, [0, np.log(odds / (1 - odds))], rtol=1e-6)


def test_settings_of_a_learner_reach_its_classifier():
    """So that `GradientBoosting(rounds=5)` is not sixty rounds."""
    trees = attacks.GradientBoosting(rounds=5, rate=0.3, leaves=4, seed=9).classifier()
    assert (trees.max_iter, trees.learning_rate, trees.max_leaf_nodes) == (5, 0.3, 4)
    assert trees.random_state == 9
    assert attacks.LogisticRegression(strength=7.0).classifier().C == 7.0
    assert attacks.KNearest(share=0.3).classifier().share == 0.3
    forest = attacks.RandomForest(trees=3, leaf=2, share=0.5, seed=8).classifier()
    assert (forest.trees, forest.leaf, forest.share, forest.seed) == (3, 2, 0.5, 8)
    network = attacks.MultilayerPerceptron(width=3, epochs=4, seed=5).classifier()
    assert (network.width, network.epochs, network.seed) == (3, 4, 5)
