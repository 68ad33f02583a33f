"""Places in ascending order, whatever the numbers and however many."""

import numpy as np
import pytest

from tacit.core import sorting
from tacit.core.beaten import beaten, lower
from tacit.core.sorting import (
    FEW,
    ascending,
    backwards,
    counted,
    first_places,
    order_in_runs,
    order_of,
    parted,
    placed,
    searched,
    smallest,
    sorted_once,
    steps,
    taken,
    tied_places,
)


@pytest.fixture(autouse=True, params=["by bytes", "packed"])
def way(request, monkeypatch):
    """Every test holds for both ways of sorting, whichever is faster here."""
    monkeypatch.setattr(sorting, "MANY", FEW)
    monkeypatch.setattr(sorting, "bytes_are_faster", lambda: request.param == "by bytes")
    return request.param


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
    # equal in 32 bits, of which some are equal in 64 too
    near = rng.normal(size=3 * FEW)
    near[:300] = near[300:600] * (1 + 1e-12 * (np.arange(300) % 3))
    for values in (near, rng.integers(0, 50, 3 * FEW) / 8, np.zeros(5)):
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


@pytest.mark.parametrize("piece", [2, 7, 1 << 16])
@pytest.mark.parametrize("n_values", [1, 2, 30, 10**6])
def test_members_are_counted_alone_as_with_all_that_is_beaten(monkeypatch, n_values, piece):
    monkeypatch.setattr(sorting, "PIECE", piece)
    rng = np.random.default_rng(0)
    step = steps(np.sort(rng.integers(0, n_values, 400)))
    for member in (rng.random(400) < 0.3, np.ones(400, bool), np.zeros(400, bool)):
        assert lower(step, member).tolist() == beaten(step, member)[2].tolist()


@pytest.mark.parametrize("n_runs", [1, 2, 100])
def test_the_order_in_runs_is_that_of_two_sorts(n_runs):
    rng = np.random.default_rng(0)
    run = np.sort(rng.integers(0, n_runs, 1_000))
    run -= run[0]
    chance = rng.random(1_000)
    near = 0.5 + rng.integers(0, 2, 1_000) * 2.0**-53
    for value in (chance, near, np.zeros(1_000), 0.5 * (chance < 0.5), np.full(1_000, 1 - 2**-53)):
        assert order_in_runs(run, value).tolist() == np.lexsort((value, run)).tolist()


def test_one_record_alone_is_in_order():
    assert order_in_runs(np.zeros(1, np.intp), np.array([0.9])).tolist() == [0]


@pytest.mark.parametrize("piece", [2, 7, 1 << 16])
def test_falling_codes_are_parted_like_any_others(monkeypatch, piece):
    monkeypatch.setattr(sorting, "PIECE", piece)
    code = np.sort(np.random.default_rng(0).integers(0, 9, 300))
    for codes in (code[::-1], code, np.zeros(300, int), np.append(code[::-1], -1), code[:0]):
        found = list(parted(codes, 10))
        assert [part.tolist() for part in found] == [
            np.flatnonzero(codes == value).tolist() for value in range(10)
        ]


@pytest.mark.parametrize("piece", [2, 7, 1 << 16])
def test_the_order_of_negated_numbers_is_found_in_pieces(monkeypatch, piece):
    monkeypatch.setattr(sorting, "PIECE", piece)
    values = np.random.default_rng(0).integers(0, 20, 200).astype(float)
    order, step = sorted_once(values)
    falling = backwards(order, step)
    assert falling.tolist() == np.argsort(-values, kind="stable").tolist()
    assert backwards(values[order], step).tolist() == values[falling].tolist()


def test_float64_numbers_that_a_float32_holds_are_sorted_in_one_go():
    values = np.random.default_rng(0).integers(0, 2, 3 * FEW).astype(np.float64)
    order, step = sorted_once(values)
    assert order.tolist() == np.argsort(values, kind="stable").tolist()
    assert np.count_nonzero(step) == 1


def test_without_an_order_records_stand_as_they_are():
    values = np.arange(5.0)
    assert taken(values, None) is values
    assert placed(values, None) is values
    places, run = tied_places(np.array([True, False, False, True]))
    assert (places.tolist(), run.tolist()) == ([1, 2, 3], [0, 0, 0])


def test_neither_few_nor_very_many_numbers_are_sorted_by_their_bytes(monkeypatch):
    called = []
    monkeypatch.setattr(sorting, "bytes_are_faster", lambda: called.append(1) or True)
    monkeypatch.setattr(sorting, "MANY", 3_000)
    monkeypatch.setattr(sorting, "MOST_BY_BYTES", 4_000)
    rng = np.random.default_rng(0)
    for n, asked in ((2_999, False), (3_000, True), (4_000, True), (4_001, False)):
        values = rng.normal(size=n)
        assert order_of(values).tolist() == np.argsort(values, kind="stable").tolist()
        assert np.array_equal(ascending(values), np.sort(values))
        assert bool(called) is asked
        called.clear()


def test_values_alone_are_sorted_in_their_own_type(way):
    for dtype in (np.float32, np.float64):
        values = np.random.default_rng(0).normal(size=3 * FEW).astype(dtype)
        found = ascending(values)
        assert found.dtype == dtype
        assert np.array_equal(found, np.sort(values))


def test_many_values_that_tie_keep_the_order_in_which_they_came(monkeypatch):
    """Ten numbers that no float32 holds: no sort of all is needed to know that they tie."""
    values = np.random.default_rng(0).integers(0, 10, 3 * FEW) / 10 + 1e-12
    expected = np.argsort(values, kind="stable")
    monkeypatch.setattr(sorting, "_sort_within", None)
    order, step = sorted_once(values)
    assert order.tolist() == expected.tolist()
    assert np.count_nonzero(step) == 9
    # beside them many that differ in their last digits only
    near = values + np.random.default_rng(1).integers(0, 2, 3 * FEW) * 2.0**-52
    order, step = sorted_once(near)
    assert order.tolist() == np.argsort(near, kind="stable").tolist()
    assert np.count_nonzero(step) == len(np.unique(near)) - 1


@pytest.mark.parametrize("most", [0, 1 << 22])
@pytest.mark.parametrize("n_codes", [1, 4, 5, 16, 17, 300])
def test_records_are_parted_by_their_codes(monkeypatch, most, n_codes):
    monkeypatch.setattr(sorting, "MOST_INDEXED", most)
    code = np.random.default_rng(0).integers(-1, n_codes, 500)
    found = [part.tolist() for part in parted(code, n_codes)]
    assert found == [np.flatnonzero(code == value).tolist() for value in range(n_codes)]
