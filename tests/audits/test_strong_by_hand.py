"""Pieces of the strong audit, worked out by hand."""

import inspect
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from tacit.audits import strong
from tacit.audits.steps.verdict import rejudged, require_consistent
from tacit.core import (
    DEFAULT_POLICY,
    CheckResult,
    Estimate,
    Evidence,
    Membership,
    Note,
    Outputs,
    Policy,
    Report,
    Signals,
    Verdict,
    overall,
)
from tacit.metrics import paired_auc_difference


@pytest.mark.parametrize(
    ("seen", "game"),
    [
        ([[1, 1, 0], [0, 1, 0]], "online"),
        ([[1, 0, 0], [0, 0, 1]], "mixed"),
        ([[0, 0, 1], [0, 0, 0]], "offline"),
    ],
)
def test_records_that_are_known_play_no_game(seen, game):
    """The third record's membership is known: only whether models saw the first two matters."""
    signals = Signals.of(np.zeros(3), shadow=np.zeros((2, 3)), shadow_member=np.array(seen, bool))
    assert strong.game_of(signals.told(np.array([-1, -1, 0], np.int8))) == game
    assert strong.game_of(signals.told(np.array([-1, -1, 1], np.int8))) == game


def test_what_training_took_is_summed_over_the_models_that_say():
    assert strong._cost([1.00049, float("nan"), 2.0, 6.0]) == {
        "seconds_of_training": 9.0,
        "seconds_a_shadow_model": 3.0,
    }
    assert strong._cost([1.2344, 1.2344]) == {
        "seconds_of_training": 2.469,
        "seconds_a_shadow_model": 1.234,
    }
    assert strong._cost([float("inf")]) == strong._cost([]) == {}


def area(value):
    return Estimate("auc", value, value - 0.1, value + 0.1, 0.95, 90, "by hand")


def test_the_free_attack_and_its_baselines_stand_beside_the_strong_one():
    own = CheckResult("lira", "attack", estimates=(area(0.7),))
    free = CheckResult("loss", "attack", estimates=(area(0.6),), p_value=0.01, p_adjusted=0.02)
    other = CheckResult("entropy", "attack", estimates=(area(0.55),))
    blind = CheckResult("the record", "blind", estimates=(area(0.5),))
    left = SimpleNamespace(checks=(own,))
    right = SimpleNamespace(checks=(free, other, blind), chosen_check=free)
    gain = replace(area(0.1), name="auc gain")
    found = strong._side_by_side(left, right, gain)
    assert [check.name for check in found] == ["lira", "without shadow models: loss", "the record"]
    assert found[1].estimates == (area(0.6), gain)
    assert (found[1].p_value, found[1].p_adjusted) == (0.01, None)
    assert strong._side_by_side(left, right, None)[1].estimates == (area(0.6),)
    right.chosen_check = None
    assert strong._side_by_side(left, right, gain) == (own, blind)


def test_the_gain_is_that_on_the_records_that_both_scored(monkeypatch):
    """Rows 0 to 9 and 5 to 14: five are shared."""
    papers = {}
    for name, first in (("strong", 0), ("free", 5)):
        row = np.arange(first, first + 10)
        papers[name] = Evidence(1.0 * row, row % 2 == 0, None, "observed", name, row)
    monkeypatch.setattr(strong, "evidence_of", papers.get)
    seen = []

    def paired(first, second, *, level):
        seen.append((first, second, level))
        return area(0.2)

    monkeypatch.setattr(strong, "paired_auc_difference", paired)
    reports = [SimpleNamespace(records=name) for name in ("strong", "free")]
    found = strong.auc_gain(*reports, level=0.9)
    assert (found.name, found.value) == ("auc gain", 0.2)
    ((first, second, level),) = seen
    assert first.row.tolist() == second.row.tolist() == [5, 6, 7, 8, 9]
    assert (first.attack, second.attack, level) == ("strong", "free", 0.9)
    assert strong.auc_gain(reports[0], SimpleNamespace(records=None), level=0.9) is None


