"""What a 0 or a 1 stands for follows from how the numbers were written down."""

import numpy as np
import pytest

from tacit.core.resolution import decimal_unit, floors

# nothing that could be rounded decimals
FINE = 1 / np.sqrt(np.arange(2, 42))

RNG = np.random.default_rng(0)
P = RNG.beta(0.5, 0.5, 2000)


@pytest.mark.parametrize("digits", [1, 2, 3, 4, 6])
def test_rounded_numbers_have_the_unit_of_their_last_digit(digits):
    assert decimal_unit(P.round(digits)) == pytest.approx(10.0**-digits)
    assert floors(P.round(digits)) == pytest.approx((10.0**-digits / 2,) * 2)


@pytest.mark.parametrize("digits", [1, 2, 3, 4])
def test_rounded_float32_numbers_are_seen_too(digits):
    assert decimal_unit(P.astype(np.float32).round(digits)) == pytest.approx(10.0**-digits)


def test_numbers_with_all_their_digits_were_not_rounded():
    assert decimal_unit(P) == 0.0
    assert decimal_unit(P.astype(np.float32)) == 0.0
    assert decimal_unit(np.array([1.0, 0.0, 1e-9, 1e-12])) == 0.0


def test_votes_of_a_few_show_no_rounding():
    assert decimal_unit(np.array([0.0, 0.25, 0.5, 1.0])) == 0.0
    assert floors(np.array([0.0, 0.5, 1.0]))[0] < 1e-300


def test_just_below_one_a_float_has_half_its_spacing():
    assert floors(P)[1] == pytest.approx(2.0**-54)
    assert floors(P.astype(np.float32))[1] == pytest.approx(2.0**-25)
    # the same numbers read as float64, from a table for example
    assert floors(P.astype(np.float32).astype(np.float64))[1] == pytest.approx(2.0**-25)


def test_one_minus_a_float_reaches_no_further_down_than_the_float_did():
    z = RNG.normal(12, 4, 5000)
    p = (1 / (1 + np.exp(-z))).astype(np.float32)
    assert (p == 1).any()
    assert floors(1 - p)[0] == pytest.approx(2.0**-25)
    assert floors(np.exp(-z).astype(np.float32))[0] < 1e-37


def test_eight_decimals_are_the_most_that_are_a_grid():
    eight = np.round(FINE, 8)
    assert decimal_unit(eight) == pytest.approx(1e-8)
    assert decimal_unit(np.round(FINE, 9)) == 0.0
    # in float32 a unit of 1e-5 is 84 epsilons wide, one of 1e-6 is 8
    assert decimal_unit(np.round(FINE, 5).astype(np.float32)) == pytest.approx(1e-5)
    assert decimal_unit(np.round(FINE, 6).astype(np.float32)) == 0.0


def test_a_decimal_may_lie_two_epsilons_beside_its_float():
    eps = np.finfo(np.float64).eps
    two = np.round(FINE, 2)
    for off, unit in ((1.9, 0.01), (-1.9, 0.01), (2.5, 0.0)):
        moved = two.copy()
        moved[3] += off * eps
        assert moved[3] != two[3]
        assert decimal_unit(moved) == pytest.approx(unit)


def test_a_small_number_is_no_zero_that_was_rounded():
    numbers = np.append(np.round(FINE, 2), 1e-17)
    assert decimal_unit(numbers) == 0.0
    assert decimal_unit(np.append(np.round(FINE, 2), 0.0)) == pytest.approx(0.01)


def test_numbers_below_one_in_steps_of_the_epsilon_reach_down_to_half_of_it():
    """One minus a float: what is written near 0 is a multiple of the spacing below 1."""
    spacing = 2.0**-53
    small = np.append(FINE, 3 * spacing)
    assert floors(small) == (spacing / 2, spacing / 2)
    assert floors(np.append(FINE, 3.5 * spacing)) == (np.finfo(np.float64).tiny, spacing / 2)
    single = FINE.astype(np.float32)
    assert floors(single)[1] == 2.0**-25
    # float32 numbers that were widened keep the spacing that they had
    assert floors(single.astype(np.float64))[1] == 2.0**-25
    assert floors(single.astype(np.float16).astype(np.float64))[1] == 2.0**-12


def test_coarse_floats_are_small_below_a_64th_and_not_only_below_4096_of_their_spacings():
    spacing = 2.0**-11
    half = np.append(FINE, 3 * spacing).astype(np.float16)
    assert floors(half.astype(np.float64)) == (spacing / 2, spacing / 2)


def test_the_first_numbers_do_not_decide_alone(monkeypatch):
    monkeypatch.setattr("tacit.core.resolution.FIRST_NUMBERS", 40)
    coarse = np.round(FINE, 2)
    assert decimal_unit(np.append(coarse, coarse)) == 0.01
    assert decimal_unit(np.append(coarse, FINE)) == 0.0
