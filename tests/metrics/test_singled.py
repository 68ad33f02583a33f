"""Descriptions that depend on one another: the p-value is exact and the interval covers."""

import numpy as np
import pytest
from scipy.stats import binom

from tacit import InvalidInput, NotEnoughData
from tacit.metrics.risks import residual_risk, risk_limits
from tacit.metrics.singled import Dealt, singled_out_risk


def world(rng, *, leak=0.0, n=150, k=100):
    """Descriptions "above a threshold" of one of two heavy-tailed columns: many fit one record.

    A share `leak` of them fit one member besides, whoever else they fit.
    """
    column = rng.integers(0, 2, k)
    threshold = np.quantile(np.abs(rng.standard_cauchy(5000)), 1 - 2 / n * rng.random(k))
    sides = [
        threshold[:, None] <= np.abs(rng.standard_cauchy((n, 2)))[:, column].T for _ in range(2)
    ]
    own = np.flatnonzero(rng.random(k) < leak)
    sides[0][own] = False
    sides[0][own, rng.integers(0, n, len(own))] = True
    return sides[0].astype(np.uint16), sides[1].astype(np.uint16)


def alarms(p_values, alpha):
    return int(np.count_nonzero(np.array(p_values) <= alpha))


def test_a_false_alarm_is_as_rare_as_the_p_value_says_and_the_interval_covers_none():
    rng = np.random.default_rng(1)
    found = [singled_out_risk(*world(rng)) for _ in range(300)]
    n = len(found)
    assert binom.sf(alarms([r.p_value for r in found], 0.05) - 1, n, 0.05) > 0.001
    assert binom.sf(sum(r.low > 0 for r in found) - 1, n, 0.025) > 0.001
    assert binom.sf(sum(r.high < 0 for r in found) - 1, n, 0.025) > 0.001


def test_taken_for_independent_the_same_descriptions_alarm_far_too_often():
    rng = np.random.default_rng(1)
    sides = [[side.sum(axis=1) == 1 for side in world(rng)] for _ in range(300)]
    found = [residual_risk(*pair, paired=True) for pair in sides]
    assert binom.sf(alarms([r.p_value for r in found], 0.05) - 1, 300, 0.05) < 1e-6
    assert binom.sf(sum(r.low > 0 for r in found) - 1, 300, 0.025) < 1e-6


def test_a_leak_is_covered():
    rng = np.random.default_rng(2)
    failed = np.zeros(2)
    for _ in range(2000):
        failed += [np.mean(side.sum(axis=1) != 1) for side in world(rng, leak=0.1)]
    truth = 1 - failed[0] / failed[1]
    found = [singled_out_risk(*world(rng, leak=0.1)) for _ in range(100)]
    assert binom.cdf(sum(r.low <= truth <= r.high for r in found), 100, 0.95) > 0.001


def test_descriptions_of_different_records_are_worth_what_they_are():
    # each fits one record of its own: 40 members, 20 non-members
    member, nonmember = np.eye(60, 100, dtype=int), np.eye(60, 100, dtype=int)
    member[40:], nonmember[:40] = 0, 0
    dealt = Dealt.of(member, nonmember)
    assert dealt.design_effect < 1.3
    # the chance of 40 or more of 60 where each is a coin (drawn without replacement from 200)
    assert dealt.p_value == pytest.approx(0.0026, abs=0.0015)


def test_a_hundred_descriptions_of_one_record_are_one():
    member, nonmember = np.zeros((100, 50), int), np.zeros((100, 50), int)
    member[:, 7] = 1
    risk = singled_out_risk(member, nonmember)
    assert risk.p_value == pytest.approx(0.5, abs=0.05)
    assert risk.low < 0 < risk.high
    assert residual_risk(np.ones(100, bool), np.zeros(100, bool), paired=True).p_value < 1e-20


def test_the_order_of_the_records_does_not_matter():
    rng = np.random.default_rng(3)
    member, nonmember = world(rng)
    shuffled = member[:, rng.permutation(member.shape[1])], nonmember[:, ::-1]
    assert singled_out_risk(*shuffled).to_dict() == singled_out_risk(member, nonmember).to_dict()


def test_clusters_are_units():
    # two records of one person that a description fits are not one record
    member, nonmember = np.zeros((30, 40), int), np.zeros((30, 40), int)
    member[:, 0] = 2
    assert singled_out_risk(member, nonmember).value == 0.0


def test_what_cannot_be_known_is_said():
    nothing, everyone = np.zeros((5, 9), int), np.eye(5, 9, dtype=int)
    with pytest.raises(InvalidInput, match="one row a description"):
        singled_out_risk(nothing, nothing[:3])
    with pytest.raises(NotEnoughData, match="can add nothing"):
        singled_out_risk(nothing, everyone)
    assert singled_out_risk(np.eye(2, dtype=int), np.zeros((2, 2), int)).value == 1.0
    with pytest.raises(NotEnoughData, match="2 descriptions"):
        singled_out_risk(nothing[:1], everyone[:1])


