"""Columns are dealt into two halves, and the two halves of a row joined by way of a table."""

from types import SimpleNamespace

import numpy as np
import pytest

from tacit.audits.steps import linkability as steps
from tacit.audits.steps.linkability import linkability
from tacit.core import NotEnoughData


class Embed:
    """Points are the tables themselves; a column has one dimension."""

    def __call__(self, table):
        return table.points

    def dimensions(self, names, chosen):
        return [names.index(name) for name in chosen]


def table(name, points):
    points = np.atleast_2d(points)
    names = [f"c{k}" for k in range(points.shape[1])]
    return SimpleNamespace(name=name, points=points, names=names)


def game(columns):
    """Two members and three non-members."""
    rows = {
        name: table(name, np.full((n, columns), value))
        for name, n, value in (("asked", 5, 0.0), ("member", 2, 1.0), ("release", 9, 2.0))
    }
    baseline = table("baseline", np.full((9, columns), 3.0))
    return SimpleNamespace(
        **rows, baseline=baseline, embed=Embed(), sides=lambda hit: (hit[:2], hit[2:])
    )


@pytest.fixture
def linked(monkeypatch):
    asked = []

    def fake(x, y, halves, neighbours):
        asked.append((x[0, 0], y[0, 0], [list(half) for half in halves], neighbours))
        return np.arange(len(x)) < 3

    monkeypatch.setattr(steps, "_linked", fake)
    return asked


@pytest.mark.parametrize("columns", [2, 3, 6, 7])
def test_half_of_the_columns_are_drawn_and_the_others_are_the_second_half(linked, columns):
    """By a seed that no release may change; of seven columns three are in the first half."""
    linkability(game(columns), seed=11)
    first, second = linked[0][2]
    drawn = np.random.default_rng([11, 3]).permutation(columns)[: columns // 2]
    assert first == sorted(drawn)
    assert sorted([*first, *second]) == list(range(columns))
    assert linked[1][2] == linked[0][2]


def test_all_who_are_asked_are_linked_by_the_release_and_members_by_the_baseline(linked):
    inside, outside, baseline = linkability(game(4), seed=0)
    assert [given[:2] for given in linked] == [(0.0, 2.0), (1.0, 3.0)]
    assert (inside.tolist(), outside.tolist()) == ([True, True], [True, False, False])
    assert baseline.tolist() == [True, True]
    assert [given[3] for given in linked] == [5, 5]
    linkability(game(4), seed=0, neighbours=2)
    assert [given[3] for given in linked[2:]] == [2, 2]


def test_one_column_has_no_halves():
    with pytest.raises(NotEnoughData, match="2 columns to link, got 1") as raised:
        linkability(game(1), seed=0)
    assert (raised.value.needed, raised.value.got) == (2, 1)


def test_of_a_table_with_fewer_rows_than_neighbours_all_are_near():
    rows, release = np.array([[0.0, 9.0]]), np.array([[0.0, 0.0], [9.0, 9.0]])
    assert steps._linked(rows, release, [np.array([0]), np.array([1])], 5).tolist() == [True]
