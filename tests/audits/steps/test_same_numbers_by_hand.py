"""When two sides hold the same answers: shares, gaps and limits by hand."""

import numpy as np
import pytest

from tacit import InvalidInput, Outputs
from tacit.audits.steps import same_numbers as steps
from tacit.audits.steps.same_numbers import require_other_numbers


def column(*values):
    return np.array(values, float)[:, None]


def test_logits_of_a_row_count_from_their_largest_and_other_answers_as_they_are():
    logits = np.array([[1.0, 5, 2], [7, 7, -1]])
    outputs = Outputs(logits=logits, label=np.array([0, 1]))
    assert steps._numbers(outputs, np.array([1, 0])).tolist() == [[0, 0, -8], [-4, 0, -3]]
    both = np.array([True, True])
    assert steps._first_numbers(outputs, both).tolist() == [-4, 0]
    assert steps._first_numbers(outputs, np.array([False, True])).tolist() == [0]
    probs = Outputs(probs=np.array([[0.2, 0.8], [0.6, 0.4]]))
    assert steps._numbers(probs, np.arange(2)).tolist() == [[0.2, 0.8], [0.6, 0.4]]
    assert steps._first_numbers(probs, both).tolist() == [0.2, 0.6]
    # several labels a record: nothing may be added to their logits
    several = Outputs(logits=logits, label=np.ones((2, 3), int))
    assert steps._numbers(several, np.arange(2)).tolist() == logits.tolist()
    assert steps._first_numbers(several, both).tolist() == [1, 7]


@pytest.mark.parametrize(("most", "kept"), [(7, 7), (6, 4), (3, 3), (2, 2), (1, 1)])
def test_of_many_columns_at_most_so_many_are_compared(monkeypatch, most, kept):
    """Seven columns: every second of them is 4 of 7, every third 3, every fourth 2."""
    monkeypatch.setattr(steps, "MOST_COLUMNS", most)
    outputs = Outputs(prediction=np.arange(14.0).reshape(2, 7), truth=np.zeros((2, 7)))
    assert steps._numbers(outputs, np.arange(2)).shape == (2, kept)


def test_limits_of_what_is_compared():
    """They decide which answers are seen: 5,000 in order, a million sorted, 1,000 columns."""
    assert (steps.GLANCE, steps.MOST_SORTED, steps.MOST_COLUMNS) == (5_000, 1_000_000, 1_000)


def test_two_numbers_are_one_within_a_hundred_thousandth_of_the_larger_one():
    """Of 1 and b: b - 1 is at most 1e-5 b up to b = 1.0000100001, beyond 1.00001."""
    for b, same in ((1 + 1.000005e-5, 1.0), (1 + 1.00002e-5, 0.0)):
        assert steps._share(column(1.0), column(b)) == same
        assert steps._share(column(b), column(1.0)) == same
        assert steps._share(column(-1.0), column(-b)) == same


def test_ninety_nine_of_a_hundred_rows_agree_and_their_neighbours_do_not():
    first = np.arange(100.0)[:, None] ** 2
    for differ, same in ((1, True), (2, False)):
        second = first.copy()
        second[:differ] += 5e5
        assert steps._same_in_order(first, second) is same
    # rows that are like their neighbours agree by that: half of them are too many
    for alike, same in ((49, True), (50, False)):
        rows = np.r_[np.zeros(alike + 1), 10.0 + np.arange(99 - alike)][:, None]
        assert steps._same_in_order(rows, rows) is same


@pytest.mark.parametrize(("apart", "same"), [(0.0095, True), (0.0105, False)])
def test_rows_are_rounded_by_at_most_a_hundredth_of_their_column_s_middle_half(apart, same):
    """0 to 4: the middle half is 2 wide. Neighbours are 2 apart, or 4."""
    first = np.tile([0.0, 2.0, 4.0, 2.0], 25)[:, None] + np.arange(100)[:, None] * 1e-3
    low, high = np.quantile(first, (0.25, 0.75))
    second = first + apart * (high - low)
    assert steps._same_in_order(first, second) is same


def test_each_column_is_rounded_by_its_own_middle_half():
    rng = np.random.default_rng(0)
    first = rng.normal(size=(200, 2)) * [1.0, 1000.0]
    assert steps._same_in_order(first, first + np.array([0.001, 1.0]))
    assert not steps._same_in_order(first, first + np.array([1.0, 1.0]))


@pytest.mark.parametrize(("apart", "same"), [(0.9, True), (1.0, False), (1.1, False)])
def test_sorted_answers_come_within_a_tenth_of_the_gaps(apart, same):
    """Gaps of 10; exactly a tenth of it is not near enough."""
    low = 10.0 * np.arange(60)
    assert steps._same_sorted(low, low + apart) is same
    # the middle gap and the middle distance count, not a few that are large
    far = low.copy()
    far[-5:] += 1e6
    assert steps._same_sorted(far, low + apart) is same


