"""Too little data never passes."""

import math

import pytest

from tacit.core import (
    DEFAULT_POLICY,
    AtMost,
    Estimate,
    InvalidInput,
    Note,
    NotRefuted,
    Policy,
    Verdict,
    overall,
)


def auc(low, high):
    return Estimate("auc", (max(low, 0) + min(high, 1)) / 2, low, high, 0.95, 100, "by hand")


@pytest.mark.parametrize(
    ("low", "high", "outcome", "code"),
    [
        (0.40, 0.55, "pass", 0),
        (0.40, 0.60, "pass", 0),
        (0.60, 0.70, "inconclusive", 2),
        (0.61, 0.70, "fail", 1),
        (0.55, 0.65, "inconclusive", 2),
        (0.61, math.inf, "fail", 1),
        (0.50, math.inf, "inconclusive", 2),
        (-math.inf, 0.60, "pass", 0),
    ],
)
def test_at_most_judges_the_whole_interval(low, high, outcome, code):
    verdict = AtMost("auc", 0.6)(auc(low, high))
    assert (verdict.outcome, verdict.exit_code) == (outcome, code)
    assert verdict.rule == "auc at most 0.6"
    assert "0.6" in verdict.reason


def test_a_limit_must_be_finite():
    with pytest.raises(InvalidInput, match="`limit` needs a finite number"):
        AtMost("auc", math.nan)


def test_a_claim_is_refuted_only_by_a_lower_bound_above_it():
    bound = Estimate("epsilon", 3.0, 2.0, math.inf, 0.95, 1000, "by hand")
    assert NotRefuted(1.9)(bound).outcome == "fail"
    passed = NotRefuted(2.0)(bound)
    assert passed.outcome == "pass"
    assert "proves nothing more" in passed.reason


def test_a_negative_claim_is_refused():
    with pytest.raises(InvalidInput, match="`claimed_epsilon` needs a finite number of 0 or more"):
        NotRefuted(-1.0)
    with pytest.raises(InvalidInput, match="`claimed_epsilon`"):
        NotRefuted(math.nan)


def test_overall_any_fail_fails_and_only_all_passes_pass():
    def verdicts(*outcomes):
        return tuple(Verdict(outcome, "auc") for outcome in outcomes)

    assert overall(verdicts("pass", "pass")) == "pass"
    assert overall(verdicts("pass", "fail", "inconclusive")) == "fail"
    assert overall(verdicts("pass", "skipped")) == "inconclusive"
    assert overall(verdicts("pass", "inconclusive")) == "inconclusive"
    assert overall(()) == "inconclusive"


def test_a_policy_says_why_a_gate_could_not_be_judged():
    policy = Policy("release", (AtMost("auc", 0.6), AtMost("tpr@fpr=0.001", 0.01)))
    judged = policy.judge(
        (auc(0.4, 0.5),), [Note("tpr@fpr=0.001", "needs 1,000 non-members, got 80")]
    )
    assert [verdict.outcome for verdict in judged] == ["pass", "inconclusive"]
    assert judged[1].reason == "needs 1,000 non-members, got 80"
    assert policy.judge(())[0].reason == "auc was not measured"


def test_a_policy_file_is_read_and_its_mistakes_are_named(tmp_path):
    path = tmp_path / "tacit.toml"
    path.write_text(
        '[policy]\nname = "release"\nclaimed_epsilon = 8\n[policy.at_most]\nauc = 0.6\n',
        encoding="utf8",
    )
    policy = Policy.from_toml(path)
    assert policy.name == "release"
    assert policy.gates == (AtMost("auc", 0.6), NotRefuted(8.0))
    for text, match in [
        ("[policy]\nat_mots = 1\n", "unknown key"),
        ("", "no .policy. table"),
        ('[policy.at_most]\nauc = "low"\n', "finite number"),
        ('[policy]\nname = "empty"\n', "nothing could fail"),
        ("[policy\n", "cannot be read"),
    ]:
        path.write_text(text, encoding="utf8")
        with pytest.raises(InvalidInput, match=match):
            Policy.from_toml(path)
    with pytest.raises(InvalidInput, match="cannot be read"):
        Policy.from_toml(tmp_path)


def test_the_default_policy_limits_something():
    assert {gate.metric for gate in DEFAULT_POLICY.gates} == {"advantage", "tpr@fpr=0.01"}


@pytest.mark.parametrize(
    ("value", "low", "high", "outcome"),
    [
        (0.55, 0.52, 0.58, "pass"),
        (0.55, 0.50, 0.60, "pass"),
        (0.55, 0.50, 0.61, "inconclusive"),
        (0.65, 0.59, 0.70, "inconclusive"),
        (0.65, 0.60, 0.70, "inconclusive"),
        (0.65, 0.61, 0.70, "fail"),
        (0.55, 0.50, float("inf"), "inconclusive"),
        (0.65, float("-inf"), 0.70, "inconclusive"),
    ],
)
def test_only_the_whole_interval_passes_or_fails(value, low, high, outcome):
    assert AtMost("auc", 0.6)(Estimate("auc", value, low, high, 0.95, 100, "x")).outcome == outcome
