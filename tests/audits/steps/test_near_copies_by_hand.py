"""Distances, shares and limits of near-duplicates, by hand."""

import numpy as np
import pytest
from scipy.stats import beta

from tacit.audits.steps import near_copies as steps
from tacit.audits.steps.near_copies import _nearest, _scaled, near_copies
from tacit.core import Evidence
from tacit.metrics import auc


def test_the_nearest_other_is_found_by_its_squared_distance():
    points = np.array([[0.0, 0], [3, 4], [1, 0]], np.float32)
    others = np.array([[0.0, 0], [6, 8], [1, 1]], np.float32)
    assert _nearest(points, others) == pytest.approx([0, 2**2 + 3**2, 1])
    # but for itself: the first is the first of the others, the second the second
    own = np.array([0, 1, 2])
    assert _nearest(points, others, own) == pytest.approx([2, 13, 1])
    assert _nearest(others[[2, 0]], others, np.array([2, 0])) == pytest.approx([2, 2])


@pytest.mark.parametrize(("block", "parts"), [(1, 7), (3, 7), (6, 4), (8, 4), (9, 3), (1000, 1)])
def test_distances_are_taken_in_blocks_that_fill_what_they_may(monkeypatch, block, parts):
    """Seven points and three others: a block of nine distances holds three points."""
    rng = np.random.default_rng(0)
    points, others = rng.normal(size=(2, 7, 2)).astype(np.float32)
    others, whole = others[:3], _nearest(points, others[:3])
    seen = []

    class Counted(np.ndarray):
        def __getitem__(self, at):
            if isinstance(at, slice):
                seen.append(at)
            return np.asarray(self)[at]

    monkeypatch.setattr(steps, "BLOCK", block)
    assert _nearest(points.view(Counted), others) == pytest.approx(whole)
    assert len(seen) == parts
    own = np.array([0, 1, 2, 0, 1, 2, 0])
    alone = [_nearest(points[k : k + 1], others, own[k : k + 1])[0] for k in range(7)]
    assert _nearest(points, others, own) == pytest.approx(alone)


def test_columns_have_mean_0_and_spread_1_and_what_is_missing_is_zero():
    table = np.array([[1.0, 5, np.nan], [3, 5, 2]], np.float32)
    assert _scaled(table).tolist() == [[-1, 0, -1], [1, 0, 1]]


@pytest.mark.parametrize("columns", [64, 65])
def test_more_than_64_columns_are_taken_in_64_random_directions(columns):
    table = np.random.default_rng(1).normal(3, 2, (50, columns)).astype(np.float32)
    values = (table - table.mean(axis=0)) / table.std(axis=0)
    if columns > 64:
        values = values @ np.random.default_rng(0).normal(size=(columns, 64))
    np.testing.assert_allclose(_scaled(table), values, rtol=1e-3, atol=1e-4)


def counted(monkeypatch, near, *, n=1_000, members=300, level=0.9, **patched):
    """So many of n non-members are nearer to a member than 1 in 100 members is to another."""
    asked = []

    def nearest(points, others, own=None):
        asked.append((len(points), len(others), own))
        if own is not None:
            # members at 0, 1, 2 ...: the hundredth part of them
            return np.arange(len(points)) * 1.0
        limit = 0.01 * (asked[0][0] - 1)
        # exactly at the limit is not near
        return np.where(np.arange(len(points)) < near, np.nextafter(limit, 0), limit)

    monkeypatch.setattr(steps, "_nearest", nearest)
    for name, value in patched.items():
        monkeypatch.setattr(steps, name, value)
    member = np.r_[np.zeros(n, bool), np.ones(members, bool)]
    score = np.random.default_rng(0).normal(size=n + members) + member
    # row k of the table is told of by the guess at place n + members - 1 - k
    row = np.arange(n + members)[::-1]
    shown = Evidence(score, member, None, "observed", "x", row)
    table = np.random.default_rng(2).normal(size=(n + members, 2)).astype(np.float32)
    return near_copies(table, shown, level=level), shown, asked


@pytest.mark.parametrize(("near", "said"), [(36, False), (37, True)])
def test_surely_more_than_twice_as_many_as_a_fair_split_has_are_named(monkeypatch, near, said):
    """Of 1,000: the lower end at 99.9 % of 37 lies above .02, that of 36 does not."""
    assert bool(beta.ppf(0.0005, near, 1_001 - near) > 0.02) is said
    found, _, _ = counted(monkeypatch, near)
    assert (found is not None) is said


