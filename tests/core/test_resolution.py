"""What a 0 or a 1 stands for follows from how the numbers were written down."""

import numpy as np
import pytest

from tacit.core.resolution import decimal_unit, floors

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
