"""The order from which folds are dealt."""

import numpy as np
import pytest
from scipy.stats import binom

from tacit.audits.steps.blind_baseline import blind_result
from tacit.audits.steps.pooled_order import SEED, pooled_order, ties_by_chance
from tacit.core import Membership, Outputs, Signals, sorting
from tacit.core.sorting import order_of, steps, tied_places


def test_the_order_of_records_is_forgotten_even_where_signals_tie():
    rng = np.random.default_rng(0)
    value, other = rng.integers(0, 3, 50).astype(float), rng.permutation(50).astype(float)
    mixed, member = rng.permutation(50), rng.random(50) < 0.5
    order = pooled_order([Signals.of(value), Signals.of(other)], member)
    again = pooled_order([Signals.of(value[mixed]), Signals.of(other[mixed])], member[mixed])
    assert np.array_equal(mixed[again], order)


def test_equal_records_stand_by_chance_and_yet_the_same_however_they_came():
    rng = np.random.default_rng(0)
    value = np.sort(rng.integers(0, 5, 500)).astype(float)
    member, mixed = np.arange(500) % 100 < 50, rng.permutation(500)
    order = pooled_order([Signals.of(value)], member)
    again = pooled_order([Signals.of(value[mixed])], member[mixed])
    assert np.array_equal(value[order], np.sort(value))
    assert np.array_equal(member[order], member[mixed][again])
    half = member[order][: np.count_nonzero(value == 0)]
    assert 0 < half[: len(half) // 2].mean() < 1


def blind_p_values(order_of, worlds=200, n=400):
    """Labels of 60 classes that owe nothing to membership; members come first."""
    found = []
    for seed in range(worlds):
        rng = np.random.default_rng(seed)
        label, member = rng.integers(0, 60, n), np.sort(rng.random(n) < 0.5)[::-1]
        outputs = Outputs(loss=np.zeros(n), label=label)
        order = order_of(Signals.of(np.zeros(n), group=label), member)
        key = Membership(member.copy())
        found.append(blind_result(outputs, key, None, order=order, level=0.95).p_value)
    return np.array(found)


def test_who_guesses_by_equal_records_is_right_by_chance_only():
    p_values = blind_p_values(lambda signals, member: pooled_order([signals], member))
    assert binom.sf(np.count_nonzero(p_values <= 0.05) - 1, 200, 0.05) > 0.001


def test_in_the_order_in_which_they_came_the_same_guesser_would_alarm():
    p_values = blind_p_values(lambda signals, member: np.argsort(signals.group, kind="stable"))
    assert binom.sf(np.count_nonzero(p_values <= 0.05) - 1, 200, 0.05) < 1e-6


def shuffled_at_once(order, step, member):
    """Non-members last in each run, then by one number a record."""
    tied, run = tied_places(step)
    records = order[tied]
    records = records[np.lexsort((~member[records], run))]
    chance = np.random.default_rng(SEED).random(len(records))
    found = order.copy()
    found[tied] = records[np.lexsort((chance, run))]
    return found


@pytest.mark.parametrize("piece", [2, 50, 1 << 16])
@pytest.mark.parametrize("n_values", [1, 2, 40, 3_000, 10**7])
def test_records_shuffled_in_pieces_are_those_shuffled_at_once(monkeypatch, n_values, piece):
    monkeypatch.setattr(sorting, "PIECE", piece)
    rng = np.random.default_rng(0)
    value, member = rng.integers(0, n_values, 5_000).astype(float), rng.random(5_000) < 0.5
    order = order_of(value)
    step = steps(value, order)
    assert np.array_equal(
        ties_by_chance(order, ~step, member), shuffled_at_once(order, step, member)
    )
    standing, truth = value[order], member[order]
    found = ties_by_chance(None, ~step, truth)
    assert np.array_equal(found, shuffled_at_once(np.arange(5_000), step, truth))
    assert np.array_equal(standing[found], standing)


def test_ties_are_broken_by_later_queries_then_other_signals_then_the_group_then_columns():
    """Written plainly: records sorted by tuples, and every tuple of one record alone."""
    rng = np.random.default_rng(3)
    n = 200
    first, second, other = (rng.integers(0, 2, (n, 2)).astype(float) for _ in range(3))
    group, columns = rng.integers(0, 2, n), rng.permutation(n).astype(np.float32)
    one = Signals.of(np.column_stack([first, second]), group=group, features=columns[:, None])
    two = Signals.of(other)
    rows = sorted(
        range(n),
        key=lambda i: (
            first[i, 0],
            *second[i][::-1],
            first[i, 1],
            *other[i][::-1],
            group[i],
            columns[i],
        ),
    )
    order = pooled_order([one, two], rng.random(n) < 0.5)
    assert order.tolist() == rows


def test_an_order_of_other_scores_is_not_taken_for_that_of_the_signal():
    from tacit.core import Evidence

    rng = np.random.default_rng(4)
    value, member = rng.permutation(30).astype(float), np.arange(30) < 15
    for score in (-value, value):
        paper = Evidence(score, member, None, "observed", "x", np.arange(30))
        order = pooled_order([Signals.of(value)], member, paper)
        assert value[order].tolist() == sorted(value)


def test_shuffled_ties_are_those_of_a_seed_that_no_release_may_change():
    """The folds of an audit rest on it: a chance for each record of a tie, members first."""
    order, same = np.array([2, 0, 1, 3]), np.array([True, True, False])
    member = np.array([False, True, False, True])
    chance = np.random.default_rng(20_262).random(3)
    # records 2, 0, 1 tie: the member (1) stands first before the shuffle, then 2 and 0 as they were
    tied = np.array([1, 2, 0])[np.argsort(chance)]
    assert ties_by_chance(order, same, member).tolist() == [*tied, 3]
    none = np.zeros(3, bool)
    assert ties_by_chance(order, none, member) is order


@pytest.mark.parametrize(("most", "kind"), [(3, np.int64), (4, np.int32)])
def test_places_take_four_bytes_where_these_hold_them(monkeypatch, most, kind):
    from tacit.audits.steps import pooled_order as steps

    monkeypatch.setattr(steps, "MOST_PACKED", most)
    written = steps._written(None, 3)
    assert written.tolist() == [0, 1, 2]
    assert written.dtype == kind
    kept = np.array([2, 0, 1])
    assert steps._written(kept, 3) is kept


def test_records_that_tie_in_some_of_what_is_seen_are_not_shuffled():
    """Later keys alone do not make two records equal: all have to."""
    first = np.array([1.0, 1, 1, 1, 0])
    other = np.array([3.0, 2, 1, 0, 0])
    column = np.zeros(5, np.float32)
    column[0] = 1
    signals = Signals.of(first, features=column[:, None])
    member = np.array([1, 0, 1, 0, 1], bool)
    assert pooled_order([signals, Signals.of(other)], member).tolist() == [4, 3, 2, 1, 0]


def test_a_member_s_place_among_equals_is_drawn_and_members_stand_first_before():
    """Five that tie, three of them members: numbers are dealt to members, then to the others."""
    order, member = np.array([4, 3, 2, 1, 0]), np.array([0, 1, 1, 0, 1], bool)
    chance = np.random.default_rng(20_262).random(5)
    before = np.array([4, 2, 1, 3, 0])
    found = ties_by_chance(order, np.ones(4, bool), member)
    assert found.tolist() == before[np.argsort(chance)].tolist()
    assert order.tolist() == [4, 3, 2, 1, 0], "what was given is left as it was"
