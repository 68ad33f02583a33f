"""Shares of right guesses about members and about others."""

import numpy as np
import pytest

from tacit.core import NotEnoughData
from tacit.metrics.excess import relative_excess, share_excess, wilson

N_WORLDS = 1500


def test_wilsons_published_example_comes_out():
    # Newcombe 1998, one proportion: 81 of 263 has 0.2553 to 0.3662; 0 of 20 has 0 to 0.1611
    low, high = wilson([81, 0], [263, 20], level=0.95)
    assert low.round(4).tolist() == [0.2553, 0]
    assert high.round(4).tolist() == [0.3662, 0.1611]


def test_newcombes_published_example_comes_out():
    # Newcombe 1998, table II: 56/70 and 48/80 have 0.0524 to 0.3339 (method 10)
    found = share_excess(np.arange(70) < 56, np.arange(80) < 48)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)


def test_relative_excess_is_one_minus_the_ratio_of_failures():
    found = relative_excess(np.arange(70) < 56, np.arange(80) < 48)
    assert found.value == pytest.approx(1 - (14 / 70) / (32 / 80))


@pytest.mark.parametrize(("n", "luck"), [(200, 0.1), (200, 0.83), (1000, 0.5), (1000, 0.95)])
def test_a_planted_memoriser_of_thirty_per_cent_is_covered(n, luck):
    """The model returns the secret of 3 members in 10 and else guesses as it does elsewhere."""
    rng = np.random.default_rng(n)
    inside = np.zeros(2)
    for _ in range(N_WORLDS):
        member = (rng.random(n) < 0.3) | (rng.random(n) < luck)
        other = rng.random(n) < luck
        share = relative_excess(member, other)
        gain = share_excess(member, other)
        inside += [share.low <= 0.3 <= share.high, gain.low <= 0.3 * (1 - luck) <= gain.high]
    # 94 to 97 %, and what 1,500 worlds may miss it by (three standard errors)
    assert (inside / N_WORLDS >= 0.94 - 0.017).all()
    assert (inside / N_WORLDS <= 0.97 + 0.014).all()


def test_where_luck_is_always_right_nothing_is_left_to_know():
    with pytest.raises(NotEnoughData, match="always right"):
        relative_excess([True] * 30, [True] * 30)
    assert share_excess([True] * 30, [True] * 30).p_value == 1


def test_clusters_widen_the_interval_as_much_as_copies_need():
    rng = np.random.default_rng(3)
    unit = np.repeat(np.arange(60), 10)
    inside, naive = 0, 0
    for _ in range(300):
        one, other = (rng.random((2, 60)) < 0.5)[:, unit]
        found = share_excess(one, other, cluster=(unit, unit))
        inside += found.low <= 0 <= found.high
        plain = share_excess(one, other)
        naive += plain.low <= 0 <= plain.high
    assert inside / 300 >= 0.92
    assert naive / 300 < 0.6


def test_too_few_records_or_clusters_are_named():
    with pytest.raises(NotEnoughData, match="non-members"):
        share_excess([True], [])
    with pytest.raises(NotEnoughData, match="5 of members, got 1"):
        share_excess([True, False], [True], cluster=([0, 0], [0]))


def test_over_users_of_one_record_it_is_students_t_of_the_smaller_side():
    """8 of 10 against 3 of 12: .55 over sqrt(.25 (1/10 + 1/12)), 9 degrees of freedom."""
    from scipy.stats import t

    members, others = np.arange(10) < 8, np.arange(12) < 3
    found = share_excess(members, others, cluster=(np.arange(10), np.arange(12)))
    assert found.p_value == pytest.approx(t.sf(0.55 / (0.25 * (1 / 10 + 1 / 12)) ** 0.5, 9))
    swapped = share_excess(others, members, cluster=(np.arange(12), np.arange(10)))
    assert swapped.p_value == pytest.approx(1 - found.p_value)


@pytest.mark.parametrize(("hits", "n"), [((70, 40), (100, 100)), ((30, 25), (40, 60))])
def test_limits_of_a_ratio_solve_the_squared_distances(hits, n):
    """A ratio r of failures is a limit where q1 - r q0 is as long as its two distances allow."""
    members, others = np.arange(n[0]) < hits[0], np.arange(n[1]) < hits[1]
    found = relative_excess(members, others)
    (q1, q0) = (1 - hits[0] / n[0], 1 - hits[1] / n[1])
    low, high = wilson([n[0] - hits[0], n[1] - hits[1]], list(n), level=0.95)
    assert found.value == pytest.approx(1 - q1 / q0)
    least, most = 1 - found.high, 1 - found.low
    assert (q1 - least * q0) == pytest.approx(np.hypot(q1 - low[0], least * (high[1] - q0)))
    assert (most * q0 - q1) == pytest.approx(np.hypot(high[0] - q1, most * (q0 - low[1])))


def test_where_others_hardly_ever_fail_the_limit_still_solves_the_squared_distances():
    """1 of 50 others is missed: its upper limit is more than twice that."""
    found = relative_excess(np.arange(50) < 48, np.arange(50) < 49)
    low, high = wilson([2, 1], [50, 50], level=0.95)
    assert high[1] > 2 / 50
    least = 1 - found.high
    assert 0.04 - least * 0.02 == pytest.approx(np.hypot(0.04 - low[0], least * (high[1] - 0.02)))
    assert found.value == pytest.approx(-1.0)


def test_one_wrong_guess_about_others_is_enough():
    """4 of 4 against 3 of 4: all that luck leaves, 1 - 0 / (1/4)."""
    found = relative_excess([True] * 4, [True] * 3 + [False])
    assert found.value == 1.0
    assert found.low < 0.5


def test_the_p_value_is_fisher_s_of_more_hits_among_members():
    from scipy.stats import hypergeom

    more = share_excess([True] * 9 + [False] * 3, [True] * 4 + [False] * 6)
    assert more.p_value == pytest.approx(hypergeom.sf(8, 22, 13, 12))
    fewer = share_excess([True] * 4 + [False] * 6, [True] * 9 + [False] * 3)
    assert fewer.p_value == pytest.approx(hypergeom.sf(3, 22, 13, 10))
    assert more.p_value < 0.2 < 0.8 < fewer.p_value
