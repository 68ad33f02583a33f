"""The membership audit, piece by piece: what is asked, noted and told, and of how it was made."""

import inspect
from types import SimpleNamespace

import numpy as np
import pytest

from tacit.attacks import LogisticRegression, Threshold
from tacit.audits import one_model as room
from tacit.audits.one_model import (
    LABELS_ONLY,
    _assumptions,
    _nothing,
    _require_usable,
    _unknowns,
    _unscored,
    membership_audit,
)
from tacit.core import (
    AtMost,
    Check,
    CheckResult,
    Estimate,
    Evidence,
    InvalidInput,
    Membership,
    Note,
    Outputs,
    Policy,
    Report,
)

LOSS = Check("loss", "loss", Threshold(), ("auc",))


def world(n=30, gap=1.0, seed=0):
    rng = np.random.default_rng(seed)
    return Outputs(loss=rng.exponential(1, 2 * n) + gap * (np.arange(2 * n) >= n)), Membership(
        np.arange(2 * n) < n
    )


def part(name, short=False):
    notes = (Note(name, f"{name} is small", 5, 2, "members"),) if short else ()
    return CheckResult(name, "slice", notes=notes)


def result(name="chosen", reason="", statistic="loss"):
    notes = (Note(name, reason),) if reason else ()
    return CheckResult(name, "attack", statistic=statistic, notes=notes)


def test_an_audit_is_at_95_percent_and_seed_0_unless_told_otherwise():
    given = inspect.signature(membership_audit).parameters
    assert [given[name].default for name in ("level", "seed", "effort")] == [0.95, 0, "full"]


class Stop(Exception):
    """The audit is not looked at any further."""


def paper_of(monkeypatch, checks=(LOSS,), **options):
    """Whether the records that stand in order are read in that order."""
    seen = []

    def score_all(recipes, outputs, membership, *, tell, paper):
        seen.append((paper, outputs.n, membership.member.tolist()))
        raise Stop

    monkeypatch.setattr(room, "score_all", score_all)
    outputs, membership = world(3)
    paper = Evidence.of(-np.arange(6.0), [1, 0, 1, 0, 1, 0])
    with pytest.raises(Stop):
        membership_audit(outputs, membership, checks=checks, paper=paper, **options)
    found, n, member = seen[0]
    # their own scores stand for the losses, and their own truth for the truth
    ordered = (n, member) == (1, [True, False] * 3)
    assert ordered == (found is not None)
    return ordered


def test_records_in_order_are_read_as_they_stand_where_nothing_else_is_known_of_them(monkeypatch):
    assert paper_of(monkeypatch)
    for more in (
        {"slices": {"a": np.arange(6) % 2}},
        {"records": True},
        {"features": np.arange(6.0)[:, None]},
    ):
        assert not paper_of(monkeypatch, **more)
    learned = (LOSS, Check("learned", "loss", LogisticRegression(), ("auc",)))
    assert not paper_of(monkeypatch, checks=learned)


def test_every_check_is_told_and_then_slices_and_report():
    told = []
    other = Check("again", "loss", Threshold(), ("auc",))
    membership_audit(
        *world(), checks=(LOSS, other), level=0.9, progress=lambda *step: told.append(step)
    )
    steps = ["loss", "again", "slices", "report"]
    assert told == [(what, min(done, 3), 3) for done, what in enumerate(steps)]


def test_a_report_says_how_it_was_made_and_at_which_level():
    outputs, membership = world()
    report = membership_audit(
        outputs, membership, checks=(LOSS,), level=0.9, seed=3, command="c", title="t", records=True
    )
    made = report.environment
    assert [made[name] for name in ("seed", "level", "command", "task")] == [
        3,
        0.9,
        "c",
        outputs.task,
    ]
    assert (made["n_members"], made["n_nonmembers"], report.title) == (30, 30, "t")
    assert (report.finding, report.chosen) == ("leak", "loss")
    assert sorted(report.records["row"]) == list(range(60))
    assert report.records["member"] == [row < 30 for row in report.records["row"]]
    assert report.records["score"] == [
        pytest.approx(-outputs.loss[row]) for row in report.records["row"]
    ]
    assert "cluster" not in report.records


def beside(monkeypatch, gap, near):
    """An audit whose records explain nothing, and what stands beside its finding."""
    blind = CheckResult("blind guesser", "blind", statistic="features")
    monkeypatch.setattr(room, "blind_result", lambda *_, **more: blind)
    monkeypatch.setattr(room, "near_copies", lambda table, shown, *, level: near)
    monkeypatch.setattr(room, "beside_warning", lambda blind: "beside")
    monkeypatch.setattr(room, "split_warning", lambda *_, **more: ("", ()))
    columns = np.random.default_rng(1).normal(size=(40, 2))
    return membership_audit(*world(20, gap), checks=(LOSS,), features=columns)


NEAR = (CheckResult("near-duplicates", "control"), "there are near-duplicates")


def test_near_copies_and_what_stands_beside_a_leak_are_told(monkeypatch):
    """The check of near-copies is a baseline, its text a warning; what is beside a leak, too."""
    loud = beside(monkeypatch, 3.0, NEAR)
    assert loud.finding == "leak"
    assert loud.warnings[-2:] == ("beside", "there are near-duplicates")
    names = [check.name for check in loud.checks if check.role in ("blind", "control")]
    assert names == ["blind guesser", "near-duplicates"]


def test_without_a_leak_nothing_stands_beside_it(monkeypatch):
    quiet = beside(monkeypatch, 0.0, NEAR)
    assert (quiet.finding, quiet.warnings[-1:]) == ("inconclusive", NEAR[1:])
    assert "beside" not in quiet.warnings


