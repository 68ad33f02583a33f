"""Densities and variances: by hand, and against SciPy."""

import numpy as np
import pytest
from scipy import stats

from tacit.attacks.reference.densities import (
    log_normal,
    log_student_t,
    pooled_variance,
    smallest_variance,
)
from tacit.attacks.reference.in_out import World, Worlds
from tacit.core import NotEnoughData


def world(*records):
    """A world from the signals of each record's models, one query."""
    mean = [[np.mean(record) if record else 0.0] for record in records]
    squares = [[np.var(record) * len(record) if record else 0.0] for record in records]
    return World(np.array([len(record) for record in records]), np.array(mean), np.array(squares))


def test_densities_are_those_of_scipy():
    away, variance = np.array([-1.0, 0.5, 3.0]), np.array([0.5, 2.0, 4.0])
    sd = np.sqrt(variance)
    np.testing.assert_allclose(log_normal(away, variance), stats.norm.logpdf(away, scale=sd))
    freedom = np.array([1.0, 3.5, np.inf])
    heavy = log_student_t(away, variance, freedom)
    np.testing.assert_allclose(heavy[:2], stats.t.logpdf(away, freedom, scale=sd)[:2])
    assert heavy[2] == log_normal(away, variance)[2]


def test_pooled_squares_are_divided_by_one_less_than_the_models_of_each_record():
    """Squares 2 of two models and 6 of three: 8 / (1 + 2); the record of one model says nothing."""
    some = world([1.0, 3.0], [0.0, 3.0, 3.0], [100.0])
    np.testing.assert_allclose(some.squares[:, 0], [2, 6, 0])
    assert pooled_variance(some) == pytest.approx(8 / 3)


def test_one_model_each_has_no_variance_within():
    with pytest.raises(NotEnoughData, match="needs 2 shadow models in the same world"):
        pooled_variance(world([1.0], [2.0]))


def test_the_raw_variance_holds_the_spread_between_records():
    """Values 1, 3, 5, 5, 6 of two records: mean 4, squares 9 + 1 + 1 + 1 + 4 over 5."""
    some = world([1.0, 3.0], [5.0, 5.0, 6.0])
    assert some.centre == pytest.approx(4)
    assert some.raw_variance == pytest.approx(16 / 5)


def test_the_variance_of_a_record_is_divided_by_its_models():
    assert world([1.0, 3.0]).variance[0, 0] == 1.0


def test_the_floor_is_a_share_of_the_variance_of_all_values_of_both_worlds():
    """Values 0, 2 | 4, 6, 6, 6: mean 4, squares 16 + 4 + 0 + 4 + 4 + 4 over 6, times 1e-12."""
    worlds = Worlds(world([0.0, 2.0], []), world([4.0, 6.0], [6.0, 6.0]))
    assert smallest_variance(worlds) == pytest.approx(1e-12 * 32 / 6)


def test_equal_signals_have_a_floor_of_their_rounding():
    worlds = Worlds(world([7e2, 7e2]), world([7e2 + 1e-13]))
    assert smallest_variance(worlds) == pytest.approx((1e-14 * 7e2) ** 2)
    assert smallest_variance(Worlds(world([0.0]), world([0.0]))) == 1e-300


def test_joined_worlds_by_hand():
    """1, 3 and 8: mean 4, squares 9 + 1 + 16; a side without models changes nothing."""
    joined = world([1.0, 3.0], [], [2.0]).joined(world([8.0], [5.0], []))
    np.testing.assert_array_equal(joined.count, [3, 1, 1])
    np.testing.assert_allclose(joined.mean[:, 0], [4, 5, 2])
    np.testing.assert_allclose(joined.squares[:, 0], [26, 0, 0])


def test_one_model_in_all_has_a_share_of_one():
    """A single IN value of 8: its rounding, of the whole of it and not of a half."""
    worlds = Worlds(world([8.0]), world([]))
    assert smallest_variance(worlds) == pytest.approx((1e-14 * 8) ** 2)


def test_a_floor_by_rounding_grows_with_the_square_of_the_signal():
    for size in (1.0, 1e3, 1e6):
        worlds = Worlds(world([size]), world([size]))
        assert smallest_variance(worlds) == pytest.approx((1e-14 * size) ** 2)
