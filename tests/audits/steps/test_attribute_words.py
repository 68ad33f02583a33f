"""What the audit of attribute inference says, to the digit."""

from types import SimpleNamespace

import numpy as np
import pytest

from tacit.audits.steps.attribute_words import headline, unknown
from tacit.core import CheckResult, Estimate

SECRET = SimpleNamespace(name=lambda: "income")


def share(value, name):
    return Estimate(name, value, value - 0.1, value + 0.1, 0.95, 90, "by hand")


def guesser(members, others=None, n=50):
    estimates = [share(members, "accuracy, members")]
    if others is not None:
        estimates.append(share(others, "accuracy, non-members"))
    return CheckResult("model", "attack", n_members=n, estimates=tuple(estimates))


SAID = (
    "without the model, “income” is guessed right for 25.0 % of the members; with it for 62.5 %,"
    " and for 30.1 % of records that it never saw"
)


@pytest.mark.parametrize(
    ("finding", "told"),
    [
        ("leak", f"This model tells the secret of its training records: {SAID}."),
        (
            "no leak found",
            f"No leak of this column found: {SAID}. An advantage of 0.12 or more would have shown"
            " in 4 audits of 5.",
        ),
        (
            "inconclusive",
            f"Whether it tells is open: {SAID}. So few records show an advantage only from 0.12"
            " upwards (in 4 audits of 5).",
        ),
    ],
)
def test_the_shares_of_right_guesses_are_told_in_percent(finding, told):
    blind, chosen = guesser(0.25), guesser(0.625, 0.3014)
    assert headline(finding, blind, chosen, SECRET, 0.123, "") == told


def test_a_warning_is_all_that_is_said_and_an_unknown_share_is_a_dash():
    blind, chosen = guesser(0.25), guesser(0.625)
    assert headline("leak", blind, chosen, SECRET, 0.1, "why") == "Inconclusive: why"
    assert "and for – of records" in headline("leak", blind, chosen, SECRET, 0.1, "")


def test_a_list_of_the_confident_is_told_by_what_it_gains():
    found = headline("leak", guesser(0.25, n=50), guesser(0.625, n=10), SECRET, 0.1, "")
    assert "among the model, the share of right guesses is 0.62 larger" in found
    assert "(0.53 to 0.72)" in found


def test_what_could_not_be_known_is_counted_on_both_sides():
    told = SimpleNamespace(likelihood=np.array([[0.0, 1.0], [0.5, 0.5]]))
    flat = SimpleNamespace(likelihood=np.array([[1.0, 1.0], [0.5, 0.5]]))
    known, strange = np.array([0, 1, 0]), np.array([-1, 0, -1])
    assert unknown(0, (told, flat), (known, known)) == []
    assert unknown(0, (flat, told), (known, known)) == []
    (note,) = unknown(1, (told, told), (known, known))
    assert "missing in 1 rows" in note.reason
    (note,) = unknown(0, (told, told), (strange, known))
    assert note.reason.startswith("2 records have a value")
    (note,) = unknown(0, (told, told), (strange[:1], known))
    assert note.reason.startswith("1 records have a value")
    (note,) = unknown(0, (flat, flat), (known, known))
    assert note.metric == "does the model look at this column?"
    empty = SimpleNamespace(likelihood=np.zeros((0, 2)))
    assert len(unknown(3, (empty, flat), (strange, strange))) == 3


def test_how_much_a_list_gains_is_told_by_its_own_estimate():
    blind = CheckResult("blind", "blind", n_members=50, estimates=(share(0.2, "x"),))
    chosen = CheckResult("10 most confident", "attack", n_members=49, estimates=(share(0.5, "y"),))
    told = headline("inconclusive", blind, chosen, SECRET, 0.3, "")
    assert "among the 10 most confident, the share of right guesses is 0.5 larger" in told
    assert "only from 0.3 upwards" in told


def test_a_model_that_answers_one_record_otherwise_looks_at_the_column():
    """One of three records, on either side, is enough."""
    flat = SimpleNamespace(likelihood=np.ones((3, 2)))
    one = SimpleNamespace(likelihood=np.array([[1.0, 1.0], [1.0, 1.0], [1.0, 1.0 + 1e-9]]))
    code = np.zeros(3, int)
    assert len(unknown(0, (flat, flat), (code, code))) == 1
    for sides in ((one, flat), (flat, one)):
        assert unknown(0, sides, (code, code)) == []


def test_the_first_candidate_is_a_value_that_the_reference_shows():
    told = SimpleNamespace(likelihood=np.array([[0.0, 1.0]]))
    (note,) = unknown(0, (told, told), (np.array([0, -1]), np.array([1, 0, -1, -2])))
    assert note.reason.startswith("3 records have a value")
