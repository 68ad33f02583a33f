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