def judged(metric, outcome, limit=0.1):
    return Verdict(outcome, metric, "at most", limit, None, Note(metric, "by hand"))


def test_only_rules_that_the_free_attacks_break_and_the_strong_one_does_not_are_added():
    own = (judged("auc", "fail"), judged("advantage", "pass"))
    free = (judged("auc", "fail", 0.2), judged("advantage", "fail", 0.3), judged("rate", "pass"))
    report = Report("leak", "fail", "x", verdicts=own)
    found = strong._never_milder(report, Report("leak", "fail", "y", verdicts=free), DEFAULT_POLICY)
    assert [(v.metric, v.outcome, v.limit) for v in found.verdicts] == [
        ("auc", "fail", 0.1),
        ("advantage", "pass", 0.1),
        ("advantage", "fail", 0.3),
    ]
    assert found.verdict == "fail"
    # what passes for the free attacks changes nothing
    passing = Report("leak", "pass", "y", verdicts=(judged("rate", "pass"),))
    only = Report("no leak found", "pass", "x", verdicts=(judged("advantage", "pass"),))
    found = strong._never_milder(only, replace(passing, finding="no leak found"), DEFAULT_POLICY)
    assert (found.finding, found.verdict, len(found.verdicts)) == ("no leak found", "pass", 1)


def test_a_leak_of_the_free_attacks_is_open_and_one_of_the_strong_attack_stays():
    quiet, loud = Report("no leak found", "pass", "x"), Report("leak", "fail", "x")
    assert strong._never_milder(quiet, loud, DEFAULT_POLICY).finding == "inconclusive"
    assert strong._never_milder(loud, quiet, DEFAULT_POLICY).finding == "leak"
    assert strong._never_milder(quiet, quiet, DEFAULT_POLICY).warnings == ()


def test_a_strong_audit_is_at_95_percent_and_seed_0_unless_told_otherwise():
    given = inspect.signature(strong.strong_audit).parameters
    assert [given[name].default for name in ("level", "seed", "effort")] == [0.95, 0, "full"]


def test_both_audits_are_asked_alike_and_the_strong_one_for_how_it_fits(monkeypatch):
    """The accuracy on non-members goes to the audit with shadow models, and so does what the shadow
    models reach; both have the level, slices and cells that were asked for.
    """
    asked = {}

    def free(outputs, membership, **given):
        asked["free"] = given
        return Report("no leak found", "pass", "f", accuracy={"member": 0.9, "nonmember": 0.7})

    def shadowed(signals, membership, **given):
        asked["strong"] = given
        return Report("no leak found", "pass", "s", environment={"a": 1})

    monkeypatch.setattr(strong, "membership_audit", free)
    monkeypatch.setattr(strong, "shadow_audit", shadowed)
    signals = Signals.of(np.zeros(4), shadow=np.zeros((2, 4)), shadow_member=np.eye(2, 4) == 1)
    options = {"level": 0.9, "min_cell": 7, "slices": {"a": np.arange(4)}}
    report = strong.strong_audit(
        Outputs(loss=np.arange(4.0)),
        signals,
        Membership([1, 1, 0, 0]),
        seed=5,
        shadow_accuracy=[0.6, 0.8],
        seconds=[1.0, 3.0],
        facts={"more": 2},
        **options,
    )
    for name in ("free", "strong"):
        assert {key: asked[name][key] for key in options} == options
        assert asked[name]["records"] is True
    assert asked["free"]["seed"] == 5
    assert (asked["strong"]["accuracy"], asked["strong"]["shadow_accuracy"]) == (0.7, [0.6, 0.8])
    made = report.environment
    assert (made["seed"], made["game"], made["free_finding"]) == (5, "mixed", "no leak found")
    assert (made["seconds_of_training"], made["more"], made["a"]) == (4.0, 2, 1)
    assert (report.records, report.accuracy["nonmember"]) == (None, 0.7)


