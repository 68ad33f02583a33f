"""Descriptions that fit one row, by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from tacit.audits.steps import singling_out as room
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
    assert {len(item) for item in made} == {2}


def test_every_row_can_be_singled_out_the_first_and_the_last_too():
    """Sixteen rows, two bytes of bits, of two columns of four categories each."""
    table = np.array([[i % 4, i // 4] for i in range(16)], float)
    made = _descriptions(table, [False, False], 16, width=2, seed=0)
    assert sorted(int(_fits(item, table)[0]) for item in made) == list(range(16))
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


def test_how_many_descriptions_are_tried_and_how_often():
    from tacit.audits.steps import singling_out as steps

    assert (steps.WIDTH, steps.TRIES, steps.FEWEST_DESCRIPTIONS, steps.MOST_DESCRIPTIONS) == (
        4,
        10,
        20,
        500,
    )


def played(release, baseline, member, nonmember, cluster=None, kinds=("number",)):
    def frame(table):
        names = {f"c{i}": kind for i, kind in enumerate(kinds)}
        return SimpleNamespace(kinds=names, table=np.asarray(table, float).reshape(-1, len(kinds)))

    n = len(member)
    units = (np.arange(n), np.arange(n)) if cluster is None else cluster
    return SimpleNamespace(
        n=n,
        release=frame(release),
        member=frame(member),
        nonmember=frame(nonmember),
        baseline=frame(baseline),
        embed=SimpleNamespace(ordered=lambda part: part.table),
        units=units,
    )


def test_members_non_members_and_the_population_are_asked_about_by_their_own_tables():
    """The release holds 0 to 29: 30 values and both ends. Members are the even ones, twice in the
    population; non-members are beyond the upper end.
    """
    from tacit.audits.steps.singling_out import singling_out

    up = np.arange(30.0)
    game = played(up, up[::2], np.repeat(up[::2], 2), up + 29)
    own, theirs, baseline = singling_out(game, width=1, seed=0)
    # of 32 descriptions at most as many as there are rows of a side
    assert own.shape == theirs.shape == (30, 30)
    assert own.dtype == np.uint16
    assert set(own.sum(axis=1)) <= {0, 2, 30}
    assert set(theirs.sum(axis=1)) <= {0, 1, 30}
    # fifteen values and two ends of the population; each value fits two members
    assert len(baseline) == 17
    assert not baseline.any()
    units = (np.arange(30) // 2, np.arange(30) // 3)
    own, theirs, _ = singling_out(played(up, up, up, up, units), width=1, seed=0)
    assert (own.shape[1], theirs.shape[1]) == (15, 10)


def test_nineteen_descriptions_are_too_few_and_the_number_is_told():
    from tacit.audits.steps.singling_out import singling_out

    for n, got in ((17, 19), (18, 20)):
        values = np.r_[np.arange(float(n)), np.repeat(n // 2 + 0.5, 30)]
        game = played(values, values, values, values)
        if got < 20:
            with pytest.raises(NotEnoughData, match="fit one synthetic row, found 19") as error:
                singling_out(game, width=1, seed=0)
            assert (error.value.needed, error.value.got) == (20, 19)
            assert error.value.unit == "descriptions"
        else:
            assert len(singling_out(game, width=1, seed=0)[0]) == 20


def test_single_descriptions_are_drawn_at_random_in_the_order_of_the_columns():
    table = np.arange(40.0)[:, None]
    every = _single(table, [True])
    made = _descriptions(table, [True], 12, width=1, seed=3)
    rng = np.random.default_rng([3, 2, 1])
    assert made == [every[i] for i in sorted(rng.permutation(42)[:12])]
    assert made != _descriptions(table, [True], 12, width=1, seed=4)


def test_no_more_columns_are_combined_than_there_are_and_missing_cells_have_no_middle():
    """Two columns, of which one is never known: all descriptions are of both."""
    table = np.column_stack([np.arange(30.0), np.full(30, np.nan)])
    made = _descriptions(table, [True, True], 10, width=4, seed=0)
    assert {len(item) for item in made} == {2}
    assert all([c.column for c in item] == [0, 1] for item in made)
    assert all(np.isnan(item[1].value) for item in made)
    # only the ends of the known column single a row out
    assert {(item[0].kind, item[0].value) for item in made} <= {
        ("at most", 0.0),
        ("at least", 29.0),
    }


def test_tries_end_after_ten_for_each_description_that_is_wanted(monkeypatch):
    """Equal rows are never singled out: each try draws one row."""
    from tacit.audits.steps import singling_out as steps

    drawn = []
    condition = steps._condition
    monkeypatch.setattr(
        steps, "_condition", lambda *given: drawn.append(given) or condition(*given)
    )
    table = np.ones((5, 1))
    assert _descriptions(np.column_stack([table, table]), [True, True], 3, width=2, seed=0) == []
    assert len(drawn) == 2 * 10 * 3
    assert {(given[1], given[3]) for given in drawn} == {(1.0, 1.0)}


def test_an_end_that_several_reach_singles_nobody_out():
    cells = np.array([[1.0], [1], [2], [5], [5]])
    assert [item[0] for item in _single(cells, [True])] == [Condition(0, "equal", 2.0)]
    assert _single(np.array([[np.nan], [np.nan]]), [True]) == []
    one = [item[0] for item in _single(np.array([[4.0], [np.nan]]), [True])]
    assert [c.kind for c in one] == ["equal", "at most", "at least"]


def test_the_baseline_is_tried_on_members(monkeypatch):
    """Twenty descriptions by one value; those of the population fit one member each or none."""
    made = [(Condition(0, "equal", float(k)),) for k in range(20)]
    others = [(Condition(0, "equal", float(k)),) for k in (100, 101, 200, 300)]
    lists = [made, others]
    monkeypatch.setattr(room, "_descriptions", lambda *_, **__: lists.pop(0))
    member = np.array([[100.0], [101.0], [7.0], [300.0], [300.0]])
    nonmember = np.array([[200.0], [8.0], [9.0], [10.0], [11.0]])
    game = SimpleNamespace(
        release=SimpleNamespace(kinds={"x": "number"}),
        member=member,
        nonmember=nonmember,
        baseline=np.zeros((5, 1)),
        embed=SimpleNamespace(
            ordered=lambda part: np.zeros((5, 1)) if part is game.release else part
        ),
        n=5,
        units=(np.arange(5), np.arange(5)),
    )
    own, theirs, baseline = room.singling_out(game, width=1, seed=0)
    assert baseline.tolist() == [True, True, False, False]
    assert own.sum(axis=1).tolist() == [int(k == 7) for k in range(20)]
    assert theirs.sum(axis=1).tolist() == [int(k in (8, 9, 10, 11)) for k in range(20)]
