"""Places in ascending order, whatever the numbers and however many."""

import numpy as np
import pytest

from tacit.core.sorting import FEW, order_of, smallest


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("n", [0, 1, FEW - 1, FEW, 3 * FEW])
def test_the_order_is_that_of_a_stable_sort(n, dtype):
    rng = np.random.default_rng(0)
    for values in (rng.normal(size=n), rng.integers(-3, 3, n) / 4, np.zeros(n)):
        values = values.astype(dtype)
        assert order_of(values).tolist() == np.argsort(values, kind="stable").tolist()


def test_infinities_zeros_and_the_smallest_numbers_have_their_places():
    some = [-np.inf, -3e38, -1e-45, -0.0, 0.0, 1e-45, 1e-38, 3e38, np.inf]
    values = np.random.default_rng(1).permutation(np.tile(np.array(some, np.float32), 500))
    order = order_of(values)
    assert order.tolist() == np.argsort(values, kind="stable").tolist()
    assert order_of(values.astype(np.float64)).tolist() == order.tolist()


def test_numbers_that_differ_only_beyond_a_float32_keep_their_order():
    values = 1 + np.random.default_rng(2).permutation(2 * FEW) * 1e-12
    assert (np.diff(values[order_of(values)]) > 0).all()
    few = np.random.default_rng(2).permutation(np.arange(3.0 * FEW))
    few[7:9] = 0.5 + 2e-12, 0.5 + 1e-12
    few[[3, 5]] = 0.5
    assert order_of(few).tolist() == np.argsort(few, kind="stable").tolist()


def test_whole_numbers_of_64_bits_are_sorted_to_their_last_bit():
    number = np.random.default_rng(4).integers(0, 2**64, 3 * FEW, dtype=np.uint64)
    number[10:200] = number[400:590] ^ np.uint64(1)
    number[600:800] = number[1_000:1_200]
    assert order_of(number).tolist() == np.argsort(number, kind="stable").tolist()


def test_what_is_sorted_stays_as_it_was():
    values = np.random.default_rng(3).normal(size=2 * FEW).astype(np.float32)
    values[0] = -0.0
    before = values.tobytes()
    order_of(values)
    assert values.tobytes() == before


@pytest.mark.parametrize(
    ("codes", "kind"),
    [([], "int64"), ([0, 127], "int8"), ([-1, 128], "int16"), ([0, 40_000], "int32")],
)
def test_codes_take_the_smallest_type_that_holds_them(codes, kind):
    given = np.array(codes, np.int64)
    assert smallest(given).dtype == kind
    assert smallest(given).tolist() == codes
