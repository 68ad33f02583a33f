"""What a comparison takes from reports, whom it lets pay, and what it says beside them."""

import inspect

import numpy as np
import pytest
from scipy.stats import norm, t

from tacit.audits import compare as room
from tacit.audits.compare import _named, _notes, _points, compare, front, measured_of, paying
from tacit.audits.steps.differences import Measured
from tacit.core import CheckResult, Estimate, InvalidInput, Report
from tacit.core.comparison import Difference, Point


def estimate(value, half=0.02, level=0.95):
    return Estimate("advantage", value, value - half, value + half, level, 400, "by hand")


def audit(title, score, accuracy, *, created="2026-11-24", **more):
    return Report(
        "leak",
        "fail",
        "x",
        score=None if score is None else estimate(score),
        accuracy={} if accuracy is None else {"nonmember": accuracy},
        title=title,
        created=created,
        **more,
    )


def test_a_comparison_is_made_at_95_percent_and_may_give_up_one_point():
    given = inspect.signature(compare).parameters
    assert [given[name].default for name in ("level", "tolerance")] == [0.95, 0.01]


def test_a_tolerance_of_nothing_is_one_and_all_of_the_accuracy_is_none():
    reports = [audit("a", 0.3, 0.9), audit("b", 0.1, 0.895)]
    assert compare(reports, tolerance=0).recommended == "a"
    # half a point of accuracy is within one point, and not within .4 of one
    assert compare(reports).recommended == "b"
    assert compare(reports, tolerance=0.004).recommended == "a"
    assert compare(reports, tolerance=0.999).recommended == "b"
    for wrong in (-1e-9, 1, 1.0):
        with pytest.raises(InvalidInput, match="`tolerance`"):
            compare(reports, tolerance=wrong)


def run_of(n):
    points = [{"epoch": e, "accuracy": 0.5, "score": estimate(0.1).to_dict()} for e in range(n)]
    return Report("leak", "fail", "x", figures={"trend": [{"model": "net", "points": points}]})


def test_two_epochs_are_the_fewest_and_two_hundred_the_most():
    assert len(compare([run_of(2)]).points) == 2
    for n in (1, 201):
        with pytest.raises(InvalidInput, match=f"2 to 200 audits or epochs, got {n}"):
            compare([run_of(n)])
    assert room.MAX_POINTS == 200
    with pytest.raises(InvalidInput, match="got 2 runs of one name"):
        compare([audit("a", 0.1, 0.9), audit("a", 0.2, 0.8)])


def test_only_the_recommended_one_pays_and_for_those_that_could_have_been_named():
    """Three have an accuracy and a score; a fourth without a score could not have been named."""
    reports = [
        audit("a", 0.3, 0.9),
        audit("b", 0.1, 0.895),
        audit("c", 0.2, 0.9),
        audit("d", None, 0.9),
        audit("e", 0.05, None),
    ]
    comparison = compare(reports)
    assert comparison.recommended == "b"
    wider = norm.isf(0.025 / 3) / norm.isf(0.025)
    assert comparison.point("b").score.high == pytest.approx(0.1 + 0.02 * wider)
    assert [comparison.point(name).score.high for name in "ac"] == pytest.approx([0.32, 0.22])


def test_the_payment_is_at_the_level_of_the_score():
    """At 90 % the tail is .05; among four it is .0125, of a normal or of Student's t."""
    score = estimate(0.3, 0.1, level=0.9)
    point = Point("a", "a", None, 0.9, score)
    paid = paying(point, 4).score.high
    assert paid == pytest.approx(0.3 + 0.1 * norm.isf(0.0125) / norm.isf(0.05))
    two = Point("a", "a", None, 0.9, score, runs=2)
    assert paying(two, 2).score.high == pytest.approx(0.3 + 0.1 * t.isf(0.025, 1) / t.isf(0.05, 1))
    # an upper end beyond 1 is as it was
    beyond = Point("a", "a", None, 0.9, estimate(0.99, 0.02))
    assert paying(beyond, 4).score.high == pytest.approx(1.01)


def test_differences_are_tested_at_the_level_asked_for():
    reports = [audit("a", 0.13, 0.9), audit("b", 0.1, 0.9)]
    comparison = compare(reports)
    # .03 of errors .0102 each: 2.08 of their root sum of squares, p = .038
    p = 2 * norm.sf(0.03 / (0.02 / norm.isf(0.025) * 2**0.5))
    assert comparison.differences[0].p_value == pytest.approx(p)
    assert (comparison.differences[0].real, comparison.level) == (True, 0.95)
    strict = compare(reports, level=0.99)
    assert (strict.differences[0].real, strict.level) == (False, 0.99)


def test_a_comparison_is_as_old_as_its_latest_report():
    days = ("2026-11-03", "2026-11-20", "2026-10-30")
    reports = [audit(f"m{i}", 0.1 * i + 0.1, 0.9, created=day) for i, day in enumerate(days)]
    assert compare(reports).created == "2026-11-20"


