import os
import time

import numpy as np
import pytest

from tacit.core import InvalidInput
from tacit.testing import check_store
from tacit.training.stores import DirectoryStore, get_array, get_note, put_array, put_rows, store_of


def test_a_directory_keeps_the_contract(tmp_path):
    check_store(lambda: DirectoryStore(tmp_path / "store"))


def test_a_dict_keeps_the_contract():
    kept = {}
    check_store(lambda: kept)


def test_fsspec_memory_and_local_files_keep_the_contract(tmp_path):
    fsspec = pytest.importorskip("fsspec")
    check_store(lambda: fsspec.get_mapper("memory://tacit-contract"))
    check_store(lambda: fsspec.get_mapper(f"file://{tmp_path}/kept"))


@pytest.mark.parametrize("key", ["", "../x", "/etc/passwd", "a/../b", ".hidden", "a/.part", "a//b"])
def test_keys_cannot_leave_the_directory(tmp_path, key):
    with pytest.raises(InvalidInput, match="key"):
        DirectoryStore(tmp_path)[key] = b"x"


def test_what_a_killed_writer_left_goes_with_the_next_write_and_nothing_else(tmp_path):
    store = DirectoryStore(tmp_path)
    store["run/a"] = b"1"
    young, old = tmp_path / "run/.b.tacit-abcdefgh.part", tmp_path / "run/.c.tacit-01234567.part"
    foreign = [tmp_path / name for name in (".movie.mkv.part", "run/.film.part", "run/x.part")]
    for path in (young, old, *foreign):
        path.write_bytes(b"half")
    for path in (old, *foreign):
        os.utime(path, (1, 1))
    again = DirectoryStore(tmp_path)
    assert list(again) == ["run/a", "run/x.part"]
    assert old.exists(), "reading removes nothing"
    again["run/d"] = b"2"
    assert young.exists()
    assert not old.exists()
    assert all(path.exists() for path in foreign)


def test_the_age_of_an_unfinished_file_is_told_by_the_clock_of_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 4e9)
    store = DirectoryStore(tmp_path)
    flight = tmp_path / ".b.tacit-abcdefgh.part"
    flight.write_bytes(b"of another host")
    store["a"] = b"1"
    assert flight.exists()


@pytest.mark.parametrize("field", ["seconds", "statistic", "accuracy_in"])
def test_a_note_that_was_edited_is_noticed(tmp_path, field):
    import json

    store = DirectoryStore(tmp_path)
    note = {"seconds": 1.5, "statistic": "signal", "accuracy_in": 0.5}
    put_array(store, "m", np.arange(4.0), note)
    mark = json.loads(store["m.json"])
    mark["note"][field] = "other"
    store["m.json"] = json.dumps(mark).encode()
    assert get_note(store, "m") is None


def test_arrays_come_back_and_a_directory_maps_them(tmp_path):
    value = np.random.default_rng(0).normal(size=(7, 2)).astype(np.float32)
    for store in ({}, DirectoryStore(tmp_path)):
        put_array(store, "run/m", value, {"seconds": 1.5})
        assert get_note(store, "run/m") == {"seconds": 1.5}
        np.testing.assert_array_equal(get_array(store, "run/m"), value)
    assert isinstance(get_array(DirectoryStore(tmp_path), "run/m").base, np.memmap)


@pytest.mark.parametrize(
    "damage",
    [
        lambda b: b[:-1],
        lambda b: b[:40],
        lambda b: b"",
        lambda b: b[:-3] + b"xyz",
        lambda b: b + b"0",
    ],
)
@pytest.mark.parametrize("kind", ["npy", "json"])
def test_damaged_entries_count_as_absent(tmp_path, damage, kind):
    for store in ({}, DirectoryStore(tmp_path)):
        put_array(store, "m", np.arange(100.0))
        store[f"m.{kind}"] = damage(store[f"m.{kind}"])
        assert get_note(store, "m") is None


def test_an_array_without_its_mark_counts_as_absent():
    store = {}
    put_array(store, "m", np.arange(3.0))
    del store["m.json"]
    assert get_note(store, "m") is None


def test_objects_are_neither_stored_nor_read():
    with pytest.raises(ValueError, match="pickle"):
        put_array({}, "m", np.array([{}], dtype=object))


def test_rows_written_one_by_one_make_the_same_file(tmp_path):
    value = np.random.default_rng(0).normal(size=(5, 30, 2)).astype(np.float32)
    store = DirectoryStore(tmp_path)
    put_rows(store, "rows", iter(value), value.shape, value.dtype)
    put_array(store, "whole", value)
    assert get_note(store, "rows") == {}
    np.testing.assert_array_equal(np.load(store.path("rows.npy")), value)
    assert store["rows.json"] == store["whole.json"]


def test_256_models_of_50000_records_are_read_without_loading_them(tmp_path):
    store = DirectoryStore(tmp_path)
    row = np.zeros((50_000, 2), np.float32)
    put_rows(store, "stack", (row + model for model in range(256)), (256, 50_000, 2), row.dtype)
    before = _resident()
    stack = get_array(store, "stack")
    assert stack[:, 123, 1].tolist() == list(range(256))
    assert stack.nbytes == 102_400_000
    assert _resident() - before < 20e6


def _resident() -> int:
    if not os.path.exists("/proc/self/statm"):
        pytest.skip("resident memory is read from /proc")
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_failed_write_leaves_the_old_entry(tmp_path):
    store = DirectoryStore(tmp_path)
    store["a"] = b"old"

    def pieces():
        yield b"new"
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="space"):
        store.write("a", pieces())
    assert store["a"] == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_what_is_no_store_is_refused():
    with pytest.raises(InvalidInput, match="store"):
        store_of(7)
    assert store_of(None) == {}
