"""Comparisons, histories, and what each knob bought, by hand."""

from dataclasses import replace

import pytest

from tacit.core import Comparison, Estimate, History
from tacit.core.comparison import Confirmed, Difference, Point
from tacit.render import bought, comparison, history
from tacit.render.words import SPACE, Words

WORDS = Words.of("en")


def estimate(name, value, low, high, *, n=100, p=None, **settings):
    return Estimate(name, value, low, high, 0.95, n, "by hand", p_value=p, settings=settings)


SCORE = estimate("advantage", 0.2, 0.1, 0.3)


def plain(text):
    return text.replace(SPACE, " ")


def column(found, place):
    return [plain(c if isinstance(c, str) else c.text) for c in (r[place] for r in found.rows)]


def point(name, score=0.2, **more):
    given = {"accuracy": 0.8, "accuracy_low": 0.75, "accuracy_high": 0.85} | more
    return Point(
        name,
        name,
        None,
        given.pop("accuracy"),
        estimate("advantage", score, score - 0.1, score + 0.1),
        **given,
    )


def test_the_recommended_point_comes_first_and_then_the_front():
    points = (
        point("a"),
        point("b", front=True),
        point("best"),
        *(point(str(i)) for i in range(60)),
    )
    picture, made = comparison.points(Comparison(points, (), "best", ""), WORDS)
    assert column(made, 0)[:3] == ["best", "b", "a"]
    assert (made.marked, len(made.rows), made.left_out) == (0, 60, 3)
    assert column(made, 2)[0] == "80.0 % (75.0–85.0 %)"
    assert column(made, 3)[:3] == ["no", "yes", "no"]
    assert picture.name == "pareto"
    bare = comparison.points(Comparison((point("a", accuracy_low=None),), (), "", ""), WORDS)[1]
    assert (column(bare, 2), bare.marked, bare.left_out) == (["80.0 %"], None, 0)
    assert "3" in comparison._name_of(point("r", runs=3), WORDS)
    assert comparison._name_of(point("r", runs=1), WORDS) == "r"
    assert "2" in comparison._name_of(point("r", runs=2), WORDS)


def difference(first, second, p, *, real=False, paired=True):
    return Difference(
        first,
        second,
        estimate("advantage difference", 0.1, -0.05, 0.25),
        p_adjusted=p,
        real=real,
        paired=paired,
    )


def test_differences_with_the_recommended_point_come_first_by_their_p_value():
    items = (
        difference("a", "b", 0.01, real=True),
        difference("best", "b", 0.5),
        difference("a", "best", 0.03, real=True, paired=False),
        Difference("x", "y", None),
    )
    made = Comparison((point("a"), point("b"), point("best")), items, "best", "")
    text, found = comparison._differences(made, WORDS)
    assert column(found, 0) == ["a − best", "best − b", "a − b"]
    assert column(found, 1) == ["yes", "no", "yes"]
    assert column(found, 2)[0] == "0.10 (−0.05 to 0.25)"
    assert column(found, 3) == ["0.03", "0.50", "0.01"]
    assert column(found, 4)[0] != column(found, 4)[1]
    assert plain(WORDS.say("comparison.said", real="2", total="3 differences")) in plain(text.text)
    one = replace(made, differences=items[1:3])
    assert plain(WORDS.say("comparison.said one", real="1", total="2 differences")) in plain(
        comparison._differences(one, WORDS)[0].text
    )
    assert found.left_out == 0
    nil = replace(made, differences=(items[0], difference("x", "y", 0.0)))
    assert column(comparison._differences(nil, WORDS)[1], 0) == ["x − y", "a − b"]
    many = replace(made, differences=items[:1] * 23)
    assert comparison._differences(many, WORDS)[1].left_out == 3
    assert comparison._differences(replace(made, differences=()), WORDS)[0].text == WORDS.say(
        "comparison.nothing"
    )
    alone = replace(made, points=made.points[:1], differences=())
    assert comparison._differences(alone, WORDS) == ()


def test_a_step_goes_from_the_older_version_to_the_newer():
    points = (point("v1"), point("v2"), point("v3"))
    steps = (difference("v2", "v1", 0.01, real=True), difference("v3", "v2", 0.5, paired=False))
    made = History(
        points,
        ("2024", "2025", ""),
        steps,
        (steps[1], Difference("v3", "v2", None, reason="none")),
        0.95,
        "",
        "net",
    )
    text, found = history._steps(made, WORDS)
    assert column(found, 0) == ["v1 → v2", "v2 → v3"]
    assert column(found, 2) == ["yes", "no"]
    assert column(found, 4) == ["no", "–"]
    assert plain(text.text) == plain(WORDS.say("history.paired", n="1", level=WORDS.share(0.95)))
    none = replace(made, steps=(steps[1], steps[1]))
    assert plain(history._steps(none, WORDS)[0].text) == plain(
        WORDS.say("history.unpaired", n="0", level=WORDS.share(0.95))
    )
    _, versions = history._versions(made, WORDS)
    assert column(versions, 2)[0] == "80.0 % (75.0–85.0 %)"
    assert column(versions, 4) == ["2024", "2025", "–"]


