"""Equal rows: groups, the chance that one lies on a single side, and what chance leaves over."""

from math import comb

import numpy as np
import pytest

from tacit.audits.steps import equal_rows as steps
from tacit.audits.steps.equal_rows import AROUND, EqualRows, _mean_products, number_of
from tacit.core.sorting import PIECE


def by_likeness(values, member):
    return EqualRows.by_likeness([values], lambda: values, member)


def test_groups_their_sizes_and_their_members():
    found = by_likeness(
        np.array([2.0, 1.0, 2.0, 0.0, 1.0, 1.0]), np.array([1, 1, 0, 0, 1, 1], bool)
    )
    assert found.total.tolist() == [1, 3, 2]
    assert found.members.tolist() == [0, 3, 1]
    assert found.mixed.tolist() == [False, False, True]


def test_among_few_groups_the_chance_is_that_of_drawing_members_from_all_rows():
    member = np.arange(10) < 6
    found = EqualRows.by_number(np.array([0, 0, 0, 1, 1, 2, 3, 4, 5, 6]), member)
    expected = [(comb(6, k) + comb(4, k)) / comb(10, k) for k in (3, 2)]
    assert found.expected[:2] == pytest.approx(expected)


def test_products_of_different_shares_are_averaged_over_all_choices():
    share = np.array([[1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.5] * 8])
    assert _mean_products(share, np.array([2, 2])) == pytest.approx([3 / 28, 1 / 4])
    assert _mean_products(share, np.array([3, 8])) == pytest.approx([1 / 56, 1 / 256])


@pytest.mark.parametrize(("share", "scale"), [(0.5, 1.0), (0.5, 0.5), (0.8, 0.5), (0.95, 1.0)])
@pytest.mark.parametrize("decimals", [1, 2, 3])
def test_answers_that_are_equal_by_chance_are_neither_copies_nor_repeats(share, scale, decimals):
    """The power of a mean share has lacks below -2; bounds of large groups, of many times that."""
    n, lacks = 3_000, []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        member = np.arange(n) < share * n
        values = np.round(rng.gamma(1, np.where(member, scale, 1.0)), decimals)
        lacks.append(by_likeness(values, member).lack)
    # the mean of 60 is known to .13; a spread above 1.3 would have a chance of one in 1,000
    assert abs(np.mean(lacks)) < 0.5
    assert np.std(lacks) < 1.3


@pytest.mark.parametrize("seed", range(3))
def test_float32_losses_of_a_large_audit_coincide_and_are_no_copies(seed):
    values = np.random.default_rng(seed).gamma(1, 1, 400_000).astype(np.float32)
    found = by_likeness(values, np.arange(400_000) < 200_000)
    assert np.count_nonzero(found.mixed) > 500
    assert abs(found.lack) < 4


def test_copies_beyond_chance_are_counted_among_chance_ones():
    rng = np.random.default_rng(0)
    values = rng.gamma(1, 1, 400_000).astype(np.float32)
    values[-1_000:] = values[:1_000]
    found = by_likeness(values, np.arange(400_000) < 200_000)
    copies = np.count_nonzero(found.mixed) * found.beyond_chance
    # some 2,000 pairs coincide, so the count is known to about 45
    assert found.lack < -4
    assert 850 < copies < 1_150


def test_a_large_group_is_no_evidence_of_copies_where_its_chance_is_only_bounded():
    rng = np.random.default_rng(0)
    values = np.concatenate([np.zeros(5_000), rng.exponential(size=5_000)])
    found = by_likeness(values, rng.random(10_000) < 0.5)
    assert found.total.max() > AROUND
    assert found.lack == 0


def test_clusters_join_the_rows_of_a_group_and_nothing_else():
    values = np.array([5.0, 1.0, 5.0, 2.0, 2.0])
    found = by_likeness(values, np.array([1, 0, 1, 1, 0], bool))
    cluster = found.clusters(found.several & ~found.mixed)
    assert cluster[0] == cluster[2]
    assert len(set(cluster.tolist())) == 4


def test_numbers_of_rows_are_equal_where_all_columns_are():
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 3, (2, 500)).astype(float)
    number = number_of([first[:, None], np.stack([second, -0.0 * second], axis=1)])
    pairs = {(a, b): c for a, b, c in zip(first, second, number)}
    assert len(set(pairs.values())) == len(pairs) == len(np.unique(number)) == 9


def made(total, members, expected, *, noise=0.0, local=True):
    """Groups with a chance of being pure that is given."""
    weighed = np.arange(len(expected))
    total, members = np.array(total), np.array(members)
    order = np.arange(int(total.sum()))
    return EqualRows(order, total, members, weighed, np.array(expected), noise, local)


