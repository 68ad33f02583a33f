"""Descriptions that depend on one another: the p-value is exact and the interval covers."""

import numpy as np
import pytest
from scipy.stats import binom

from tacit import InvalidInput, NotEnoughData
from tacit.metrics.risks import residual_risk
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
    with pytest.raises(NotEnoughData, match="2 descriptions"):
        singled_out_risk(nothing[:1], everyone[:1])