def test_the_estimate_is_the_ratio_of_failures_by_hand():
    """Of four descriptions three fit one member and two one non-member: 1 - (1/4) / (2/4)."""
    member = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0], [1, 1, 0]])
    nonmember = np.array([[0, 0, 1], [1, 0, 0], [1, 0, 1], [0, 0, 0]])
    dealt = Dealt(p_value=0.25, design_effect=1.6)
    risk = singled_out_risk(member, nonmember, dealt=dealt, level=0.9)
    assert (risk.value, risk.n, risk.p_value, risk.level) == (0.5, 8, 0.25, 0.9)
    # worth 4 / 1.6 = 2.5 descriptions; of hits 1110 and 1100 the correlation is
    # (2/4 - 3/4 * 2/4) / sqrt(3/16 * 1/4) = .125 / .2165 = 1 / sqrt 3
    limits = risk_limits((0.625, 1.25), (2.5, 2.5), link=3**-0.5, level=0.9)
    assert (risk.low, risk.high) == pytest.approx(limits)


def test_answer_keys_are_dealt_as_they_are_written_out(monkeypatch):
    """In blocks of any size: each description's count among those dealt as members, and beyond."""
    from scipy.sparse import csr_matrix

    from tacit.metrics import singled

    rng = np.random.default_rng(4)
    fits = rng.integers(0, 3, (7, 12)) * (rng.random((7, 12)) < 0.3)
    truth = np.arange(12) < 5
    keys = np.random.default_rng(singled.SEED).permuted(np.tile(truth, (50, 1)), axis=1)
    known = [sum((row[key].sum() == 1) - int(row[~key].sum() == 1) for row in fits) for key in keys]
    assert len(set(known)) > 4
    table = csr_matrix(fits.astype(np.float32))
    for block in (1, 12 * 8, 12 * 50, 1 << 21):
        monkeypatch.setattr(singled, "BLOCK", block)
        assert singled._gaps(table, truth, 50).tolist() == known


def test_few_descriptions_count_every_answer_key():
    """Two descriptions of one record each, of four records, two members: of the six answer keys one
    makes both members (+2), four one of both (0). The variance is 8 / 6; hits 11 against 00.
    """
    member, nonmember = np.array([[1, 0], [0, 1]]), np.zeros((2, 2), int)
    dealt = Dealt.of(member, nonmember)
    # 999 keys: four standard errors of 1 / 6
    assert dealt.p_value == pytest.approx(1 / 6, abs=0.048)
    # the gap does not vary over these two, so one that differs is the least: 8 / 6 over 1
    assert dealt.design_effect == pytest.approx(8 / 6, rel=0.15)


def test_a_p_value_counts_what_is_as_extreme_and_the_truth_itself():
    from tacit.metrics.singled import _p_value

    assert _p_value(np.array([3.0, 1, 2, 2, 0]), 2.0) == pytest.approx(4 / 6)
    assert _p_value(np.array([3.0, 1, 2, 2, 0]), 4.0) == pytest.approx(1 / 6)


def test_a_small_p_value_is_counted_again_over_more_answer_keys(monkeypatch):
    from tacit.metrics import singled

    asked = []

    def dealt(first):
        def gaps(table, truth, draws):
            asked.append(draws)
            return np.concatenate([np.full(first, 9.0), np.zeros(draws - first)])

        return gaps

    member, nonmember = np.eye(2, dtype=int), np.zeros((2, 2), int)
    # (18 + 1) / 1,000 and (19 + 1) / 1,000 are small, (20 + 1) / 1,000 is not
    for first, p in ((18, 19 / 10_000), (19, 20 / 10_000), (20, 21 / 1_000)):
        monkeypatch.setattr(singled, "_gaps", dealt(first))
        assert Dealt.of(member, nonmember).p_value == pytest.approx(p)
    assert asked == [999, 9_999, 999, 9_999, 999]


def test_as_many_records_are_dealt_as_members_as_there_are(monkeypatch):
    """Three against one, of two descriptions, in an order of the records' own."""
    from tacit.metrics import singled

    seen = []
    monkeypatch.setattr(
        singled, "_gaps", lambda table, truth, draws: seen.append((table, truth)) or np.arange(9.0)
    )
    member, nonmember = np.array([[1, 0, 0], [1, 2, 0]]), np.array([[0], [1]])
    Dealt.of(member, nonmember)
    table, truth = seen[0]
    # nobody's column first, then by the last description and the first
    assert table.toarray().tolist() == [[0, 0, 1, 0], [0, 1, 1, 2]]
    assert truth.tolist() == [True, False, True, True]
