"""How high a recommender ranks what a user chose."""

import numpy as np
import pytest

from tacit.core import InvalidInput
from tacit.signals.ranking import mean_log_rank


def test_the_best_item_has_rank_one_and_ties_share_the_middle():
    score = np.array([[0.9, 0.5, 0.5, 0.1], [0.9, 0.5, 0.5, 0.1]])
    chosen = np.array([[1, 0, 0, 1], [0, 1, 0, 0]], bool)
    found = mean_log_rank(score, chosen)
    assert found == pytest.approx([-(np.log(1) + np.log(4)) / 2, -np.log(2.5)])


def test_higher_ranks_look_more_like_a_member():
    score = np.array([[3.0, 2.0, 1.0]] * 2)
    found = mean_log_rank(score, np.array([[1, 0, 0], [0, 0, 1]], bool))
    assert found[0] > found[1]


def test_bad_input_is_named():
    with pytest.raises(InvalidInput, match="an item a user"):
        mean_log_rank([[1.0, 2.0]], [[False, False]])
    with pytest.raises(InvalidInput, match="`chosen`"):
        mean_log_rank([[1.0, 2.0]], [[True]])
