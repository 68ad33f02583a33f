"""What one attack measured, and the p-value of the three looks at it."""

import numpy as np
import pytest

import tacit
from tacit.attacks import Threshold
from tacit.audits.steps.scoring import Marked, main_p_value, measured
from tacit.metrics import advantage, auc, best_threshold


def marked(mu, n=400, seed=0):
    rng = np.random.default_rng(seed)
    member = np.arange(2 * n) % 2 == 0
    evidence = tacit.collect(
        Threshold(),
        tacit.Signals.of(rng.normal(size=2 * n) + mu * member),
        tacit.Membership(member),
    )
    half = np.arange(2 * n) < n
    choosing = evidence.take(half)
    return Marked(
        tacit.Check("c", "s", Threshold()),
        choosing,
        evidence.take(~half),
        best_threshold(choosing),
        0.0,
    )


def test_three_looks_cost_a_factor_of_three():
    item = marked(0.1)
    tail = np.sort(item.choosing.nonmember_scores)[-1 - item.choosing.n_nonmembers // 100]
    looks = [
        auc(item.measured).p_value,
        advantage(item.measured, threshold=item.threshold).p_value,
        advantage(item.measured, threshold=float(np.nextafter(tail, np.inf))).p_value,
    ]
    assert main_p_value(item, 0.95) == pytest.approx(min(1.0, 3 * min(looks)))
    assert main_p_value(marked(2.0), 0.95) < 1e-10


def test_what_cannot_be_measured_is_a_note_with_its_name():
    estimates, notes = measured(["auc", "tpr@fpr=0.0001"], marked(1.0).measured, level=0.9)
    assert [estimate.name for estimate in estimates] == ["auc"]
    assert estimates[0].level == 0.9
    assert notes[0].metric == "tpr@fpr=0.0001"
    assert notes[0].unit == "non-members"
