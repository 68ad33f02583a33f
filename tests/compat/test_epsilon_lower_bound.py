"""Bounds on a ratio of two rates, from the formulas of the literature, written out by hand."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest, norm

from tacit import InvalidInput
from tacit.compat.tf_privacy.privacy_tests import epsilon_lower_bound as elb

Z = norm.ppf(0.05)
METHOD = elb.BoundMethod


def bound(method, tp, fp, pos, neg, alpha=0.05):
    return elb.RatioBound(tp, fp, pos, neg, alpha).compute_bound(method)


def test_katz_by_hand():
    """40 of 50 against 10 of 80: the ratio is 6.4."""
    spread = math.sqrt(0.2 / 40 + 0.875 / 10)
    assert bound(METHOD.KATZ_LOG, 40, 10, 50, 80) == pytest.approx(6.4 * math.exp(Z * spread))
    # nobody wrongly accused counts as half a one; nobody found bounds nothing
    spread = math.sqrt(0.2 / 40 + (1 - 0.5 / 80) / 0.5)
    expected = 0.8 / (0.5 / 80) * math.exp(Z * spread)
    assert bound(METHOD.KATZ_LOG, 40, 0, 50, 80) == pytest.approx(expected)
    assert bound(METHOD.KATZ_LOG, 0, 10, 50, 80) == 0.0
    # everybody accused: half a record is missed on each side
    spread = math.sqrt(0.5 / 50 / 49.5 + 0.5 / 80 / 79.5)
    expected = 49.5 / 50 / (79.5 / 80) * math.exp(Z * spread)
    assert bound(METHOD.KATZ_LOG, 50, 80, 50, 80) == pytest.approx(expected)
    # one side alone is not softened
    assert bound(METHOD.KATZ_LOG, 50, 10, 50, 80) == pytest.approx(
        8 * math.exp(Z * math.sqrt(0.875 / 10))
    )


def test_walters_by_hand():
    spread = math.sqrt(1 / 40.5 - 1 / 50.5 + 1 / 10.5 - 1 / 80.5)
    expected = (40.5 / 50.5) / (10.5 / 80.5) * math.exp(Z * spread)
    assert bound(METHOD.ADJUSTED_LOG, 40, 10, 50, 80) == pytest.approx(expected)
    assert bound(METHOD.ADJUSTED_LOG, 0, 0, 50, 80) == 0.0
    assert bound(METHOD.ADJUSTED_LOG, 0, 1, 50, 80) > 0
    assert bound(METHOD.ADJUSTED_LOG, 1, 0, 50, 80) > 0


def test_bailey_by_hand():
    inner = 0.2 / 40 + 0.875 / 10 - Z**2 * 0.2 * 0.875 / (9 * 40 * 10)
    cube = (1 + Z / 3 * math.sqrt(inner)) / (1 - Z**2 * 0.875 / (9 * 10))
    assert bound(METHOD.BAILEY, 40, 10, 50, 80) == pytest.approx(6.4 * cube**3)
    assert bound(METHOD.BAILEY, 0, 10, 50, 80) == 0.0
    # counts at an end are moved by half a record each
    for given, moved in (((50, 10), (49.5, 10)), ((40, 80), (40, 79.5)), ((40, 0), (40, 0.5))):
        assert bound(METHOD.BAILEY, *given, 50, 80) == pytest.approx(
            bound(METHOD.BAILEY, *moved, 50, 80)
        )


def test_inverse_sinh_by_hand():
    spread = math.sqrt(1 / 40 - 1 / 50 + 1 / 10 - 1 / 80)
    expected = 6.4 * math.exp(2 * math.asinh(Z / 2 * spread))
    assert bound(METHOD.INV_SINH, 40, 10, 50, 80) == pytest.approx(expected)
    # none wrongly accused counts as z^2 of them
    assert bound(METHOD.INV_SINH, 40, 0, 50, 80) == pytest.approx(
        bound(METHOD.INV_SINH, 40, Z**2, 50, 80)
    )
    assert bound(METHOD.INV_SINH, 0, 10, 50, 80) == 0.0


def test_clopper_and_pearson_by_hand():
    """Each rate has half of alpha on its own side."""
    low = binomtest(40, 50).proportion_ci(0.95, "exact").low
    high = binomtest(10, 80).proportion_ci(0.95, "exact").high
    assert bound(METHOD.CLOPPER_PEARSON, 40, 10, 50, 80) == pytest.approx(low / high)
    for tp, fp in ((0, 10), (40, 80), (0, 0), (50, 80)):
        assert bound(METHOD.CLOPPER_PEARSON, tp, fp, 50, 80) == 0.0
    assert bound(METHOD.CLOPPER_PEARSON, 50, 0, 50, 80) == pytest.approx(
        0.025 ** (1 / 50) / (1 - 0.025 ** (1 / 80))
    )


@pytest.mark.parametrize("method", METHOD)
def test_a_smaller_alpha_bounds_less_and_more_records_bound_more(method):
    middle = bound(method, 40, 10, 50, 80)
    assert bound(method, 40, 10, 50, 80, 0.01) < middle < 6.4
    assert middle < bound(method, 400, 100, 500, 800) < 6.4
    several = elb.RatioBound([40, 0], [10, 1], 50, 80, 0.05).compute_bound(method)
    assert several.shape == (2,)
    assert several[0] == pytest.approx(middle)


def test_all_methods_come_by_name_and_a_number_gives_a_number():
    given = elb.RatioBound(40, 10, 50, 80, 0.05)
    found = given.compute_bounds()
    assert list(found) == list(METHOD)
    assert all(isinstance(value, float) for value in found.values())
    assert list(given.compute_bounds([METHOD.BAILEY])) == [METHOD.BAILEY]
    assert set(given.available_methods) == set(METHOD)
    assert given.available_methods[METHOD.BAILEY]()[0] == found[METHOD.BAILEY]


@pytest.mark.parametrize("alpha", [0.0, 0.5, -0.1, 1.0])
def test_alpha_is_below_a_half_and_above_nothing(alpha):
    for make in (
        lambda: elb.RatioBound(1, 1, 2, 2, alpha),
        lambda: elb.EpsilonLowerBound(np.ones(2), np.ones(2), alpha),
    ):
        with pytest.raises(InvalidInput, match=r"below 0\.5"):
            make()


@pytest.mark.parametrize(("tp", "fp"), [(3, 0), (0, 4), (-1, 0), (0, -1)])
def test_counts_outside_their_range_are_refused(tp, fp):
    with pytest.raises(InvalidInput, match="needs counts from 0"):
        elb.RatioBound(tp, fp, 2, 3, 0.05)
    elb.RatioBound(2, 3, 2, 3, 0.05)


def test_counts_at_thresholds():
    """Scores 1 2 3 of members, 0 2 of non-members: at or above each distinct one."""
    pos, neg = np.array([3.0, 1.0, 2.0]), np.array([2.0, 0.0])
    tp, fp = elb._get_tp_fp_for_thresholds(pos, neg)
    assert (tp.tolist(), fp.tolist()) == ([1, 2, 3, 3], [0, 1, 1, 2])
    # above given ones
    tp, fp = elb._get_tp_fp_for_thresholds(pos, neg, np.array([2.0, 0.5]))
    assert (tp.tolist(), fp.tolist()) == ([1, 3], [0, 1])


def ratios(two_sided):
    pos, neg = np.array([3.0, 1.0, 2.0]), np.array([2.0, 0.0])
    given = elb.EpsilonLowerBound(pos, neg, 0.05, two_sided, np.array([1.5]))
    return [(r.compute_bound(METHOD.ADJUSTED_LOG)[0]) for r in given._ratios()]


def test_each_direction_has_its_own_counts():
    """Above 1.5: 2 of 3 members and 1 of 2 non-members; below: 1 and 1."""
    sides = [(2, 1, 3, 2), (1, 1, 2, 3), (1, 2, 2, 3), (1, 1, 3, 2)]
    expected = [bound(METHOD.ADJUSTED_LOG, *side) for side in sides]
    np.testing.assert_allclose(ratios(two_sided=True), expected)
    np.testing.assert_allclose(ratios(two_sided=False), expected[:2])


def test_the_largest_log_ratios_come_first():
    rng = np.random.default_rng(0)
    pos, neg = rng.normal(1, 1, 40), rng.normal(0, 1, 30)
    given = elb.EpsilonLowerBound(pos, neg, 0.05)
    found = given.legacy_epsilon_lower_bounds()[METHOD.BAILEY]
    every = np.concatenate([r.compute_bound(METHOD.BAILEY) for r in given._ratios()])
    np.testing.assert_allclose(found, sorted(np.log(every[every > 0]), reverse=True))
    three = given.legacy_epsilon_lower_bounds([METHOD.BAILEY], 3)
    np.testing.assert_allclose(three[METHOD.BAILEY], found[:3])


def test_the_bound_that_holds_has_the_level_and_delta_that_were_asked_for(monkeypatch):
    asked = []
    monkeypatch.setattr(
        "tacit.dp.bounds.epsilon_lower_bound",
        lambda evidence, delta, *, level: asked.append((evidence, delta, level)),
    )
    elb.EpsilonLowerBound(np.array([3.0, 4.0, 5.0]), np.array([1.0]), 0.1).simultaneous(1e-3)
    ((evidence, delta, level),) = asked
    assert (delta, level) == (1e-3, 0.9)
    assert evidence.member_scores.tolist() == [3, 4, 5]
    assert evidence.nonmember_scores.tolist() == [1]
