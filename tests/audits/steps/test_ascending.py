"""Losses alone are audited in ascending order, and the report is the same as in any other."""

import json
import tracemalloc

import numpy as np
import pytest

import tacit
from tacit import Outputs
from tacit.attacks import LiRA, Threshold
from tacit.audits.one_model import membership_audit
from tacit.audits.steps.ascending import by_falling_loss, reads_ascending
from tacit.core import Check, Membership
from tacit.core.sorting import sorted_once

RNG = np.random.default_rng(0)
SIDES = {
    "plain": (RNG.gamma(1, 0.9, 3_000), RNG.gamma(1, 1, 3_000)),
    "ties": (RNG.gamma(1, 0.9, 3_000).round(1), RNG.gamma(1, 1, 3_000).round(1)),
    "two values": (RNG.integers(0, 2, 400) * 1.0, RNG.integers(0, 2, 500) * 1.0),
    "apart": (RNG.random(300), 2 + RNG.random(300)),
    "uneven": (RNG.gamma(1, 0.9, 2_000), RNG.gamma(1, 1, 300)),
    "few": (RNG.gamma(1, 0.5, 12), RNG.gamma(1, 1, 9)),
    "large numbers": (RNG.normal(size=400) * 1e30, RNG.normal(size=400) * 1e30),
}


def said(report):
    """All that a report says but for what differs on purpose."""
    found = json.loads(report.to_json())
    for name in ("environment", "created", "warnings", "assumes", "title"):
        del found[name]
    return found


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", SIDES)
def test_the_report_is_that_of_the_records_as_they_came(name, dtype):
    member, other = (side.astype(dtype) for side in SIDES[name])
    report = tacit.audit(member=Outputs(loss=member), nonmember=Outputs(loss=other))
    assert not report.warnings or "backwards" not in report.warnings[0]
    together = Outputs(loss=np.concatenate([member, other]))
    truth = np.arange(len(member) + len(other)) < len(member)
    as_they_came = membership_audit(together, Membership(truth))
    one, same = said(report), said(as_they_came)
    # an audit of a user says besides that nobody looked at the records
    assert one.pop("headline").startswith(same.pop("headline"))
    assert one.pop("unknown")[: len(same["unknown"])] == same.pop("unknown")
    assert one == same


def test_the_digest_of_a_report_is_of_the_losses_as_they_came():
    member, other = SIDES["plain"]
    report = tacit.audit(member=Outputs(loss=member), nonmember=Outputs(loss=other))
    truth = np.arange(6_000) < 3_000
    again = membership_audit(Outputs(loss=np.concatenate([member, other])), Membership(truth))
    assert report.environment["digest"] == again.environment["digest"]


def test_kept_records_are_named_as_they_came():
    member, other = SIDES["ties"]
    report = tacit.audit(member=Outputs(loss=member), nonmember=Outputs(loss=other), records=True)
    assert report.records is not None
    rows = np.array(report.records["row"])
    assert np.array_equal(-np.concatenate([member, other])[rows], report.records["score"])
    assert np.array_equal(rows < 3_000, report.records["member"])


@pytest.mark.parametrize("name", SIDES)
def test_scores_stand_in_order_and_equal_ones_as_they_came(name):
    loss = np.concatenate(SIDES[name])
    member = np.arange(len(loss)) < len(SIDES[name][0])
    paper = by_falling_loss(loss, member, *sorted_once(loss))
    order = np.argsort(-loss, kind="stable")
    assert paper is not None
    assert paper.stands
    assert np.array_equal(paper.score, -loss[order])
    assert np.array_equal(paper.member, member[order])
    assert np.array_equal(paper.step, np.diff(paper.score) != 0)
    assert by_falling_loss(loss, np.ones(len(loss), bool), *sorted_once(loss)) is None


def test_one_record_is_a_side_and_none_is_not():
    loss = np.array([0.3, 0.1, 0.2])
    for member in ([True, False, False], [False, True, True]):
        paper = by_falling_loss(loss, np.array(member), *sorted_once(loss))
        assert paper is not None
        assert paper.score.tolist() == [-0.3, -0.2, -0.1]
        assert paper.member.tolist() == [member[0], member[2], member[1]]
    assert by_falling_loss(loss, np.zeros(3, bool), *sorted_once(loss)) is None
    assert by_falling_loss(loss, np.ones(3, bool), *sorted_once(loss)) is None


def test_only_thresholds_on_the_loss_read_records_in_any_order():
    loss = Check("loss", statistic="loss", attack=Threshold())
    other = Check("margin", statistic="margin", attack=Threshold())
    learned = Check("lira", statistic="loss", attack=LiRA())
    assert reads_ascending([loss, loss])
    assert not reads_ascending([loss, other])
    assert not reads_ascending([learned, loss])


def test_an_audit_of_losses_holds_few_copies_of_them():
    """5 at 10 million; of fewer, what does not grow with them weighs more: 7.3, and 15.8
    where an index of them is made and kept.
    """
    rng = np.random.default_rng(0)
    sides = [rng.gamma(1, scale, 1_000_000).astype(np.float32) for scale in (0.95, 1.0)]
    outputs = [Outputs(loss=side) for side in sides]
    tracemalloc.start()
    try:
        tacit.audit(member=outputs[0], nonmember=outputs[1])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 9 * sum(side.nbytes for side in sides)
