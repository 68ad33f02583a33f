"""Arrays in NumPy's formats: what is read, what is refused, and at which edge."""

import io
import zipfile

import numpy as np
import pytest

from tacit.core import InvalidInput, npz
from tacit.core.npz import Header, npz_names, read_npy, read_npz, require_memory


def written(**arrays):
    raw = io.BytesIO()
    np.savez(raw, **arrays)
    return raw.getvalue()


def npy(value, **options):
    raw = io.BytesIO()
    np.lib.format.write_array(raw, value, **options)
    return raw.getvalue()


def archive(**members):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as file:
        for name, content in members.items():
            file.writestr(name.replace("__", "."), content)
    return raw.getvalue()


def test_every_array_comes_back_under_its_name():
    found = read_npz(written(a=np.arange(3), b=np.array(["x", "yy"]), c=np.array(2.5)))
    assert list(found) == ["a", "b", "c"]
    assert found["a"].tolist() == [0, 1, 2]
    assert found["b"].tolist() == ["x", "yy"]
    assert found["c"].shape == ()
    assert read_npz(written(a=np.zeros((0, 3))))["a"].shape == (0, 3)


def test_only_what_is_wanted_is_read_and_judged():
    raw = io.BytesIO()
    np.savez(raw, good=np.arange(2), bad=np.array([{}], object), allow_pickle=True)
    found = read_npz(raw.getvalue(), wanted=lambda name: name == "good")
    assert list(found) == ["good"]
    with pytest.raises(InvalidInput, match="`bad` of `bytes` is a pickled object"):
        read_npz(raw.getvalue())


@pytest.mark.parametrize(
    ("ndim", "shape", "fits"), [(1, (), False), (1, (2,), True), (0, (), True)]
)
def test_rows_may_be_asked_for(ndim, shape, fits):
    raw = written(a=np.zeros(shape))
    if fits:
        assert read_npz(raw, ndim=ndim)["a"].shape == shape
    else:
        with pytest.raises(InvalidInput, match="one row a record, got a single value"):
            read_npz(raw, ndim=ndim)


def test_names_are_told_without_reading(tmp_path):
    path = tmp_path / "x.npz"
    path.write_bytes(written(b=np.zeros(2), a=np.array([{}], object)))
    assert npz_names(path) == ("b", "a")
    path.write_bytes(b"no archive")
    with pytest.raises(InvalidInput, match=r"cannot be read as an npz.*np\.savez"):
        npz_names(path)


@pytest.mark.parametrize("dtype", ["?", "i1", "u8", "f2", "f4", "U3", "S3", "M8[D]", "m8[s]"])
def test_numbers_text_and_times_are_plain(dtype):
    value = np.zeros(2, dtype)
    assert read_npz(written(a=value))["a"].dtype == value.dtype


@pytest.mark.parametrize("dtype", ["c16", "V4", [("a", "f8")]])
def test_other_types_are_refused(dtype):
    with pytest.raises(InvalidInput, match="needs numbers or text"):
        read_npz(written(a=np.zeros(2, dtype)))


def test_a_header_knows_the_bytes_that_follow():
    assert Header((3, 4), np.dtype("f4"), 128).n_bytes == 48
    assert Header((), np.dtype("f8"), 0).n_bytes == 8
    assert Header((0, 5), np.dtype("f8"), 0).n_bytes == 0


@pytest.mark.parametrize("change", [lambda raw: raw[:-1], lambda raw: raw + b"\0"])
def test_an_array_that_does_not_fit_its_bytes_is_refused(tmp_path, change):
    raw = change(npy(np.arange(4)))
    with pytest.raises(InvalidInput, match=r"does not fit its \d+ bytes"):
        read_npz(archive(a__npy=raw))
    path = tmp_path / "a.npy"
    path.write_bytes(raw)
    with pytest.raises(InvalidInput, match=r"array `a`.*does not fit"):
        read_npy(path)


@pytest.mark.parametrize("version", [(1, 0), (2, 0)])
def test_both_plain_versions_are_read(tmp_path, version):
    raw = npy(np.arange(4), version=version)
    path = tmp_path / "a.npy"
    path.write_bytes(raw)
    assert read_npy(path).tolist() == [0, 1, 2, 3]
    assert read_npz(archive(a__npy=raw))["a"].tolist() == [0, 1, 2, 3]


def test_version_three_is_refused():
    raw = npy(np.arange(4), version=(3, 0))
    with pytest.raises(InvalidInput, match="version 3"):
        read_npz(archive(a__npy=raw))


def test_a_name_that_stands_twice_is_refused():
    raw = npy(np.arange(2))
    with pytest.raises(InvalidInput, match="`a` more than once"):
        read_npz(archive(a__npy=raw, a=b"another reader would take this"))
    both = io.BytesIO()
    with zipfile.ZipFile(both, "w") as file:
        file.writestr("a.npy", raw)
        with pytest.warns(UserWarning, match="Duplicate name"):
            file.writestr("a.npy", raw)
    with pytest.raises(InvalidInput, match="`a` more than once"):
        read_npz(both.getvalue())


def test_what_is_no_array_is_not_looked_at():
    found = read_npz(archive(a__npy=npy(np.arange(2)), notes__txt=b"hello"))
    assert list(found) == ["a"]


def test_a_compression_that_numpy_does_not_use_is_refused():
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_BZIP2) as file:
        file.writestr("a.npy", npy(np.arange(2)))
    with pytest.raises(InvalidInput, match=r"method 12"):
        read_npz(raw.getvalue())
    squeezed = io.BytesIO()
    np.savez_compressed(squeezed, a=np.arange(2))
    assert read_npz(squeezed.getvalue())["a"].tolist() == [0, 1]


def test_half_of_memory_is_the_most(monkeypatch):
    monkeypatch.setattr(npz, "_memory", lambda: 4_000_000_000)
    require_memory(2_000_000_000, "x")
    with pytest.raises(InvalidInput, match=r"take 2\.0 GB of memory, .* spare 2\.0 GB"):
        require_memory(2_000_000_001, "x")
    monkeypatch.setattr(npz, "_memory", lambda: 40)
    with pytest.raises(InvalidInput, match="GB of memory"):
        read_npz(written(a=np.zeros(2), b=np.zeros(1)))
    found = read_npz(written(a=np.zeros(2), b=np.zeros(1)), wanted=lambda name: name == "a")
    assert list(found) == ["a"]


def test_memory_is_told_by_the_system_or_taken_to_be_16_gib(monkeypatch):
    told = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 10}
    monkeypatch.setattr(npz.os, "sysconf", told.__getitem__)
    assert npz._memory() == 40960

    def unknown(name):
        raise ValueError

    monkeypatch.setattr(npz.os, "sysconf", unknown)
    assert npz._memory() == 16 * 2**30


def test_pickles_in_an_npy_are_refused_unread(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.array([{}], object), allow_pickle=True)
    with pytest.raises(InvalidInput, match="pickled object"):
        read_npy(path)
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_npy(tmp_path / "nowhere.npy")
