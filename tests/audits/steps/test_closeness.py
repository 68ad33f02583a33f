"""The one-way alarm of releases: shares and their limits by hand."""

import numpy as np
import pytest

from tacit.audits.steps.closeness import nearest_counts, share_result, twins_result
from tacit.core import Evidence, Membership
from tacit.metrics import auc


def test_equally_near_rows_share_a_synthetic_row():
    """Real 0, 2, 2, 9; released 0, 2, 5.5: 0 has one, the two 2s half of one each; 5.5 is as near
    to 2, 2 and 9 (3.5 each).
    """
    x, s = np.array([[0.0], [2], [2], [9]]), np.array([[0.0], [2], [5.5]])
    third = 1 / 3
    assert nearest_counts(x, s) == pytest.approx([1, 0.5 + third, 0.5 + third, third])


def share(count, member, cluster=None):
    membership = Membership(np.array(member, bool), cluster)
    found = share_result(np.array(count, float), membership, level=0.95, p_adjusted=0.2)
    return found, found.estimates[0]


def test_the_share_and_its_limits_by_hand():
    """Counts 3, 1, 2, 4, members the first two: 4 of 10. Residuals 3 * .6, 1 * .6, -.4 * 2 and
    -.4 * 4: squares 3.24 + .36 + .64 + 2.56 = 6.8; 1.96 * sqrt(6.8) / 10.
    """
    found, estimate = share([3, 1, 2, 4], [1, 1, 0, 0])
    half = 1.959964 * 6.8**0.5 / 10
    assert estimate.value == pytest.approx(0.4)
    assert (estimate.low, estimate.high) == pytest.approx((max(0, 0.4 - half), 0.4 + half))
    assert (found.n_members, found.n_nonmembers) == (2, 2)
    assert found.remarks[0] == "expected without a leak: 0.5"
    assert found.p_value == found.p_adjusted == 0.2


def test_clusters_add_their_residuals_up():
    """The same in clusters of one of each side: (1.8 - .8)^2 + (.6 - 1.6)^2 = 2."""
    _, estimate = share([3, 1, 2, 4], [1, 1, 0, 0], np.array([0, 1, 0, 1]))
    half = 1.959964 * 2**0.5 / 10
    assert (estimate.low, estimate.high) == pytest.approx((0.4 - half, 0.4 + half))


def test_without_twins_the_others_are_measured():
    rng = np.random.default_rng(0)
    member = np.arange(40) < 20
    score = rng.normal(size=40) + member
    twin = np.zeros(40, bool)
    twin[[0, 1, 25, 26, 27]] = True
    order = rng.permutation(40)
    evidence = Evidence(score[order], member[order], None, "observed", "x", order)
    found = twins_result(evidence, twin, level=0.9)
    assert (found.n_members, found.n_nonmembers) == (18, 17)
    assert found.remarks[0].startswith("15.0 % of the non-members")
    assert found.estimates[0].value == auc(score[~twin], member[~twin]).value
    assert found.estimates[0].level == 0.9


def test_twins_are_rows_that_stand_on_both_sides():
    """a is on both sides, b on one twice, c and d once."""
    from tacit.audits.steps.closeness import copied, twin_rows
    from tacit.core.frame import Frame

    rows = Frame.of({"name": list("aabbcd"), "age": [1.0, 1, 2, 2, 3, 3]})
    member = np.array([1, 0, 1, 1, 0, 1], bool)
    assert twin_rows(rows, Membership(member)).tolist() == [True, True, *[False] * 4]
    release = Frame.of({"name": list("cae"), "age": [3.0, 2, 3]})
    # c is there cell by cell, a with another age
    assert copied(rows, release).tolist() == [False] * 4 + [True, False]


def test_a_share_stays_between_none_and_all():
    """9 of 10 near the one member: residuals .9 and -.9, half 1.96 * 1.273 / 10 = .249."""
    _, high = share([9, 1], [1, 0])
    assert (high.value, high.high) == (0.9, 1.0)
    assert high.low == pytest.approx(0.9 - 1.959964 * (2 * 0.9**2) ** 0.5 / 10)
    _, low = share([1, 9], [1, 0])
    assert (low.value, low.low) == (0.1, 0.0)


def test_the_limits_are_those_of_the_level_and_the_expectation_that_of_the_sides():
    """Counts 3, 1, 2, 4 of one member and three others: residuals about .3 and not about .25."""
    membership = Membership(np.array([1, 0, 0, 0], bool))
    found = share_result(np.array([3.0, 1, 2, 4]), membership, level=0.8, p_adjusted=None)
    (estimate,) = found.estimates
    squares = (3 * 0.7) ** 2 + (1 * 0.3) ** 2 + (2 * 0.3) ** 2 + (4 * 0.3) ** 2
    assert estimate.high == pytest.approx(0.3 + 1.281552 * squares**0.5 / 10)
    assert (estimate.value, estimate.level, estimate.n) == (pytest.approx(0.3), 0.8, 4)
    assert found.remarks[0] == "expected without a leak: 0.25"
    assert (found.n_members, found.n_nonmembers, found.p_value) == (1, 3, None)


def test_too_few_rows_without_a_twin_are_told():
    member = np.arange(4) < 2
    evidence = Evidence(np.arange(4.0), member, None, "observed", "x", np.arange(4))
    found = twins_result(evidence, np.array([0, 0, 1, 1], bool), level=0.9)
    assert (found.estimates, len(found.notes)) == ((), 1)
    assert (found.n_members, found.n_nonmembers) == (2, 0)
    assert found.remarks[0].startswith("100.0 % of the non-members")
