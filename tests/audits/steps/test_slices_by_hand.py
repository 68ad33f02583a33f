"""Slices with clusters, of one value alone, and beside what else was looked at."""

from types import SimpleNamespace

import numpy as np
import pytest

from tacit.audits.steps.slices import slice_results
from tacit.core import Evidence
from tacit.metrics import advantage, auc


def judged(*p_values, n_values):
    """A joint test of one look at the values of column g."""
    own = np.array(p_values[0])
    look = SimpleNamespace(kind="slice", source="g", p_value=own)
    adjusted = np.array(p_values[1])
    assert len(own) == len(adjusted) == n_values
    return SimpleNamespace(looks=[look], adjusted=adjusted, places=lambda _: slice(0, n_values))


def test_units_are_followed_within_every_slice():
    """Users of four records each: intervals are those of users, in whatever order records stand."""
    rng = np.random.default_rng(0)
    user = rng.permutation(np.repeat(np.arange(60), 4))
    member = user % 2 == 0
    score = rng.normal(size=60)[user] + 0.3 * rng.normal(size=240) + member
    paper = Evidence(score, member, user, "coin", "x", np.arange(240))
    code = (user % 4 >= 2).astype(int)
    columns = {"g": (code, ["a", "b"])}
    found = slice_results(judged([0.01, 0.02], [0.02, 0.04], n_values=2), columns, paper, level=0.9)
    assert [result.p_value for result in found] == [0.01, 0.02]
    for value, result in enumerate(found):
        own = paper.take(np.flatnonzero(code == value))
        area, gain = auc(own, level=0.95), advantage(own, level=0.95)
        assert result.estimates[0].low == pytest.approx(area.low)
        assert result.estimates[0].high == pytest.approx(area.high)
        assert result.estimates[1].low == pytest.approx(gain.low)
        assert "clusters" in result.estimates[0].assumes[0]


def test_a_value_alone_has_the_level_that_is_asked():
    rng = np.random.default_rng(0)
    member = np.arange(120) % 2 == 0
    paper = Evidence.of(rng.normal(size=120) + member, member)
    code = np.repeat([0, 1], [90, 30])
    columns = {"g": (code, ["a", "b"])}
    first, second = slice_results(judged([0.01], [0.02], n_values=1), columns, paper, level=0.9)
    assert {estimate.level for estimate in first.estimates} == {0.9}
    assert (second.estimates, second.p_value) == ((), None)
    # where no value has enough, nothing is divided by nothing
    few = {"g": (np.arange(120) // 30, list("abcd"))}
    found = slice_results(SimpleNamespace(looks=[]), few, paper, level=0.9)
    assert [result.estimates for result in found] == [()] * 4


def test_values_are_those_of_the_records_that_were_scored():
    """The attack scored records 20 to 139 of 140; the column is of all of them."""
    rng = np.random.default_rng(1)
    member = np.arange(120) % 2 == 0
    score = rng.normal(size=120) + member
    row = np.arange(20, 140)
    paper = Evidence(score, member, None, "coin", "x", row)
    code = (np.arange(140) >= 80).astype(int)
    found = slice_results(
        judged([0.01, 0.02], [0.02, 0.04], n_values=2),
        {"g": (code, ["a", "b"])},
        paper,
        level=0.9,
    )
    for result, rows in zip(found, (np.arange(60), np.arange(60, 120))):
        assert (result.n_members, result.n_nonmembers) == (30, 30)
        own = paper.take(rows)
        assert result.estimates[0].value == auc(own).value
        assert result.estimates[0].low == pytest.approx(auc(own, level=0.95).low)


def test_values_with_few_of_a_side_are_left_out_at_the_least_cell():
    """Nine members of value b: with a least cell of ten it is hidden, and another with it."""
    member = np.r_[np.arange(80) % 2 == 0, np.arange(60) % 2 == 0, np.arange(39) < 9]
    paper = Evidence.of(np.random.default_rng(0).normal(size=179), member)
    columns = {"g": (np.repeat([0, 1, 2], [80, 60, 39]), ["a", "c", "b"])}
    for least, shown in ((9, ["a", "c", "b"]), (10, ["a"])):
        found = slice_results(SimpleNamespace(looks=[]), columns, paper, level=0.9, min_cell=least)
        assert [result.value for result in found] == shown
