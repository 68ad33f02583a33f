"""The tail index and its interval, against games whose answer is known."""

import numpy as np
import pytest
from scipy.special import ndtr, ndtri
from scipy.stats import binom

from tacit.core import Evidence, InvalidInput, NotEnoughData, collect
from tacit.metrics import tail_index
from tacit.testing import ClusteredShift, GaussianShift


def evidence(members, nonmembers, *, mu, seed):
    game = GaussianShift(mu).draw(members, nonmembers, seed=seed)
    return collect(lambda signals: signals.target[:, 0], game.signals, game.membership)


def truth(mu, missed):
    """Members score N(mu, 1), non-members N(0, 1): share of non-members below the members' quantile
    at `missed`.
    """
    return ndtr(mu + ndtri(missed))


def test_it_counts_nonmembers_below_all_but_a_share_of_members():
    score = np.array([*range(10, 110), 5.0, 9.0, 10.5, 200.0])
    member = np.arange(104) < 100
    seen = Evidence(score, member, None, "observed", "by hand", np.arange(104))
    assert tail_index(seen, missed=0.01).value == 2 / 4
    assert tail_index(seen, missed=0.02).value == 3 / 4


@pytest.mark.parametrize(
    ("members", "nonmembers", "missed", "mu"),
    [(300, 300, 0.01, 1.5), (1000, 200, 0.05, 1.0), (2000, 2000, 0.01, 0.0)],
)
def test_the_interval_holds_the_truth_as_often_as_it_says(members, nonmembers, missed, mu):
    n_worlds, right = 400, truth(mu, missed)
    held = 0
    for seed in range(n_worlds):
        found = tail_index(
            evidence(members, nonmembers, mu=mu, seed=seed), missed=missed, level=0.9
        )
        held += found.low <= right <= found.high
    # exact limit: an interval that holds in 9 of 10 falls below once in 1,000 runs; one that holds
    # in 8 of 10 (a tail spent twice) passes 6 times in 1,000
    assert held >= binom.ppf(0.001, n_worlds, 0.9)


def test_more_records_know_more():
    narrow, wide = (tail_index(evidence(n, n, mu=1.0, seed=0), missed=0.05) for n in (20_000, 500))
    assert narrow.high - narrow.low < 0.2 * (wide.high - wide.low)
    assert narrow.value == pytest.approx(truth(1.0, 0.05), abs=0.02)


def test_too_few_members_are_said():
    with pytest.raises(NotEnoughData, match="needs 100 members, got 99") as error:
        tail_index(evidence(99, 50, mu=0.0, seed=0), missed=0.01)
    assert error.value.needed == 100


def test_clusters_are_refused():
    game = ClusteredShift(1.0).draw(30, 30, seed=0)
    with pytest.raises(InvalidInput, match="independent records"):
        tail_index(
            collect(lambda signals: signals.target[:, 0], game.signals, game.membership), missed=0.1
        )


def test_it_says_that_it_only_screens():
    assert "screening" in " ".join(tail_index(evidence(200, 200, mu=0.0, seed=0)).assumes)


def ends_by_hand(members, others, missed, level):
    """Exact binomial counts: the largest index that at most `missed` of the members lie below but
    for a chance of (1 - level) / 4, the smallest for the other side; then exact limits with the
    same chance.
    """
    from scipy.stats import beta, binom

    share, n1, n0 = (1 - level) / 4, len(members), len(others)
    ranked = np.sort(members)
    lower = max((i for i in range(n1) if binom.cdf(i, n1, missed) <= share), default=None)
    upper = min((i for i in range(n1) if binom.cdf(i, n1, missed) >= 1 - share), default=None)
    few = 0 if lower is None else (others < ranked[lower]).sum()
    many = n0 if upper is None else (others < ranked[upper]).sum()
    low = beta.ppf(share, few, n0 - few + 1) if few else 0.0
    return low, beta.ppf(1 - share, many + 1, n0 - many) if many < n0 else 1.0


@pytest.mark.parametrize(
    ("members", "missed", "level"), [(300, 0.05, 0.9), (100, 0.01, 0.95), (20, 0.9, 0.95)]
)
def test_the_interval_by_hand(members, missed, level):
    """Half of the error for the threshold and half for the rate, both two-sided: a quarter each. A
    half each would be shorter by a tenth.
    """
    rng = np.random.default_rng(7)
    inside, outside = rng.normal(1.5, 1, members), rng.normal(size=80)
    score = np.concatenate([inside, outside])
    seen = Evidence(score, np.arange(len(score)) < members, None)
    found = tail_index(seen, missed=missed, level=level)
    expected = ends_by_hand(inside, outside, missed, level)
    assert (found.low, found.high) == pytest.approx(expected)
    assert found.n == members + 80


def test_the_order_statistics_by_hand():
    """Binomial(10, .5): 11 of 1,024 have at most 1, 56 at most 2, 1,013 at most 8."""
    from tacit.metrics.tail import _order_statistics

    assert _order_statistics(10, 0.5, 11 / 1024 + 1e-9) == (1, 8)
    assert _order_statistics(10, 0.5, 11 / 1024 - 1e-9) == (0, 9)
    assert _order_statistics(10, 0.5, 1e-4) == (-1, 10)
    assert _order_statistics(10, 0.5, 56 / 1024 + 1e-9) == (2, 7)


def test_a_member_at_the_cut_is_not_below_it():
    score = np.array([1.0, 2.0, 3.0, 4.0, 1.0, 0.5, 2.0])
    seen = Evidence(score, np.arange(7) < 4, None)
    assert tail_index(seen, missed=0.25).value == 1 / 3
    assert tail_index(seen, missed=0.5).value == 2 / 3
    # 1/.3 rounded up: four members are enough, and the second smallest is the cut
    assert tail_index(seen, missed=0.3).value == 2 / 3


def test_one_member_fewer_than_one_over_the_share_is_too_few():
    score = np.arange(7.0)
    with pytest.raises(NotEnoughData) as caught:
        tail_index(Evidence(score, np.arange(7) < 3, None), missed=0.3)
    assert (caught.value.needed, caught.value.got) == (4, 3)
    with pytest.raises(NotEnoughData, match="non-member"):
        tail_index(Evidence(score, np.ones(7, bool), None), missed=0.3)
    assert tail_index(Evidence(score, np.arange(7) < 6, None), missed=0.3).n == 7


def test_the_lowest_member_is_a_threshold_from_86_members_on():
    """.95^85 = .0128 and .95^86 = .0121, either side of .05 / 4; all 100 others lie below."""
    for n, low in ((85, 0.0), (86, 0.0125 ** (1 / 100))):
        score = np.r_[np.arange(1.0, n + 1), np.linspace(-1, 0, 100)]
        world = Evidence(score, np.arange(n + 100) < n, None, "observed", "x", np.arange(n + 100))
        assert tail_index(world, missed=0.05).low == pytest.approx(low)


def test_unless_told_otherwise_one_member_in_a_hundred_is_let_go():
    evidence = Evidence.of(np.arange(400.0) % 157, np.arange(400) % 3 > 0)
    found = tail_index(evidence)
    assert found == tail_index(evidence, missed=0.01, level=0.95)
    assert found.name == "tail@fnr=0.01"