@pytest.mark.parametrize(("equal", "same"), [(29, True), (30, False), (31, False)])
def test_answers_half_of_which_are_equal_may_agree_by_chance(equal, same):
    """Sixty gaps, of which so many are none."""
    low = np.r_[np.zeros(equal), 5.0 + np.arange(61 - equal)]
    gaps = np.diff(low)
    assert np.count_nonzero(gaps == 0) == equal - 1
    low = np.r_[0.0, low]
    assert (np.diff(low) > 0).mean() == 1 - equal / 61
    assert steps._same_sorted(low, low) is (equal / 61 < 0.5)


def test_gaps_below_the_precision_are_none():
    low = 1.0 + 0.9e-5 * np.arange(60)
    assert not steps._same_sorted(low, low)
    wide = 1.0 + 1.2e-5 * np.arange(60) * 1.001 ** np.arange(60)
    assert steps._same_sorted(wide, wide)


def refused(loss, n):
    outputs = Outputs(loss=np.asarray(loss, float))
    member = np.arange(len(loss)) < n
    try:
        require_other_numbers(outputs, member)
    except InvalidInput:
        return True
    return False


def test_sides_of_twenty_records_or_more_and_of_equal_size_are_compared():
    for n, said in ((20, True), (19, False)):
        own = np.random.default_rng(0).exponential(size=n)
        assert refused(np.r_[own, own], n) is said
        assert refused(np.r_[own, own[::-1]], n) is said
        assert not refused(np.r_[own, own, 1.0], n)
        assert not refused(np.r_[own, own], n - 1)


def test_very_many_records_are_not_sorted(monkeypatch):
    own = np.random.default_rng(0).exponential(size=30)
    both = np.r_[own, own[::-1]]
    for most, said in ((30, True), (29, False)):
        monkeypatch.setattr(steps, "MOST_SORTED", most)
        assert refused(both, 30) is said


def test_only_the_first_rows_are_compared_in_their_order(monkeypatch):
    """Of 60 rows the first 40 are the same ones, and the others are not."""
    monkeypatch.setattr(steps, "GLANCE", 40)
    monkeypatch.setattr(steps, "MOST_SORTED", 0)
    rng = np.random.default_rng(0)
    own, other = rng.exponential(size=(2, 60))
    assert refused(np.r_[own, own[:40], other[40:]], 60)
    assert not refused(np.r_[own, own[:39], other[39:]], 60)


def test_rows_that_are_like_any_other_row_of_the_other_side_are_no_sign(monkeypatch):
    """Where half of the rows agree with another row's answer, sorted answers tell nothing."""
    monkeypatch.setattr(steps, "_same_in_order", lambda first, second: False)
    monkeypatch.setattr(steps, "_same_sorted", lambda low, high: True)
    for share, said in ((0.49, True), (0.5, False)):
        monkeypatch.setattr(steps, "_share", lambda *_, share=share: share)
        assert refused(np.arange(60.0), 30) is said


def test_one_large_number_makes_no_others_coarse():
    """The middle one of 1, 1 and a million is 1: a thousandth off is another number."""
    assert steps._share(column(1, 1, 1e6), column(1.001, 1.001, 1e6)) == pytest.approx(1 / 3)
    assert steps._share(column(1, 1e6, 1e6), column(1.001, 1e6, 1e6)) == 1.0


def test_exactly_half_of_the_gaps_are_too_few():
    for equal, same in ((29, True), (30, False)):
        low = np.r_[np.zeros(equal), 5.0 + np.arange(60 - equal), 99.0]
        low = np.r_[0.0, low][:61]
        assert np.count_nonzero(np.diff(low) == 0) == equal
        assert steps._same_sorted(low, low) is same


def test_each_row_is_held_against_the_one_before_it(monkeypatch):
    """Pairs of equal rows: every second one is like the row before, none like the one before that,
    so that half of them agree by being neighbours.
    """
    rows = np.repeat(np.arange(30.0), 2)[:, None]
    assert not steps._same_in_order(rows, rows)
    asked = []
    monkeypatch.setattr(steps, "_same_in_order", lambda first, second: False)
    monkeypatch.setattr(steps, "_share", lambda first, second: asked.append((first, second)) or 1.0)
    loss = np.random.default_rng(0).exponential(size=60)
    assert not refused(loss, 30)
    ((first, second),) = asked
    assert first[:, 0].tolist() == loss[:30].tolist()
    assert second[1:, 0].tolist() == loss[30:59].tolist()
