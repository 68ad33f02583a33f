"""The score of Attack P is a p-value that holds what it promises."""

import numpy as np

from tacit import Signals, collect
from tacit.attacks import Population
from tacit.testing import GaussianShift


def test_accusing_at_level_a_accuses_a_share_a_of_nonmembers():
    game = GaussianShift(1.0).draw(20_000, 20_000, seed=0)
    evidence = collect(Population(), game.signals, game.membership)
    for level in (0.01, 0.1, 0.5):
        accused = (1 - evidence.score[~evidence.member] <= level).mean()
        assert abs(accused - level) < 4 * np.sqrt(level * (1 - level) * (1 / 20_000 + 1 / 16_000))
    assert (1 - evidence.score[evidence.member] <= 0.1).mean() > 0.35


def test_p_values_by_hand():
    signals = Signals.of(
        [1.0, 2.0, 2.0, 3.0, 0.5, 2.0, 9.0] + [0.0] * 6, known=[0, 0, 0, 0, -1, -1, -1] + [0] * 6
    )
    np.testing.assert_allclose(1 - Population()(signals)[4:7], [5 / 11, 4 / 11, 1 / 11])


def test_members_need_not_be_known():
    known = np.r_[np.zeros(50), np.full(50, -1)]
    assert Population()(Signals.of(np.arange(100.0), known=known)).shape == (100,)


def test_each_class_is_compared_with_its_own():
    group = np.repeat([0, 1], 300)
    value = np.r_[np.arange(300.0), 1000 + np.arange(300.0)]
    known = np.tile(np.r_[np.zeros(299), -1], 2)
    score = Population()(Signals.of(value, group=group, known=known))
    assert score[299] == score[599] == 1 - 1 / 300
