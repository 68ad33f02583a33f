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


def test_the_loss_after_the_last_look_is_that_of_the_last_look_and_larger_for_members():
    """The advantage of 60 against 60 records, counted plainly at every look: only one is shown."""
    from tacit.metrics import auc

    losses, report = course(5)
    shown = report.check("loss after the last look").estimate("auc").value
    plain = [auc(-row, MEMBER).value for row in losses]
    assert shown == pytest.approx(plain[-1])
    assert all(shown != pytest.approx(other) for other in plain[:-1])


def test_the_last_look_and_the_votes_of_all_stand_side_by_side_and_then_the_slices():
    _, report = course(4)
    roles = [check.role for check in report.checks]
    assert [check.name for check in report.checks[:2]] == [
        "loss after the last look",
        "votes of all looks",
    ]
    assert roles[:2] == ["attack", "attack"]
    assert set(roles[2:]) == {"slice"}
    for check in report.checks[:2]:
        assert (check.n_members, check.n_nonmembers) == (60, 60)
        assert [item.name for item in check.estimates[:2]] == ["advantage", "auc"]


def test_three_looks_lack_one_and_columns_that_are_too_fine_are_left_out():
    losses, _ = course(4)
    score = Estimate("advantage", 0.5, 0.4, 0.6, 0.95, 120, "by hand")
    own = {"name": np.array([f"n{i}" for i in range(120)])}
    report = course_report(losses, MEMBER, score=score, trend=[{"model": "m"}], slices=own)
    assert not any(check.role == "slice" for check in report.checks)
    assert report.records is None
    assert report.figures["trend"] == [{"model": "m"}]
    assert report.score is score


def test_numbers_are_at_the_level_asked_for():
    losses, _ = course(4)
    score = Estimate("advantage", 0.5, 0.4, 0.6, 0.95, 120, "by hand")
    half = {"g": np.where(np.arange(120) % 60 < 30, "a", "b")}
    for level in (0.8, 0.95):
        report = course_report(losses, MEMBER, score=score, trend=[], slices=half, level=level)
        assert {check.role for check in report.checks} == {"attack", "slice"}
        assert {item.level for check in report.checks for item in check.estimates} == {level}
    usual = course_report(losses, MEMBER, score=score, trend=[], slices=half)
    assert [check.estimates for check in usual.checks] == [c.estimates for c in report.checks]


def test_members_keep_their_own_row_numbers_wherever_they_stand():
    """Members are records 60 to 119 here; the two of them that were hardest come first."""
    losses, _ = course(4)
    losses[:, [7, 3]] -= [[9.0, 8.0]]
    losses[:, [90, 70]] += [[9.0, 8.0]]
    score = Estimate("advantage", 0.5, 0.4, 0.6, 0.95, 120, "by hand")
    rows = 1000 + np.arange(120)
    report = course_report(losses, ~MEMBER, score=score, trend=[], rows=rows)
    assert report.records["row"][:2] == [1090, 1070]
    assert set(report.records["row"]) == set(range(1060, 1120))
