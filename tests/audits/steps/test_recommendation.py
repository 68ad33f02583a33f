"""The recommendation among models that were audited side by side."""

import pytest

from tacit.audits.steps import recommendation as steps
from tacit.audits.steps.recommendation import advice
from tacit.core import Estimate
from tacit.core.comparison import Difference, Point


def point(name, accuracy, score, *, finding="", epoch=None, model=None):
    estimate = None
    if score is not None:
        estimate = Estimate("advantage", score, score - 0.02, score + 0.02, 0.95, 90, "by hand")
    return Point(name, model or name, epoch, accuracy, estimate, finding=finding)


def said(*points, real=(), tolerance=0.01):
    pairs = [Difference(first, second, real=True) for first, second in real]
    pairs.append(Difference("big", "cheap", real=False))
    return advice(points, pairs, tolerance=tolerance)


BIG = point("big", 0.9, 0.4)


def test_a_point_within_the_tolerance_with_a_real_difference_is_recommended():
    name, why = said(BIG, point("small", 0.8909, 0.2), real=[("small", "big")])
    assert name == "small"
    assert why == (
        "small gives up 0.9 points of accuracy for half the vulnerability"
        " (0.2 against 0.4 for big)."
    )
    # beyond the tolerance, or no less vulnerable, or by chance alone
    name, why = said(BIG, point("small", 0.88, 0.2), real=[("small", "big")])
    assert name == "big"
    assert why == (
        "big is the most accurate (90.0 %), and no model within 1 points of its accuracy is less"
        " vulnerable; those that are cost more accuracy."
    )
    name, why = said(BIG, point("cheap", 0.895, 0.2))
    assert name == "big"
    assert "is less vulnerable by more than chance explains" in why
    name, why = said(BIG, point("small", 0.895, 0.4), real=[("small", "big")])
    assert (name, "none of the others is less vulnerable" in why) == ("big", True)


def test_accuracy_may_be_given_up_to_exactly_the_tolerance():
    pair = [("b", "a")]
    first = point("a", 0.75, 0.4)
    assert said(first, point("b", 0.5, 0.1), real=pair, tolerance=0.25)[0] == "b"
    assert said(first, point("b", 0.499, 0.1), real=pair, tolerance=0.25)[0] == "a"


def test_of_equals_the_less_vulnerable_and_then_the_more_accurate_counts():
    assert said(point("a", 0.9, 0.4), point("b", 0.9, 0.3))[0] == "b"
    points = [BIG, point("b", 0.892, 0.2), point("c", 0.895, 0.2), point("d", 0.898, 0.3)]
    assert said(*points, real=[(name, "big") for name in "bcd"])[0] == "c"


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (0.5, 0.11, "a quarter of the vulnerability"),
        (0.5, 0.14, "a quarter of the vulnerability"),
        (0.5, 0.145, "71 % less vulnerability"),
        (0.5, 0.15, "a third of the vulnerability"),
        (0.5, 0.185, "a third of the vulnerability"),
        (0.5, 0.2, "60 % less vulnerability"),
        (0.5, 0.23, "half the vulnerability"),
        (0.5, 0.27, "half the vulnerability"),
        (0.5, 0.315, "two thirds of the vulnerability"),
        (0.5, 0.35, "two thirds of the vulnerability"),
        (0.5, 0.4, "20 % less vulnerability"),
        (0.5, 0.01, "98 % less vulnerability"),
        (0.5, 0.009, "a vulnerability near none"),
        (0.0, -0.1, "a vulnerability near none"),
    ],
)
def test_what_is_won_is_said_in_words(before, after, words):
    name, why = said(point("a", 0.9, before), point("b", 0.9, after), point("b2", 0.9, 1.0))
    assert name == ("b" if after < before else "a")
    best = point("a", 0.904, before)
    name, why = said(best, point("b", 0.9, after), real=[("b", "a")])
    assert name == "b"
    assert f"b gives up 0.4 points of accuracy for {words} (" in why


def test_less_than_a_twentieth_of_a_point_is_no_accuracy():
    for accuracy, told in ((0.8994, "gives up 0.1 points"), (0.8996, "gives up no accuracy")):
        _, why = said(BIG, point("b", accuracy, 0.2), real=[("b", "big")])
        assert told in why


