"""Words and verdicts at their edges, from reports made by hand."""

from dataclasses import replace

import pytest

from tacit.attacks import Threshold
from tacit.audits.steps.verdict import (
    decimals,
    headline_of,
    percent,
    rejudged,
    require_consistent,
    require_known,
)
from tacit.core import (
    AtMost,
    Check,
    CheckResult,
    Estimate,
    InvalidInput,
    Note,
    NotRefuted,
    Policy,
    Report,
)


def area(value, name="auc", **more):
    return Estimate(name, value, value - 0.0625, value + 0.0625, 0.95, 90, "by hand", **more)


def rate(fpr, low):
    return Estimate(f"tpr@fpr={fpr:g}", 0.5, low, 0.75, 0.95, 90, "by hand", settings={"fpr": fpr})


def attack(*estimates):
    return CheckResult("loss", "attack", estimates=estimates)


@pytest.mark.parametrize(
    ("lows", "told"),
    [
        ((0.0011, 0.2, 0.2), "1 in 1,000 non-members finds 50 % of the members (0.11 % to 75 %)"),
        ((0.001, 0.011, 0.2), "1 in 100 non-members finds 50 % of the members (1.1 % to 75 %)"),
        ((0.001, 0.01, 0.11), "1 in 10 non-members finds 50 % of the members (11 % to 75 %)"),
        ((0.001, 0.01, 0.1), "better than chance"),
    ],
)
def test_the_strictest_rate_above_chance_makes_the_headline(lows, told):
    rates = [rate(fpr, low) for fpr, low in zip((0.001, 0.01, 0.1), lows)]
    assert told in headline_of("leak", attack(*rates), 0.1)


@pytest.mark.parametrize(
    ("detectable", "told"),
    [
        (None, "Inconclusive: there are too few records to measure anything."),
        (0.3, "this few records show a score only from 0.3 upwards"),
        (0.994, "this few records show a score only from 0.99 upwards"),
        (0.995, "would miss even a total one"),
        (1.0, "would miss even a total one"),
    ],
)
def test_what_is_open_says_what_would_have_shown(detectable, told):
    assert told in headline_of("inconclusive", None, detectable)


def test_the_least_number_of_records_is_told_where_there_are_fewer():
    note = Note("is there a leak at all?", "too few", 5, 3, "records of each side")
    said = headline_of("inconclusive", None, None, missing=note)
    assert said.endswith("to measure anything; the least is 5 records of each side.")


def test_the_slice_of_the_smallest_corrected_p_value_is_named():
    parts = [
        CheckResult(f"class = {name}", "slice", estimates=(area(value),), p_value=p, p_adjusted=p)
        for name, value, p in (("a", 0.625, 0.05), ("b", 0.75, 0.01), ("c", 0.875, 0.02))
    ]
    said = headline_of("leak", attack(), 0.1, in_all=False, slices=parts)
    assert "but for class = b (AUC 0.75, 0.69 to 0.81; 0.5 is chance)." in said
    sure = [*parts, replace(parts[2], name="class = d", p_adjusted=0.0)]
    assert "class = d" in headline_of("leak", attack(), 0.1, in_all=False, slices=sure)
    # at exactly the error a slice is significant, above it is not
    assert "class = a" in headline_of("leak", attack(), 0.1, in_all=False, slices=parts[:1])
    late = [replace(parts[0], p_adjusted=0.051)]
    assert "too small to be shown" in headline_of("leak", attack(), 0.1, in_all=False, slices=late)


def test_digits_that_matter_are_kept():
    assert [decimals(x) for x in (0.6, 0.095, 0.0949, -0.0949, -0.5)] == [
        "0.60",
        f"{0.095:.2f}",
        "0.095",
        "-0.095",
        "-0.50",
    ]
    assert [percent(x) for x in (0.0123, 0.994, 0.995, 0.9996)] == [
        "1.2 %",
        "99 %",
        "99.5 %",
        "100 %",
    ]


POLICY = Policy("p", (AtMost("auc", 0.75),))


def report(value=0.5, *, policy=POLICY, finding="no leak found", p_value=0.4, **more):
    """Judged rightly: passes where the upper end is at most .75."""
    checks = (attack(area(value)),)
    plain = Report(
        finding=finding,
        verdict="inconclusive",
        headline="h",
        checks=checks,
        chosen="loss",
        p_value=p_value,
        **more,
    )
    return rejudged(plain, policy)


