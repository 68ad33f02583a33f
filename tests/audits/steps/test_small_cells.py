"""Which slices a report may show: counts of either side by hand, at the least cell exactly."""

import numpy as np
import pytest

from tacit.audits.steps.small_cells import hidden_notes, hidden_values, too_small


def hidden(members, nonmembers, least=10, **more):
    return too_small(np.array(members), np.array(nonmembers), least, **more).tolist()


def test_a_value_with_few_of_either_side_is_hidden_and_one_at_the_least_cell_is_not():
    """Catches max for min of the sides, and <= for <: 10 of both are enough."""
    assert hidden([10, 90, 90], [10, 90, 90]) == [False] * 3
    # 900 members and 9 non-members tell of nine people; so would the difference to the total,
    # which is why the next smallest goes with it
    assert hidden([900, 40, 90], [9, 40, 90]) == [True, True, False]
    assert hidden([9, 40, 90], [900, 40, 90]) == [True, True, False]


def test_what_is_hidden_together_holds_enough_of_both_sides():
    """6 + 5 members are enough, 3 + 3 non-members are not: the max of both would stop there."""
    assert hidden([6, 5, 12, 90], [3, 3, 30, 90]) == [True, True, True, False]
    # 5 + 5 of both: ten exactly, and nothing else is hidden
    assert hidden([5, 5, 12, 90], [5, 5, 12, 90]) == [True, True, False, False]


def test_values_hidden_for_another_reason_count_too():
    also = np.array([False, True, False])
    assert hidden([50, 60, 70], [50, 60, 70], also=also) == [False, True, False]
    assert hidden([50, 6, 70], [50, 60, 70], also=also) == [True, True, False]


def test_only_records_that_were_scored_are_counted_and_nonmembers_are_not_all_records():
    """Twelve of value 0 came, of which the three members were not scored."""
    code = np.repeat([0, 1, 2], [24, 60, 60])
    row = np.arange(12, 144)
    member = np.r_[np.zeros(12, bool), np.tile([True, False], 60)]
    columns = {"a": (code, ["x", "y", "z"])}
    assert hidden_values(columns, row, member, 10)["a"].tolist() == [True, True, False]
    # 12 records of one side: counting records for non-members would show them
    assert hidden_values(columns, row, ~member, 10)["a"].tolist() == [True, True, False]
    assert hidden_values(columns, np.arange(144), np.arange(144) % 2 == 0, 10)["a"].sum() == 0


@pytest.mark.parametrize("name", ["prediction", "loss percentile"])
def test_slices_made_of_answers_hide_the_small_value_alone(name):
    code = np.repeat([0, 1, 2], [6, 60, 60])
    columns = {name: (code, ["x", "y", "z"]), "own": (code, ["x", "y", "z"])}
    found = hidden_values(columns, np.arange(126), np.arange(126) % 2 == 0, 10)
    assert found[name].tolist() == [True, False, False]
    assert found["own"].tolist() == [True, True, False]


def test_notes_count_the_hidden_values_of_each_column():
    found = {"a": np.array([True, True, False]), "b": np.zeros(2, bool)}
    (note,) = hidden_notes(found, 7)
    assert note.metric == "slices by a"
    assert note.reason.startswith("2 of 3 values are not shown: with fewer than 7 members")


@pytest.mark.parametrize("side", [True, False])
def test_a_slice_made_of_answers_needs_enough_of_both_sides_too(side):
    """Sixty of one side and six of the other: counting all records for non-members shows it."""
    code = np.repeat([0, 1], [66, 120])
    member = np.r_[np.arange(66) < 60, np.arange(120) < 60] == side
    found = hidden_values({"prediction": (code, ["x", "y"])}, np.arange(186), member, 10)
    assert found["prediction"].tolist() == [True, False]


def test_a_value_at_the_least_cell_is_shown_beside_one_that_is_hidden_for_another_reason():
    also = np.array([False, True, False])
    assert hidden([10, 60, 70], [10, 60, 70], also=also) == [False, True, False]
    assert hidden([9, 60, 70], [10, 60, 70], also=also) == [True, True, False]


@pytest.mark.parametrize("name", ["prediction", "own"])
@pytest.mark.parametrize(("few", "hidden"), [(10, False), (9, True)])
def test_ten_of_either_side_are_shown_in_every_column(name, few, hidden):
    code = np.repeat([0, 1], [few + 30, 120])
    for turned in (False, True):
        member = np.r_[np.arange(few + 30) < few, np.arange(120) < 60] ^ turned
        found = hidden_values({name: (code, ["x", "y"])}, None, member, 10)
        assert found[name][0] == hidden


def test_the_smallest_of_the_others_guards_the_one_that_is_hidden():
    """Three of either side are hidden; of 12 and 40 more, 12 are enough. A value that is not
    there at all is hidden first, and guards nothing.
    """
    assert hidden([40, 3, 12, 90], [40, 3, 12, 90]) == [False, True, True, False]
    assert hidden([40, 3, 0, 12], [40, 3, 0, 12]) == [False, True, True, True]
    # all of them are hidden where together they hold too few
    assert hidden([3, 4], [3, 4]) == [True, True]
    assert hidden([10, 11], [10, 11]) == [False, False]
