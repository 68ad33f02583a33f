"""The guesser that counts labels."""

import numpy as np
import pytest

from tacit.attacks import BlindLabels
from tacit.core import NotEnoughData, Signals


def told(group, known, **more):
    return Signals.of(np.zeros(len(group)), group=group, known=known, **more)


def test_scores_are_log_odds_with_four_records_of_the_common_share():
    group = np.repeat([0, 1, 2], [20, 20, 1])
    known = np.r_[np.repeat([1, 0], [15, 5]), np.repeat([1, 0], [5, 15]), -1]
    score = BlindLabels()(told(group, known))
    np.testing.assert_allclose(score[[0, 20, 40]], [np.log(17 / 7), np.log(7 / 17), 0.0])


def test_the_signal_and_the_features_are_not_looked_at():
    group, known = np.arange(100) % 3, np.where(np.arange(100) < 60, np.arange(100) % 2, -1)
    plain = BlindLabels()(told(group, known))
    other = Signals.of(
        np.arange(100.0), group=group, known=known, features=np.ones((100, 2), np.float32)
    )
    np.testing.assert_array_equal(plain, BlindLabels()(other))


def test_it_needs_to_be_told():
    with pytest.raises(
        NotEnoughData, match="BlindLabels learns from members that it knows: it needs 10"
    ):
        BlindLabels()(told(np.zeros(30, int), np.full(30, -1)))


def test_the_order_of_records_does_not_matter():
    rng = np.random.default_rng(0)
    member = rng.random(200) < 0.5
    known = np.where(np.arange(200) < 150, member, -1)
    group = rng.integers(0, 5, 200)
    order = rng.permutation(200)
    signals = told(group, known)
    np.testing.assert_allclose(BlindLabels()(signals.take(order)), BlindLabels()(signals)[order])


def test_a_third_of_members_leaves_two_thirds_of_the_prior_to_the_others():
    """10 members and 20 others are known: four records more are 4/3 and 8/3. Of a class with all
    ten members and five others that is (10 + 4/3) / (5 + 8/3), of the other (0 + 4/3) / (15 + 8/3);
    a class that nobody was told of has the odds of all, 1 to 2.
    """
    known = np.r_[np.ones(10), np.zeros(20), -1, -1, -1].astype(int)
    group = np.r_[np.zeros(15), np.ones(15), 0, 1, 2].astype(int)
    score = BlindLabels()(Signals.of(np.zeros(33), group=group, known=known))
    odds = [(10 + 4 / 3) / (5 + 8 / 3), (4 / 3) / (15 + 8 / 3), 1 / 2]
    np.testing.assert_allclose(score[-3:], np.log(odds))