def test_a_report_is_judged_by_the_upper_end_of_what_was_chosen():
    assert [report(value).verdict for value in (0.6875, 0.7)] == ["pass", "inconclusive"]
    both = (attack(area(0.9)), CheckResult("other", "attack", estimates=(area(0.5),)))
    plain = replace(report(), checks=both, chosen="other")
    assert rejudged(plain, POLICY).verdict == "pass"
    assert rejudged(replace(plain, chosen="loss"), POLICY).verdict == "fail"
    # nothing was chosen: the first attack that has it counts, controls never
    control = CheckResult("control", "control", estimates=(area(0.9),))
    plain = replace(plain, checks=(control, both[1]), chosen="")
    assert rejudged(plain, POLICY).verdict == "pass"
    assert rejudged(replace(plain, attributable=False), POLICY).verdict == "inconclusive"
    score = replace(report(), score=area(0.25, "advantage"))
    judged = rejudged(score, Policy("s", (AtMost("advantage", 0.5),)))
    assert (judged.verdict, judged.policy) == ("pass", "s")
    noted = replace(report(), unknown=(Note("tpr@fpr=0.01", "too few"),))
    (verdict,) = rejudged(noted, Policy("t", (AtMost("tpr@fpr=0.01", 0.5),))).verdicts
    assert "too few" in verdict.reason


def test_a_report_as_it_was_made_is_consistent():
    for value in (0.5, 0.7, 0.9):
        require_consistent(report(value))
    require_consistent(report(policy=Policy("p", (NotRefuted(2.0),))))


def refused(plain, match, **options):
    with pytest.raises(InvalidInput, match=match):
        require_consistent(plain, **options)


def first(plain, **changes):
    return replace(plain, verdicts=(replace(plain.verdicts[0], **changes),))


def test_a_verdict_is_judged_again_from_its_number():
    plain = report(0.9)
    refused(replace(first(plain, outcome="pass"), verdict="pass"), "says 'pass' of the rule")
    refused(replace(first(plain, outcome="inconclusive"), verdict="inconclusive"), "'inconclusive'")
    doubted = first(plain, outcome="inconclusive", note=Note("auc", "a reason"))
    require_consistent(replace(doubted, verdict="inconclusive"))
    # a reason does not turn a failure into a pass
    passed = first(plain, outcome="pass", note=Note("auc", "a reason"))
    refused(replace(passed, verdict="pass"), "says 'pass' of the rule")
    # numbers that speak of the split pass no rule
    refused(replace(report(0.5), attributable=False), "own number says 'inconclusive'")
    other = first(report(0.5), estimate=area(0.25))
    refused(other, "which the report did not measure")


def test_a_rule_without_a_number_may_not_pass():
    plain = report(0.5)
    refused(first(plain, estimate=None), "without an estimate")
    refused(first(plain, limit=None), "without a limit")
    refused(first(plain, limit=None, relation="surely below"), "cannot be judged again")
    require_consistent(first(plain, limit=None, relation="surely below"), other_rules=True)
    refused(first(plain, estimate=None), "without an estimate", other_rules=True)
    missed = first(plain, outcome="inconclusive", estimate=None, note=Note("auc", "none"))
    require_consistent(replace(missed, verdict="inconclusive"))


def test_rules_of_a_check_are_judged_again_too():
    plain = report(0.5)
    (good,) = plain.verdicts
    bad = replace(good, outcome="fail")
    checks = (replace(plain.checks[0], verdicts=(good,)),)
    require_consistent(replace(plain, checks=checks))
    refused(replace(plain, checks=(replace(checks[0], verdicts=(bad,)),)), "says 'fail'")


@pytest.mark.parametrize(
    ("finding", "p_value", "odd"),
    [
        ("leak", 0.5, False),
        ("leak", 0.51, True),
        ("no leak found", 1e-9, False),
        ("no leak found", 9e-10, True),
        ("no leak found", 0.0, True),
        ("inconclusive", 1e-12, False),
        ("inconclusive", 0.9, False),
        ("no leak found", None, False),
    ],
)
def test_a_finding_stands_beside_a_p_value_that_some_level_allows(finding, p_value, odd):
    plain = report(finding=finding, p_value=p_value)
    if odd:
        refused(plain, "its finding is")
    else:
        require_consistent(plain)


def test_words_and_rules_tell_one_story():
    plain = report(0.5)
    refused(replace(plain, verdict="fail"), "its verdict is 'fail', and its rules say 'pass'")
    refused(replace(plain, headline="Inconclusive: x"), "under a headline")
    refused(replace(plain, headline=" "), "no headline")
    refused(replace(plain, chosen="gone"), "no check 'gone'")
    bare = replace(plain, verdicts=(), verdict="inconclusive")
    require_consistent(replace(bare, verdict="fail"))
    refused(replace(bare, verdict="pass"), "its verdict is 'pass'")


def test_a_policy_may_limit_what_is_measured_and_nothing_else():
    unknown = Policy("p", (AtMost("no such metric", 0.5),))
    named = (Check("a", "loss", Threshold(), ("auc",)),)
    own = (Check("a", "loss", Threshold(), ("auc", lambda evidence: None)),)
    for checks in ((), named):
        with pytest.raises(InvalidInput):
            require_known(unknown, checks)
    require_known(unknown, own)
    require_known(Policy("p", (NotRefuted(2.0), AtMost("auc", 0.7))))
