"""What the slices of a release pay for each other and for the choice of the score, by hand."""

import numpy as np
import pytest

from tacit.audits.steps.release_slices import isolation, release_slices
from tacit.core import Evidence
from tacit.metrics import auc


def test_slices_pay_for_all_slices_and_for_the_score_that_was_chosen():
    """Two slices of 60 and one of 12, five scores: ten intervals, and Holm's p-values times 5."""
    rng = np.random.default_rng(0)
    member = np.arange(132) % 2 == 0
    score = rng.normal(size=132) + np.where(np.arange(132) < 60, 1.6, 0.0) * member
    code = np.repeat([0, 1, 2], [60, 60, 12])
    paper = Evidence.of(score, member)
    results = release_slices(
        paper, {"g": (code, ["x", "y", "z"])}, n_scores=5, level=0.95, min_cell=2
    )
    by_value = {result.value: result for result in results}
    areas = {
        text: auc(paper.take(np.flatnonzero(code == i)), level=1 - 0.05 / 10)
        for i, text in enumerate("xy")
    }
    for text, area in areas.items():
        assert by_value[text].estimates[0].level == pytest.approx(1 - 0.05 / 10)
        assert by_value[text].estimates[0].low == pytest.approx(area.low)
        assert by_value[text].p_value == area.p_value
    small, large = sorted(area.p_value for area in areas.values())
    assert small < 0.001
    assert min(r.p_adjusted for r in results if r.p_adjusted) == pytest.approx(10 * small)
    assert by_value["y"].p_adjusted == pytest.approx(min(1.0, 5 * max(large, 2 * small)))
    assert "got 6 and 6" in by_value["z"].reason


def test_rows_are_cut_into_fifths_by_their_distance_nearest_first():
    code, texts = isolation(np.arange(100.0)[::-1])
    assert np.bincount(code).tolist() == [20] * 5
    assert (code[0], code[-1]) == (4, 0)
    assert texts[0] == "1 of 5, nearest to others first"
    assert len(isolation(np.zeros(30))[1]) <= 2


def test_forty_members_and_ten_others_are_too_few_rows():
    """The fewer side counts: all rows in place of the non-members would be enough."""
    rng = np.random.default_rng(0)
    member = np.r_[np.arange(50) < 40, np.arange(60) < 30]
    paper = Evidence.of(rng.normal(size=110), member)
    columns = {"g": (np.repeat([0, 1], [50, 60]), ["x", "y"])}
    few, enough = release_slices(paper, columns, n_scores=1, level=0.95, min_cell=2)
    assert "got 40 and 10" in few.reason
    assert not few.estimates
    assert enough.estimates[0].level == 0.95


@pytest.mark.parametrize(("members", "others"), [(20, 30), (30, 20), (19, 40), (40, 19)])
def test_twenty_of_either_side_are_enough_and_nineteen_are_not(members, others):
    member = np.arange(members + others) < members
    paper = Evidence.of(np.random.default_rng(0).normal(size=len(member)), member)
    code = np.zeros(len(member), int)
    (found,) = release_slices(paper, {"g": (code, ["x"])}, n_scores=1, level=0.9, min_cell=2)
    assert (found.n_members, found.n_nonmembers) == (members, others)
    if min(members, others) == 20:
        assert found.estimates[0].level == 0.9
        assert found.p_adjusted == found.p_value == found.estimates[0].p_value
    else:
        assert (found.estimates, found.p_value, found.p_adjusted) == ((), None, None)
        (note,) = found.notes
        assert (note.needed, note.got, note.unit) == (20, 19, "rows a side")
        assert f"got {members} and {others}" in note.reason


def test_codes_are_those_of_the_rows_that_were_scored():
    """Rows 5 to 84 of 90 are scored; the value of a row is its own, not that of its place."""
    member = np.arange(80) % 2 == 0
    score = np.random.default_rng(0).normal(size=80)
    paper = Evidence(score, member, None, "coin", "x", np.arange(5, 85))
    code = np.r_[np.zeros(45, int), np.ones(45, int)]
    first, second = release_slices(
        paper, {"g": (code, ["x", "y"])}, n_scores=1, level=0.9, min_cell=2
    )
    assert (first.name, second.name) == ("g = x", "g = y")
    assert (first.slice, first.value, first.role, first.attack) == ("g", "x", "slice", "x")
    expected = auc(paper.take(np.arange(40)), level=1 - 0.1 / 2)
    assert first.estimates[0].value == expected.value
    assert first.estimates[0].low == pytest.approx(expected.low)


def test_a_value_with_too_few_of_a_side_is_left_out_of_the_table():
    """Nine non-members of value y would tell of single people; so another value goes with it."""
    member = np.r_[np.arange(60) < 30, np.arange(39) < 30]
    paper = Evidence.of(np.random.default_rng(0).normal(size=99), member)
    code = np.repeat([0, 1], [60, 39])
    for least, shown in ((9, ["x", "y"]), (10, [])):
        found = release_slices(
            paper, {"g": (code, ["x", "y"])}, n_scores=1, level=0.95, min_cell=least
        )
        assert [result.value for result in found] == shown


def test_an_area_that_cannot_be_measured_has_its_reason():
    """Twenty and twenty rows of three and three people."""
    member = np.arange(40) % 2 == 0
    cluster = np.where(member, 0, 3) + np.arange(40) // 2 % 3
    score = np.random.default_rng(0).normal(size=40)
    paper = Evidence(score, member, cluster, "coin", "x", np.arange(40))
    code = np.zeros(40, int)
    (found,) = release_slices(paper, {"g": (code, ["x"])}, n_scores=2, level=0.95, min_cell=2)
    assert found.estimates == ()
    assert found.notes[0].metric == "g = x"
    assert found.p_adjusted is None


def test_fifths_are_closed_above():
    """Of 0 to 10 the edges are 2, 4, 6 and 8, each the last of its fifth."""
    code, texts = isolation(np.arange(11.0))
    assert code.tolist() == [0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert texts == [f"{i} of 5, nearest to others first" for i in range(1, 6)]
    code, texts = isolation(np.repeat([1.0, 2.0], 50))
    assert texts[-1] == f"{len(texts)} of {len(texts)}, nearest to others first"
    assert code.max() < len(texts)
