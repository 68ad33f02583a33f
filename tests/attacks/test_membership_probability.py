"""The probability of a single record is calibrated."""

import numpy as np
import pytest

from tacit import Membership, Signals, collect
from tacit.attacks import MembershipProbability, Threshold
from tacit.metrics import auc
from tacit.testing import GaussianShift


def test_of_records_scored_r_a_share_r_are_members():
    game = GaussianShift(1.0).draw(20_000, 20_000, seed=0)
    evidence = collect(MembershipProbability(), game.signals, game.membership)
    edges = np.quantile(evidence.score, np.linspace(0, 1, 11))
    place = np.digitize(evidence.score, edges[1:-1])
    for part in range(10):
        inside = place == part
        rate, n = evidence.member[inside].mean(), np.count_nonzero(inside)
        assert abs(rate - evidence.score[inside].mean()) < 0.01 + 3.5 * np.sqrt(0.25 / n)


def test_the_probability_is_that_of_the_likelihood_ratio():
    game = GaussianShift(2.0).draw(50_000, 50_000, seed=1)
    evidence = collect(MembershipProbability(), game.signals, game.membership)
    exact = 1 / (1 + np.exp(2.0 - 2.0 * game.signals.target[:, 0]))
    assert np.abs(evidence.score - exact).mean() < 0.03


def test_unequal_numbers_do_not_move_the_prior_of_one_half():
    game = GaussianShift(0.0).draw(20_000, 2_000, seed=2)
    evidence = collect(MembershipProbability(), game.signals, game.membership)
    assert evidence.score.mean() == pytest.approx(0.5, abs=0.02)


def test_a_signal_that_is_high_for_one_class_and_low_for_another_is_read_by_class():
    rng = np.random.default_rng(3)
    group, member = rng.integers(0, 2, 8000), rng.random(8000) < 0.5
    signals = Signals.of(
        rng.normal(size=8000) + np.where(group == 0, 1.5, -1.5) * member, group=group
    )
    membership = Membership(member)
    assert auc(collect(Threshold(), signals, membership)).value < 0.55
    assert auc(collect(MembershipProbability(), signals, membership)).value > 0.8


def test_no_record_is_ever_certain():
    value = np.r_[np.zeros(100), np.ones(100)]
    score = MembershipProbability()(Signals.of(value, known=np.r_[np.zeros(100), np.ones(100)]))
    assert 0 < score.min() < 0.05
    assert 0.95 < score.max() < 1
