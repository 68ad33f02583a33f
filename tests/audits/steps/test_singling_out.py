"""Descriptions that fit one row, by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from tacit.audits.steps.singling_out import (
    MOST_DESCRIPTIONS,
    Condition,
    _condition,
    _descriptions,
    _fits,
    _fitting,
    _masks,
    _single,
)
from tacit.core import NotEnoughData

TABLE = np.array([[1.0, 5], [2, 5], [2, 7], [3, np.nan]])


def test_conditions_hold_at_their_value():
    cells = np.array([1.0, 2, 3, np.nan])
    assert Condition(0, "at least", 2.0).holds(cells).tolist() == [False, True, True, False]
    assert Condition(0, "at most", 2.0).holds(cells).tolist() == [True, True, False, False]
    assert Condition(0, "equal", 2.0).holds(cells).tolist() == [False, True, False, False]
    assert Condition(0, "equal", np.nan).holds(cells).tolist() == [False, False, False, True]


def test_a_number_above_the_middle_is_at_least_and_any_other_at_most():
    assert _condition(1, 6.0, True, 5.0) == Condition(1, "at least", 6.0)
    assert _condition(1, 5.0, True, 5.0) == Condition(1, "at most", 5.0)
    assert _condition(1, 6.0, False, 5.0) == Condition(1, "equal", 6.0)
    assert _condition(1, np.nan, True, 5.0).kind == "equal"


def test_all_conditions_must_hold_and_one_row_is_singled_out():
    both = (Condition(0, "equal", 2.0), Condition(1, "at least", 6.0))
    assert _fits(both, TABLE).tolist() == [2]
    assert _fits(both[:1], TABLE).tolist() == [1, 2]
    assert _fits((Condition(0, "at least", 9.0),), TABLE).tolist() == []
    some = [both, both[:1], (Condition(0, "at least", 9.0),)]
    rows = [[0, 0, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]
    assert _fitting(some, TABLE, np.arange(4)).tolist() == rows
    # two rows of one person count for that person
    assert _fitting(some, TABLE, np.array([0, 1, 1, 0])).tolist() == [[0, 1], [0, 2], [0, 0]]


def test_single_descriptions_are_values_and_ends_that_occur_once():
    found = [item[0] for item in _single(TABLE, [True, False])]
    assert found == [
        Condition(0, "equal", 1.0),
        Condition(0, "equal", 3.0),
        Condition(0, "at most", 1.0),
        Condition(0, "at least", 3.0),
        Condition(1, "equal", 7.0),
    ]


def test_the_bits_of_a_condition_are_the_rows_that_it_is_true_of():
    rows_of = _masks(TABLE)
    # four rows are the upper four bits of a byte
    assert rows_of(Condition(0, "equal", 2.0)) == 0b0110_0000
    assert rows_of(Condition(1, "equal", np.nan)) == 0b0001_0000
    assert rows_of(Condition(0, "at least", 9.0)) == 0


def test_every_description_that_is_made_fits_exactly_one_row_and_is_made_once():
    rng = np.random.default_rng(0)
    table = np.column_stack([rng.integers(0, 4, 90), rng.normal(size=90), rng.integers(0, 9, 90)])
    made = _descriptions(table, [False, True, False], 40, width=2, seed=0)
    assert 20 <= len(made) == len(set(made))
    assert all(len(_fits(item, table)) == 1 for item in made)


@pytest.mark.parametrize(("n", "wanted"), [(7, 7), (499, 499), (10**6, MOST_DESCRIPTIONS)])
def test_as_many_descriptions_are_made_as_there_are_rows_and_at_most_so_many(
    monkeypatch, n, wanted
):
    from tacit.audits.steps import singling_out as steps

    table = SimpleNamespace(kinds={"a": "number", "b": "category"})
    game = SimpleNamespace(
        n=n,
        release=table,
        member=table,
        nonmember=table,
        baseline=table,
        embed=SimpleNamespace(ordered=lambda part: TABLE),
    )
    asked = []

    def made(values, numeric, number, *, width, seed):
        asked.append((numeric, number))
        return []

    monkeypatch.setattr(steps, "_descriptions", made)
    with pytest.raises(NotEnoughData, match="20 descriptions"):
        steps.singling_out(game, width=1, seed=0)
    assert asked == [([True, False], wanted)]
