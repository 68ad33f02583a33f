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


def plainly(value, known, member, per_bin):
    """The definition in loops: bins of equal share, half a count each, members and others apart."""
    n1, n0 = int(member.sum()), int((~member).sum())
    bins = min(max(min(n1, n0) // per_bin, 2), 40)
    ordered = sorted(known)
    edges = sorted({ordered[-(-len(known) * k // bins) - 1] for k in range(1, bins)})

    def place(x):
        return sum(x > edge for edge in edges)

    score = []
    for x in value:
        rates = []
        for side in (member, ~member):
            inside = sum(place(one) == place(x) for one in known[side])
            rates.append((inside + 0.5) / (side.sum() + 0.5 * (len(edges) + 1)))
        score.append(rates[0] / sum(rates))
    return np.array(score)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("per_bin", "size"), [(3, 1), (10, 1), (1, 4)])
def test_scores_are_those_of_the_definition_written_plainly(per_bin, size, turned):
    """Two classes with 15 and 14 of the fewer side: at `fewest` 15 the first has its own counts.

    Four times as many records at one a bin would be 116 bins of all, and are the most, 40.
    """
    rng = np.random.default_rng(per_bin)
    group = np.repeat([0, 1], [32 * size, 31 * size])
    member = np.r_[np.arange(32 * size) < 15 * size, np.arange(31 * size) < 14 * size] ^ turned
    value = np.round(rng.normal(size=63 * size) + member, 1)
    asked = np.round(rng.normal(size=8), 1)
    signals = Signals.of(
        np.r_[value, asked],
        group=np.r_[group, np.arange(8) % 2],
        known=np.r_[member.astype(int), np.full(8, -1)],
    )
    found = MembershipProbability(per_bin=per_bin, fewest=15 * size)(signals)[-8:]
    expected = plainly(asked, value, member, per_bin)
    own = group == 0
    expected[::2] = plainly(asked[::2], value[own], member[own], per_bin)
    np.testing.assert_allclose(found, expected)


def test_a_signal_above_all_known_ones_falls_into_an_empty_bin_and_is_even():
    """Half of the known have the largest value, which is the edge: nobody lies above it."""
    value, member = np.repeat([0.0, 1.0], [10, 30]), np.arange(40) % 2 == 0
    signals = Signals.of(np.r_[value, 2.0], known=np.r_[member.astype(int), -1])
    assert MembershipProbability()(signals)[-1] == pytest.approx(0.5)
