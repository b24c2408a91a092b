"""Folders and zips behind one interface."""

import zipfile
from pathlib import Path

import pytest
from sample_sources import write_folder, write_zip

from fer_utils.data import file_tree
from fer_utils.data.faces import DataError
from fer_utils.data.file_tree import is_zip_like, open_tree
from fer_utils.data.provenance import BadItemError

FILES = {
    "b/2.png": b"two",
    "a/1.JPG": b"one",
    "a/note.txt": b"text",
    "empty/": b"",
    "__MACOSX/a/._1.JPG": b"clutter",
    ".hidden/3.png": b"hidden",
    "a/.DS_Store": b"clutter",
    "a/Thumbs.db": b"clutter",
}


@pytest.mark.parametrize("write", [write_folder, write_zip])
def test_a_folder_and_a_zip_look_the_same(tmp_path: Path, write) -> None:
    with open_tree(write(tmp_path / "faces", FILES)) as tree:
        assert tree.files == ("a/1.JPG", "a/note.txt", "b/2.png")
        assert tree.images == ("a/1.JPG", "b/2.png")
        assert "empty" in tree.folders
        assert tree.read("b/2.png") == b"two"
        assert tree.item("b/2.png") == "b/2.png in faces"
        with tree.stream("a/note.txt") as stream:
            assert stream.readline() == b"text"


def test_a_zip_is_never_unpacked_and_names_that_climb_are_passed_over(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "faces.zip", {"../../evil.png": b"x", "happy/1.png": b"y"})
    with open_tree(path) as tree:
        assert tree.files == ("happy/1.png",)
        tree.read("happy/1.png")
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_not_a_zip(tmp_path: Path) -> None:
    path = tmp_path / "faces.zip"
    path.write_bytes(b"no zip at all")
    assert is_zip_like(path)
    with pytest.raises(DataError, match=r"faces.zip is not a zip"), open_tree(path):
        pass


def test_a_truncated_zip(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "faces", {"happy/1.png": b"y" * 1000})
    path.write_bytes(path.read_bytes()[:500])
    assert is_zip_like(path)
    with (
        pytest.raises(DataError, match="faces is a zip, but truncated or damaged"),
        open_tree(path),
    ):
        pass


def test_a_damaged_member_is_one_bad_file(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "faces.zip", {"a/1.png": b"0123456789", "a/2.png": b"good"})
    path.write_bytes(path.read_bytes().replace(b"0123456789", b"012345678X"))
    with open_tree(path) as tree:
        with pytest.raises(BadItemError, match="cannot be read"):
            tree.read("a/1.png")
        assert tree.read("a/2.png") == b"good"


def test_a_damaged_table_is_an_error_of_the_whole(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "faces.zip", {"a.csv": b"0123456789"})
    path.write_bytes(path.read_bytes().replace(b"0123456789", b"012345678X"))
    with (
        open_tree(path) as tree,
        pytest.raises(DataError, match=r"a.csv in faces.zip is damaged"),
        tree.stream("a.csv") as stream,
    ):
        stream.read()


def test_a_file_larger_than_any_photograph_is_cut_off(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(file_tree, "MOST_BYTES", 1 << 20)
    path = tmp_path / "faces.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/1.png", b"\0" * (1 << 20))
        archive.writestr("a/2.png", b"\0" * (1 << 21))
    with open_tree(path) as tree:
        assert len(tree.read("a/1.png")) == 1 << 20
        assert len(tree.read("a/2.png")) == (1 << 20) + 1
