"""What stands in a store, byte by byte, and when what is unfinished goes."""

import hashlib
import io
import json
import os

import numpy as np
import pytest

from tacit.core import InvalidInput
from tacit.training import stores
from tacit.training.stores import (
    DirectoryStore,
    get_array,
    get_note,
    kept_whole,
    npy_bytes,
    put_array,
    put_kept,
    put_rows,
    store_of,
)


def digest(*parts):
    return hashlib.blake2b(b"".join(parts), digest_size=20).hexdigest()


def test_the_mark_is_the_digest_of_the_array_and_of_the_note():
    store = {}
    put_array(store, "m", np.arange(3.0), {"b": 1, "a": 2})
    content = npy_bytes(np.arange(3.0))
    assert store["m.npy"] == content
    mark = {"digest": digest(content, b'{"a": 2, "b": 1}'), "note": {"a": 2, "b": 1}}
    assert store["m.json"] == json.dumps(mark, sort_keys=True).encode()
    np.testing.assert_array_equal(np.load(io.BytesIO(content)), np.arange(3.0))


def test_no_note_is_an_empty_one():
    store = {}
    put_array(store, "m", np.arange(3.0))
    assert json.loads(store["m.json"])["note"] == {}
    assert json.loads(store["m.json"])["digest"] == digest(store["m.npy"], b"{}")
    assert get_note(store, "m") == {}


@pytest.mark.parametrize("mark", [b"[]", b"{}", b'{"note": 3}', b'{"note": {}}', b"[" * 100_000])
def test_a_mark_of_another_shape_counts_as_absent(mark):
    store = {}
    put_array(store, "m", np.arange(3.0))
    store["m.json"] = mark
    assert get_note(store, "m") is None


def test_an_array_that_is_gone_counts_as_absent(tmp_path):
    for store in ({}, DirectoryStore(tmp_path)):
        put_array(store, "m", np.arange(3.0))
        del store["m.npy"]
        assert get_note(store, "m") is None


def test_files_of_several_pieces_are_read_to_their_end(tmp_path):
    store = DirectoryStore(tmp_path)
    value = np.arange(3 * 2**17, dtype=np.float64)  # three pieces of a mebibyte, and the head
    put_array(store, "m", value)
    assert get_note(store, "m") == {}
    raw = bytearray(store["m.npy"])
    raw[-1] ^= 1
    store["m.npy"] = bytes(raw)
    assert get_note(store, "m") is None


def test_what_was_kept_of_a_model_is_whole_or_not(tmp_path):
    for store in ({}, DirectoryStore(tmp_path)):
        note = {"kept": put_kept(store, "m", b"weights")}
        assert note["kept"] == digest(b"weights")
        assert store["m.model"] == b"weights"
        assert kept_whole(store, "m", note) is True
        store["m.model"] = b"weightz"
        assert kept_whole(store, "m", note) is False
        del store["m.model"]
        assert kept_whole(store, "m", note) is False
        assert kept_whole(store, "m", {}) is True, "nothing was kept"


@pytest.mark.parametrize(("age", "stays"), [(3599, True), (3600, True), (3601, False)])
def test_an_unfinished_file_goes_after_an_hour(tmp_path, age, stays):
    written, part = tmp_path / "a", tmp_path / ".b.tacit-01234567.part"
    for path, seconds in ((written, 10_000), (part, 10_000 - age)):
        path.write_bytes(b"x")
        os.utime(path, (seconds, seconds))
    stores._drop_unfinished(written)
    assert part.exists() == stays


def test_a_folder_is_swept_once_by_a_store(tmp_path):
    store = DirectoryStore(tmp_path)
    store["a"] = b"1"
    part = tmp_path / ".b.tacit-01234567.part"
    part.write_bytes(b"x")
    os.utime(part, (1, 1))
    store["c"] = b"2"
    assert part.exists(), "by the first entry that is written there alone"
    (tmp_path / "sub").mkdir()
    other = tmp_path / "sub" / ".b.tacit-01234567.part"
    other.write_bytes(b"x")
    os.utime(other, (1, 1))
    store["sub/d"] = b"3"
    assert not other.exists(), "another folder is another one"


def test_entries_are_listed_by_name_without_what_is_hidden(tmp_path):
    store = DirectoryStore(tmp_path / "deep" / "er")
    for key in ("b", "a/c", "a/b"):
        store[key] = b"1"
    (store.folder / ".hidden").write_bytes(b"x")
    assert list(store) == ["a/b", "a/c", "b"]
    assert len(store) == 3
    assert repr(store) == f"DirectoryStore({str(tmp_path / 'deep' / 'er')!r})"


def test_folders_and_other_things_are_no_entries(tmp_path):
    store = DirectoryStore(tmp_path)
    store["a/b"] = b"1"
    assert "a/b" in store
    assert "a" not in store
    assert 3 not in store
    for key in ("a", "c", "a/b/c"):
        with pytest.raises(KeyError, match=key):
            store[key]
    for key in ("a", "c", "a/b/c"):
        with pytest.raises((KeyError, PermissionError)):
            del store[key]
    del store["a/b"]
    assert len(store) == 0


def test_rows_are_written_with_the_type_and_shape_that_are_asked_for(tmp_path):
    store = DirectoryStore(tmp_path)
    rows = (np.asfortranarray(np.arange(3.0) + np.full((2, 3), k)) for k in range(4))
    put_rows(store, "m", rows, (4, 2, 3), np.dtype(np.float32))
    found = get_array(store, "m")
    assert found.dtype == np.float32
    assert found.shape == (4, 2, 3)
    assert found[3].tolist() == [[3, 4, 5]] * 2
    assert json.loads(store["m.json"])["digest"] == digest(store["m.npy"], b"{}")


def test_arrays_of_objects_are_refused_where_they_are_read(tmp_path):
    raw = io.BytesIO()
    np.save(raw, np.array([{}], object), allow_pickle=True)
    for store in ({}, DirectoryStore(tmp_path)):
        store["m.npy"] = raw.getvalue()
        with pytest.raises(ValueError, match=r"allow_pickle|memory-mapped"):
            get_array(store, "m")


def test_a_store_is_made_of_what_is_given(tmp_path):
    given = {"a": b"1"}
    assert store_of(given) is given
    for where in (tmp_path / "x", str(tmp_path / "x")):
        found = store_of(where)
        assert isinstance(found, DirectoryStore)
        assert found.folder == tmp_path / "x"


def test_a_url_is_opened_by_fsspec(monkeypatch):
    class Fsspec:
        def get_mapper(self, where):
            return {"opened": where}

    monkeypatch.setattr(stores, "require", lambda name, **_: Fsspec())
    assert store_of("s3://bucket/run") == {"opened": "s3://bucket/run"}


@pytest.mark.parametrize("key", ["a/", "/", "./a", "a/.b", "a\x00b/../c"])
def test_keys_are_names_joined_by_slashes(tmp_path, key):
    with pytest.raises(InvalidInput, match="joined by"):
        DirectoryStore(tmp_path).path(key)
