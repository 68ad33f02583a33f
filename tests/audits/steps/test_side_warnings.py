"""What a report says of its sides: who looked at the records, and how far apart they are."""

import pytest

from tacit.audits.steps.side_warnings import _apart, without_records
from tacit.core import CheckResult, Estimate, Report


def area(low, *, name="auc"):
    return Estimate(name, 0.99, low, 1.0, 0.95, 100, "by hand")


def blind(*areas, statistic="labels", role="blind"):
    return CheckResult(name="x", role=role, statistic=statistic, estimates=areas)


@pytest.mark.parametrize(
    ("finding", "checks", "said"),
    [
        ("leak", (), True),
        ("leak", (blind(statistic="labels"),), True),
        ("leak", (blind(statistic="features of the records"),), False),
        ("leak", (blind(statistic="features of the records", role="attack"),), True),
        ("no leak found", (), False),
        ("no leak found", (blind(statistic="features of the records"),), False),
    ],
)
def test_a_leak_that_no_guesser_held_against_the_records_says_so(finding, checks, said):
    found = without_records(Report(finding, "pass", "It leaks.", checks=checks))
    assert found.headline.startswith("It leaks.")
    assert ("was not checked: give `features=`" in found.headline) is said


@pytest.mark.parametrize(
    ("checks", "apart"),
    [
        ((blind(area(0.95)),), True),
        ((blind(area(0.9499)),), False),
        ((blind(area(0.99, name="accuracy")),), False),
        # only the first guesser is the one who never saw the model; others are baselines
        ((blind(area(0.5)), blind(area(0.99))), False),
        ((blind(), blind(area(0.99))), True),
        ((blind(area(0.99), role="attack"), blind(area(0.5))), False),
        ((), False),
    ],
)
def test_nearly_all_are_told_apart_where_the_first_blind_guess_is_above_95_percent(checks, apart):
    assert _apart(Report("leak", "fail", "x", checks=checks)) is apart


def sides(**given):
    from tacit.audits.steps.sides import Sides

    return Sides(100, **given)


def policy(limit=0.1):
    from tacit.core import AtMost, Policy

    return Policy("p", AtMost("advantage", limit))


def passed(limit=0.1, high=0.05, metric="advantage", finding="no leak found", **given):
    from tacit.core import Verdict

    estimate = Estimate(metric, 0.0, 0.0, high, 0.95, 900, "by hand")
    verdict = Verdict("pass", metric, "at most", limit, estimate)
    plain = {"detectable": 0.01, "score": estimate, "verdicts": (verdict,)}
    return Report(finding, "pass", "A headline.", **(plain | given))


def test_without_anything_odd_the_report_is_left_as_it_is():
    from tacit.audits.steps.side_warnings import told

    report = passed()
    assert told(report, sides(), policy()) is report


def test_copies_that_cannot_change_the_answer_are_a_warning():
    from tacit.audits.steps.side_warnings import told

    report = told(passed(), sides(copies=20, seen_by="records"), policy())
    assert (report.finding, report.headline) == ("no leak found", "A headline.")
    assert report.warnings == (
        "20 of 100 non-members (20 %) are exact copies of members, by their records. Take them"
        " out of the non-members. They make a leak look smaller than it is.",
    )


def test_copies_that_can_are_the_headline_and_nothing_is_attributed():
    from tacit.audits.steps.side_warnings import told

    report = told(passed(detectable=0.09), sides(copies=20, seen_by="answers"), policy())
    assert (report.finding, report.verdict) == ("inconclusive", "inconclusive")
    assert report.headline.startswith("Inconclusive: 20 of 100 non-members")
    assert not report.attributable
    (text,) = report.warnings
    assert "smaller than it is" not in text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"constant": "record"}, "answered the same for every record"),
        ({"constant": "non-member"}, "answered the same for every non-member"),
        ({"backwards": "they are swapped"}, "they are swapped"),
    ],
)
def test_sides_that_cannot_be_compared_are_inconclusive(given, said):
    from tacit.audits.steps.side_warnings import told

    report = told(passed(), sides(**given), policy())
    assert report.headline.startswith("Inconclusive: ")
    assert said in report.headline
    assert len(report.warnings) == 1
    # what the report says already is not said twice, and its headline stays
    again = told(report, sides(**given), policy())
    assert again is report


