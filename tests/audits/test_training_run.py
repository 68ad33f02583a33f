"""The course of a training in a report: what four looks are enough for, and whose exposure."""

import numpy as np
import pytest

from tacit.audits.training_run import MOST_EXPOSED, course_report
from tacit.core import AtMost, Estimate, Policy

MEMBER = np.arange(120) < 60


def course(looks):
    rng = np.random.default_rng(0)
    losses = rng.exponential(1.0, (looks, 120)) + np.where(MEMBER, 0.0, 1.0)
    losses[:, [7, 3]] += [[9.0, 8.0]]
    score = Estimate("advantage", 0.5, 0.4, 0.6, 0.95, 120, "by hand")
    return losses, course_report(
        losses,
        MEMBER,
        score=score,
        trend=[],
        slices={"g": np.where(np.arange(120) % 60 < 30, "a", "b")},
        rows=1000 + np.arange(120),
        policy=Policy("p", AtMost("advantage", 0.1)),
    )


@pytest.mark.parametrize(("looks", "enough"), [(3, False), (4, True)])
def test_four_looks_are_enough_to_say_which_records_are_exposed(looks, enough):
    _, report = course(looks)
    assert any(check.role == "slice" for check in report.checks) == enough
    assert (report.records is not None) == enough
    notes = [note for note in report.unknown if note.metric == MOST_EXPOSED]
    assert [(note.needed, note.got) for note in notes] == ([] if enough else [(4, looks)])


def test_members_stand_by_their_mean_loss_the_highest_first_and_by_their_own_row():
    losses, report = course(5)
    assert report.records["row"][:2] == [1007, 1003]
    assert len(report.records["row"]) == 60
    assert report.records["score"][0] == pytest.approx(losses[:, 7].mean())
    assert set(report.records["member"]) == {True}


def test_the_score_that_is_judged_is_the_one_of_the_last_look():
    _, report = course(4)
    assert report.verdict == "fail"
    assert report.checks[0].estimate("tail@fnr=0.05") is not None
    assert report.check("loss after the last look").estimate("auc").low > 0.6
