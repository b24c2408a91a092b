"""Images whose emotion is the name of their folder."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from sample_sources import assert_data_error, png, write_folder, write_zip

from fer_utils.data.class_folders import load_class_folders
from fer_utils.data.faces import DataError, Faces
from fer_utils.data.file_tree import open_tree
from fer_utils.data.provenance import Problems

GOOD = {"happy/b.png": png(1), "Anger/a.png": png(2), "sadness/c.JPEG": png(3)}


def read(path: Path, *, on_error="raise") -> Faces:
    with open_tree(path) as tree:
        return load_class_folders(tree, problems=Problems(on_error), seed=0)


@pytest.mark.parametrize("write", [write_folder, write_zip])
def test_names_and_aliases_become_labels(tmp_path: Path, write) -> None:
    faces = read(write(tmp_path / "faces", GOOD))
    assert faces.names.tolist() == ["Anger/a.png", "happy/b.png", "sadness/c.JPEG"]
    np.testing.assert_array_equal(faces.labels, np.array([0, 3, 4], dtype=np.uint8))
    np.testing.assert_array_equal(faces.images[:, 0, 0], [2, 1, 3])
    record = faces.provenance
    assert (record.grayed, record.resized, record.left_out) == (0, 0, {})


def test_color_and_size_are_counted(tmp_path: Path) -> None:
    files = {
        "happy/1.png": png(shape=(48, 48, 3)),
        "happy/2.png": png(shape=(96, 96, 3)),
        "happy/3.png": png(shape=(20, 20)),
        "happy/4.png": png(),
        "happy/5.png": png(shape=(48, 40)),
    }
    faces = read(write_folder(tmp_path, files))
    assert (faces.provenance.grayed, faces.provenance.resized) == (2, 3)
    np.testing.assert_array_equal(faces.images, np.full((5, 48, 48), 100, dtype=np.uint8))


def test_color_becomes_gray(tmp_path: Path) -> None:
    red = np.zeros((48, 48, 3), dtype=np.uint8)
    red[..., 2] = 255
    (tmp_path / "happy").mkdir()
    cv2.imwrite(str(tmp_path / "happy" / "red.png"), red)
    faces = read(tmp_path)
    np.testing.assert_array_equal(faces.images[0], np.full((48, 48), 76, dtype=np.uint8))
    assert (faces.provenance.grayed, faces.provenance.resized) == (1, 0)


def test_larger_images_are_averaged_over_areas(tmp_path: Path) -> None:
    checkered = np.tile(np.array([[0, 100], [100, 200]], dtype=np.uint8), (48, 48))
    (tmp_path / "happy").mkdir()
    cv2.imwrite(str(tmp_path / "happy" / "checkered.png"), checkered)
    faces = read(tmp_path)
    np.testing.assert_array_equal(faces.images[0], np.full((48, 48), 100, dtype=np.uint8))
    assert (faces.provenance.grayed, faces.provenance.resized) == (0, 1)


def test_text_files_and_files_next_to_the_classes_are_ignored(tmp_path: Path) -> None:
    others = {
        "happy/notes.txt": b"x",
        "happy/list.csv": b"x",
        "happy/about.md": b"x",
        "happy/about.json": b"{}",
        "happy/Thumbs.db": b"x",
        "LICENSE": b"x",
        "load.py": b"x",
        "docs/about.md": b"x",
    }
    assert len(read(write_folder(tmp_path, GOOD | others))) == 3


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("happy/bad.png", b"no image", "expected an image, but the picture is not a JPEG, PNG"),
        ("happy/bad.png", png()[:60], "expected an image, but the picture is truncated"),
        ("happy/bad.png", b"", "expected an image, but the picture is empty"),
        ("happy/bad.png", bytes(20_000_001), "expected an image, but the picture has 20.0 MB"),
        ("happy/bad.pdf", b"%PDF", "expected an image, but the picture is not a JPEG, PNG"),
        ("bad.png", png(), "expected an image in a class folder"),
    ],
)
@pytest.mark.parametrize("write", [write_folder, write_zip])
def test_a_bad_file_is_named_or_skipped(tmp_path: Path, write, name, data, reason) -> None:
    path = write(tmp_path / "faces", GOOD | {name: data})
    with pytest.raises(DataError) as caught:
        read(path)
    assert_data_error(caught, f"{name} in faces: {reason}", 'on_error="skip"')
    faces = read(path, on_error="skip")
    assert faces.names.tolist() == ["Anger/a.png", "happy/b.png", "sadness/c.JPEG"]
    np.testing.assert_array_equal(faces.images[:, 0, 0], [2, 1, 3])
    assert [skipped.item for skipped in faces.provenance.skipped] == [f"{name} in faces"]


@pytest.mark.parametrize("on_error", ["raise", "skip"])
def test_an_unknown_class_is_always_an_error(tmp_path: Path, on_error: str) -> None:
    path = write_folder(tmp_path / "faces", GOOD | {"joyful/1.png": png()})
    with pytest.raises(DataError) as caught:
        read(path, on_error=on_error)
    assert_data_error(
        caught, "folder 'joyful' in faces", "angry, disgust, fear, happy", "Rename it"
    )


@pytest.mark.parametrize("write", [write_folder, write_zip])
def test_an_empty_class_folder_is_an_error(tmp_path: Path, write) -> None:
    path = write(tmp_path / "faces", GOOD | {"fear/": b""})
    with pytest.raises(DataError, match="the class folder fear in faces is empty: add images"):
        read(path, on_error="skip")


def test_classes_may_be_deeper_and_contain_folders(tmp_path: Path) -> None:
    faces = read(write_folder(tmp_path, {"x/y/happy/s1/a.png": png()}))
    assert faces.names.tolist() == ["x/y/happy/s1/a.png"]
    assert faces.labels.tolist() == [3]
