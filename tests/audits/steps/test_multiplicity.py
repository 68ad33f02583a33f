"""P-values of several results pay for each other."""

import pytest

from tacit.audits.steps.multiplicity import with_adjusted
from tacit.core import CheckResult


def result(name, p_value):
    return CheckResult(name=name, role="attack", p_value=p_value)


def test_only_results_with_a_p_value_are_counted():
    """Holm over .01, .03 and 0: 2 * .01, .03 and 0 * 3; the one without is left out."""
    given = [result("a", 0.01), result("b", None), result("c", 0.03), result("d", 0.0)]
    adjusted = with_adjusted(given)
    assert [each.name for each in adjusted] == ["a", "b", "c", "d"]
    assert [each.p_adjusted for each in adjusted] == pytest.approx([0.02, None, 0.03, 0.0])
    assert given[0].p_adjusted is None, "what was given is left as it was"


def test_nothing_tested_is_nothing_adjusted():
    assert with_adjusted([result("a", None)])[0].p_adjusted is None
    assert with_adjusted([]) == []