def test_pure_groups_above_what_coins_give_are_counted_in_their_own_spread():
    """Three of four pure, two expected; variance 4 * 1/4, and 3 of the expectation: (3 - 2) / 2."""
    found = made([2, 2, 3, 2], [2, 0, 1, 2], [0.5] * 4, noise=3.0)
    assert (found.excess, found.lack) == (0.5, 0.5)
    # a group of nine has a bound in place of an expectation: it may show repeats, never copies
    large = made([2, 2, 3, 9], [2, 0, 1, 9], [0.5] * 4)
    assert large.excess == pytest.approx(1.0)
    assert large.lack == pytest.approx((2 - 1.5) / 0.75**0.5)
    # 8 neighbours and 8 rows are no bound yet; without neighbours none is
    assert made([2, 2, 3, 8], [2, 0, 1, 8], [0.5] * 4).lack == pytest.approx(1.0)
    assert made([2, 2, 3, 9], [2, 0, 1, 9], [0.5] * 4, local=False).lack == pytest.approx(1.0)


def test_the_share_of_copies_is_solved_for():
    """Ten groups, pure with chance .5 each where no copies: 2 pure are 4 free groups, so 6 are
    copies: of the 8 mixed ones 3/4. Missing pure groups themselves (3 of 8) would be half of it.
    """
    members = [1] * 8 + [2, 0]
    assert made([2] * 10, members, [0.5] * 10).beyond_chance == pytest.approx(0.75)
    assert made([2] * 4, [1, 1, 2, 0], [0.5] * 4).beyond_chance == 0.0
    assert made([2] * 4, [1] * 4, [0.5] * 4).beyond_chance == 1.0
    assert made([2] * 4, [2] * 4, [0.5] * 4).beyond_chance == 1.0


def test_a_group_is_weighed_by_the_shares_of_its_eight_neighbours_and_not_by_its_own():
    """Fourteen groups in order; every mean of products over choices of neighbours is written out.

    Catches the group among its own neighbours, the power of the mean share, one side forgotten, and
    neighbours that run over the end.
    """
    from itertools import combinations

    total = np.array([2, 1, 3, 1, 2, 4, 1, 1, 2, 3, 1, 1, 5, 2])
    members = np.array([2, 0, 1, 1, 1, 3, 0, 1, 0, 2, 1, 0, 4, 1])
    # the likeness is the value itself, so the groups stand in its order
    values = np.repeat(np.arange(14.0), total)
    truth = np.concatenate([np.arange(n) < k for n, k in zip(total, members)])
    found = by_likeness(values, truth)
    assert found.weighed.tolist() == [0, 2, 4, 5, 8, 9, 12, 13]
    noise = np.zeros(14)
    for place, group in enumerate(found.weighed):
        first = min(max(group - 4, 0), 14 - 9)
        near = [other for other in range(first, first + 9) if other != group]
        share = members[near] / total[near]
        choices = list(combinations(range(8), total[group]))
        pure = np.mean([np.prod(share[list(some)]) for some in choices])
        pure += np.mean([np.prod(1 - share[list(some)]) for some in choices])
        assert found.expected[place] == pytest.approx(pure), group
        power, mean = total[group], share.mean()
        slope = power * (mean ** (power - 1) - (1 - mean) ** (power - 1)) / 8
        noise[near] += slope * np.sqrt(mean * (1 - mean))
    assert found.noise == pytest.approx((noise**2).sum())


def test_neighbours_are_those_by_likeness_and_not_those_by_number():
    """Groups named in one order and alike in the reverse one have the same neighbours."""
    rng = np.random.default_rng(0)
    size = rng.integers(1, 4, 40)
    name = np.repeat(rng.permutation(40).astype(float), size)
    like = np.repeat(np.arange(40.0), size)
    truth = rng.random(len(name)) < np.linspace(0.1, 0.9, len(name))
    found = EqualRows.by_likeness([np.stack([name, name], axis=1)], lambda: like, truth)
    plain = by_likeness(like, truth)
    assert np.sort(found.expected) == pytest.approx(np.sort(plain.expected))
    assert found.noise == pytest.approx(plain.noise)


def test_groups_that_no_coin_decides_are_no_surprise():
    """All members: every group is pure for sure, and its spread is zero."""
    found = EqualRows.by_number(np.array([1, 1, 2, 2], np.uint64), np.ones(4, bool))
    assert found.expected.tolist() == [1.0, 1.0]
    assert found.excess == found.lack == 0.0


def test_numbers_of_rows_do_not_end_with_a_piece_of_them():
    column = np.arange(PIECE + 3) % PIECE
    number = number_of([column[:, None], column[:, None]])
    assert (number[:3] == number[PIECE:]).all()
    assert len(np.unique(number[:PIECE])) == PIECE


