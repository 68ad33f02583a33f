"""One model over its versions: what is read off it."""

import pytest

from tacit.core import Estimate, InvalidInput
from tacit.core.comparison import Difference, Point
from tacit.core.history import History


def estimate(value, low=None, high=None):
    low, high = (value if end is None else end for end in (low, high))
    return Estimate("score", value, low, high, 0.95, 40, "by hand")


def point(name, value=0.1):
    return Point(name, name, None, 0.9, estimate(value))


def history(*steps, n=None, dates=None):
    names = [f"v{number}" for number in range((len(steps) + 1) if n is None else n)]
    days = ("2026-01-01",) * len(names) if dates is None else dates
    return History(tuple(map(point, names)), days, steps, steps)


def step(number, value, real):
    found = None if value is None else estimate(value)
    return Difference(f"v{number}", f"v{number - 1}", found, real=real)


def test_versions_are_worse_or_better_only_by_real_steps():
    found = history(
        step(1, 0.2, True), step(2, -0.1, True), step(3, 0.3, False), step(4, None, False)
    )
    assert found.worse == ("v1",)
    assert found.better == ("v2",)
    assert found.unknown == ("v4",)
    assert found.level == 0.95
    assert (found.to_dict()["kind"], found.to_dict()["schema"]) == ("tacit history", 1)
    assert History.from_json(found.to_json()).to_dict() == found.to_dict()


def test_a_real_step_of_nothing_is_no_rise():
    assert history(step(1, 0.0, True)).worse == ()


def test_a_history_needs_two_versions_a_step_each_and_a_date_each():
    assert len(history(step(1, 0.1, True)).points) == 2
    with pytest.raises(InvalidInput, match="needs 2 or more versions"):
        history()
    with pytest.raises(InvalidInput, match="different names"):
        History((point("a"), point("a")), ("", ""), (step(1, 0, False),), (step(1, 0, False),))
    with pytest.raises(InvalidInput, match="3 versions needs 2 steps"):
        history(step(1, 0.1, True), n=3)
    with pytest.raises(InvalidInput, match="2 dates"):
        history(step(1, 0.1, True), dates=("2026-01-01",) * 3)
    one = (step(1, 0.1, True),)
    with pytest.raises(InvalidInput, match="steps of both kinds"):
        History((point("a"), point("b")), ("", ""), one, ())
