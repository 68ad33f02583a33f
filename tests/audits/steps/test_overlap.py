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


def test_a_twentieth_and_three_times_the_twins_may_be_in_the_reference(monkeypatch):
    """One member in ten equals a non-member, and the reference is as large: .3 and .05 of both
    sides may be in it; 70 of 200 are, 71 are more.
    """
    monkeypatch.setattr(overlap, "fisher_p_value", lambda hits, sizes: 1.0)
    for members, said in ((35, False), (36, True)):
        codes = shared(100, 100, twins=10, members=members, others=35, reference=100)
        assert warned(monkeypatch, codes) is said
    # of nearly all members with a twin, all of both sides may be in it and no more is possible
    assert not warned(monkeypatch, shared(100, 100, twins=95, members=100, others=100))


def test_both_directions_of_fisher_s_test_are_asked(monkeypatch):
    """Twice the smaller p-value, at exactly one in a thousand no alarm yet."""
    asked = []

    def fisher_p_value(hits, sizes):
        asked.append((hits, sizes))
        return left.pop()

    monkeypatch.setattr(overlap, "fisher_p_value", fisher_p_value)
    for smaller, said in ((0.0005, True), (0.000501, False)):
        for pair in ([smaller, 0.9], [0.9, smaller]):
            left = list(pair)
            codes = shared(300, 200, members=3, others=2)
            assert warned(monkeypatch, codes) is said
    assert set(asked) == {((3, 2), (300, 200)), ((2, 3), (200, 300))}


def hidden(monkeypatch, *, p=1.0, high=0.9, share=0.4):
    """What is said of a release that repeats 7 reference rows with chance `p`."""
    asked = []
    monkeypatch.setattr(overlap, "_codes", lambda tables: ("m", "n", "ref", "rel"))
    monkeypatch.setattr(overlap, "same_records", lambda *given: asked.append(given) or "")

    def copies(*given):
        asked.append(given)
        return 7, 1, p

    def share_result(nearest, membership, *, level, p_adjusted):
        asked.append((level, p_adjusted))
        estimate = SimpleNamespace(value=share, high=high)
        return SimpleNamespace(estimates=(estimate,))

    monkeypatch.setattr(overlap, "copies", copies)
    monkeypatch.setattr(overlap, "share_result", share_result)
    tables = SimpleNamespace(membership=Membership(np.arange(10) < 6))
    return overlap.hiding(tables, np.ones(10)), asked


def test_a_release_that_repeats_the_reference_is_named_below_one_in_a_thousand(monkeypatch):
    """Against the non-members, which the generator did not see either."""
    found, asked = hidden(monkeypatch, p=0.00099)
    assert "the release repeats 7 reference rows" in found[0]
    assert hidden(monkeypatch, p=0.001)[0] == ()
    assert asked[0] == ("m", "n", "ref", ("members", "non-members"))
    assert asked[1] == ("rel", "ref", "n")
    # two-sided at 99.8 %, so that the upper end errs in one of a thousand
    assert asked[2] == (pytest.approx(0.998), None)


def test_a_release_nearer_to_the_non_members_than_the_sides_explain_is_named(monkeypatch):
    """Six of ten rows are members: an upper end below .6 says so, .6 does not."""
    (said,) = hidden(monkeypatch, high=0.599)[0]
    assert "40.0 % of it is nearest to a member, where 60.0 % was to be expected" in said
    assert hidden(monkeypatch, high=0.6)[0] == ()


@pytest.mark.parametrize(
    ("p", "inside", "repeats", "said"),
    [
        (0.00099, 0, 20, True),
        (0.001, 0, 0, False),
        # more than half of the non-members equal a member, and fewer than one in twenty its like
        (1.0, 51, 0, True),
        (1.0, 50, 0, False),
        (1.0, 60, 4, True),
        (1.0, 60, 5, False),
    ],
)
def test_most_non_members_equal_a_member_and_hardly_any_another(
    monkeypatch, p, inside, repeats, said
):
    monkeypatch.setattr(overlap, "copies", lambda *_: (0, 0, p))
    member, nonmember = np.arange(100), 1_000 + np.arange(100)
    nonmember[:inside] = member[:inside]
    for side, other in ((0, 1), (1, 0)):
        sides = [member.copy(), nonmember.copy()]
        if repeats:
            # the last of one side alone are one value
            sides[side][100 - repeats :] = sides[side][-1]
        assert bool(same_records(*sides, np.arange(3), NAMES)) is said, other


def test_the_share_that_is_told_is_that_of_the_non_members():
    member, other = np.arange(400), np.r_[np.arange(60), 1_000 + np.arange(40)]
    said = same_records(member, other, np.arange(5_000, 5_400), NAMES)
    assert said.startswith("60.0 % of the non-members equal one of the members")


def test_twins_are_counted_among_the_members(monkeypatch):
    """Ten of 200 members equal one of 100 non-members: .05, and a reference of 200 rows has twice
    as many: three times .1 and .05 of all 300 rows may be in it, that is 105.
    """
    monkeypatch.setattr(overlap, "fisher_p_value", lambda hits, sizes: 1.0)
    for members, said in ((105, False), (106, True)):
        codes = shared(200, 100, twins=10, members=members, others=0, reference=200)
        assert warned(monkeypatch, codes) is said
    # a reference smaller than the non-members has no fewer of their twins: 3 * .05 + .05 of 300
    for members, said in ((60, False), (61, True)):
        codes = shared(200, 100, twins=10, members=members, others=0, reference=70)
        assert warned(monkeypatch, codes) is said
