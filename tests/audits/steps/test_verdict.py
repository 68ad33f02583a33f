"""From measured numbers to words."""

import pytest

from tacit.audits.steps.verdict import finding_of, headline_of, percent
from tacit.core import AtMost, CheckResult, Estimate, Note, Policy


def part(p):
    return CheckResult(name=f"class = {p}", role="slice", p_value=p, p_adjusted=p)


@pytest.mark.parametrize(
    ("p", "detectable", "attributable", "finding"),
    [
        (0.01, 0.5, True, "leak"),
        (0.2, 0.05, True, "no leak found"),
        (0.2, 0.3, True, "inconclusive"),
        (0.2, None, True, "inconclusive"),
        (0.001, 0.05, False, "inconclusive"),
        (None, 0.05, True, "inconclusive"),
    ],
)
def test_too_little_data_or_a_bad_split_is_never_a_clean_bill(p, detectable, attributable, finding):
    assert finding_of(p, detectable, level=0.95, attributable=attributable) == finding


def test_a_headline_names_the_rate_only_where_it_beats_a_blind_guess():
    strong = Estimate("tpr@fpr=0.01", 0.05, 0.03, 0.08, 0.95, 900, "x", settings={"fpr": 0.01})
    weak = Estimate("tpr@fpr=0.01", 0.013, 0.0, 0.044, 0.95, 900, "x", settings={"fpr": 0.01})
    score = Estimate("advantage", 0.4, 0.36, 0.46, 0.95, 900, "x")
    told = [
        headline_of("leak", CheckResult("a", "attack", estimates=(rate, score)), 0.1)
        for rate in (strong, weak)
    ]
    assert "1 in 100 non-members finds 5 % of the members (3 % to 8 %)" in told[0]
    assert "1 in 100" not in told[1]
    assert "0.40 (0.36 to 0.46" in told[1]


def test_a_leak_in_a_slice_alone_is_said_to_be_that():
    text = headline_of("leak", CheckResult("a", "attack"), 0.1, in_all=False, slices=[part(0.001)])
    assert "class = 0.001" in text
    assert "some records" in text


def test_a_leak_in_a_slice_that_is_not_shown_is_still_a_leak_on_some_records():
    for slices in ((), (part(0.2),)):
        text = headline_of("leak", CheckResult("a", "attack"), 0.1, in_all=False, slices=slices)
        assert "a slice too small to be shown by itself" in text
        assert "0.2" not in text


def test_an_absent_estimate_is_inconclusive_with_its_reason():
    verdict = Policy("p", (AtMost("auc", 0.6),)).judge((), [Note("auc", "needs 10 members")])[0]
    assert verdict.outcome == "inconclusive"
    assert "10 members" in verdict.reason


def test_percentages_keep_two_digits_that_matter():
    assert (percent(0.021), percent(0.0004), percent(1.0)) == ("2.1 %", "0.04 %", "100 %")


def test_the_finding_turns_exactly_at_the_error_and_at_a_small_leak():
    """A leak from .05 down, "no leak found" from a detectable advantage of .10 down."""
    alpha = 1 - 0.95
    assert finding_of(alpha, None, level=0.95, attributable=True) == "leak"
    assert finding_of(alpha + 1e-9, None, level=0.95, attributable=True) == "inconclusive"
    assert finding_of(0.2, 0.10, level=0.95, attributable=True) == "no leak found"
    assert finding_of(0.2, 0.101, level=0.95, attributable=True) == "inconclusive"
    assert finding_of(0.011, None, level=0.99, attributable=True) == "inconclusive"


def test_a_model_that_was_measured_is_no_leak_for_that():
    chosen = CheckResult("a", "attack", estimates=(Estimate("auc", 0.5, 0.4, 0.6, 0.95, 9, "x"),))
    assert headline_of("no leak found", chosen, 0.05).startswith("No leak found")
    assert headline_of("inconclusive", chosen, 0.3).startswith("Whether it leaks is open")
    assert headline_of("leak", None, None).startswith("Inconclusive: there are too few records")
    assert headline_of("no leak found", chosen, None).startswith("Inconclusive: there are too few")


@pytest.mark.parametrize(
    ("detectable", "finding"), [(0.1, "no leak found"), (0.1001, "inconclusive")]
)
def test_no_leak_is_found_where_one_of_a_tenth_would_have_shown(detectable, finding):
    assert finding_of(0.3, detectable, level=0.9, attributable=True) == finding


@pytest.mark.parametrize(("p", "finding"), [(0.25, "leak"), (0.2501, "inconclusive")])
def test_a_leak_is_called_at_the_level_that_is_asked(p, finding):
    assert finding_of(p, 0.5, level=0.75, attributable=True) == finding


def test_only_rules_that_a_policy_file_can_hold_are_judged_again():
    from tacit.audits.steps.verdict import _gate_of
    from tacit.core import NotRefuted, Verdict

    area = Estimate("auc", 0.5, 0.4, 0.6, 0.95, 9, "x")
    assert _gate_of(Verdict("pass", "auc", "at most", 0.75, area)) == AtMost("auc", 0.75)
    refuted = _gate_of(Verdict("pass", "epsilon", "not refuted", 2.0, area))
    assert refuted == NotRefuted(2.0, "epsilon")
    assert _gate_of(Verdict("pass", "auc", "surely below", 0.75, area)) is None
    assert _gate_of(Verdict("pass", "auc", "at most", None, area)) is None