def test_utility_comes_before_the_accuracy_of_non_members():
    """.6 [.5, .8] of others: half of the width is .15; the .9 of non-members is not looked at."""
    known = {"nonmember": 0.9, "nonmember_low": 0.89, "nonmember_high": 0.91}
    report = Report("leak", "fail", "x", accuracy=known)
    assert measured_of(report)[0].accuracy_error == pytest.approx(0.01)
    more = known | {"utility": 0.6, "utility_low": 0.5, "utility_high": 0.8}
    (item,) = measured_of(Report("leak", "fail", "x", accuracy=more))
    assert item.point.accuracy == 0.6
    assert (item.point.accuracy_low, item.point.accuracy_high) == (0.5, 0.8)
    assert item.accuracy_error == pytest.approx(0.15)
    half = {"nonmember": 0.9, "nonmember_low": 0.8}
    assert measured_of(Report("leak", "fail", "x", accuracy=half))[0].accuracy_error is None


def test_an_epoch_s_report_counts_for_itself_and_not_for_its_run():
    trend = [{"points": [{"epoch": 1, "score": None}]}]
    whole = Report("leak", "fail", "x", figures={"trend": trend}, title="net")
    (item,) = measured_of(whole)
    assert (item.point.name, item.point.epoch, item.point.score) == ("net", 1.0, None)
    one = Report(
        "leak", "fail", "x", figures={"trend": trend}, environment={"epoch": "7"}, title="net"
    )
    (item,) = measured_of(one)
    assert (item.point.epoch, item.point.finding) == (7.0, "leak")


def test_the_non_members_of_the_chosen_check_are_counted():
    checks = [
        CheckResult(n, "attack", n_members=3, n_nonmembers=k) for n, k in (("a", 4), ("b", 6))
    ]
    report = Report("leak", "fail", "x", chosen="b", checks=tuple(checks))
    assert measured_of(report)[0].point.n == 6
    assert measured_of(Report("leak", "fail", "x"))[0].point.n == 0


def test_points_of_one_name_are_numbered():
    points = [Point("x", m, e, 0.9, None) for m, e in (("a", None), ("a", 2.0), ("a", 2), ("a", 2))]
    names = [item.point.name for item in _named([Measured(point) for point in points])]
    assert names == ["a", "a, epoch 2", "a, epoch 2 (2)", "a, epoch 2 (3)"]


def test_a_point_that_lacks_a_number_is_never_on_the_front():
    whole = Point("a", "a", None, 0.1, estimate(0.9))
    points = front(
        (whole, Point("b", "b", None, None, estimate(0.1)), Point("c", "c", None, 0.9, None))
    )
    assert [point.front for point in points] == [True, False, False]


def test_notes_name_who_is_lost_how_sure_accuracy_is_and_what_was_not_paired():
    whole = Measured(Point("a", "a", None, 0.9, estimate(0.1)), None, 0.012)
    other = Measured(Point("b", "b", None, 0.9, estimate(0.2)), None, 0.034)
    lost = Measured(Point("c", "c", None, 0.9, None))
    blind = Measured(Point("d", "d", None, None, estimate(0.2)))
    apart = Difference("a", "b", None, None)
    notes = _notes([whole, other, lost, blind], [apart])
    assert notes[0] == "Without an accuracy or a score, so not in the picture: c, d."
    assert notes[1].startswith("Accuracy is known to ±3 points or better")
    assert notes[2].startswith("No pair could be tested on the same records.")
    assert len(notes) == 4
    paired = Difference("a", "b", None, None, paired=True)
    assert len(_notes([Measured(whole.point)], [apart, paired])) == 1


def test_points_of_accuracy_have_one_digit_that_matters_below_one():
    shares = (0.0096, 0.01, 0.0149, 0.1, 0.00949, 0.0005)
    assert [_points(share) for share in shares] == ["1", "1", "1", "10", "0.9", "0.05"]


def test_records_that_were_kept_are_compared_pair_by_pair():
    rows = np.arange(400)
    member = rows < 200
    rng = np.random.default_rng(0)
    common = rng.normal(size=400)
    kept = [
        {
            "row": rows.tolist(),
            "member": member.tolist(),
            "score": (common + 0.1 * rng.normal(size=400) + shift * member).tolist(),
            "attack": "x",
        }
        for shift in (0.4, 0.9)
    ]
    reports = [audit(name, 0.2, 0.9, records=one) for name, one in zip("ab", kept)]
    (difference,) = compare(reports).differences
    assert difference.paired
    assert difference.estimate.value < 0 or difference.first == "b"


def test_better_in_one_and_as_good_in_the_other_beats():
    def point(score, accuracy):
        return Point("x", "x", None, accuracy, None if score is None else estimate(score))

    mine = point(0.2, 0.8)
    assert room._beats(point(0.1, 0.8), mine)
    assert room._beats(point(0.2, 0.9), mine)
    assert room._beats(point(0.1, 0.9), mine)
    assert not room._beats(point(0.2, 0.8), mine), "itself"
    assert not room._beats(point(0.1, 0.7), mine)
    assert not room._beats(point(0.3, 0.9), mine)
    assert not room._beats(point(None, 0.9), mine)
