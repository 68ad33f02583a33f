"""A release beside a split that gives itself away: a leak has to be more than the rows explain."""

from types import SimpleNamespace

import numpy as np
import pytest

import tacit
from tacit.audits.steps import beyond_release as steps
from tacit.audits.steps.beyond_release import Rows, beyond_release
from tacit.core import Membership, Report
from tacit.metrics.prequential import deal_folds

N = 240


def people(n, seed, *, shift=0.0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return {
        "x": x + rng.normal(size=n),
        "y": np.round(2 * x + rng.normal(size=n)),
        "z": rng.normal(size=n) + shift,
        "c": np.array(["low", "mid", "high"])[np.digitize(x, [-0.5, 0.5])],
    }


def shifted(seed, shift=1.5):
    """Members whose `z` is larger than that of non-members and reference."""
    rng = np.random.default_rng(seed)
    member, nonmember, reference = rng.integers(1 << 30, size=3)
    return {
        "member": people(N, member, shift=shift),
        "nonmember": people(N, nonmember),
        "reference": people(N, reference),
    }


def audited(release, sides):
    return tacit.audit_synthetic(release, **sides, secrets=["c"], slices=["c"])


def half_copied(sides, seed):
    fresh = people(N, seed, shift=1.5)
    return {n: np.r_[sides["member"][n][: N // 2], v[N // 2 :]] for n, v in fresh.items()}


def test_copies_of_members_are_found_though_the_split_gives_itself_away():
    sides = shifted(0)
    report = audited(half_copied(sides, 9), sides)
    assert report.finding == "leak"
    assert report.attributable
    assert "the split is a giveaway too" in report.warnings[0]
    assert "never sees the release" in report.warnings[0]
    told = [check for check in report.checks if check.name.startswith("what the record tells of")]
    assert min(check.p_value for check in told) < 0.01
    assert Report.from_json(report.to_json()).to_json() == report.to_json()


def test_other_rows_like_the_members_are_no_leak():
    """The release lies nearer to the members, but so would any release of their population."""
    sides = shifted(1)
    report = audited(people(N, 9, shift=1.5), sides)
    assert report.finding == report.verdict == "inconclusive"
    assert not report.attributable
    assert "no more than the records themselves explain" in report.headline
    assert "without the release" in report.headline


def test_a_split_that_was_found_is_compared_with_the_rows_and_one_that_was_drawn_is_not():
    quiet = shifted(2, shift=0.0)
    release = half_copied(quiet, 9)
    release["z"][N // 2 :] -= 1.5
    found = audited(release, quiet)
    drawn = tacit.audit_synthetic(release, **quiet, secrets=["c"], assignment="coin")
    compared = [any("tells of" in check.name for check in r.checks) for r in (found, drawn)]
    assert found.finding == drawn.finding == "leak"
    assert compared == [True, False]
    assert not any("giveaway" in text for text in found.warnings)


@pytest.mark.slow
def test_a_shift_alone_is_called_a_leak_in_few_worlds():
    """Releases of other rows, of the members' population or of the reference's: 120 worlds."""
    found = []
    for seed in range(60):
        sides = shifted(1000 + seed)
        for shift in (0.0, 1.5):
            found.append(audited(people(N, seed, shift=shift), sides).finding == "leak")
    assert np.sum(found) <= 11  # 5 % of 120, and what chance adds in 98 of 100 runs


def rows(member, table, distance):
    order = np.lexsort((distance,))
    return Rows(table, table, distance, order, Membership(member), seed=0)


def joint(**p_values):
    strength = {name: -p for name, p in p_values.items()}
    return SimpleNamespace(adjusted=p_values, strength=strength)


def test_the_row_tells_of_a_score_what_its_cells_and_its_place_tell():
    rng = np.random.default_rng(0)
    table, distance = rng.normal(size=(N, 2)), rng.random(N)
    known = rows(rng.random(N) < 0.5, table, distance)
    curve = np.abs(table[:, 1])
    noise = rng.normal(size=N)
    guess = known.explain(np.column_stack([table[:, 0] - distance, curve, noise]))
    assert np.corrcoef(guess[:, 0], table[:, 0] - distance)[0, 1] > 0.95
    assert np.corrcoef(guess[:, 1], curve)[0, 1] > 0.8
    # what a row says of itself comes from other rows: its own score moves the common mean only
    noise[7] += 1000
    again = known.explain(np.column_stack([table[:, 0] - distance, curve, noise]))
    assert abs(again[7, 2] - guess[7, 2]) < 50


def test_missing_cells_are_no_obstacle():
    rng = np.random.default_rng(1)
    points = rng.normal(size=(N, 2))
    table = np.where(np.arange(2 * N).reshape(N, 2) % 3 == 0, np.nan, points)
    member = np.arange(N) < N // 2
    known = Rows(points, table, rng.random(N), np.arange(N), Membership(member), seed=0)
    assert np.isfinite(known.explain(points)).all()


def test_the_strongest_three_are_tried_and_they_and_their_looks_share_the_error(monkeypatch):
    member = np.arange(N) % 2 == 0
    known = rows(member, np.random.default_rng(0).normal(size=(N, 2)), np.arange(N, dtype=float))
    shown = {name: np.random.default_rng(ord(name)).random(N) for name in "abcde"}
    test = joint(a=0.03, b=0.9, c=0.01, d=0.02, e=0.04)
    # two looks each (ranks, and the highest tenth): twice the smaller, and three times for three
    for least, passes in ((0.05 / 6, True), (0.05 / 6 + 1e-4, False)):
        own = np.array([0.5, 0.9, 0.9, least, 0.9, 0.9])
        monkeypatch.setattr(steps, "conditional_p_values", lambda *_, own=own, **__: own)
        found = beyond_release(shown, test, known, alpha=0.05, level=0.95)
        assert found.passes == passes
        told = {result.name[-1]: result.p_value for result in found.results}
        assert list(told) == ["c", "d", "a"]
        assert list(told.values()) == pytest.approx([1.0, 2 * least, 1.0])
    none = joint(**dict.fromkeys("abcde", 0.2))
    found = beyond_release(shown, none, known, alpha=0.05, level=0.95)
    assert (found.passes, found.reason) == (False, "no single attack stands out")


def test_what_a_row_explains_is_taken_from_membership_and_from_the_score(monkeypatch):
    member = np.arange(N) % 2 == 0
    known = rows(member, np.random.default_rng(0).normal(size=(N, 2)), np.arange(N, dtype=float))
    seen = {}

    def conditional_p_values(residual, truth, chance, *, cluster):
        seen.update(residual=residual, truth=truth, chance=chance, cluster=cluster)
        return np.full(residual.shape[1], 0.5)

    monkeypatch.setattr(steps, "conditional_p_values", conditional_p_values)
    monkeypatch.setattr(Rows, "explain", lambda self, targets: np.full(targets.shape, 3.0))
    beyond_release({"a": np.arange(N, dtype=float)}, joint(a=0.01), known, alpha=0.05, level=0.95)
    assert (seen["truth"] == member).all()
    # nobody is a member for certain
    assert set(seen["chance"]) == {0.99}
    np.testing.assert_allclose(seen["residual"][:, 0], np.arange(1, N + 1) - 3)


def test_a_score_at_exactly_the_error_is_tried():
    table = np.random.default_rng(0).normal(size=(40, 2))
    known = rows(np.arange(40) % 2 == 0, table, np.arange(40.0))
    for p_value, tried in ((0.05, 1), (np.nextafter(0.05, 1), 0)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Rows, "explain", lambda self, targets: np.zeros(targets.shape))
            shown = {"a": np.arange(40.0)}
            found = beyond_release(shown, joint(a=p_value), known, alpha=0.05, level=0.95)
        assert len(found.results) == tried


def test_each_score_is_graded_by_what_the_row_tells_of_its_ranks(monkeypatch):
    """Columns: membership, then ranks and tail of the first score, ranks and tail of the second."""
    member = np.arange(N) % 2 == 0
    known = rows(member, np.zeros((N, 2)), np.arange(float(N)))
    told = np.stack([0.75 - 0.5 * member, member, 0.5 * member, ~member, 0.5 * member], axis=1)
    seen = {}

    def conditional_p_values(residual, truth, chance, *, cluster):
        seen.update(residual=residual, chance=chance)
        return np.full(residual.shape[1], 0.001)

    monkeypatch.setattr(steps, "conditional_p_values", conditional_p_values)
    monkeypatch.setattr(Rows, "explain", lambda self, targets: told)
    shown = {"a": np.arange(float(N)), "b": np.arange(float(N))[::-1]}
    found = beyond_release(shown, joint(a=0.01, b=0.02), known, alpha=0.05, level=0.9)
    assert seen["chance"].tolist() == told[:, 0].tolist()
    assert seen["residual"].shape == (N, 4)
    assert [result.estimates[0].value for result in found.results] == [1.0, 0.0]
    assert {result.estimates[0].level for result in found.results} == {0.9}
    sizes = {(result.n_members, result.n_nonmembers) for result in found.results}
    assert sizes == {(N // 2, N // 2)}


def test_a_likely_member_is_likely_at_most_to_99_in_100(monkeypatch):
    member = np.arange(40) % 2 == 0
    known = rows(member, np.zeros((40, 2)), np.arange(40.0))
    seen = []

    def conditional_p_values(residual, truth, chance, *, cluster):
        seen.extend(chance[:3])
        return np.full(residual.shape[1], 0.5)

    monkeypatch.setattr(steps, "conditional_p_values", conditional_p_values)
    said = np.zeros((40, 2))
    said[:3, 0] = [-3.0, 0.4, 3.0]
    monkeypatch.setattr(Rows, "explain", lambda self, targets: said)
    beyond_release({"a": np.arange(40.0)}, joint(a=0.01), known, alpha=0.05, level=0.9)
    assert seen == pytest.approx([0.01, 0.4, 0.99])


def test_people_are_dealt_drawn_and_graded_as_a_whole_and_forests_have_the_user_s_seed(monkeypatch):
    seen = {}
    cluster, member = np.arange(40) // 2, np.arange(40) // 2 % 2 == 0
    order = np.random.default_rng(0).permutation(40)
    known = Rows(
        np.zeros((40, 1)), np.ones((40, 2)), np.arange(40.0), order, Membership(member, cluster), 17
    )

    def row_guesses(straight, table, targets, fold, *, seed):
        seen.update(straight=straight, table=table, fold=fold, seed=seed)
        return np.random.default_rng(1).random(targets.shape)

    def conditional_p_values(residual, truth, chance, *, cluster):
        seen.update(cluster=cluster)
        return np.full(residual.shape[1], 0.5)

    monkeypatch.setattr(steps, "row_guesses", row_guesses)
    monkeypatch.setattr(steps, "conditional_p_values", conditional_p_values)
    found = beyond_release({"a": np.arange(40.0)}, joint(a=0.01), known, alpha=0.05, level=0.9)
    assert seen["seed"] == 17
    np.testing.assert_array_equal(seen["fold"], deal_folds(order, cluster=cluster))
    assert (seen["fold"][::2] == seen["fold"][1::2]).all()
    np.testing.assert_array_equal(seen["cluster"], known.membership.cluster)
    # lines see the points and trees the cells; both see how near the reference is
    assert seen["straight"].tolist() == [[0, k] for k in range(40)]
    assert seen["table"].tolist() == [[1, 1, k] for k in range(40)]
    (area,) = found.results[0].estimates
    assert (area.n, area.level) == (20, 0.9)
    assert "clusters are independent" in area.assumes


def test_rows_that_cannot_be_graded_are_no_leak():
    """Four members of one person: what passes before stays told, and nothing is called."""
    from tacit.core import NotEnoughData

    member = np.arange(40) % 2 == 0
    known = rows(member, np.zeros((40, 2)), np.arange(40.0))
    calls = []

    def result(name, *_, **__):
        calls.append(name)
        if len(calls) == 2:
            raise NotEnoughData("too few people", needed=2, got=1)
        return name

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rows, "explain", lambda self, targets: np.zeros(targets.shape))
        patch.setattr(steps, "conditional_p_values", lambda *_, **__: np.full(4, 1e-4))
        patch.setattr(steps, "_result", result)
        shown = {"a": np.arange(40.0), "b": np.arange(40.0)}
        found = beyond_release(shown, joint(a=0.01, b=0.02), known, alpha=0.05, level=0.9)
    assert (found.passes, found.results, found.reason) == (False, ("a",), "too few people")