@pytest.mark.parametrize(
    ("later", "told"),
    [
        (0.8918, "; beyond it accuracy no longer rises"),
        (0.894, "; beyond it accuracy rises by 0.4 points"),
    ],
)
def test_a_checkpoint_says_whether_training_on_would_gain_accuracy(later, told):
    own = point("m 2", 0.89, 0.2, epoch=2.0, model="m")
    others = [
        BIG,
        point("m 1", 0.8, 0.35, epoch=1.0, model="m"),
        point("m 3", later - 0.001, 0.3, epoch=3.0, model="m"),
        point("m 4", later, 0.3, epoch=4.0, model="m"),
        point("other 9", 0.8995, 0.39, epoch=9.0, model="other"),
    ]
    name, why = said(*others, own, real=[("m 2", "big")])
    assert name == "m 2"
    assert told in why
    _, why = said(BIG, own, real=[("m 2", "big")])
    assert "beyond it" not in why


def test_a_leak_is_told_and_nothing_known_recommends_nothing():
    leaking = point("b", 0.9, 0.2, finding="leak")
    _, why = said(point("a", 0.905, 0.4), leaking, real=[("b", "a")])
    assert why.endswith(". It still leaks: read its own report.")
    assert "still leaks" not in said(BIG)[1]
    name, why = said(point("a", None, 0.4), point("b", 0.9, None))
    assert name == ""
    assert why.startswith("Nothing can be recommended")


@pytest.mark.parametrize(
    ("gain", "told"), [(0.125, "no longer rises"), (0.1251, "rises by 12.5 points")]
)
def test_accuracy_that_rises_by_exactly_what_is_flat_does_not_rise(monkeypatch, gain, told):
    monkeypatch.setattr(steps, "FLAT", 0.125)
    own = point("m 2", 0.5, 0.2, epoch=2.0, model="m")
    later = point("m 3", 0.5 + gain, 0.3, epoch=3.0, model="m")
    assert told in steps._beyond(own, [own, later])


def test_a_fifth_of_a_point_is_flat():
    own = point("m 2", 0.5, 0.2, epoch=2.0, model="m")
    for gain, told in ((0.0019, "no longer rises"), (0.0021, "rises by 0.2 points")):
        later = point("m 3", 0.5 + gain, 0.3, epoch=3.0, model="m")
        assert told in steps._beyond(own, [own, later])


def test_only_later_checkpoints_of_the_same_model_count():
    """One without an epoch is no checkpoint, and the same epoch is not later."""
    own = point("m 2", 0.5, 0.2, epoch=0.5, model="m")
    others = [
        point("m", 0.9, 0.2, model="m"),
        point("m b", 0.9, 0.2, epoch=0.5, model="m"),
        point("o", 0.9, 0.2, epoch=3.0, model="o"),
    ]
    assert steps._beyond(own, [own, *others]) == ""


def test_points_of_accuracy_are_hundredths():
    _, why = said(BIG, point("b", 0.8, 0.2), real=[("b", "big")], tolerance=0.2)
    assert "gives up 10.0 points" in why
    # 100 (.0007 - .0002) is .05 exactly
    assert 100 * (0.0007 - 0.0002) == 0.05
    _, why = said(point("a", 0.0007, 0.4), point("b", 0.0002, 0.2), real=[("b", "a")])
    assert "gives up 0.1 points" in why


def test_of_equally_accurate_ones_the_less_vulnerable_stands_for_today():
    """And the less vulnerable of those that really are less is chosen."""
    points = [point("a", 0.9, 0.5), point("b", 0.9, 0.4), point("c", 0.895, 0.3)]
    points.append(point("d", 0.893, 0.25))
    name, why = said(*points, real=[("c", "b"), ("d", "b")])
    assert name == "d"
    assert "for b)" in why
    # a difference from another one is none from the most accurate
    assert said(*points, real=[("c", "a"), ("d", "a")])[0] == "b"
    assert said(*points, real=[("b", "c")])[0] == "c"
