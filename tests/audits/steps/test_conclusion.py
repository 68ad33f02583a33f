"""From the joint test to a report: levels, corrected p-values, warnings and too few records."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from tacit.attacks import Threshold
from tacit.audits.steps import conclusion as steps
from tacit.audits.steps.conclusion import concluded, figures, results_of, units
from tacit.audits.steps.scoring import at_thresholds
from tacit.core import DEFAULT_POLICY, Check, CheckResult, Estimate, Evidence, Note
from tacit.metrics.detectable import Detectable

MEMBER = np.arange(300) < 150


def item(name, seed):
    score = np.random.default_rng(seed).normal(size=300) + MEMBER
    paper = Evidence(score, MEMBER, None, "observed", name, np.arange(300))
    return at_thresholds(Check(name, "s", Threshold(), ("auc",)), paper)


def found(*, p_value=0.001, needed=0, corrected=(0.05, 0.051), worst=0.3):
    items = item("a", 0), item("b", 1)
    score = Estimate("advantage", 0.4, 0.3, 0.5, 0.95, 300, "by hand", p_value=p_value)
    values = dict(zip("ab", corrected))
    return SimpleNamespace(
        scored=items,
        shown=items[0],
        shown_level=0.9,
        level=0.95,
        alpha=0.05,
        score=score,
        p_value=p_value,
        needed=needed,
        units=(3, 7),
        cluster=None,
        detectable=Detectable(worst, 0.2, 0.1),
        p_values=lambda item: (0.001, values[item.name]),
    )


def test_intervals_hold_at_the_level_that_pays_for_the_choice_and_chance_is_left_out_at_alpha():
    """Both attacks are loud; one is significant at exactly .05, the other at .051 is not."""
    done = found()
    results = results_of(done, policy=DEFAULT_POLICY, shown=done.shown)
    first, second = (results[name].estimate("auc") for name in "ab")
    assert first.level == second.level == 0.9
    assert first.low > 0.6
    assert second.low == 0.5 < second.value
    assert results["a"].estimate("advantage") is done.score
    assert (results["b"].p_value, results["b"].p_adjusted) == (0.001, 0.051)


def reported(done, **options):
    results = results_of(done, policy=DEFAULT_POLICY, shown=done.shown)
    return concluded(done, results, (), (), shown=done.shown, policy=DEFAULT_POLICY, **options)


def test_a_warning_leaves_nothing_found_passed_or_failed():
    plain = reported(found())
    assert (plain.finding, plain.verdict, plain.attributable) == ("leak", "fail", True)
    warned = reported(found(), warning="the split")
    assert (warned.finding, warned.verdict) == ("inconclusive", "inconclusive")
    assert (warned.attributable, warned.warnings) == (False, ("the split",))


@pytest.mark.parametrize(("worst", "finding"), [(0.1, "no leak found"), (0.11, "inconclusive")])
def test_no_leak_is_found_only_where_the_least_visible_one_would_have_shown(worst, finding):
    """A shift of .2 and a tail of .1 decide nothing: the worst shape does."""
    report = reported(found(p_value=0.06, corrected=(0.3, 0.4), worst=worst))
    assert (report.finding, report.detectable) == (finding, worst)


def test_too_few_records_are_no_finding_and_say_how_many_it_takes():
    report = reported(found(needed=5))
    assert (report.finding, report.detectable) == ("inconclusive", None)
    (note,) = report.unknown
    assert (note.needed, note.got, note.unit) == (5, 3, "records of each side")


def test_a_leak_in_a_slice_alone_is_not_told_of_all_records():
    assert "on some records" in reported(found(corrected=(0.051, 0.2))).headline
    assert "an attacker" in reported(found(corrected=(0.05, 0.2))).headline


def test_units_are_records_or_the_clusters_that_hold_some():
    member = np.arange(7) < 4
    plain = Evidence(np.arange(7.0), member)
    assert units(plain) == (4, 3)
    # a cluster with records on both sides is a unit of either
    cluster = np.array([0, 1, 1, 2, 2, 3, 3])
    assert units(Evidence(np.arange(7.0), member, cluster)) == (3, 2)


def test_curves_are_drawn_of_what_is_shown_and_of_few_that_rank_otherwise():
    items = [item(name, seed) for seed, name in enumerate("abcdefgh")]
    items[1] = replace(items[1], same_as="a")
    drawn = figures(items, items[2], level=0.9)
    names = [curve["attack"] for curve in drawn["roc"]]
    assert names == ["c", "a", "d", "e"]
    sizes = [len(curve["fpr"]) for curve in drawn["roc"]]
    assert 2 < sizes[0] <= 400
    assert all(2 < size <= 100 for size in sizes[1:])
    assert [scores["attack"] for scores in drawn["scores"]] == ["c"]


def test_too_few_clusters_are_counted_as_clusters():
    done = found(needed=5)
    done.cluster = np.arange(300)
    (note,) = reported(done).unknown
    assert (note.needed, note.got, note.unit) == (5, 3, "clusters of each side")
    done.units = (9, 4)
    assert reported(done).unknown[0].got == 4


def test_the_shown_attack_has_a_curve_of_400_points_and_three_others_of_100(monkeypatch):
    asked = []

    def roc_points(evidence, *, max_points, level):
        asked.append((evidence.attack, max_points, level))
        return {}

    monkeypatch.setattr(steps, "roc_points", roc_points)
    items = [item(name, seed) for seed, name in enumerate("abcdef")]
    drawn = figures(items, items[1], level=0.9)
    assert asked == [("b", 400, 0.9), ("a", 100, 0.9), ("c", 100, 0.9), ("d", 100, 0.9)]
    assert [curve["attack"] for curve in drawn["roc"]] == ["b", "a", "c", "d"]


def test_the_report_is_of_the_attack_that_is_shown_and_of_the_whole_audit():
    """The p-value is that of all that was looked at; slices and controls are told too."""
    done = found(p_value=0.004)
    done.shown = done.scored[1]
    results = results_of(done, policy=DEFAULT_POLICY, shown=done.shown)
    part = CheckResult(name="s", role="slice", slice="g", value="x")
    other = CheckResult(name="c", role="control")
    report = concluded(done, results, (part,), (other,), shown=done.shown, policy=DEFAULT_POLICY)
    assert (report.chosen, report.p_value, report.detectable) == ("b", 0.004, 0.3)
    assert report.score is done.score
    assert [check.name for check in report.checks] == ["a", "b", "s", "c"]
    assert report.figures["detectable"] == {"worst": 0.3, "shift": 0.2, "tail": 0.1}
    assert [verdict.estimate for verdict in report.verdicts if verdict.metric == "advantage"] == [
        done.score
    ]
    assert results["a"].estimate("advantage") is not done.score


def test_too_few_records_are_no_finding_however_small_the_p_value():
    """And the smaller side is what is short."""
    done = found(p_value=1e-9, needed=5)
    report = reported(done)
    assert report.finding == "inconclusive"
    assert (report.unknown[0].needed, report.unknown[0].got) == (5, 3)
    assert "5 members and 5 non-members at least, got 3 and 7" in report.unknown[0].reason
    assert reported(found(p_value=1e-9)).unknown == ()


def test_people_of_each_side_are_counted_apart():
    member = np.arange(6) < 2
    paper = Evidence(np.arange(6.0), member, np.array([0, 0, 1, 2, 3, 3]))
    assert units(paper) == (1, 3)


def test_notes_are_judged_and_slices_are_in_the_headline(monkeypatch):
    """What could not be known cannot pass, and a slice may be all that leaks."""
    done = found(corrected=(0.05, 0.2))
    results = results_of(done, policy=DEFAULT_POLICY, shown=done.shown)
    note = Note("tpr@fpr=0.001", "too few", 1_000, 150, "non-members")
    results["a"] = replace(results["a"], notes=(note,))
    asked = []

    def judge(estimates, notes, *, attributable):
        asked.append((estimates, notes, attributable))
        return ()

    def headline_of(finding, chosen, detectable, **given):
        asked.append(given)
        return "said"

    monkeypatch.setattr(steps, "headline_of", headline_of)
    part = CheckResult(name="s", role="slice", slice="g", value="x")
    policy = SimpleNamespace(judge=judge, name="mine")
    report = concluded(done, results, (part,), (), shown=done.shown, policy=policy, warning="odd")
    assert asked[0] == (results["a"].estimates, (note,), False)
    assert asked[1] == {
        "warning": "odd",
        "in_all": True,
        "slices": (part,),
        "alpha": 0.05,
        "missing": None,
    }
    assert (report.headline, report.policy) == ("said", "mine")