def test_the_gain_is_over_users_where_records_have_one():
    """Ten users of five equal records: what is known is known of ten, not of fifty."""
    user = np.repeat(np.arange(10), 5)
    member = user % 2 == 0
    scores = np.random.default_rng(0).normal(size=(2, 10))[:, user]
    kept = (np.arange(50), np.arange(3, 50))
    reports = [
        SimpleNamespace(
            records={
                "row": rows.tolist(),
                "member": member[rows].tolist(),
                "score": score[rows].tolist(),
                "cluster": user[rows].tolist(),
            }
        )
        for rows, score in zip(kept, scores)
    ]
    found = strong.auc_gain(*reports, level=0.95)
    assert found.n == 10
    assert found.method == "Student's t"
    wanted = [
        Evidence(score[3:], member[3:], user[3:], "observed", "", np.arange(3, 50))
        for score in scores
    ]
    assert (found.low, found.high) == pytest.approx(
        (paired_auc_difference(*wanted).low, paired_auc_difference(*wanted).high)
    )


def found_by(name, low, high):
    """A check that measured an advantage between two ends."""
    number = Estimate("advantage", (low + high) / 2, low, high, 0.95, 100, "by hand")
    return CheckResult(name, "attack", "a", estimates=(number,))


LIMIT = Policy.of({"advantage": 0.1})


def with_free(low, high, **changes):
    """A report of shadow models that pass, judged beside free attacks that show a leak."""
    own, free = found_by("strong", 0.0, 0.09), found_by("free: loss", low, high)
    facts = {"free_check": free.name, "free_finding": "leak"}
    report = Report(
        "no leak found",
        "pass",
        "x",
        p_value=0.4,
        chosen="strong",
        checks=(own, free),
        verdicts=LIMIT.judge(own.estimates, attributable=changes.get("attributable", True)),
        environment=facts,
    )
    verdicts = LIMIT.judge(free.estimates)
    leak = Report("leak", overall(verdicts), "y", p_value=1e-4, verdicts=verdicts)
    return strong._never_milder(replace(report, **changes), leak, LIMIT)


def test_where_only_the_free_attacks_show_a_leak_nothing_passes_now_or_at_a_gate():
    report = with_free(0.02, 0.08)
    require_consistent(report)
    for judged in (
        report,
        rejudged(report, LIMIT),
        rejudged(report, Policy.of({"advantage": 1 / 2})),
    ):
        (verdict,) = judged.verdicts
        assert (judged.verdict, verdict.outcome, verdict.reason) == (
            "inconclusive",
            "inconclusive",
            strong.ONLY_FREE,
        )


def test_a_rule_that_the_free_attacks_break_is_broken_at_a_gate_too():
    report = with_free(0.2, 0.3)
    again = rejudged(report, LIMIT)
    assert report.verdicts == again.verdicts
    assert [verdict.outcome for verdict in again.verdicts] == ["inconclusive", "fail"]
    # a leak in both: what passes for one is judged by the other all the same
    both = rejudged(replace(report, finding="leak"), LIMIT)
    assert [verdict.outcome for verdict in both.verdicts] == ["pass", "fail"]
    assert both.verdict == "fail"
    milder = rejudged(replace(report, finding="leak"), Policy.of({"advantage": 0.4}))
    assert [verdict.outcome for verdict in milder.verdicts] == ["pass"]


def test_a_leak_of_the_free_attacks_is_of_the_model_where_the_shadow_models_are_broken():
    report = with_free(0.2, 0.3, attributable=False, verdict="inconclusive", finding="inconclusive")
    require_consistent(report)
    assert (report.attributable, report.verdict) == (True, "fail")
    assert rejudged(report, LIMIT).verdict == "fail"
