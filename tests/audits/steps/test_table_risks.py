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