def test_times_and_points_of_what_was_bought():
    made = Comparison(
        (
            point("now", seconds=10.0),
            point("new", seconds=25.0),
            point("old", seconds=None),
            point("free", seconds=0.0),
        ),
        (),
        "",
        "",
        baseline="now",
    )

    def time(first, second="now"):
        return bought._time(Difference(first, second, SCORE), made, WORDS)

    assert time("new") == "25.00 s, ×2.50"
    assert time("old") == "–"
    assert time("new", "old") == "25.00 s"
    assert time("new", "free") == "25.00 s"
    assert bought._signed(0.0123, WORDS) == "+1.2"
    assert bought._signed(-0.0123, WORDS) == "−1.2"
    assert bought._signed(0.0004, WORDS) == "0.0"
    assert bought._signed(0.2, WORDS) == "+20.0"
    assert bought._signed(0.0006, WORDS) == "+0.1"
    points = bought._points(estimate("accuracy difference", -0.004, -0.01, 0.02), WORDS)
    assert (points.value, points.low, points.high) == (-0.004, -0.01, 0.02)
    assert points.text == "−0.4 (−1.0 to +2.0)"
    turned = bought._turned(estimate("advantage difference", 0.2, 0.1, 0.5))
    assert (turned.value, turned.low, turned.high) == (-0.2, -0.5, -0.1)


@pytest.mark.parametrize(
    ("low", "value", "high", "key"),
    [
        (0.1, 0.2, 0.3, "bought.gain"),
        (-0.03, -0.02, -0.01, "bought.price"),
        (0.0, 0.02, 0.03, "bought.same"),
        (-0.03, -0.02, 0.0, "bought.same"),
    ],
)
def test_a_price_is_one_where_its_interval_leaves_nothing_out(low, value, high, key):
    fall, base, own = (estimate("advantage", v, v - 0.02, v + 0.02) for v in (0.12, 0.2, 0.08))
    confirmed = Confirmed(
        fall, estimate("accuracy difference", value, low, high), 5, base, own, "now", "new"
    )
    points = bought._signed(value, WORDS) if key == "bought.same" else f"{100 * abs(value):.1f}"
    span = WORDS.say("from to", low=bought._signed(low, WORDS), high=bought._signed(high, WORDS))
    expected = WORDS.say(
        key,
        points=points,
        span=span,
        winner="new",
        baseline="now",
        runs="5",
        share=WORDS.share(0.6),
    )
    assert bought.said(confirmed, WORDS) == expected


def test_a_recommendation_in_another_language_is_that_of_the_recommended_point():
    german = Words.of("de")
    points = (point("a", 0.5, accuracy=0.91), point("best", 0.2, accuracy=0.8765))
    made = Comparison(points, (), "best", "Zxq it.")
    said = plain(comparison.recommendation(made, german))
    assert said == plain(
        german.say(
            "comparison.recommended",
            name="best",
            accuracy=german.share(0.8765, digits=3),
            score=german.both_of(points[1].score),
        )
    )
    none = replace(made, recommended="")
    assert comparison.recommendation(none, german) == german.say("comparison.no recommendation")
    bare = replace(made, points=(Point("best", "best", None, None, None),))
    assert comparison.recommendation(bare, german).count(german.say("not known")) == 2


def test_the_table_of_what_was_bought_marks_the_winner_and_counts_the_rest():
    fall, base, own = (estimate("advantage", v, v - 0.02, v + 0.02) for v in (0.12, 0.2, 0.08))
    confirmed = Confirmed(fall, None, 5, base, own, "now", "new")
    steps = tuple(
        Difference(name, "now", estimate("advantage difference", 0.1, 0.0, 0.2))
        for name in ("other", "new", *map(str, range(41)))
    )
    made = Comparison((point("now"),), steps, "", "", baseline="now", confirmed=confirmed)
    _, found = bought.bought(made, WORDS)
    assert column(found, 0)[:2] == ["new", "other"]
    assert (found.marked, len(found.rows), found.left_out) == (0, 40, 3)
    assert column(found, 1)[0] == "−0.120 (−0.140 to −0.100)"
    assert column(found, 4)[:2] == [WORDS.say("yes"), WORDS.say("no")]
    _, bare = bought.bought(replace(made, confirmed=None), WORDS)
    assert (bare.marked, column(bare, 0)[0]) == (None, "other")
    other = replace(confirmed, winner="elsewhere")
    _, moved = bought.bought(replace(made, confirmed=other), WORDS)
    assert moved.marked is None
    _, few = bought.bought(replace(made, differences=steps[:2]), WORDS)
    assert few.left_out == 0


def test_a_history_says_what_changed_and_what_nobody_knows():
    points = tuple(point(f"v{i}") for i in range(1, 4))
    up, down, same = (
        Difference(
            "v2",
            "v1",
            estimate("advantage difference", value, value - 0.05, value + 0.05),
            real=real,
        )
        for value, real in ((0.2, True), (-0.2, True), (0.01, False))
    )
    unknown = Difference("v3", "v2", None, reason="none")

    def said(*steps):
        return history.headline(History(points, ("",) * 3, steps, steps, 0.95, "", "net"), WORDS)

    assert said(up, same) == WORDS.say("history.worse", names="v2")
    assert said(down, same) == WORDS.say("history.better", names="v2")
    assert said(same, same) == WORDS.say("history.no change")
    gap = WORDS.say("history.unknown", names="v3")
    assert said(same, unknown) == f"{WORDS.say('history.no change')} {gap}"
    assert said(up, unknown) == f"{WORDS.say('history.worse', names='v2')} {gap}"
    assert WORDS.say("history.no change") not in said(unknown, unknown)


def test_an_accuracy_of_a_version_needs_both_ends():
    whole = history._accuracy(point("a"), WORDS)
    assert (whole.value, whole.low, whole.high) == (0.8, 0.75, 0.85)
    for missing in ({"accuracy_low": None}, {"accuracy_high": None}):
        assert plain(history._accuracy(point("a", **missing), WORDS)) == "80.0 %"
    none = point("a", accuracy=None, accuracy_low=None, accuracy_high=None)
    assert history._accuracy(none, WORDS) == WORDS.say("not known")
