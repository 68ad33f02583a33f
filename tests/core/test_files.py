"""Files that are whole or not there, by hand."""

import os
import stat

import pytest

from tacit.core import InvalidInput, files
from tacit.core.files import text_of, unfinished, write_whole


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_read_in_the_encodings_that_editors_write(tmp_path, encoding):
    path = tmp_path / "x"
    path.write_bytes("größe = 1\n".encode(encoding))
    assert text_of(path) == "größe = 1\n"


def test_text_in_utf_16_is_known_by_either_mark(tmp_path):
    path = tmp_path / "x"
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        path.write_bytes(mark + "ab".encode(encoding))
        assert text_of(path) == "ab"


def test_another_encoding_is_refused_with_the_byte(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"gr\xf6\xdfe")
    with pytest.raises(InvalidInput, match=r"byte 2\)"):
        text_of(path)


def test_content_comes_whole_or_in_pieces(tmp_path):
    path = tmp_path / "x"
    write_whole(path, b"one")
    assert path.read_bytes() == b"one"
    write_whole(path, iter([b"t", b"wo"]))
    assert path.read_bytes() == b"two"
    assert [item.name for item in tmp_path.iterdir()] == ["x"]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_file_keeps_its_permissions_and_a_new_one_has_those_of_new_files(tmp_path):
    path = tmp_path / "x"
    before = os.umask(0o026)
    try:
        write_whole(path, b"1")
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        assert os.umask(0o026) == 0o026, "the mask is left as it was"
    finally:
        os.umask(before)
    path.chmod(0o604)
    write_whole(path, b"2")
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


def test_what_a_link_points_at_is_replaced(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write_whole(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_write_that_fails_leaves_nothing(tmp_path, monkeypatch):
    path = tmp_path / "x"
    path.write_bytes(b"old")

    def full(*_):
        raise OSError("full")

    monkeypatch.setattr(files.os, "replace", full)
    with pytest.raises(OSError, match="full"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == ["x"]


def test_a_long_name_still_fits_beside(tmp_path):
    path = tmp_path / ("n" * 250)
    write_whole(path, b"1")
    assert path.read_bytes() == b"1"


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        (".x.tacit-abcd0123.part", True),
        (".x.y.tacit-abcd_123.part", True),
        (".x.tacit-abcd012.part", False),
        (".x.tacit-abcd01234.part", False),
        (".x.tacit-ABCD0123.part", False),
        ("x.tacit-abcd0123.part", False),
        (".tacit-abcd0123.part", False),
        (".x.tacit-abcd0123.part.txt", False),
        (".x.other-abcd0123.part", False),
    ],
)
def test_unfinished_files_of_tacit_are_known_by_their_name(tmp_path, name, ours):
    (tmp_path / name).write_bytes(b"half")
    assert [path.name for path in unfinished(tmp_path)] == ([name] if ours else [])


def test_folders_and_links_are_no_unfinished_files(tmp_path):
    (tmp_path / ".x.tacit-abcd0123.part").mkdir()
    (tmp_path / "real").write_bytes(b"")
    (tmp_path / ".y.tacit-abcd0123.part").symlink_to(tmp_path / "real")
    assert unfinished(tmp_path) == []


@pytest.mark.skipif(os.name != "posix", reason="folders are synced on POSIX")
def test_both_the_file_and_its_folder_are_flushed_to_disk(tmp_path, monkeypatch):
    synced = []

    def fsync(descriptor):
        synced.append(stat.S_ISDIR(os.fstat(descriptor).st_mode))

    monkeypatch.setattr(files.os, "fsync", fsync)
    write_whole(tmp_path / "x", b"1")
    assert synced == [False, True]
