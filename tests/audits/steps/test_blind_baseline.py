"""When the blind guesser is believed."""

import pytest

from tacit.audits.steps.blind_baseline import BACKWARDS, gives_away
from tacit.core import CheckResult


@pytest.mark.parametrize(
    ("p", "believed"), [(0.0, True), (0.01, True), (0.0101, False), (1, False)]
)
def test_the_blind_guesser_is_believed_at_one_in_a_hundred(p, believed):
    """At 1e-9 the gate would hardly ever open, at .05 one random split in twenty would."""
    assert gives_away(CheckResult(name="blind", role="blind", p_value=p)) is believed


def test_without_a_p_value_nothing_is_given_away():
    assert not gives_away(None)
    assert not gives_away(CheckResult(name="blind", role="blind"))


def test_backwards_is_one_audit_of_a_thousand():
    assert pytest.approx(0.001) == 1 - BACKWARDS
