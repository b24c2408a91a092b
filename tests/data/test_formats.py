"""Recognizing and loading formats."""

from pathlib import Path

import pytest
from sample_sources import (
    CLASSES,
    ckplus_files,
    fer2013_files,
    full_rows,
    png,
    row,
    write_csv,
    write_folder,
    write_zip,
)

from fer_utils import paths
from fer_utils.data.faces import DataError
from fer_utils.data.sources import load_faces


def write_source(folder: Path, kind: str) -> Path:
    """Write a small source of a kind."""
    files = fer2013_files()
    csv = ("emotion,pixels,Usage\n" + "\n".join(full_rows()) + "\n").encode()
    wrapped = {f"archive/{name}": data for name, data in files.items()}
    mine = {f"mine/{name}/{number}.png": png() for name in CLASSES for number in range(4)}
    match kind:
        case "FER-2013 CSV":
            return write_csv(folder / "fer2013.csv", full_rows())
        case "CSV of another name":
            return write_csv(folder / "faces.data", full_rows())
        case "CK+ CSV":
            return write_csv(folder / "ckextended.csv", full_rows())
        case "CK+ CSV of another name":
            return write_csv(folder / "faces.csv", [*full_rows(), row(7)])
        case "train and test":
            return write_folder(folder / "a", files)
        case "train and test, zipped and wrapped":
            return write_zip(folder / "archive.zip", wrapped)
        case "zip without a suffix":
            return write_zip(folder / "archive", wrapped)
        case "CK+48":
            return write_folder(folder / "b", ckplus_files(5))
        case "CK+48 itself":
            return write_folder(folder / "b", ckplus_files(5)) / "CK+48"
        case "CK+48, zipped":
            return write_zip(folder / "CK+48.zip", ckplus_files(5))
        case "class folders":
            return write_folder(folder / "c", mine)
        case "zipped CSV":
            return write_zip(folder / "archive.zip", {"fer2013/fer2013.csv": csv, "README": b"x"})
        case "zipped CSV among others":
            others = {"test.csv": b"pixels\n", "train.csv": b"emotion,pixels\n"}
            return write_zip(folder / "a.zip", {"icml_face_data.csv": csv, **others})
        case "zipped CK+ CSV":
            return write_zip(folder / "archive.zip", {"ckextended.csv": csv})
    raise AssertionError(kind)


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder in place of data/raw."""
    folder = tmp_path / "raw"
    folder.mkdir()
    monkeypatch.setattr(paths, "RAW_DATA", folder)
    monkeypatch.delenv("FER_DATA", raising=False)
    return folder


KINDS = {
    "FER-2013 CSV": ("FER-2013 CSV", "fer2013", 21),
    "CSV of another name": ("FER-2013 CSV", "fer2013", 21),
    "CK+ CSV": ("CK+ CSV", "ckplus", 21),
    "CK+ CSV of another name": ("CK+ CSV", "ckplus", 21),
    "train and test": ("train and test folders", "fer2013", 21),
    "train and test, zipped and wrapped": ("train and test folders", "fer2013", 21),
    "zip without a suffix": ("train and test folders", "fer2013", 21),
    "CK+48": ("CK+48 folders", "ckplus", 60),
    "CK+48 itself": ("CK+48 folders", "ckplus", 60),
    "CK+48, zipped": ("CK+48 folders", "ckplus", 60),
    "class folders": ("class folders", "c", 28),
    "zipped CSV": ("FER-2013 CSV", "fer2013", 21),
    "zipped CSV among others": ("FER-2013 CSV", "fer2013", 21),
    "zipped CK+ CSV": ("CK+ CSV", "ckplus", 21),
}


@pytest.mark.parametrize("source", KINDS)
def test_each_format_is_recognized(tmp_path: Path, source: str) -> None:
    path = write_source(tmp_path, source)
    kind, origin, count = KINDS[source]
    faces = load_faces(path)
    assert (faces.provenance.kind, len(faces)) == (kind, count)
    assert set(faces.origins) == {origin}
    assert faces.provenance.source == path.name


@pytest.mark.parametrize("source", KINDS)
def test_each_format_is_found_under_any_name(tmp_path: Path, raw: Path, source: str) -> None:
    path = write_source(tmp_path, source)
    found = path.rename(raw / f"my_{path.name}")
    assert (
        load_faces("auto")
        .provenance.notes[0]
        .startswith(f"chosen automatically: {found.name} is in")
    )


def test_one_bad_row_does_not_make_fer2013_ckplus(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "fer2013.csv", [*full_rows() * 5, row(7)])
    with pytest.raises(DataError, match=r"fer2013.csv row 106: unknown emotion '7'"):
        load_faces(path)


@pytest.mark.parametrize("on_error", ["raise", "skip"])
@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"readme.md": b"x"}, "a contains no images: expected a CSV"),
        ({}, "a contains no images: expected a CSV"),
        ({"a.csv": b"", "b.csv": b""}, r"a contains 2 CSV files \(a.csv, b.csv\): expected a CSV"),
        ({"a.csv": b"name,value\n"}, "a.csv lacks the column emotion, pixels, Usage"),
    ],
)
@pytest.mark.parametrize("write", [write_folder, write_zip])
def test_folders_and_zips_without_faces(tmp_path, write, files, expected, on_error) -> None:
    (tmp_path / "source").mkdir()
    path = tmp_path / "source" / "a"
    write(path, {"nothing/": b"", **files})
    with pytest.raises(DataError, match=expected):
        load_faces(path, on_error=on_error)


def test_a_file_of_another_kind(raw: Path) -> None:
    path = raw / "notes.pdf"
    path.write_bytes(b"%PDF-1.7\n\xff\xfe")
    with pytest.raises(DataError, match=r"notes.pdf lacks the column emotion, pixels, Usage"):
        load_faces(path)
    (raw / "empty").mkdir()
    with pytest.raises(DataError, match=r"contains empty, notes.pdf, which is not recognized"):
        load_faces("auto")
