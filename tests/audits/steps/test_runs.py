"""Means and differences of runs, by hand."""

import numpy as np
import pytest
from scipy.stats import t, ttest_ind

from tacit.audits.steps.runs import difference_of_runs, over_runs


def test_the_interval_of_a_mean_is_student_s():
    """1, 2, 6: mean 3, variance 7, standard error sqrt(7 / 3), t of 2 degrees 4.303."""
    found = over_runs([1.0, 2.0, 6.0], level=0.95, name="advantage")
    half = t.ppf(0.975, 2) * np.sqrt(7 / 3)
    assert (found.value, found.n, found.level) == (3.0, 3, 0.95)
    assert (found.low, found.high) == pytest.approx((3 - half, 3 + half))
    assert "over 3 runs" in found.method
    assert over_runs([1.0, 2.0], level=0.95, name="a") is not None
    assert over_runs([1.0], level=0.95, name="a") is None


def test_no_interval_goes_below_the_least_value_there_is():
    assert over_runs([1.0, 2.0, 6.0], level=0.95, name="a", floor=0.0).low == 0.0
    assert over_runs([1.0, 2.0, 6.0], level=0.95, name="a", floor=2.5).low == 2.5
    assert over_runs([1.0, 2.0, 6.0], level=0.95, name="a", floor=4.0).low == 3.0


def test_equal_numbers_of_runs_are_compared_by_welch_s_test():
    first, second = [0.1, 0.5, 0.3], [0.6, 0.65, 0.7]
    found = difference_of_runs(first, second, level=0.9, name="score")
    other = ttest_ind(first, second, equal_var=False)
    assert found.p_value == pytest.approx(other.pvalue)
    ends = other.confidence_interval(0.9)
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high))
    assert (found.name, found.n) == ("score difference", 6)
    assert found.value == pytest.approx(-0.35)


def test_unequal_numbers_of_runs_have_the_freedom_of_the_smaller_side():
    first, second = [1.0, 2.0, 6.0], [5.0, 7.0]
    error = np.sqrt(7 / 3 + 2 / 2)
    for one, other, sign in ((first, second, -1), (second, first, 1)):
        found = difference_of_runs(one, other, level=0.9, name="score")
        half = t.ppf(0.95, 1) * error
        assert found.value == 3 * sign
        assert (found.low, found.high) == pytest.approx((3 * sign - half, 3 * sign + half))
        assert found.p_value == pytest.approx(2 * t.sf(3 / error, 1))


def test_runs_without_a_spread_differ_for_sure_or_not_at_all():
    for first, p_value in (([2.0, 2.0], 0.0), ([1.0, 1.0], 1.0)):
        found = difference_of_runs(first, [1.0, 1.0], level=0.9, name="score")
        assert found.p_value == p_value
        assert found.low == found.value == found.high == first[0] - 1
