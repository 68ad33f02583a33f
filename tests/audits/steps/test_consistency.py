"""A report that contradicts itself is refused, whatever was edited."""

import json

import numpy as np
import pytest

import tacit
from tacit.audits.steps.verdict import rejudged, require_consistent
from tacit.core import AtMost, InvalidInput, Policy, Report


@pytest.fixture(scope="module")
def plain():
    rng = np.random.default_rng(0)
    report = tacit.audit(
        member=tacit.Outputs(loss=rng.exponential(0.4, 400)),
        nonmember=tacit.Outputs(loss=rng.exponential(1.0, 400)),
        effort="quick",
    )
    assert report.verdict == "fail"
    return json.loads(report.to_json())


def edited(plain, change):
    copy = json.loads(json.dumps(plain))
    change(copy)
    return Report.from_dict(copy)


def passed(copy):
    copy["verdict"] = "pass"


def passed_rule(copy):
    copy["verdict"] = "pass"
    for verdict in copy["verdicts"]:
        verdict["outcome"] = "pass"


def other_number(copy):
    copy["verdict"] = "pass"
    for verdict in copy["verdicts"]:
        verdict["outcome"] = "pass"
        verdict["estimate"] |= {"value": 0.0, "low": 0.0, "high": 0.01}


def without(copy):
    copy |= {"verdict": "pass", "verdicts": []}


def with_rules(**changes):
    def change(copy):
        copy["verdict"] = "pass"
        for verdict in copy["verdicts"]:
            verdict |= {"outcome": "pass", **changes}

    return change


EDITED = {
    "the word": passed,
    "the rules": passed_rule,
    "the numbers of the rules": other_number,
    "no rules": without,
    "no estimates": with_rules(estimate=None),
    "no limits": with_rules(limit=None),
    "limits that nothing exceeds": with_rules(limit=10),
    "limits of 1": with_rules(limit=1),
    "a relation of its own": with_rules(relation="surely below"),
    "another metric": with_rules(metric="auc"),
    "a headline": lambda copy: copy.update(headline=" "),
    "a check that is not there": lambda copy: copy.update(chosen="another"),
    "a finding of chance": lambda copy: copy.update(p_value=0.8),
    "no finding": lambda copy: copy.update(finding="no leak found", p_value=1e-12),
}


@pytest.mark.parametrize("name", EDITED)
def test_a_report_that_was_edited_is_refused(plain, name):
    with pytest.raises(InvalidInput, match=r"contradicts itself|nothing can exceed|--policy"):
        require_consistent(edited(plain, EDITED[name]))


def test_a_pass_never_stands_under_a_headline_that_says_inconclusive():
    rng = np.random.default_rng(0)
    sides = [tacit.Outputs(loss=rng.exponential(1.0, 4000)) for _ in range(2)]
    report = tacit.audit(member=sides[0], nonmember=sides[1], effort="quick")
    assert report.verdict == "pass"
    plain = json.loads(report.to_json())
    require_consistent(Report.from_dict(plain))
    with pytest.raises(InvalidInput, match="contradicts itself"):
        require_consistent(Report.from_dict(plain | {"headline": "Inconclusive: too few"}))


def test_rules_of_a_program_do_not_matter_where_a_policy_file_judges(plain):
    own = edited(plain, with_rules(relation="surely below"))
    require_consistent(own, other_rules=True)


@pytest.mark.parametrize("name", ["tpr@fpr=0.010", "TPR@FPR=0.01", " tpr@fpr = 1e-2"])
def test_a_number_in_a_metric_is_written_in_any_way(name):
    assert Policy.of({name: 0.1}).gates[0].metric == "tpr@fpr=0.01"


@pytest.mark.parametrize(("metric", "limit"), [("auc", 60), ("advantage", 1), ("tpr@fpr=0.01", 5)])
def test_a_gate_that_cannot_fail_is_none(metric, limit):
    with pytest.raises(InvalidInput, match="nothing can exceed"):
        AtMost(metric, limit)


def test_what_an_audit_wrote_is_consistent(plain):
    require_consistent(Report.from_dict(plain))


def test_the_gate_says_of_a_dp_report_what_the_audit_said():
    rng = np.random.default_rng(1)
    member = rng.random(400) < 0.5
    key = tacit.Membership(member, assignment="coin")
    for shift, claimed in ((0.0, 2.0), (3.0, 0.5), (0.0, 100.0)):
        score = rng.normal(size=400) + shift * member
        report = tacit.dp_audit(score, key, delta=1e-5, claimed_epsilon=claimed)
        again = Report.from_json(report.to_json())
        require_consistent(again)
        judged = rejudged(again, Policy("p", tacit.NotRefuted(claimed)))
        assert judged.verdict == report.verdict


def test_a_bad_policy_dies_before_the_attacks_run():
    def explode(what, done, of):
        raise AssertionError("an attack ran")

    sides = {
        "member": tacit.Outputs(loss=np.arange(40.0)),
        "nonmember": tacit.Outputs(loss=np.arange(40.0) + 0.5),
    }
    with pytest.raises(InvalidInput, match="Did you mean 'advantage'"):
        tacit.audit(**sides, policy={"advantge": 0.1}, progress=explode)
    with pytest.raises(InvalidInput, match=r"write 0\.95"):
        tacit.audit(**sides, level=0.05, progress=explode)
