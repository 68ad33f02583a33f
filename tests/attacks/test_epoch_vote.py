"""Votes of the epochs find members where one epoch alone is noisy."""

import numpy as np
import pytest

from tacit.attacks import Threshold
from tacit.attacks.epoch_vote import EpochVote
from tacit.core import InvalidInput, Membership, Signals, collect
from tacit.metrics import auc
from tacit.testing import check_attack


def test_the_contract_is_kept():
    check_attack(EpochVote())
    check_attack(EpochVote(share=0.2))


def test_many_noisy_epochs_beat_the_last_one():
    rng = np.random.default_rng(0)
    member = np.arange(2000) < 1000
    trace = 0.4 * member[:, None] + rng.normal(size=(2000, 20))
    vote, last = (
        auc(collect(EpochVote(), Signals.of(part), Membership(member)))
        for part in (trace, trace[:, -1])
    )
    assert vote.low > last.high
    assert collect(Threshold(), Signals.of(trace[:, -1]), Membership(member)).n_members == 1000


def test_votes_are_counted_by_hand():
    score = EpochVote(share=0.5)(Signals.of([[1.0, 0.0], [2.0, 3.0], [3.0, 1.0], [0.0, 2.0]]))
    assert score.argmax() == 1
    np.testing.assert_allclose(score[1], 1.0 + (0.625 + 0.875) / 2 / 4)


def test_settling_epochs_can_be_left_out():
    signals = Signals.of(np.arange(6.0).reshape(3, 2))
    np.testing.assert_array_equal(
        EpochVote(skip=1)(signals), EpochVote()(Signals.of(signals.target[:, 1]))
    )
    with pytest.raises(InvalidInput, match="`skip` needs to leave an epoch: 0 to 1, got 2"):
        EpochVote(skip=2)(signals)
    with pytest.raises(InvalidInput, match="`share`"):
        EpochVote(share=1.0)


def test_a_small_share_votes_for_the_highest_only():
    """Of ten, a tenth is one: the last record has the vote of both epochs, the others none."""
    value = np.arange(10.0)
    score = EpochVote(share=0.1)(Signals.of(np.stack([value, value], axis=1)))
    votes = np.floor(score)
    assert votes.tolist() == [0.0] * 9 + [1.0]
    # ties of the vote are broken by mean ranks of at most a quarter
    assert score[9] - 1 == pytest.approx(0.95 / 4)


def test_the_record_in_the_middle_is_not_among_the_highest_half():
    """Places 5/6, 1/6, 1/2 and then 1/2, 5/6, 1/6: one vote of two for the first and the second.

    Mean places break the tie, a quarter of them: 1/2 + 2/3 / 4, 1/2 + 1/2 / 4, 0 + 1/3 / 4.
    """
    score = EpochVote()(Signals.of([[0.9, 0.8], [0.1, 0.9], [0.2, 0.1]]))
    np.testing.assert_allclose(score, [1 / 2 + 1 / 6, 1 / 2 + 1 / 8, 1 / 12])


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_an_epoch_votes_for_some_and_not_for_all(share):
    with pytest.raises(InvalidInput, match="strictly between 0 and 1"):
        EpochVote(share=share)