def test_without_near_copies_nothing_is_said_of_them(monkeypatch):
    assert beside(monkeypatch, 0.0, None).warnings == ()


def test_slices_that_are_too_small_are_named_up_to_three():
    blind = result(statistic="features")
    for n, names in ((1, "a"), (3, "a, b, c"), (4, "a, b, c, ...")):
        parts = [part("whole"), *(part(name, short=True) for name in "abcd"[:n])]
        (note,) = _unknowns(result(), parts, blind, ())
        assert note.metric == f"{n} of {n + 1} slices ({names})"
        assert (note.reason, note.needed, note.got) == ("a is small", 5, 2)
    assert _unknowns(result(), [part("whole")], blind, ()) == []


def test_what_a_blind_guesser_could_not_see_is_said():
    (note,) = _unknowns(result(), (), None, ())
    assert note.metric == "is the split itself a giveaway?"
    (note,) = _unknowns(result(), (), result(statistic=LABELS_ONLY), ())
    assert note.metric == "do the records themselves give the split away?"
    (note,) = _unknowns(result(), (), result("blind", "too few"), ())
    assert (note.metric, note.reason) == ("blind", "too few")
    assert _unknowns(result(), (), result(statistic="features"), ()) == []


def test_what_failed_comes_before_what_the_chosen_attack_could_not_measure():
    failed = [result("one", "no data"), result("two", "no more")]
    found = _unknowns(result("chosen", "few"), (), result(statistic="x"), failed)
    assert [note.metric for note in found] == ["one", "two", "chosen"]


def test_an_audit_without_any_score_gives_the_reason_of_the_first_attack():
    policy = Policy("p", (AtMost("auc", 0.6), AtMost("advantage", 0.1)))
    failed = (result("one", "needs 4"), result("two", "needs 5"))
    report = _unscored(SimpleNamespace(failed=failed), policy=policy)
    assert (report.finding, report.verdict, report.checks) == ("inconclusive",) * 2 + (failed,)
    assert [(note.metric, note.reason) for note in report.unknown] == [("everything", "needs 4")]
    assert [verdict.note.reason for verdict in report.verdicts] == ["needs 4"] * 2
    alone = _nothing(Note("x", "why", 4, 2, "members"), policy=policy)
    assert (alone.unknown[0].needed, alone.unknown[0].got, alone.policy) == (4, 2, "p")
    assert isinstance(alone, Report)


def test_units_and_how_they_were_drawn_are_assumed():
    score, member = np.zeros(2), np.array([True, False])
    area = Estimate("auc", 0.5, 0.4, 0.6, 0.95, 2, "x", ("own",))
    chosen = CheckResult("a", "attack", estimates=(area, area))
    for cluster, assignment, first in (
        (None, "coin", "Records are independent"),
        (np.array([0, 1]), "observed", "Clusters are independent"),
    ):
        evidence = Evidence(score, member, cluster, assignment, "x", np.arange(2))
        found = _assumptions(evidence, chosen)
        assert found[0].startswith(first)
        assert found[1:] == (room.ASSUMES[assignment], "own")


def test_checks_have_names_of_their_own_and_a_seed_is_a_whole_number():
    other = Check("other", "loss", Threshold(), ("auc",))
    _require_usable([LOSS, other])
    for checks in ([], [LOSS, LOSS]):
        with pytest.raises(InvalidInput):
            _require_usable(checks)
    outputs, membership = world(5)
    for wrong in ({"seed": -1}, {"seed": 1.0}, {"level": 95}):
        with pytest.raises(InvalidInput):
            room.membership_audit(outputs, membership, **wrong)


def test_records_of_another_number_are_refused_and_one_side_is_inconclusive():
    outputs, membership = world(5)
    with pytest.raises(InvalidInput, match="got 10 and 9"):
        membership_audit(outputs, Membership(membership.member[:9]), checks=(LOSS,))
    report = membership_audit(outputs, Membership(np.ones(10, bool)), checks=(LOSS,), title="t")
    assert (report.finding, report.title, report.environment["n_members"]) == (
        "inconclusive",
        "t",
        10,
    )


def recording(monkeypatch, name, seen, result=None):
    """Let a part of the audit note by which level, cells and units it is asked."""
    real = getattr(room, name)

    def part(*given, **named):
        seen[name] = named
        return real(*given, **named) if result is None else result[0]

    monkeypatch.setattr(room, name, part)


def test_every_part_is_asked_at_the_level_and_with_the_cells_and_units_of_the_audit(monkeypatch):
    seen = {}
    blind = CheckResult("blind guesser", "blind", statistic="features")
    fixed = {"blind_result": (blind,), "near_copies": (None,), "split_warning": (("", ()),)}
    for name in ("joint_finding", "slice_results", "accuracy", "figures", *fixed):
        recording(monkeypatch, name, seen, fixed.get(name))
    outputs, membership = world(20)
    units = np.arange(40)
    membership_audit(
        outputs,
        Membership(membership.member, units),
        checks=(LOSS,),
        level=0.9,
        seed=4,
        min_cell=7,
        features=np.arange(40.0)[:, None],
        slices={"half": np.arange(40) % 2},
    )
    levels = ("joint_finding", "slice_results", "accuracy", "blind_result", "near_copies")
    assert {name: seen[name]["level"] for name in levels} == dict.fromkeys(levels, 0.9)
    assert seen["slice_results"]["min_cell"] == 7
    assert seen["joint_finding"]["cluster"].tolist() == units.tolist()
    assert seen["split_warning"]["seed"] == 4
    # what is shown pays for having been chosen
    assert seen["figures"]["level"] >= 0.9