def test_rows_that_all_differ_are_groups_of_one_and_ask_for_no_likeness():
    def asked():
        raise AssertionError

    values = np.random.default_rng(0).normal(size=3 * AROUND)
    member = np.arange(len(values)) % 3 == 0
    columns = [np.stack([values, values], axis=1)]
    found = EqualRows.by_likeness(columns, asked, member)
    assert found.total.tolist() == [1] * len(values)
    assert found.members.tolist() == member[found.order].tolist()
    assert len(found.weighed) == 0
    assert found.excess == found.lack == 0.0


def test_a_hundred_thousand_groups_are_weighed_and_of_more_every_second_or_third():
    for n, step in ((100_000, 1), (100_001, 2), (200_000, 2), (200_001, 3)):
        assert steps._some(np.arange(n)).tolist() == list(range(0, n, step))


def test_where_all_neighbours_are_alike_a_millionth_of_doubt_is_left():
    """Ten pairs of members: the share 1 is taken as 1 - 1e-6, and so is its variance."""
    found = by_likeness(np.repeat(np.arange(10.0), 2), np.ones(20, bool))
    assert found.expected == pytest.approx([1.0] * 10)
    mean = 1 - 1e-6
    pull = 2 * (mean - 1e-6) / AROUND * np.sqrt(mean * 1e-6)
    # ten groups have eight neighbours each
    near = np.zeros(10)
    for group in range(10):
        first = min(max(group - 4, 0), 1)
        near[[other for other in range(first, first + 9) if other != group]] += 1
    assert found.noise == pytest.approx(((near * pull) ** 2).sum(), rel=1e-6)
    assert steps._noise(np.zeros((0, AROUND), np.int64), np.zeros(0)) == 0.0


def test_the_sides_of_all_rows_are_of_unlike_size():
    """Pairs among 7 members and 3 others: (21 + 3) / 45; of four rows members alone: 35 / 210."""
    found = EqualRows.by_number(np.array([0, 0, 1, 1, 1, 1, 2, 3, 4, 5]), np.arange(10) < 7)
    assert found.expected == pytest.approx([24 / 45, 35 / 210])
    assert (found.noise, found.local) == (0.0, False)


def test_rows_of_several_arrays_are_equal_where_each_is():
    one, two = np.array([1.0, 1, 1, 2]), np.array([[0.0, 5], [0, 5], [0, 6], [0, 5]])
    found = EqualRows.by_likeness([one, two], lambda: one, np.arange(4) < 2)
    assert sorted(found.total.tolist()) == [1, 1, 2]
    cluster = found.clusters(found.several)
    assert cluster[0] == cluster[1]
    assert len(set(cluster.tolist())) == 3
    # groups that are not joined are as many as their rows
    assert len(set(found.clusters(~found.several).tolist())) == 4


def test_nine_groups_have_eight_neighbours_and_eight_have_none():
    for n, local in ((8, False), (9, True)):
        found = by_likeness(np.repeat(np.arange(n * 1.0), 2), np.arange(2 * n) % 3 == 0)
        assert found.local is local


def test_zero_has_one_number_whatever_its_sign_and_the_order_of_columns_counts():
    zeros = number_of([np.array([[0.0], [-0.0]])])
    assert zeros[0] == zeros[1]
    one, two = number_of([np.array([[1.0, 2.0], [2.0, 1.0]])])
    assert one != two


@pytest.mark.parametrize("n_members", [3, 4])
def test_a_group_as_large_as_a_side_may_be_all_of_it(n_members):
    """Three of seven rows: all three of the one side, or three of the other four, of 35 ways."""
    found = EqualRows.by_number(np.array([0, 0, 0, 1, 2, 3, 4]), np.arange(7) < n_members)
    assert found.expected == pytest.approx([(1 + 4) / 35])


def test_groups_whose_chance_is_only_bounded_tell_nothing_of_copies():
    """The ten groups of before, and three mixed ones of nine rows."""
    members, chance = [1] * 8 + [2, 0], [0.5] * 10
    found = made([2] * 10 + [9] * 3, members + [4] * 3, chance + [0.5] * 3)
    assert found.beyond_chance == pytest.approx(0.75)


def test_clusters_are_counted_from_zero_in_the_order_of_the_rows():
    found = by_likeness(np.array([5.0, 1.0, 5.0, 2.0, 2.0]), np.array([1, 0, 1, 1, 0], bool))
    # 1, then each 2 apart, then both 5s
    cluster = found.clusters(found.several & ~found.mixed)
    assert cluster[[1, 0, 2]].tolist() == [0, 3, 3]
    assert sorted(cluster[[3, 4]].tolist()) == [1, 2]
