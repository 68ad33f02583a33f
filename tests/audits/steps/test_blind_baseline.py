"""When the blind guesser is believed."""

import numpy as np
import pytest
from scipy.stats import binom

from tacit.audits.steps.blind_baseline import BACKWARDS, blind_result, gives_away
from tacit.core import CheckResult, Membership, Outputs


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


def blind(label, member, order):
    outputs = Outputs(loss=np.zeros(len(label)), label=label)
    return blind_result(outputs, Membership(member), None, order=order, level=0.95)


@pytest.mark.parametrize(("n", "classes"), [(80, 2), (400, 10), (400, 60)])
def test_random_splits_are_refused_no_more_often_than_promised(n, classes):
    """1 in 100, within what 300 draws tell (2,000 draws gave .003 to .011)."""
    rng = np.random.default_rng(n + classes)
    refused = 0
    for _ in range(300):
        label = rng.integers(0, classes, n)
        member = rng.permutation(np.arange(n) < n // 2)
        refused += gives_away(blind(label, member, rng.permutation(n)))
    assert binom.sf(refused - 1, 300, 0.01) > 0.001


def test_a_split_by_label_is_refused_without_any_fit():
    rng = np.random.default_rng(0)
    label = rng.integers(0, 10, 1000)
    member = rng.random(1000) < np.where(label < 5, 0.4, 0.6)
    result = blind(label, member, rng.permutation(1000))
    assert gives_away(result)
    assert result.attack == "BlindLabels(prior=4.0)"
    assert result.estimates[0].value > 0.55
