"""Pass marks at their edges: what is exactly at a limit, and which limits cannot be."""

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
)
from tacit.core.gate import SHARES, judge, one_name


def estimate(name, low, high, **settings):
    return Estimate(name, low, low, high, 0.95, 100, "by hand", settings=settings)


def test_the_default_limits_are_a_tenth_and_a_twentieth():
    gates = Policy.of({"advantage": 0.1, "tpr@fpr=0.01": 0.05}).gates
    assert DEFAULT_POLICY.gates == gates
    assert [gate.limit for gate in gates] == [0.1, 0.05]


@pytest.mark.parametrize(("low", "outcome"), [(1.99, "pass"), (2.0, "pass"), (2.01, "fail")])
def test_a_claim_falls_only_beyond_it(low, outcome):
    assert NotRefuted(2.0)(estimate("epsilon", low, math.inf)).outcome == outcome


@pytest.mark.parametrize(
    ("ceiling", "outcome"), [(1.9, "inconclusive"), (2.0, "inconclusive"), (2.1, "pass")]
)
def test_an_audit_that_shows_the_claim_at_most_could_not_refute_it(ceiling, outcome):
    """Exactly the claim is no more than it."""
    verdict = NotRefuted(2.0)(estimate("epsilon", 1.0, math.inf, ceiling=ceiling))
    assert verdict.outcome == outcome
    assert (verdict.note is None) == (outcome == "pass")
    assert verdict.limit == 2.0


def test_what_exceeds_the_claim_refutes_it_whatever_the_ceiling():
    assert NotRefuted(2.0)(estimate("epsilon", 2.5, math.inf, ceiling=1.0)).outcome == "fail"


@pytest.mark.parametrize("metric", SHARES)
def test_a_share_of_one_or_more_is_no_limit(metric):
    assert AtMost(metric, 0.0).limit == 0.0
    assert AtMost(metric, 0.999).limit == 0.999
    with pytest.raises(InvalidInput, match="which nothing can exceed") as caught:
        AtMost(metric, 1.0)
    assert "you may mean" not in str(caught.value)
    with pytest.raises(InvalidInput, match=r"you may mean 0\.1\)"):
        AtMost(metric, 10)
    with pytest.raises(InvalidInput, match="which nothing can keep"):
        AtMost(metric, -0.001)


def test_other_numbers_may_have_any_limit():
    assert AtMost("epsilon", 8).limit == 8.0
    assert AtMost("difference", -0.5).limit == -0.5


@pytest.mark.parametrize("metric", ["", None, 3])
def test_a_gate_needs_the_name_of_a_metric(metric):
    with pytest.raises(InvalidInput, match="`metric` needs the name"):
        AtMost(metric, 0.5)


@pytest.mark.parametrize("limit", [True, "0.1", None])
def test_a_limit_is_a_number(limit):
    with pytest.raises(InvalidInput, match="`limit` needs a number"):
        AtMost("epsilon", limit)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("TPR@FPR = 0.010", "tpr@fpr=0.01"),
        ("tpr@fpr<=1e-3", "tpr@fpr<=0.001"),
        ("ppv@prior=.5", "ppv@prior=0.5"),
        ("tpr@fpr=low", "tpr@fpr=low"),
        ("AUC", "AUC"),
    ],
)
def test_a_metric_has_one_spelling(written, name):
    assert one_name(written) == name


def test_the_first_estimate_of_a_name_is_judged():
    first, second = estimate("auc", 0.7, 0.8), estimate("auc", 0.4, 0.5)
    assert [v.outcome for v in judge([AtMost("auc", 0.6)], [first, second])] == ["fail"]
    assert [v.outcome for v in judge([AtMost("auc", 0.6)], [second, first])] == ["pass"]


def test_what_does_not_speak_of_the_model_neither_passes_nor_fails():
    gates = [AtMost("auc", 0.6), AtMost("advantage", 0.1)]
    found = [estimate("auc", 0.7, 0.8), estimate("advantage", 0.0, 0.05)]
    for verdict in judge(gates, found, attributable=False):
        assert verdict.outcome == "inconclusive"
        assert "the split itself" in verdict.reason


def test_a_gate_that_was_not_judged_says_what_it_asks():
    class Own:
        metric, relation = "gap", "below"

        def __call__(self, estimate):
            raise AssertionError

    verdicts = judge([AtMost("auc", 0.6), NotRefuted(3), Own()], [], [Note("gap", "too few")])
    assert [verdict.rule for verdict in verdicts] == [
        "auc at most 0.6",
        "claimed epsilon 3 not refuted",
        "gap below",
    ]
    assert [verdict.reason for verdict in verdicts] == [
        "auc was not measured",
        "epsilon was not measured",
        "too few",
    ]
    assert [verdict.exit_code for verdict in verdicts] == [2, 2, 2]


@pytest.mark.parametrize(
    ("relation", "outcome", "word"),
    [
        ("at most", "pass", "lies at or below"),
        ("at most", "fail", "lies above"),
        ("at most", "inconclusive", "reaches across"),
        ("below", "pass", "lies within"),
        ("below", "fail", "lies beyond"),
        ("below", "inconclusive", "reaches across"),
    ],
)
def test_the_reason_says_on_which_side_the_interval_lies(relation, outcome, word):
    verdict = Verdict(outcome, "auc", relation, 0.6, estimate("auc", 0.5, 0.7))
    assert verdict.reason == f"auc = 0.5 [0.5, 0.7] {word} the limit 0.6"
    assert Verdict(outcome, "auc", relation, None, verdict.estimate).reason.endswith(
        f"{word} what is asked"
    )


def test_a_policy_needs_gates_that_can_be_called_and_have_a_metric():
    class Named:
        metric = "auc"

    for gate in (Named(), lambda estimate: None):
        with pytest.raises(InvalidInput, match="gate"):
            Policy("p", (gate,))


@pytest.mark.parametrize(
    ("written", "meant"),
    [("0.1", "0.1"), ("0,1", "0.1"), ("10 %", "0.1, as"), ("10%", "0.1"), ("2,5 %", "0.025")],
)
def test_a_limit_in_quotes_is_told_as_the_number_that_it_is(written, meant):
    with pytest.raises(InvalidInput) as caught:
        Policy.of({"advantage": written})
    message = str(caught.value)
    assert f"Write {meant.removesuffix(', as')} without quotes" in message
    assert ("as a share" in message) == ("%" in written)


def test_a_claim_of_nothing_is_one_and_an_infinite_one_is_none():
    assert NotRefuted(0.0)(estimate("epsilon", 0.0, math.inf)).outcome == "pass"
    assert NotRefuted(0.0)(estimate("epsilon", 0.1, math.inf)).outcome == "fail"
    with pytest.raises(InvalidInput, match="an infinite claim cannot be refuted"):
        NotRefuted(math.inf)


def test_a_claim_is_answered_with_the_bound_rounded_down():
    bound = estimate("epsilon", 1.99996, math.inf)
    more = Estimate("epsilon", 3.0, 1.99996, math.inf, 0.95, 100, "by hand")
    assert "the audit shows epsilon >= 1.999, which" in NotRefuted(2.0)(more).reason
    assert NotRefuted(1.0)(bound).reason == ("refuted: epsilon is at least 1.999 (95 % confidence)")


def test_what_an_audit_shows_at_most_is_rounded_up():
    verdict = NotRefuted(2.0)(estimate("epsilon", 1.0, math.inf, ceiling=1.9801))
    assert "it shows an epsilon of 1.99 and no more" in verdict.reason
