"""Places in ascending order, whatever the numbers and however many."""

import numpy as np
import pytest

from tacit.core import sorting
from tacit.core.sorting import (
    FEW,
    backwards,
    beaten,
    counted,
    first_places,
    order_of,
    parted,
    placed,
    searched,
    smallest,
    sorted_once,
    taken,
)


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


def reference_counts(score, member):
    """Twice what each beats on the other side, and the non-members below each member, by hand."""
    inside, outside = np.sort(score[member]), np.sort(score[~member])
    beats = [
        np.searchsorted(others, own, "left") + np.searchsorted(others, own, "right")
        for own, others in ((inside, outside), (outside, inside))
    ]
    return [*beats, np.searchsorted(outside, inside, "left")]


@pytest.mark.parametrize("values", [0, 3, 200, 10**9])
@pytest.mark.parametrize("piece", [7, 1 << 16])
def test_what_each_record_beats_is_counted_however_the_pieces_fall(monkeypatch, values, piece):
    monkeypatch.setattr(sorting, "PIECE", piece)
    rng = np.random.default_rng(5)
    score = rng.integers(0, values + 1, 300).astype(np.float32)
    member = rng.random(300) < 0.4
    order, step = sorted_once(score)
    for counts, expected in zip(beaten(step, member[order]), reference_counts(score, member)):
        assert counts.tolist() == expected.tolist()


def test_numbers_sorted_once_say_where_they_grow():
    rng = np.random.default_rng(6)
    for values in (rng.normal(size=3 * FEW), rng.integers(0, 50, 3 * FEW) / 8, np.zeros(5)):
        for dtype in (np.float32, np.float64):
            order, step = sorted_once(values.astype(dtype))
            ascending = values.astype(dtype)[order]
            assert step.tolist() == (ascending[1:] != ascending[:-1]).tolist()


def test_the_order_of_negated_numbers_keeps_ties_as_they_came():
    values = np.random.default_rng(7).integers(0, 40, 500).astype(float)
    found = backwards(*sorted_once(values))
    assert found.tolist() == np.argsort(-values, kind="stable").tolist()


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_search_with_more_digits_passes_no_number_of_fewer(side):
    ascending = np.sort(np.random.default_rng(8).normal(size=2_000)).astype(np.float32)
    near = np.concatenate([ascending.astype(float) * (1 + shift) for shift in (-1e-12, 0, 1e-12)])
    wanted = np.concatenate([near, [-1e300, 1e300, -np.inf, np.inf]])
    found = searched(ascending, wanted, side=side)
    assert found.tolist() == np.searchsorted(ascending.astype(float), wanted, side).tolist()


def test_places_are_taken_and_put_back_in_pieces(monkeypatch):
    monkeypatch.setattr(sorting, "PIECE", 11)
    values = np.random.default_rng(9).normal(size=100)
    order = order_of(values).astype(np.int32)
    assert taken(values, order).tolist() == np.sort(values).tolist()
    assert placed(taken(values, order), order).tolist() == values.tolist()
    chosen = values > 0
    assert first_places(chosen, 13).tolist() == np.flatnonzero(chosen)[:13].tolist()


@pytest.mark.parametrize("n_codes", [5, 60])
def test_records_are_parted_by_code_and_none_below_zero(n_codes):
    code = np.random.default_rng(10).integers(-1, n_codes, 900)
    parts = list(parted(code, n_codes))
    assert [part.tolist() for part in parts] == [
        np.flatnonzero(code == value).tolist() for value in range(n_codes)
    ]
    assert counted(code, n_codes).tolist() == [len(part) for part in parts]
