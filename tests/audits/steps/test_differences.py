"""Differences of two audits from their intervals, by hand."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm, ttest_ind

from tacit.audits.steps import differences as steps
from tacit.audits.steps.differences import (
    Measured,
    difference,
    differences,
    evidence_of,
    records_of,
    unpaired,
)
from tacit.audits.steps.runs import difference_of_runs, over_runs
from tacit.core import Estimate, Evidence, InvalidInput
from tacit.core.comparison import Point


def score(value, low, high, level=0.95):
    return Estimate("advantage", value, low, high, level, 100, "by hand")


def point(name, found, **more):
    return Measured(Point(name, name, None, None, found), **more)


def test_each_end_adds_the_squares_of_the_distances_that_lie_that_way():
    """.5 [.4, .7] less .2 [.1, .25]: down by hypot(.1, .05), up by hypot(.2, .1)."""
    found = unpaired(score(0.5, 0.4, 0.7), score(0.2, 0.1, 0.25))
    assert found.value == pytest.approx(0.3)
    assert found.low == pytest.approx(0.3 - np.hypot(0.1, 0.05))
    assert found.high == pytest.approx(0.3 + np.hypot(0.2, 0.1))
    assert found.p_value == pytest.approx(2 * norm.sf(1.959964 * 0.3 / np.hypot(0.1, 0.05)))
    assert found.n == 200
    turned = unpaired(score(0.2, 0.1, 0.25), score(0.5, 0.4, 0.7))
    assert turned.p_value == pytest.approx(found.p_value)
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))


def test_another_level_stretches_the_distances():
    found = unpaired(score(0.5, 0.4, 0.7), score(0.2, 0.1, 0.25), level=0.99)
    stretched = norm.ppf(0.995) / norm.ppf(0.975)
    assert found.low == pytest.approx(0.3 - stretched * np.hypot(0.1, 0.05))


def test_nothing_between_them_is_no_evidence_and_no_width_is_certainty():
    assert unpaired(score(0.5, 0.4, 0.6), score(0.5, 0.4, 0.6)).p_value == 1
    assert unpaired(score(0.5, 0.5, 0.6), score(0.4, 0.3, 0.4)).p_value == 0


def test_three_pairs_pay_for_each_other():
    """p = .03 of the widest pair is .09 after Holm, so none of the three is real."""
    half = 0.2 * 1.959964 / (2**0.5 * norm.isf(0.015))
    points = [
        point(name, score(value, value - half, value + half))
        for name, value in (("a", 0.3), ("b", 0.4), ("c", 0.5))
    ]
    found = differences(points, level=0.95)
    assert [item.real for item in found] == [False] * 3
    by_pair = {(item.first, item.second): item for item in found}
    assert by_pair["a", "c"].p_value == pytest.approx(0.03, rel=1e-4)
    assert by_pair["a", "c"].p_adjusted == pytest.approx(0.09, rel=1e-4)
    assert [item.real for item in differences(points[::2], level=0.95)] == [True]
    assert [item.real for item in differences(points[::2], level=0.98)] == [False]


def test_scores_of_other_levels_or_without_an_end_are_not_compared():
    one = point("a", score(0.3, 0.2, 0.4))
    assert difference(one, point("b", score(0.3, 0.2, 0.4, 0.9)), level=0.95).estimate is None
    assert difference(one, point("b", score(0.3, 0.2, np.inf)), level=0.95).estimate is None
    assert difference(one, point("b", None), level=0.95).estimate is None
    other = replace(score(0.3, 0.2, 0.4), name="auc")
    assert difference(one, point("b", other), level=0.95).estimate is None


def test_runs_are_compared_by_welchs_t():
    first, second = [0.1, 0.25, 0.3, 0.2], [0.5, 0.4, 0.45, 0.7]
    known = ttest_ind(first, second, equal_var=False)
    one = point("a", score(0.2, 0.1, 0.3), scores=tuple(first))
    other = point("b", score(0.5, 0.4, 0.6), scores=tuple(second))
    found = difference(one, other, level=0.95)
    assert found.p_value == pytest.approx(known.pvalue)
    ends = known.confidence_interval(0.95)
    assert (found.estimate.low, found.estimate.high) == pytest.approx((ends.low, ends.high))


def test_unequal_numbers_of_runs_have_the_freedom_of_the_fewer():
    from scipy.stats import t

    first, second = np.array([0.1, 0.3]), np.array([0.5, 0.4, 0.45, 0.7, 0.6])
    error = (first.var(ddof=1) / 2 + second.var(ddof=1) / 5) ** 0.5
    found = difference_of_runs(first, second, level=0.9, name="score")
    apart = second.mean() - first.mean()
    assert found.p_value == pytest.approx(2 * t.sf(apart / error, 1))
    assert found.high == pytest.approx(-apart + t.ppf(0.95, 1) * error)


def test_the_mean_of_runs_has_students_interval_and_a_floor():
    from scipy.stats import t

    found = over_runs([0.1, 0.2, 0.6], level=0.9, name="advantage")
    half = t.ppf(0.95, 2) * np.std([0.1, 0.2, 0.6], ddof=1) / 3**0.5
    assert (found.low, found.high) == pytest.approx((0.3 - half, 0.3 + half))
    assert over_runs([0.1, 0.2, 0.6], level=0.9, name="advantage", floor=0.0).low == 0.0
    assert over_runs([-0.3, -0.1], level=0.9, name="advantage", floor=0.0).low == -0.2
    assert over_runs([0.1], level=0.9, name="advantage") is None


KEPT = {"row": [4, 1, 7], "score": [0.5, 1.0, 0.0], "member": [1, 0, 1], "attack": "a"}


def test_records_that_a_report_kept_are_read_and_damaged_ones_refused():
    assert evidence_of(None) is None
    plain = evidence_of(KEPT)
    assert (plain.row.tolist(), plain.score.tolist()) == ([4, 1, 7], [0.5, 1, 0])
    assert plain.member.tolist() == [True, False, True]
    assert plain.cluster is None
    assert evidence_of({**KEPT, "cluster": [0, 1, 0]}).cluster.tolist() == [0, 1, 0]
    for damage in (
        {"score": [0.5, 1.0]},
        {"member": [1, 0, 1, 1]},
        {"cluster": [0, 1]},
        {"score": [0.5, 1.0, np.nan]},
        {"row": ["a", 1, 2]},
    ):
        with pytest.raises(InvalidInput, match="`records` of a report are damaged"):
            evidence_of({**KEPT, **damage})
    with pytest.raises(InvalidInput, match="damaged: KeyError"):
        evidence_of({"row": [1]})


def test_runs_of_one_audit_alone_leave_the_two_intervals():
    runs = point("a", score(0.5, 0.4, 0.7), scores=(0.4, 0.5, 0.6))
    once = point("b", score(0.2, 0.1, 0.25))
    known = unpaired(runs.point.score, once.point.score)
    for found, sign in (
        (difference(runs, once, level=0.95), 1),
        (difference(once, runs, level=0.95), -1),
    ):
        assert found.p_value == pytest.approx(known.p_value)
        assert found.estimate.value == pytest.approx(sign * 0.3)
        assert not found.paired


def test_audits_of_the_same_records_are_compared_in_pairs():
    from tacit.metrics import paired_auc_difference

    rng = np.random.default_rng(0)
    member = np.arange(80) % 2 == 0
    one, two = (
        Evidence(rng.normal(size=80) + shift * member, member, None, "observed", "x", np.arange(80))
        for shift in (1.5, 0.5)
    )
    first = point("a", score(0.5, 0.4, 0.7), evidence=one)
    second = point("b", score(0.2, 0.1, 0.25), evidence=two)
    found = difference(first, second, level=0.9)
    known = paired_auc_difference(one, two, level=0.9)
    assert found.paired
    assert (found.p_value, found.estimate.low) == (known.p_value, known.low)


@pytest.mark.parametrize(("p_adjusted", "real"), [(0.25, True), (0.2501, False), (None, False)])
def test_a_difference_is_real_at_exactly_the_error(monkeypatch, p_adjusted, real):
    monkeypatch.setattr(
        steps,
        "with_adjusted",
        lambda found: [replace(item, p_adjusted=p_adjusted) for item in found],
    )
    pair = [point("a", score(0.5, 0.4, 0.6)), point("b", score(0.1, 0.05, 0.2))]
    (found,) = differences(pair, level=0.75)
    assert found.real is real


def test_the_p_value_of_a_lower_score_looks_upwards_and_of_unlike_records_adds_them_up():
    """.2 [.1, .25] less .5 [.4, .7]: zero lies above, hypot(.05, .1) away at 90 %."""
    one = replace(score(0.2, 0.1, 0.25, 0.9), n=30)
    found = unpaired(one, score(0.5, 0.4, 0.7, 0.9), level=0.9)
    assert found.p_value == pytest.approx(2 * norm.sf(1.6448536 * 0.3 / np.hypot(0.05, 0.1)))
    assert (found.n, found.level, found.name) == (130, 0.9, "advantage difference")
    assert found.low == pytest.approx(-0.3 - np.hypot(0.1, 0.2))


def test_audits_of_other_records_are_compared_by_their_intervals():
    """Each kept its records, and they are not the same ones."""
    member = np.arange(40) % 2 == 0
    papers = [
        Evidence(np.arange(40.0), member, None, "observed", "x", first + np.arange(40))
        for first in (0, 40)
    ]
    pair = [
        point(name, score(value, value - 0.1, value + 0.1), evidence=paper)
        for name, value, paper in zip("ab", (0.5, 0.3), papers)
    ]
    found = difference(*pair, level=0.95)
    assert not found.paired
    assert found.estimate.value == pytest.approx(0.2)
    assert found.estimate.method == steps.UNPAIRED


def test_a_missing_end_on_either_side_and_of_either_audit_is_no_comparison():
    one = point("a", score(0.3, 0.2, 0.4))
    for other in (score(0.3, -np.inf, 0.4), score(0.3, 0.2, np.inf)):
        for pair in ((one, point("b", other)), (point("b", other), one)):
            assert "one-sided" in difference(*pair, level=0.95).reason
    assert "no vulnerability score" in difference(point("b", None), one, level=0.95).reason


def test_records_of_one_audit_alone_are_not_compared():
    member = np.arange(40) % 2 == 0
    paper = Evidence(np.arange(40.0), member, None, "observed", "x", np.arange(40))
    kept = point("a", score(0.5, 0.4, 0.6), evidence=paper)
    other = point("b", score(0.3, 0.2, 0.4))
    for pair in ((kept, other), (other, kept)):
        found = difference(*pair, level=0.95)
        assert not found.paired
        assert abs(found.estimate.value) == pytest.approx(0.2)


def test_two_equal_numbers_without_width_do_not_differ():
    sure = score(0.5, 0.5, 0.5)
    assert unpaired(sure, sure).p_value == 1.0
    assert unpaired(score(1.0, 0.9, 1.0), score(0.0, 0.0, 0.1)).p_value < 1e-6


def test_what_a_report_keeps_of_its_records_is_read_again_with_their_users():
    user = np.array([0, 0, 1, 2])
    paper = Evidence(np.arange(4.0), user == 0, user, "observed", "a", np.array([3, 5, 8, 9]))
    again = evidence_of(records_of(paper, "a"))
    for name in ("score", "member", "cluster", "row"):
        np.testing.assert_array_equal(getattr(again, name), getattr(paper, name))
    plain = replace(paper, cluster=None)
    assert "cluster" not in records_of(plain, "a")
    assert evidence_of(records_of(plain, "a")).cluster is None
