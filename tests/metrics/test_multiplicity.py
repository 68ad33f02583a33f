"""What several questions cost, by hand."""

from itertools import product

import numpy as np
import pytest

from tacit.core import InvalidInput
from tacit.metrics import holm, simultaneous_level


def test_holm_s_steps_by_hand():
    """Sorted .01, .02, .03, .04: times 4, 3, 2, 1 are .04, .06, .06, .04; none falls below the one
    before it.
    """
    assert holm([0.02, 0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.06, 0.04, 0.06])
    assert holm([0.2]) == pytest.approx([0.2])
    assert holm([0.0, 1.0]) == pytest.approx([0.0, 1.0])


def test_holm_of_two_finds_exactly_what_two_halves_of_alpha_find():
    """Every pair of two p-values on a grid, counted: a multiplier of 1 in place of 2 would alarm in
    19 % of the pairs, one of 3 in 5 %.
    """
    grid = np.arange(1, 41) / 40
    alarms = np.mean([holm(p).min() <= 0.1 for p in product(grid, grid)])
    # p <= .05 in either: the two smallest of 40 points
    assert alarms == pytest.approx(1 - (38 / 40) ** 2)


def test_p_values_are_a_list_of_shares():
    for wrong in ([[0.1]], [-0.1], [np.nan], [1.01]):
        with pytest.raises(InvalidInput, match="`p_values`"):
            holm(wrong)


def test_bonferroni_shares_the_error_out():
    assert simultaneous_level(0.95, 1) == pytest.approx(0.95)
    assert simultaneous_level(0.9, 4) == pytest.approx(0.975)
    with pytest.raises(InvalidInput, match="`k` needs 1 or more"):
        simultaneous_level(0.95, 0)
    with pytest.raises(InvalidInput, match="`level`"):
        simultaneous_level(1.0, 2)


def test_a_corrected_p_value_is_one_at_most():
    """Twice .9 is 1.8; the larger one of both is no smaller."""
    assert holm([0.9, 0.95]).tolist() == [1.0, 1.0]
    assert holm([0.95, 0.3]).tolist() == [0.95, 0.6]
