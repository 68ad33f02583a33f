"""A report that contradicts itself is refused, whatever was edited."""

import json

import numpy as np
import pytest

import tacit
from tacit.audits.steps.verdict import rejudged, require_consistent
from tacit.core import InvalidInput, Policy, Report


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


@pytest.mark.parametrize("change", [passed, passed_rule, other_number])
def test_a_report_that_was_edited_into_a_pass_is_refused(plain, change):
    with pytest.raises(InvalidInput, match="contradicts itself"):
        require_consistent(edited(plain, change))


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
