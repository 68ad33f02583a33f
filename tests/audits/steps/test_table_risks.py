"""The risks of a table hold together: intervals by Bonferroni, p-values by Holm."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import beta, binom

from tacit.audits.steps import table_risks as steps
from tacit.audits.steps.table_game import TableGame
from tacit.core import Membership, NotEnoughData
from tacit.core.frame import Frame
from tacit.metrics.singled import PAIRED, Dealt


def hits(right, of=40):
    return np.arange(of) < right


def rows_of(right, of=40):
    """Each description fits a row of its own, or none."""
    return np.eye(of, dtype=np.uint16) * hits(right, of)[:, None]


def test_four_risks_pay_for_each_other(monkeypatch):
    outcome = (hits(20), hits(10), hits(5))

    def singling_out(game, *, width=2, seed):
        if width == 1:
            raise NotEnoughData("too few", needed=20, got=3, unit="descriptions")
        return rows_of(20), rows_of(10), hits(5)

    monkeypatch.setattr(steps, "singling_out", singling_out)
    monkeypatch.setattr(steps, "linkability", lambda game, *, seed: outcome)
    monkeypatch.setattr(
        steps, "inference", lambda game, secrets: {"age": (*outcome[:2], hits(0, 0))}
    )
    game = SimpleNamespace(cluster=None)
    results = steps.table_risks(game, ["age"], seed=0, level=0.95)
    assert [result.name for result in results][1] == "singling out by one value"
    assert results[1].p_value is None
    tested = [result for result in results if result.p_value is not None]
    assert len(tested) == 3
    smallest = min(result.p_value for result in tested)
    assert min(result.p_adjusted for result in tested) == pytest.approx(3 * smallest)
    for result in tested:
        risk, inside, outside, *baseline = result.estimates
        assert risk.level == inside.level == pytest.approx(1 - 0.05 / 4)
        assert inside.value == 0.5
        worth = 20.0
        if result.name.startswith("singling out"):
            worth /= Dealt.of(rows_of(20), rows_of(10)).design_effect
        assert inside.low == pytest.approx(beta.ppf(0.05 / 8, worth, worth + 1))
        assert inside.high == pytest.approx(beta.ppf(1 - 0.05 / 8, worth + 1, worth))
        assert outside.value == 0.25
        # of 30 that failed about non-members 20 would about members: 1 - 20 / 30
        assert risk.value == pytest.approx(1 / 3)
        assert len(baseline) == (result.name != "inference of age")
        # the same description is tried on both sides; links and cells are guessed row by row
        assert (PAIRED in risk.assumes) == result.name.startswith("singling out")


def linked_by_copies(rng, *, known):
    """Whether linkability alarms where 30 people have five equal rows each."""
    people = rng.random(60) < 0.5
    sides = [np.repeat(people[half], 5) for half in (slice(0, 30), slice(30, 60))]
    unit = np.repeat(np.arange(30), 5)
    game = SimpleNamespace(cluster=(unit, unit) if known else None)
    result = steps._guessed("linkability", (*sides, sides[0]), game, level=0.95)
    risk = result.estimate("residual risk")
    return risk.p_value <= 0.05, risk.low > 0 or risk.high < 0


@pytest.mark.parametrize("known", [True, False])
def test_rows_of_one_person_are_no_evidence_of_their_own(known):
    rng = np.random.default_rng(4)
    alarms, missed = np.sum([linked_by_copies(rng, known=known) for _ in range(400)], axis=0)
    assert (binom.sf(alarms - 1, 400, 0.05) > 0.001) == known
    assert (binom.sf(missed - 1, 400, 0.05) > 0.001) == known


def test_the_game_knows_whose_rows_it_asks_about():
    rows = Frame.of({"x": np.arange(40) % 13 + 0.5, "y": np.arange(40) % 7 + 0.5})
    key = Membership(np.arange(40) < 20, np.repeat(np.arange(10), 4))
    game = TableGame.drawn(rows, key, rows, rows, seed=0, most=20)
    assert game.cluster is not None
    assert [unit.tolist() for unit in game.units] == [np.repeat(np.arange(5), 4).tolist()] * 2
    alone = TableGame.drawn(rows, Membership(np.arange(40) < 20), rows, rows, seed=0)
    assert alone.cluster is None
    assert alone.units[1].tolist() == list(range(20))


def test_descriptions_of_one_row_are_worth_fewer_than_they_are(monkeypatch):
    """Twenty descriptions that fit one and the same member are no twenty successes."""
    own, theirs = rows_of(20), rows_of(10)
    own[:20], theirs[:10] = own[0], theirs[0]
    monkeypatch.setattr(steps, "singling_out", lambda *_, width, seed: (own, theirs, hits(5)))
    found = steps._singled("x", SimpleNamespace(cluster=None), 2, seed=0, level=0.95)
    effect = Dealt.of(own, theirs).design_effect
    assert effect > 1.5
    inside = found.estimate("success on members")
    half = 20 / effect
    assert inside.high == pytest.approx(beta.ppf(0.975, half + 1, half))


def test_successes_are_descriptions_that_fit_exactly_one_row(monkeypatch):
    """Of 40 descriptions of members 12 fit one row, 3 fit two and 25 none; of others 5 fit one."""
    own, theirs = rows_of(15), rows_of(5)
    own[:3, 30] = 1
    monkeypatch.setattr(steps, "singling_out", lambda *_, width, seed: (own, theirs, hits(4, 9)))
    found = steps._singled("x", SimpleNamespace(cluster=None), 2, seed=0, level=0.95)
    shares = [found.estimate(f"success {of}").value for of in ("on members", "on non-members")]
    assert shares == [12 / 40, 5 / 40]
    assert found.estimate("success of the baseline").value == 4 / 9
    assert (found.n_members, found.n_nonmembers) == (40, 40)


def test_each_side_is_worth_its_own_units_and_the_baseline_those_of_the_members():
    from tacit.metrics.clusters import effective_size

    rng = np.random.default_rng(0)
    units = (np.arange(60) // 6, np.arange(60) // 3)
    people = rng.random((3, 10)) < 0.4
    outcome = tuple(row[units[0]] for row in people)
    game = SimpleNamespace(cluster=units)
    found = steps._guessed("x", outcome, game, level=0.9)
    names = ("success on members", "success on non-members", "success of the baseline")
    for name, hit, unit in zip(names, outcome, (units[0], units[1], units[0])):
        known = steps.success(name, hit, level=0.9, size=effective_size(hit, unit))
        assert (found.estimate(name).low, found.estimate(name).high) == (known.low, known.high)
    worth = [effective_size(outcome[1], unit) for unit in units]
    assert worth[0] != worth[1]


def test_rows_that_are_their_own_units_have_the_plain_residual_risk():
    from tacit.metrics.risks import residual_risk

    inside, outside = hits(20), hits(10)
    known = residual_risk(inside, outside, level=0.95)
    outcome = inside, outside, hits(3)
    risk = steps._guessed("x", outcome, SimpleNamespace(cluster=None), level=0.95).estimates[0]
    assert (risk.value, risk.low, risk.high) == (known.value, known.low, known.high)
    clusters = SimpleNamespace(cluster=(np.arange(40) // 2, np.arange(40) // 4))
    other = steps._guessed("x", outcome, clusters, level=0.95).estimates[0]
    assert (other.low, other.high) != (known.low, known.high)
    # where every guess about non-members was right there is nothing to add, clusters or not
    for game in (clusters, SimpleNamespace(cluster=None)):
        found = steps._guessed("x", (inside, hits(40), hits(3)), game, level=0.95)
        assert "All 40 guesses about non-members were right" in found.notes[0].reason


def test_sides_of_unequal_size_are_counted_apart_and_an_empty_one_is_not_shown():
    sides = hits(9, 40), hits(3, 30), hits(0, 0)
    found = steps._measured("x", sides, (40.0, 30.0, 0.0), without_risk, level=0.95)
    assert (found.n_members, found.n_nonmembers) == (40, 30)
    assert [one.name for one in found.estimates] == [
        "success on members",
        "success on non-members",
    ]
    assert found.p_value is None


def without_risk():
    raise NotEnoughData("too few", needed=1, got=0, unit="rows")


@pytest.mark.parametrize(("secrets", "risks"), [((), 3), (("a",), 4), (("a", "b", "c"), 6)])
def test_every_risk_that_is_asked_for_shares_the_level(monkeypatch, secrets, risks):
    """Two ways to single out, linkability, and each secret; the seed and the widths go along."""
    from tacit.metrics import simultaneous_level

    asked = []

    def singling_out(game, *, width, seed):
        asked.append((width, seed))
        return rows_of(20), rows_of(10), hits(5)

    def linked(game, *, seed):
        asked.append(("link", seed))
        raise NotEnoughData("one column", needed=2, got=1, unit="columns")

    outcome = (hits(20), hits(10), hits(5))
    monkeypatch.setattr(steps, "singling_out", singling_out)
    monkeypatch.setattr(steps, "linkability", linked)
    monkeypatch.setattr(steps, "inference", lambda game, given: dict.fromkeys(given, outcome))
    results = steps.table_risks(SimpleNamespace(cluster=None), secrets, seed=9, level=0.9)
    assert asked == [(4, 9), (1, 9), ("link", 9)]
    names = ["singling out by 4 columns", "singling out by one value", "linkability"]
    assert [r.name for r in results] == [*names, *(f"inference of {s}" for s in secrets)]
    assert results[2].notes[0].metric == "linkability"
    assert results[2].p_adjusted is None
    wide = simultaneous_level(0.9, risks)
    levels = {e.level for result in results for e in result.estimates}
    assert levels == {wide}
    assert {result.role for result in results} == {"risk"}


@pytest.mark.parametrize("right", [0, 3, 10])
def test_shares_have_exact_limits_of_what_they_are_worth(right):
    """Ten guesses that are worth five: 3 of 10 are 1.5 of 5."""
    found = steps.success("x", hits(right, 10), level=0.9, size=5.0)
    worth = right / 2
    low = beta.ppf(0.05, worth, 6 - worth) if worth else 0.0
    high = beta.ppf(0.95, worth + 1, 5 - worth) if worth < 5 else 1.0
    assert (found.value, found.n, found.level) == (right / 10, 10, 0.9)
    assert (found.low, found.high) == pytest.approx((low, high))
    plain = steps.success("x", hits(right, 10), level=0.9)
    same = steps.success("x", hits(right, 10), level=0.9, size=10.0)
    assert (plain.low, plain.high) == (same.low, same.high)


def test_a_share_lies_in_its_own_limits_whatever_it_is_worth():
    """Almost nothing is known of one worthless guess that was right."""
    found = steps.success("x", np.array([True]), level=0.9, size=1e-6)
    assert found.low <= found.value == 1.0 == found.high
