"""Keys sorted by their bytes."""

import numpy as np
import pytest

from tacit.core import by_bytes
from tacit.core.by_bytes import bytes_are_faster, sorted_by_bytes


def check(keys):
    keys = np.asarray(keys, np.uint32)
    key, place = sorted_by_bytes(keys.copy())
    assert place.dtype == np.int32
    assert key.dtype == np.uint32
    assert place.tolist() == np.argsort(keys, kind="stable").tolist()
    assert key.tolist() == np.sort(keys).tolist()


@pytest.mark.parametrize("most", [1, 2, 255, 256, 257, 1 << 16, 1 << 24, 1 << 32])
@pytest.mark.parametrize("least", [0, 1, 250])
def test_keys_of_any_size_are_sorted_and_equal_ones_stay_as_they_came(most, least):
    keys = np.random.default_rng(0).integers(min(least, most - 1), most, 3_000)
    check(keys)
    check(keys // 3 * 3)


def test_no_key_and_one_key_and_equal_keys():
    check([])
    check([7])
    check([2**32 - 1] * 9)
    check([2**32 - 1, 0])


@pytest.mark.parametrize("number", [1, 2, 3])
def test_keys_that_differ_in_one_byte_alone(number):
    check(np.random.default_rng(number).permutation(256).astype(np.uint32) << np.uint32(8 * number))


def test_the_way_that_took_less_time_is_taken(monkeypatch):
    """A race whose clock is set by hand: the least of three tries counts."""
    for times, faster in (([9, 1, 9, 2, 2, 2], True), ([3, 3, 3, 9, 9, 2], False)):
        readings = iter(np.cumsum([[0, seconds] for seconds in times]).tolist())
        monkeypatch.setattr(by_bytes.time, "perf_counter", lambda read=readings: next(read))
        found = bytes_are_faster.__wrapped__()
        monkeypatch.undo()
        assert found is faster