def test_a_report_that_was_open_already_keeps_its_own_reason():
    from tacit.audits.steps.side_warnings import told

    open_one = passed(finding="inconclusive", attributable=False, warnings=("first",))
    report = told(open_one, sides(backwards="swapped"), policy())
    assert report.headline == "A headline."
    assert report.warnings == ("first", "swapped")
    for given in ({"finding": "leak"}, {"attributable": True}):
        plain = {"finding": "inconclusive", "attributable": False} | given
        report = told(passed(**plain), sides(backwards="swapped"), policy())
        assert report.headline == "Inconclusive: swapped"


def test_repeats_are_told_after_what_opens_the_report():
    from tacit.audits.steps.side_warnings import told

    found = sides(backwards="swapped", repeated=40, units=20, repeated_by="records")
    report = told(passed(), found, policy())
    assert report.warnings[0] == "swapped"
    assert report.warnings[1].startswith("40 records are repeats of 20 within their own side, by")
    alone = told(passed(), sides(repeated=40, units=20, repeated_by="records"), policy())
    assert alone.finding == "no leak found"
    assert len(alone.warnings) == 1


def test_a_leak_between_sides_that_are_apart_is_open_and_no_leak_is_not():
    from tacit.audits.steps.side_warnings import told

    checks = (blind(area(0.96)),)
    leak = told(passed(finding="leak", checks=checks), sides(), policy())
    assert "no records of both sides are alike" in leak.headline
    assert told(passed(checks=checks), sides(), policy()).finding == "no leak found"


@pytest.mark.parametrize(
    ("metric", "high", "share", "hides"),
    [
        # half of the non-members are copies: an upper end of .05 may be one of .1
        ("advantage", 0.05, 0.5, False),
        ("advantage", 0.0501, 0.5, True),
        ("auc", 0.0, 0.001, False),
        ("auc", 0.0, 0.0011, True),
    ],
)
def test_only_what_copies_dilute_beyond_the_limit_could_hide(metric, high, share, hides):
    from tacit.audits.steps.side_warnings import _could_hide

    report = passed(metric=metric, high=high, detectable=0.01)
    assert _could_hide(report, share) is hides


def test_copies_hide_nothing_of_a_leak_that_fails_and_everything_where_all_are_copies():
    from dataclasses import replace

    from tacit.audits.steps.side_warnings import _could_hide

    leak = passed(finding="leak")
    assert not _could_hide(replace(leak, verdict="fail"), 1.0)
    assert _could_hide(leak, 1.0)
    assert _could_hide(replace(passed(), verdict="fail", verdicts=()), 1.0)
    # a rule that failed, or that has no number, cannot be passed wrongly
    (verdict,) = leak.verdicts
    for changed in ({"outcome": "fail"}, {"limit": None, "relation": "own"}):
        plain = replace(leak, verdicts=(replace(verdict, **changed),))
        assert not _could_hide(plain, 0.9)


def test_records_that_could_not_be_looked_at_are_told_in_the_headline():
    from tacit.audits.steps.side_warnings import blind_to

    report = blind_to(passed(), "they are too many")
    assert report.headline == (
        "A headline. The split itself could not be checked: they are too many. Give `features=`."
    )
    assert len(report.warnings) == 1


@pytest.mark.parametrize(("detectable", "hides"), [(0.05, False), (0.0501, True), (None, True)])
def test_what_copies_dilute_is_given_back_to_the_leak_that_would_have_shown(detectable, hides):
    """Half of the non-members are copies: .05 is a leak of a tenth."""
    from tacit.audits.steps.side_warnings import _could_hide

    assert _could_hide(passed(high=0.01, detectable=detectable), 0.5) is hides
