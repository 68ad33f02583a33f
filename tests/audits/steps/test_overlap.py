"""Records on two sides at once."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import binom

from tacit.audits.steps import overlap
from tacit.audits.steps.overlap import OVERLAP_P, copies, same_records
from tacit.core import Membership

NAMES = ("members", "non-members")


def test_the_chance_of_copies_is_that_of_a_binomial():
    here, there = np.arange(30), np.arange(100, 200)
    asked = np.r_[np.arange(10), [100], [500]]
    # 11 records that occur once, 10 of them here, where a share of 30 / 130 was to be expected
    k, other, p = copies(asked, here, there)
    assert (k, other) == (10, 1)
    assert p == pytest.approx(binom.sf(9, 11, 30 / 130))


def test_records_that_occur_more_than_once_are_no_witnesses():
    here, there = np.array([1, 1, 2, 3]), np.array([2, 4])
    assert copies(np.array([1, 2, 4]), here, there)[:2] == (0, 1)


def test_members_among_the_non_members_are_named():
    member, other, reference = np.arange(200), np.arange(1000, 1200), np.arange(2000, 2400)
    assert same_records(member, other, reference, NAMES) == ""
    mixed = np.r_[other[:170], member[:30]]
    said = same_records(member, mixed, reference, NAMES)
    assert said.startswith("15.0 % of the non-members equal one of the members in every column")
    assert same_records(member, member, np.r_[member, reference], NAMES) != ""


def test_twins_of_a_population_raise_few_alarms():
    """Rows of a small alphabet: most have twins everywhere."""
    rng = np.random.default_rng(0)
    alarms, worlds = 0, 400
    for _ in range(worlds):
        sides = [rng.zipf(1.5, n) for n in (300, 300, 900)]
        alarms += same_records(*sides, NAMES) != ""
    assert binom.sf(alarms - 1, worlds, OVERLAP_P) > 0.001


def test_without_the_size_of_the_tables_twins_would_be_alarms():
    """A member side three times the reference has three times the twins."""
    rng = np.random.default_rng(1)
    asked, member, reference = (rng.integers(0, 2000, n) for n in (500, 1500, 500))
    k, other, p = copies(asked, member, reference)
    assert p > 0.001
    assert binom.sf(k - 1, k + other, 0.5) < 0.001


def shared(n1, n0, *, twins=0, members=0, others=0, reference=400):
    """Codes of members, non-members, a reference and a release that have so much in common."""
    member, nonmember = np.arange(n1), 10_000 + np.arange(n0)
    nonmember[n0 - twins :] = member[n1 - twins :]
    known = np.r_[member[:members], nonmember[:others]]
    strangers = 50_000 + np.arange(reference - len(known))
    return member, nonmember, np.r_[known, strangers], np.arange(90_000, 90_010)


def warned(monkeypatch, codes):
    monkeypatch.setattr(overlap, "_codes", lambda tables: codes)
    return overlap.reference_warning(None) != ""


def test_a_reference_may_hold_either_side_and_both_directions_pay(monkeypatch):
    """10 of 400 members and none of 400 others: p is .00093 one-sided, twice that in all."""
    for side in ("members", "others"):
        assert not warned(monkeypatch, shared(400, 400, **{side: 10}))
        assert warned(monkeypatch, shared(400, 400, **{side: 11}))


def test_as_many_rows_of_both_sides_are_explained_by_twins_and_by_the_reference_s_size(monkeypatch):
    """A twentieth of the members equals a non-member; two fifths of both sides are in the
    reference. Of 400 rows three times .05 and .05 more were to be expected, of 1,600 three times
    .2 and .05.
    """
    common = {"twins": 20, "members": 160, "others": 160}
    assert warned(monkeypatch, shared(400, 400, **common, reference=400))
    assert not warned(monkeypatch, shared(400, 400, **common, reference=1_600))


@pytest.mark.parametrize(("share", "said"), [(0.5, 0), (0.42, 0), (0.3, 1)])
def test_a_release_nearer_to_the_non_members_is_named_once_in_a_thousand(monkeypatch, share, said):
    """The upper end at 99.8 % lies below the share of members, or nothing is said."""
    monkeypatch.setattr(overlap, "_codes", lambda tables: shared(100, 100))
    tables = SimpleNamespace(membership=Membership(np.arange(200) < 100))
    nearest = np.where(np.arange(200) < 100, share, 1 - share)
    nearest = nearest * np.random.default_rng(0).permutation(np.tile([0.0, 4.0, 0.0, 0.0], 50))
    nearest *= np.where(
        np.arange(200) < 100,
        share / nearest[:100].sum(),
        (1 - share) / nearest[100:].sum(),
    )
    found = overlap.hiding(tables, nearest)
    assert sum("exchanged" in text for text in found) == said


def test_pairs_within_a_side_are_repeats():
    """Two of five records are a pair, and every one of a table of pairs."""
    assert overlap._repeated(np.array([1, 1, 2, 3, 4])) == 0.4
    assert overlap._repeated(np.repeat(np.arange(9), 2)) == 1.0
    assert overlap._repeated(np.arange(9)) == 0.0


def test_codes_are_those_of_members_non_members_reference_and_release():
    from tacit.core.frame import Frame

    rows = Frame.of({"a": [1.0, 2, 3, 4], "b": list("wxyz")})
    reference = Frame.of({"a": [2.0, 9], "b": ["x", "q"]})
    release = Frame.of({"a": [3.0], "b": ["y"]})
    member = np.array([True, False, True, False])
    tables = SimpleNamespace(
        rows=rows, reference=reference, synthetic=release, membership=Membership(member)
    )
    inside, outside, known, told = overlap._codes(tables)
    assert (len(inside), len(outside), len(known), len(told)) == (2, 2, 2, 1)
    assert known[0] == outside[0]
    assert told[0] == inside[1]
    assert len({*inside, *outside, *known}) == 5


def test_no_copy_is_no_news():
    assert copies(np.array([1, 2]), np.array([5, 6]), np.array([1, 7])) == (0, 1, 1.0)
    # one of one, from the half of all: 1 / 2
    k, others, p = copies(np.array([1, 2]), np.array([1, 6]), np.array([8, 7]))
    assert (k, others, p) == (1, 0, pytest.approx(0.5))
