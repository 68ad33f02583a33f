"""Thresholds per class."""

import numpy as np
import pytest

from tacit import Membership, Signals, collect
from tacit.attacks import ClassConditional, Threshold
from tacit.attacks.class_conditional import best_threshold
from tacit.metrics import auc


def world(n=6000, classes=5, seed=0):
    """Every class has its own centre, so one threshold for all is wrong for most."""
    rng = np.random.default_rng(seed)
    group, member = rng.integers(0, classes, n), rng.random(n) < 0.5
    return Signals.of(rng.normal(size=n) + 4 * group + 1.5 * member, group=group), Membership(
        member, assignment="coin"
    )


def test_class_thresholds_beat_one_threshold_where_classes_differ():
    signals, membership = world()
    assert (
        auc(collect(ClassConditional(), signals, membership)).value
        > auc(collect(Threshold(), signals, membership)).value + 0.15
    )


def test_zero_is_the_threshold_of_each_class():
    signals, membership = world()
    evidence = collect(ClassConditional(), signals, membership)
    accuracy = ((evidence.score >= 0) == evidence.member).mean()
    assert accuracy == pytest.approx(0.773, abs=0.02)  # Phi(1.5 / 2)


def test_a_small_class_uses_the_threshold_of_all():
    value = np.r_[np.zeros(100), np.ones(100), 5.0, 6.0, 5.5]
    group = np.r_[np.zeros(200, int), [1, 1, 1]]
    known = np.r_[np.zeros(100), np.ones(100), 0, 1, -1]
    score = ClassConditional()(Signals.of(value, group=group, known=known))
    assert score[-1] == pytest.approx(5.5 - 1.0)


def test_thresholds_come_from_the_shadow_models_where_nobody_was_told():
    rng = np.random.default_rng(1)
    inside = rng.random((4, 500)) < 0.5
    shadow = np.where(inside, 2.0, 0.0) + rng.normal(0, 0.1, (4, 500))
    score = ClassConditional()(
        Signals.of(np.r_[np.zeros(250), np.full(250, 2.0)], shadow=shadow, shadow_member=inside)
    )
    assert (score[:250] < 0).all()
    assert (score[250:] > 0).all()


@pytest.mark.parametrize(
    ("value", "member", "threshold"),
    [
        ([0, 1, 2, 3], [0, 0, 1, 1], 2.0),
        ([1, 1, 1], [1, 0, 1], 1.0),
        ([3, 2, 1], [0, 0, 1], 1.0),
        ([1, 1, 2, 2], [0, 1, 1, 1], 2.0),
    ],
)
def test_best_thresholds_by_hand(value, member, threshold):
    assert best_threshold(np.array(value, float), np.array(member, bool)) == threshold


def test_a_class_needs_enough_known_records_of_both_sides():
    """Fifty members and 49 others, or 50 of each: the threshold of all is 5, its own would be 1."""
    for others, own in ((49, False), (50, True)):
        value = np.r_[np.zeros(others), np.ones(50), np.full(400, 3.0), np.full(400, 5.0), 2.0]
        known = np.r_[np.zeros(others), np.ones(50), np.zeros(400), np.ones(400), -1].astype(int)
        group = np.r_[np.zeros(others + 50), np.ones(800), 0].astype(int)
        score = ClassConditional()(Signals.of(value, group=group, known=known))
        assert score[-1] == (2 - 1 if own else 2 - 5)
