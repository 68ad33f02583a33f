"""Ranks, cuts and slices against numbers worked out by hand."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from scipy.stats import norm

from tacit.metrics.looks import (
    Ranked,
    cut_look,
    cut_places,
    rank_look,
    rank_p_value,
    tail_table,
)
from tacit.metrics.rows import Rows


def test_cuts_lie_at_halves_from_the_top_and_from_the_bottom_and_a_half_is_one_cut():
    assert cut_places(np.ones(31, bool)).tolist() == [28, 24, 16, 8, 4]
    assert cut_places(np.ones(32, bool)).tolist() == [29, 25, 17, 8, 4]
    assert cut_places(np.ones(5, bool)).tolist() == []


def test_a_cut_lies_only_where_the_score_changes_and_hard_labels_keep_one():
    step = np.zeros(39, bool)
    step[29] = True  # 10 records share the high score
    assert cut_places(step).tolist() == [10]
    assert cut_places(np.zeros(39, bool)).tolist() == []


def test_the_nearest_place_counts_both_log_shares():
    step = np.zeros(15, bool)
    step[[2, 7]] = True  # allowed: 13 and 8 records above
    assert cut_places(step).tolist() == [13, 8]


def test_doubled_ranks_are_centred_and_ties_share_their_mean():
    ranked = Ranked.of("a", np.array([5.0, 1.0, 1.0, 7.0]))
    assert ranked.rank.tolist() == [1, -2, -2, 3]


def test_a_table_sums_the_hypergeometric_chances():
    table = tail_table(10, 4, 5)
    chances = [comb(5, h) * comb(5, 4 - h) / comb(10, 4) for h in range(5)]
    assert table.first == 0
    assert table.tail == pytest.approx(np.cumsum(chances[::-1])[::-1], rel=1e-12)
    assert table.p_value(np.array([-1, 4, 9])) == pytest.approx([1, chances[4], chances[4]])


def test_the_largest_attainable_p_value_is_never_above_the_limit():
    table = tail_table(10, 4, 5)
    assert table.attainable(0.03) == pytest.approx(5 / 210)
    assert table.attainable(float(table.tail[3])) == table.tail[3]
    assert table.attainable(0.02) == 0.0


def test_the_p_value_of_a_rank_look_counts_labellings():
    score = np.array([0.0, 1, 1, 2, 3, 4, 5])
    member = np.array([0, 0, 1, 0, 1, 0, 1], bool)
    rank = Ranked.of("a", score).rank
    own = rank[member].sum()
    every = [sum(rank[i] for i in chosen) >= own for chosen in combinations(range(7), 3)]
    look = rank_look(Ranked.of("a", score), member)
    assert look.p_value[0] == pytest.approx(np.mean(every))
    assert look.least[0] == pytest.approx(1 / 35)


def test_the_p_value_of_a_cut_is_fishers():
    score = np.arange(16.0)
    member = score >= 9
    look = cut_look(Ranked.of("a", score), member)
    assert look.n_top.tolist() == [12, 8, 4]
    assert look.hits.tolist() == [7, 7, 4]
    assert look.p_value[1] == pytest.approx(comb(8, 7) / comb(16, 7))


def test_two_distinct_scores_give_ranks_and_cut_the_same_p_value():
    score = (np.arange(40) % 4 == 0).astype(float)
    member = np.arange(40) % 8 < 3
    ranked = Ranked.of("a", score)
    cut, rank = cut_look(ranked, member), rank_look(ranked, member)
    assert cut.p_value[0] == pytest.approx(rank.p_value[0], rel=1e-12)


@pytest.mark.parametrize("nested", [False, True])
def test_products_of_rows_equal_those_of_the_written_out_matrix(nested):
    rng = np.random.default_rng(0)
    first = Rows(rng.integers(0, 5, 200), 5, nested=nested)
    second = Rows(rng.integers(0, 3, 200), 3, rng.normal(size=200))
    third = Rows(np.zeros(200, np.int64), 1, rng.normal(size=200))
    for one in (first, second, third):
        for other in (first, second, third):
            expected = one.dense() @ other.dense().T
            assert one.products(other) == pytest.approx(expected, abs=1e-12)
        assert one.totals == pytest.approx(one.dense().sum(axis=1), abs=1e-12)
        assert one.squares == pytest.approx((one.dense() ** 2).sum(axis=1), abs=1e-12)


def test_the_nearest_place_weighs_what_is_left_out_too():
    """Of 40 records 30 are wanted: 24 is off by log 1.25 + log 1.6, 36 by log 1.2 + log 2.5."""
    from tacit.metrics.looks import _nearest

    step = np.zeros(39, bool)
    step[[39 - 24, 39 - 36]] = True
    assert _nearest(step, 30) == 24
    step = np.zeros(39, bool)
    step[[39 - 30, 39 - 35]] = True
    assert _nearest(step, 33) == 35


def test_many_records_are_judged_by_the_normal_law_with_half_a_pair_taken_off():
    from scipy.stats import mannwhitneyu

    rng = np.random.default_rng(0)
    for n_values in (10**6, 7):
        score = np.floor(rng.random(200) * n_values)
        member = np.arange(200) < 100
        found = rank_look(Ranked.of("a", score), member).p_value[0]
        known = mannwhitneyu(
            score[member], score[~member], alternative="greater", method="asymptotic"
        )
        assert found == pytest.approx(known.pvalue, rel=1e-9)


def test_the_smallest_p_value_of_a_cut_is_that_of_all_hits():
    from scipy.stats import hypergeom

    member = np.arange(40) < 15
    look = cut_look(Ranked.of("a", np.arange(40.0)), member)
    for row, top in enumerate(look.n_top.tolist()):
        most = min(top, 15)
        assert look.least[row] == pytest.approx(hypergeom.sf(most - 1, 40, 15, top))


def test_where_counts_vary_much_there_is_no_table_and_the_p_value_is_the_same():
    from scipy.stats import hypergeom

    n = 40_000
    member = np.random.default_rng(1).random(n) < 0.5
    look = cut_look(Ranked.of("a", np.arange(n) + 200.0 * member), member)
    half = look.n_top.tolist().index(n // 2)
    assert look.tables[half] is None
    assert look.least[half] == 0.0
    exact = hypergeom.sf(look.hits[half] - 1, n, int(member.sum()), n // 2)
    assert look.p_value[half] == pytest.approx(exact, rel=1e-6)
    # the variance of the half of 15,998 is 999.94, of 16,004 it is 1,000.31
    assert tail_table(15_998, 7_999, 7_999) is not None
    assert tail_table(16_004, 8_002, 8_002) is None


def test_the_p_value_of_ten_million_ranks_is_that_of_a_normal_sum():
    """Squares of so many ranks are beyond an int64."""
    n = 10_000_000
    # the variance of a sum of doubled ranks without ties is n1 n0 (n + 1) / 3
    spread = (n / 2 * n / 2 * (n + 1) / 3) ** 0.5
    total = np.int64(round(2 * spread))
    assert rank_p_value(np.ones(n - 1, bool), n // 2, n // 2, total) == pytest.approx(
        norm.sf(2), rel=1e-3
    )


def test_a_look_that_cannot_be_so_significant_gets_no_share_of_the_error():
    """Of a limit of .05 a look whose least p-value is .05 keeps all, one of .051 nothing."""
    ranked = Ranked.of("a", np.arange(8.0))
    look = rank_look(ranked, np.arange(8) < 4)
    assert look.least == pytest.approx([1 / 70])
    assert look.attainable(np.array([1 / 70])) == pytest.approx([1 / 70])
    assert look.attainable(np.array([1 / 70 - 1e-6])) == 0.0
    assert look.attainable(np.array([0.5])) == 0.5


@pytest.mark.parametrize(("n", "m", "top"), [(9, 4, 5), (12, 9, 7), (11, 3, 4), (8, 8, 3)])
def test_every_table_is_that_of_all_labellings(n, m, top):
    """The chance of so many members or more in a cut, the largest one at most a limit, the fewest
    members that reach it: counted out.
    """
    hits = np.array([sum(i < top for i in chosen) for chosen in combinations(range(n), m)])
    table = tail_table(n, m, top)
    assert table.first == hits.min()
    assert len(table.tail) == hits.max() - hits.min() + 1
    known = {k: float(np.mean(hits >= k)) for k in range(hits.min(), hits.max() + 1)}
    assert table.p_value(np.array(list(known))) == pytest.approx(list(known.values()))
    for limit in (1e-9, 0.01, 0.05, 0.2, 0.5, 0.9, 1.0, *known.values()):
        allowed = [(p, k) for k, p in known.items() if p <= limit * (1 + 1e-9)]
        assert table.attainable(limit) == pytest.approx(max([p for p, _ in allowed], default=0.0))
        assert table.fewest(limit) == min([k for _, k in allowed], default=np.inf)


def test_ranks_and_cuts_in_one_brute_force_by_definition():
    """The number of records below less the number above; the members among the highest."""
    rng = np.random.default_rng(8)
    for ties in (3, 9, 1000):
        score, member = rng.integers(0, ties, 37).astype(float), rng.random(37) < 0.5
        ranked = Ranked.of("a", score)
        known = [(score < s).sum() - (score > s).sum() for s in score]
        assert ranked.rank.tolist() == known
        look = cut_look(ranked, member)
        for row, top in enumerate(look.n_top.tolist()):
            cut = np.sort(score)[::-1][top - 1]
            assert (score >= cut).sum() == top, "no cut goes through equal scores"
            assert look.hits[row] == member[score >= cut].sum()
            assert look.rows.dense()[row].tolist() == (score >= cut).tolist()


def test_many_limits_are_answered_as_each_alone():
    table = tail_table(60, 25, 12)
    limits = np.concatenate([[0.0, 1.0, 2.0], table.tail, table.tail * (1 - 1e-6)])
    many = table.attainable(limits.reshape(-1, 1))
    assert many.ravel().tolist() == [float(table.attainable(limit)) for limit in limits]


def test_the_unit_of_ranks_turns_their_means_into_the_area_beyond_a_half():
    """All four members above all six others: the area is 1."""
    score, member = np.arange(10.0), np.arange(10) >= 6
    look = rank_look(Ranked.of("a", score), member)
    rank = look.rows.weight
    gap = rank[member].mean() - rank[~member].mean()
    assert gap * look.unit[0] == pytest.approx(0.5)
