"""Whether the two sides come from one population, as far as a secret goes."""

import numpy as np
import pytest
from scipy.stats import binom

from tacit.audits.steps.secret import Secret
from tacit.audits.steps.secret_guesses import Hits
from tacit.audits.steps.secret_split import SPLIT_ALARM, unfair_split

SECRET = Secret(("illness",), "class", np.array(["a", "b", "c"]))


def said(codes, hits=None, units=None):
    hits = hits or [np.arange(len(code)) % 2 == 0 for code in codes]
    return unfair_split(Hits(*hits), codes, SECRET, units)


def test_a_side_where_one_value_is_more_frequent_is_named_in_both_directions():
    even, odd = np.arange(300) % 3, np.zeros(300, np.int64)
    assert said((even, even)) == ""
    assert "“illness” is 'a' for 100.0 % of the members and 33.3 % of the others" in said(
        (odd, even)
    )
    assert "33.3 % of the members and 100.0 % of the others" in said((even, odd))


def test_guesses_that_are_right_less_often_about_members_are_an_alarm_too():
    codes = (np.arange(300) % 3, np.arange(300) % 3)
    right, wrong = np.arange(300) < 200, np.arange(300) < 150
    assert "right more often about members" in said(codes, (right, wrong))
    assert "right less often about members than about others, by 0.167" in said(
        codes, (wrong, right)
    )


def test_splits_at_random_are_refused_in_one_audit_of_a_hundred():
    rng = np.random.default_rng(0)
    alarms, worlds = 0, 600
    for _ in range(worlds):
        codes = tuple(rng.choice(3, 200, p=[0.6, 0.3, 0.1]) for _ in range(2))
        alarms += said(codes, [rng.random(200) < 0.5 for _ in codes]) != ""
    assert binom.sf(alarms - 1, worlds, SPLIT_ALARM) > 0.001


def test_the_units_of_each_side_go_with_its_records():
    units = (np.repeat(np.arange(30), 10), np.repeat(np.arange(40), 10) + 100)
    codes = (np.repeat(np.arange(30) % 3, 10), np.repeat(np.arange(40) % 3, 10))
    assert said(codes, units=units) == ""


def test_half_of_one_percent_for_each_look_and_all_values_pay():
    """Fisher's p-values by hand: two-sided, and times the number of values that occur.

    Of 100 + 100 guesses 60 and 40: 2 * .0035 = .0071 is no alarm, 61 and 40 (.0046) is one.
    """
    from scipy.stats import hypergeom

    even = np.arange(100) % 2
    two = Secret(("x",), "class", np.array(["a", "b"]))

    def right(told, others):
        hits = Hits(np.arange(100) < told, np.arange(100) < others)
        return unfair_split(hits, (even, even), two, None)

    alone = {told: 2 * hypergeom.sf(told - 1, 200, 100, told + 40) for told in (60, 61)}
    assert alone[61] <= SPLIT_ALARM / 2 < alone[60] <= SPLIT_ALARM
    assert (right(60, 40), bool(right(61, 40))) == ("", True)
    # of three values that occur: 3 times the smallest
    three = Secret(("x",), "class", np.array(["a", "b", "c", "never"]))
    fair = [np.arange(150) % 2 == 0] * 2
    for first, refused in ((74, False), (75, True)):
        codes = (np.repeat([0, 1, 2], [first, 50, 100 - first]), np.arange(150) % 3)
        rarer = 2 * hypergeom.cdf(100 - first, 300, 150, 150 - first)
        assert rarer <= SPLIT_ALARM / 2
        assert (3 * rarer <= SPLIT_ALARM / 2) == refused
        assert bool(unfair_split(Hits(*fair), codes, three, None)) == refused


@pytest.mark.parametrize(
    ("p_values", "refused"),
    [
        # the guesses at half of .01, which is .005
        ([0.005], True),
        ([0.0051, 0.5, 0.5], False),
        # two values that occur: twice the smaller one
        ([0.5, 0.0025, 0.5], True),
        ([0.5, 0.5, 0.0025], True),
        ([0.5, 0.00251, 0.9], False),
    ],
)
def test_at_exactly_their_half_of_the_error_both_looks_refuse(monkeypatch, p_values, refused):
    from tacit.audits.steps import secret_split as steps

    left = iter(p_values)
    monkeypatch.setattr(steps, "_two_sided", lambda *_: next(left))
    codes = (np.arange(40) % 2, np.arange(40) % 2)
    assert bool(said(codes)) is refused
    assert next(left, None) is None


def test_without_any_known_value_nothing_is_said():
    nobody = np.full(40, -1)
    assert said((nobody, nobody)) == ""


def test_p_values_are_two_sided_with_the_units_of_each_side(monkeypatch):
    from types import SimpleNamespace

    from tacit.audits.steps import secret_split as steps

    seen, values = [], []

    def excess(first, second, *, cluster):
        seen.append((first, second, cluster))
        return SimpleNamespace(p_value=values[len(seen) - 1])

    monkeypatch.setattr(steps, "share_excess", excess)
    for pair, p in (((0.3, 0.1), 0.2), ((0.1, 0.3), 0.2), ((None, 0.4), 0.8)):
        seen.clear()
        values[:] = pair
        assert steps._two_sided("m", "n", ("u", "v")) == pytest.approx(p)
        assert seen == [("m", "n", ("u", "v")), ("n", "m", ("v", "u"))]
    seen.clear()
    steps._two_sided("m", "n", None)
    assert [cluster for _, _, cluster in seen] == [None, None]


def test_the_value_that_differs_most_is_named_and_a_number_is_near():
    """Value c: 10 of 100 members and 50 of 100 others."""
    codes = (np.repeat([0, 1, 2], [50, 40, 10]), np.repeat([0, 1, 2], [25, 25, 50]))
    fair = Hits(np.arange(100) < 50, np.arange(100) < 50)
    told = unfair_split(fair, codes, SECRET, None)
    assert "is 'c' for 10.0 % of the members and 50.0 % of the others" in told
    number = Secret(("age",), "number", np.array([1.5, 2.5, 3.5]))
    assert "“age” is near 3.5 for 10.0 %" in unfair_split(fair, codes, number, None)
