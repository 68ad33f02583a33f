"""Learned guessers: standardisation, speed, and more than the single signal gives."""

import numpy as np
import pytest

from tacit import Membership, Outputs, Signals, attacks, collect
from tacit.attacks.learned.fitting import log_odds, standardised
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
