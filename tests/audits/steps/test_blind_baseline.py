"""When the blind guesser is believed."""

import numpy as np
import pytest

from tacit.audits.steps.blind_baseline import (
    BACKWARDS,
    backwards_warning,
    blind_result,
    gives_away,
)
from tacit.core import CheckResult, Evidence, Membership, Outputs
from tacit.metrics import auc


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


def test_the_blind_guess_is_graded_on_every_fold_but_the_first():
    """200 records, 40 of which only teach; a label that is the split itself, and one by coin."""
    rng = np.random.default_rng(0)
    member = np.arange(200) % 2 == 0
    membership = Membership(member)
    for label, telling in ((member.astype(int), True), (rng.integers(0, 2, 200), False)):
        outputs = Outputs(probs=np.full((200, 2), 0.5), label=label)
        result = blind_result(outputs, membership, None, order=np.arange(200), level=0.95)
        assert result.n_members + result.n_nonmembers == 160
        assert gives_away(result) == telling
        area = result.estimates[0]
        assert (area.value > 0.95) == telling
        assert result.p_value != area.p_value
    unlabelled = Outputs(probs=np.full((200, 2), 0.5))
    assert blind_result(unlabelled, membership, None, order=np.arange(200), level=0.95) is None


def test_one_class_or_more_than_a_hundred_are_no_columns():
    from tacit.audits.steps.blind_baseline import _blind_features

    for n_classes, known in ((2, True), (100, True), (101, False)):
        label = np.arange(300) % n_classes
        outputs = Outputs(probs=np.full((300, n_classes), 1 / n_classes), label=label)
        columns, what = _blind_features(outputs, None)
        assert (columns is not None, what) == (known, "labels only")
    single = Outputs(probs=np.full((5, 2), 0.5), label=np.zeros(5, int))
    assert _blind_features(single, None)[0] is None
    features = np.ones((300, 3), np.float32)
    outputs = Outputs(probs=np.full((300, 2), 0.5), label=np.arange(300) % 2)
    assert _blind_features(outputs, features)[0].shape == (300, 5)


def test_backwards_is_said_at_one_in_two_thousand():
    """The whole interval at 99.9 % lies below a half, or it is not said."""
    rng = np.random.default_rng(1)
    member = np.arange(400) < 200
    said = {}
    for shift in (0.0, -0.2, -0.6):
        score = rng.normal(size=400) + shift * member
        paper = Evidence(score, member, None, "observed", "x", np.arange(400))
        said[shift] = bool(backwards_warning(paper))
        assert said[shift] == (auc(paper, level=0.999).high < 0.5)
    assert said == {0.0: False, -0.2: False, -0.6: True}
