"""Which records are to be forgotten."""

import numpy as np
import pytest

from tacit import InvalidInput
from tacit.audits.steps.forgotten import forgotten_units, records_in, rows_to_forget


def rows(forget, total=10, seed=0):
    return rows_to_forget(forget, total, seed=seed).tolist()


def test_row_numbers_a_mask_and_a_share_are_taken():
    assert rows([3, 1]) == [1, 3]
    assert rows(np.arange(10) > 7) == [8, 9]
    assert rows(np.array([True] + [False] * 9, object)) == [0]
    assert len(rows(0.3)) == 3
    assert rows(0.3) == rows(0.3) != rows(0.3, seed=1)
    assert rows([]) == []


@pytest.mark.parametrize(
    ("forget", "said"),
    [
        (None, "`forget` needs row numbers, a mask or a share"),
        (5, "`forget` needs row numbers, a mask or a share"),
        (1.0, "strictly between 0 and 1, got 1.0"),
        (0.0, "strictly between 0 and 1, got 0.0"),
        (float("nan"), "strictly between 0 and 1, got nan"),
        (["a"], "`forget` needs numbers"),
        ([0.5], "`forget` needs whole numbers"),
        ([10], "row numbers 0 to 9, got 10"),
        ([-1], "row numbers 0 to 9, got -1"),
        ([3, -1], "row numbers 0 to 9, got -1 to 3"),
        ([10, 3], "row numbers 0 to 9, got 3 to 10"),
        ([1, 1], "each row once"),
        ([1] * 5 + [0] * 5, "If it is a mask, pass booleans"),
        (np.ones(10, bool), "every record: nothing is left"),
        (np.ones(9, bool), "a mask needs 10 entries, got 9"),
    ],
)
def test_anything_else_is_refused_by_name(forget, said):
    with pytest.raises(InvalidInput, match=said):
        rows(forget)


def test_units_are_forgotten_as_a_whole():
    chosen = np.array([0, 1])
    assert forgotten_units(None, chosen, 4) is None
    assert forgotten_units(["a", "b", "c", "c"], chosen, 4).tolist() == ["a", "b"]
    with pytest.raises(InvalidInput, match="got 1 with records in `forget` and others that stay"):
        forgotten_units(["a", "b", "b", "c"], chosen, 4)
    with pytest.raises(InvalidInput, match="`cluster` needs a unit for every record"):
        forgotten_units([None, "b", "c", "d"], chosen, 4)
    with pytest.raises(InvalidInput, match="`cluster` needs one label for each of 4 records"):
        forgotten_units(["a"], chosen, 4)


def test_data_that_has_no_rows_is_named():
    assert records_in(np.zeros((3, 2)), [1, 2, 3]) == 3
    for x, y, said in (
        ({"a": [1]}, None, "`data` needs .* got dict"),
        ([], None, "`data` needs records, got none"),
        (np.zeros((3, 2)), [1], "one label a record, got 3 and 1"),
    ):
        with pytest.raises(InvalidInput, match=said):
            records_in(x, y)


def test_units_of_any_kind_are_compared_as_text():
    chosen = np.array([0, 1])
    mixed = np.array([1, "a", 2, "b"], object)
    assert forgotten_units(mixed, chosen, 4).tolist() == ["1", "a"]
    numbers = forgotten_units(np.array([7, 7, 8, 9]), chosen, 4)
    assert numbers.dtype.kind == "i"
    assert numbers.tolist() == [7, 7]


def test_a_share_is_drawn_by_a_seed_that_no_release_may_change():
    """And rounded to the nearest: .26 of ten are three."""
    assert rows(0.26, seed=7) == sorted(np.random.default_rng([7, 0]).permutation(10)[:3])
    assert len(rows(0.24)) == 2


def test_every_torn_unit_is_counted_and_all_rows_but_one_may_be_forgotten():
    with pytest.raises(InvalidInput, match=r"got 2 with records in `forget`.*first: a"):
        forgotten_units(["a", "b", "b", "a"], np.array([0, 1]), 4)
    assert rows(list(range(9))) == list(range(9))
    assert rows([9, 0]) == [0, 9]
    with pytest.raises(InvalidInput, match="every record"):
        rows(list(range(10)))
    with pytest.raises(InvalidInput, match=r"`data` needs .* got str"):
        records_in("abc", None)
    assert records_in([1], None) == 1