def test_the_share_its_limits_and_the_area_without_them(monkeypatch):
    (check, text), shown, asked = counted(monkeypatch, 50)
    share, area = check.estimates
    assert (share.value, share.level, share.n) == (0.05, 0.9, 1_000)
    assert (share.low, share.high) == pytest.approx(
        (beta.ppf(0.05, 50, 951), beta.ppf(0.95, 51, 950))
    )
    kept = np.r_[np.arange(50, 1_000), 1_000 + np.arange(300)]
    assert area.value == auc(shown.score[kept], shown.member[kept]).value
    assert area.level == 0.9
    assert (check.n_members, check.n_nonmembers) == (300, 1_000)
    assert text.startswith(f"5 % of the non-members ({100 * share.low:.2g} to")
    assert f"Without them the AUC is {area.value:.3g}" in text
    # the members against each other but for themselves, then the non-members against the members
    (members, others, own), (probes, inside, none) = asked
    assert (members, others, probes, inside, none) == (300, 300, 1_000, 300, None)
    assert own.tolist() == list(range(300))


def test_of_many_records_as_many_are_compared_as_there_are_pairs_for(monkeypatch):
    """60,000 pairs over 300 members are 200 of either; never fewer than a hundred."""
    assert (steps.MOST_PAIRS, steps.BLOCK) == (20_000_000, 2_000_000)
    for pairs, probes in ((60_000, 200), (59_999, 199), (9_000, 100)):
        (check, _), _, asked = counted(monkeypatch, 90, MOST_PAIRS=pairs)
        assert [given[0] for given in asked] == [probes, probes]
        assert check.n_nonmembers == check.estimates[0].n == probes
        assert check.estimates[0].value == 90 / probes


@pytest.mark.parametrize(
    ("n", "members", "said"), [(100, 100, True), (99, 200, False), (200, 99, False)]
)
def test_a_hundred_records_of_each_side_are_enough(monkeypatch, n, members, said):
    found, _, _ = counted(monkeypatch, 90, n=n, members=members)
    assert (found is not None) is said


def test_without_any_other_non_member_there_is_no_area(monkeypatch):
    (check, text), _, _ = counted(monkeypatch, 100, n=100, members=100)
    assert len(check.estimates) == 1
    assert "Without them" not in text


def test_a_table_without_columns_has_no_duplicates():
    member = np.arange(400) < 200
    shown = Evidence.of(np.arange(400.0), member)
    assert near_copies(np.zeros((400, 0), np.float32), shown, level=0.95) is None


def test_the_points_of_a_guess_are_those_of_its_row(monkeypatch):
    """One column that is the row: members lie at theirs, whatever their place among the guesses."""
    seen = []
    monkeypatch.setattr(steps, "_scaled", lambda table: table)

    def nearest(points, others, own=None):
        seen.append((points[:, 0].tolist(), others[:, 0].tolist()))
        return np.ones(len(points))

    monkeypatch.setattr(steps, "_nearest", nearest)
    row = np.random.default_rng(0).permutation(300)
    shown = Evidence(np.zeros(300), row < 150, None, "observed", "x", row)
    assert near_copies(np.arange(300, dtype=np.float32)[:, None], shown, level=0.95) is None
    members = [k for k in row if k < 150]
    assert seen[0] == (members, members)
    assert seen[1] == ([k for k in row if k >= 150], members)


@pytest.mark.parametrize(("low", "said"), [(0.02, False), (0.0201, True)])
def test_exactly_twice_the_share_is_not_more(monkeypatch, low, said):
    asked = []

    def limits(count, n, *, level):
        asked.append((count, n, level))
        return low, 0.9

    found, _, _ = counted(monkeypatch, 90, clopper_pearson=limits)
    assert (found is not None) is said
    assert asked[0] == (90, 1_000, 0.999)


def test_a_column_of_small_numbers_is_as_wide_as_any_other():
    assert _scaled(np.array([[0.1], [0.3]], np.float32)) == pytest.approx(np.array([[-1.0], [1]]))


def test_who_is_compared_is_drawn_by_a_seed_that_no_release_may_change(monkeypatch):
    """First the non-members, by their places among the guesses, then the members."""
    seen = []
    monkeypatch.setattr(steps, "_scaled", lambda table: table)
    monkeypatch.setattr(steps, "MOST_PAIRS", 200 * 110)

    def nearest(points, others, own=None):
        seen.append((points[:, 0].tolist(), own))
        return np.ones(len(points))

    monkeypatch.setattr(steps, "_nearest", nearest)
    member = np.arange(500) < 200
    shown = Evidence(np.zeros(500), member, None, "observed", "x", np.arange(500))
    near_copies(np.arange(500, dtype=np.float32)[:, None], shown, level=0.95)
    rng = np.random.default_rng(0)
    others = np.sort(rng.permutation(np.arange(200, 500))[:110])
    own = np.sort(rng.permutation(200)[:110])
    assert seen[0][0] == seen[0][1].tolist() == own.tolist()
    assert seen[1][0] == others.tolist()
