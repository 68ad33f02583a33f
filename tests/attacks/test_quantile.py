"""Quantile regression: exact false-positive rates without any shadow model, and more power where features predict."""

import numpy as np
import pytest

from tacit.attacks import QuantileRegression, ShokriClassifier, Threshold
from tacit.core import Membership, NotEnoughData, Signals, collect
from tacit.testing import ShadowGaussian, check_attack


@pytest.mark.parametrize("attack", [QuantileRegression(given="class"), ShokriClassifier()], ids=repr)
def test_keeps_the_contract(attack):
    check_attack(attack)


def world(n, seed):
    rng = np.random.default_rng(seed)
    hardness = rng.normal(0, 3, n)
    member = rng.random(n) < 0.5
    told = (rng.random(n) < 0.5) & ~member
    signal = hardness + member * 1.5 + rng.normal(size=n)
    signals = Signals.of(signal, features=hardness[:, None], known=np.where(told, 0, -1), statistic="scaled_logit")
    return signals, Membership(member, assignment="coin")


def test_features_that_tell_how_hard_a_record_is_give_power():
    signals, membership = world(4000, 0)
    strong, weak = (collect(attack, signals, membership) for attack in (QuantileRegression(), Threshold()))
    area = [np.searchsorted(e.nonmember_scores, e.member_scores).mean() / e.n_nonmembers for e in (strong, weak)]
    assert area[0] > 0.8
    assert area[1] < 0.68


def test_the_false_positive_rate_is_what_was_asked_for():
    share = []
    for seed in range(25):
        signals, membership = world(1200, seed)
        score = QuantileRegression(seed=seed)(signals)
        outsiders = ~membership.member & (signals.known == -1)
        share.append((score[outsiders] >= 0.9).mean())
    assert abs(np.mean(share) - 0.1) < 4 * np.std(share) / np.sqrt(len(share))


def test_too_few_told_nonmembers_are_refused():
    with pytest.raises(NotEnoughData, match="needs to be told 100 non-members, got 0"):
        QuantileRegression()(Signals.of(np.arange(50.0)))


def test_shokri_needs_a_shadow_model_with_both_sides():
    game = ShadowGaussian(n_shadows=2).draw(60, seed=0).signals
    with pytest.raises(NotEnoughData, match="got 0 of 2"):
        ShokriClassifier()(Signals.of(game.target, shadow=game.shadow, shadow_member=np.zeros((2, 60), bool)))
