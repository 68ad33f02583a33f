"""A model that answers the same for every non-member has told nothing."""

import numpy as np
import pytest

import tacit
from tacit import Outputs

RNG = np.random.default_rng(0)
LOSS = RNG.exponential(1.0, 200)
LABEL = RNG.integers(0, 2, 200)
Z = RNG.normal(size=(200, 2))


@pytest.mark.parametrize(
    ("member", "nonmember"),
    [
        (Outputs(loss=LOSS), Outputs(loss=np.ones(100))),
        (Outputs(logits=Z, label=LABEL), Outputs(logits=np.zeros((100, 2)), label=LABEL[:100])),
    ],
    ids=["losses", "logits"],
)
def test_equal_answers_about_non_members_alone_are_no_leak(member, nonmember):
    report = tacit.audit(member=member, nonmember=nonmember, effort="quick")
    assert report.verdict == report.finding == "inconclusive"
    assert "the same for every non-member" in report.headline


def test_members_that_are_all_known_by_heart_are_a_leak():
    wrong = (LOSS > 1.0).astype(float)
    report = tacit.audit(
        member=Outputs(loss=np.zeros(200)), nonmember=Outputs(loss=wrong), effort="quick"
    )
    assert report.finding == "leak"


def test_a_mean_that_was_repeated_for_each_record_of_its_side_is_no_leak():
    """Two numbers lie on a grid, as right and wrong do; but they are no answers."""
    sides = [Outputs(loss=np.full(n, mean)) for n, mean in ((200, 0.4), (100, 0.9))]
    report = tacit.audit(member=sides[0], nonmember=sides[1], effort="quick")
    assert report.verdict == report.finding == "inconclusive"
    assert "the same for every non-member" in report.headline
    certain = [Outputs(loss=np.full(100, float(wrong))) for wrong in (0, 1)]
    assert tacit.audit(member=certain[0], nonmember=certain[1], effort="quick").finding == "leak"
