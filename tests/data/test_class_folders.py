"""Class folders with and without train and test folders around them."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sample_sources import CLASSES, assert_data_error, fer2013_files, png, write_folder, write_zip

from fer_utils import paths
from fer_utils.data import class_folders
from fer_utils.data.class_folders import load_class_folders
from fer_utils.data.faces import DataError, Faces
from fer_utils.data.file_tree import FileTree, open_tree
from fer_utils.data.provenance import Problems

REAL = paths.PROJECT_ROOT.parent / "shared" / "data" / "fer2013.zip"
needs_real_data = pytest.mark.skipif(not REAL.exists(), reason="the real FER-2013 is not available")


def load(path: Path, *, on_error="raise", seed=0) -> Faces:
    with open_tree(path) as tree:
        return load_class_folders(tree, problems=Problems(on_error), seed=seed)


def files_without_split(count: int = 4) -> dict[str, bytes]:
    """Return train and test folders whose file names do not give the split."""
    return {
        f"{folder}/{name}/{number}.png": png(number)
        for folder in ("train", "test")
        for name in CLASSES
        for number in range(count)
    }


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["train/happy/1.png", "test/sad/2.png"], "train and test folders"),
        (["happy/1.png", "sad/2.png"], "class folders"),
        (["happy/1.png"], "class folders"),
        (["train/happy/1.png"], "train and test folders"),
        (["a/train/happy/1.png", "a/test/sad/2.png"], "train and test folders"),
        (["a/happy/1.png", "a/happy/2.png"], "class folders"),
        (["a/b/Train/happy/1.png"], "train and test folders"),
        (["happy/s1/1.png", "happy/s1/2.png"], "class folders"),
    ],
)
def test_folders_without_meaning_are_ignored(tmp_path: Path, names: list[str], kind: str) -> None:
    faces = load(write_folder(tmp_path, dict.fromkeys(names, png())))
    assert faces.provenance.kind == kind
    assert sorted(faces.names.tolist()) == sorted(names)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["joyful/1.png"], "the folder 'joyful' in a is not a class"),
        (["1.png"], "1.png in a: expected an image in a class folder"),
        (["a/happy/1.png", "b/happy/1.png"], "the folder 'a' in a is not a class"),
        (["a/happy/1.png", "1.png"], "1.png in a: expected an image in a class folder"),
    ],
)
def test_folders_around_some_images_are_not_ignored(tmp_path, names, expected) -> None:
    with pytest.raises(DataError, match=expected):
        load(write_folder(tmp_path / "a", dict.fromkeys(names, png())))


@pytest.mark.parametrize("write", [write_folder, write_zip])
def test_names_restore_the_official_split(tmp_path: Path, write) -> None:
    faces = load(write(tmp_path / "archive.zip", fer2013_files()))
    assert len(faces) == 21
    assert (faces.counts().to_numpy() == 1).all()
    for name, split, label, image in zip(
        faces.names, faces.splits, faces.labels, faces.images, strict=True
    ):
        folder = "train" if split == "Training" else "test"
        assert name == f"{folder}/{CLASSES[label]}/{split}_{label}.png"
        place = ("Training", "PublicTest", "PrivateTest").index(split)
        assert (image == 10 * label + place).all()
    assert set(faces.origins) == {"fer2013"}
    provenance = faces.provenance
    assert (provenance.source, provenance.kind) == ("archive.zip", "train and test folders")
    assert provenance.notes == ("the official split was restored from the file names",)


def test_a_wrapped_archive_keeps_the_whole_path_as_name(tmp_path: Path) -> None:
    files = {f"archive/{name}": data for name, data in fer2013_files().items()}
    faces = load(write_zip(tmp_path / "a.zip", files))
    assert "archive/train/angry/Training_0.png" in faces.names
    assert (faces.counts().to_numpy() == 1).all()


def test_equal_file_names_in_two_classes_stay_apart(tmp_path: Path) -> None:
    files = fer2013_files() | {"train/sad/Training_0.png": png(201)}
    faces = load(write_folder(tmp_path, files))
    same = [name.endswith("/Training_0.png") for name in faces.names]
    assert dict(zip(faces.names[same], faces.images[same, 0, 0], strict=True)) == {
        "train/angry/Training_0.png": 0,
        "train/sad/Training_0.png": 201,
    }


def test_test_is_halved_by_class_where_names_do_not_say(tmp_path: Path) -> None:
    path = write_folder(tmp_path / "mine", files_without_split())
    faces = load(path, seed=3)
    np.testing.assert_array_equal(faces.counts().to_numpy(), [[4, 2, 2]] * 7)
    trained = np.char.startswith(faces.names, "train/")
    np.testing.assert_array_equal(trained, faces.splits == "Training")
    assert set(faces.origins) == {"mine"}
    assert faces.provenance.notes == (
        "28 test images without PublicTest or PrivateTest in their names: split in half by "
        "class, seed 3",
    )
    np.testing.assert_array_equal(faces.splits, load(path, seed=3).splits)
    assert (faces.splits != load(path, seed=4).splits).any()


def test_only_what_is_not_said_is_halved(tmp_path: Path) -> None:
    files = fer2013_files() | {"test/sad/a.png": png(), "test/sad/b.png": png()}
    faces = load(write_folder(tmp_path, files))
    assert faces.counts().loc["sad"].tolist() == [1, 2, 2]
    assert len(faces.provenance.notes) == 2
    assert faces.provenance.notes[1].startswith("2 test images without PublicTest")


def test_an_evaluation_image_in_train_is_not_trained_on(tmp_path: Path) -> None:
    files = fer2013_files() | {"train/sad/PrivateTest_99.png": png()}
    faces = load(write_folder(tmp_path, files))
    assert faces.counts().loc["sad"].tolist() == [1, 1, 2]


def test_further_folders_next_to_train_and_test_are_an_error(tmp_path: Path) -> None:
    path = write_folder(tmp_path / "a", fer2013_files() | {"validation/sad/1.png": png()})
    with pytest.raises(DataError) as caught:
        load(path, on_error="skip")
    assert_data_error(caught, "'validation' in a", "is next to train or test", "Move it elsewhere")


def test_images_outside_class_folders_are_bad(tmp_path: Path) -> None:
    files = fer2013_files() | {"cover.png": png(), "train/cover.png": png()}
    faces = load(write_folder(tmp_path / "a", files), on_error="skip")
    assert len(faces) == 21
    items = [skipped.item for skipped in faces.provenance.skipped]
    assert items == ["cover.png in a", "train/cover.png in a"]


@pytest.mark.parametrize("folder", ["train/disgust/", "test/disgust/"])
def test_an_empty_class_in_train_or_test_is_an_error(tmp_path: Path, folder: str) -> None:
    files = {
        name: data for name, data in fer2013_files().items() if not name.startswith(folder)
    } | {folder: b""}
    with pytest.raises(DataError, match=f"the class folder {folder[:-1]} in a is empty"):
        load(write_folder(tmp_path / "a", files))


def test_class_folders_are_split_80_10_10(tmp_path: Path) -> None:
    files = {
        f"{name}/{number}.png": png(number)
        for name, count in {"happy": 20, "Sadness": 10}.items()
        for number in range(count)
    }
    path = write_zip(tmp_path / "mine.zip", files)
    faces = load(path, seed=5)
    counts = faces.counts()
    assert counts.loc["happy"].tolist() == [16, 2, 2]
    assert counts.loc["sad"].tolist() == [8, 1, 1]
    assert set(faces.origins) == {"mine"}
    provenance = faces.provenance
    assert (provenance.source, provenance.kind) == ("mine.zip", "class folders")
    assert provenance.notes == ("no split given: split about 80/10/10 by class, seed 5",)
    assert (faces.splits != load(path, seed=6).splits).any()


def test_a_folder_and_its_zip_give_the_same_faces(tmp_path: Path) -> None:
    files = {f"{name}/{number}.png": png(number) for name in CLASSES for number in range(12)}
    folder = load(write_folder(tmp_path / "mine", files))
    zipped = load(write_zip(tmp_path / "mine.zip", files))
    assert folder.fingerprint() == zipped.fingerprint()
    assert folder.names.tolist() == zipped.names.tolist()


def test_a_name_with_a_dot_is_kept_whole(tmp_path: Path) -> None:
    faces = load(write_folder(tmp_path / "faces.v2", {"happy/1.png": png()}))
    assert faces.origins.tolist() == ["faces.v2"]


@needs_real_data
def test_the_real_fer2013_has_its_published_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    # Only names matter here; decoding each image would take seconds.
    face = np.zeros((48, 48), dtype=np.uint8)
    monkeypatch.setattr(class_folders, "read_image", lambda data, *, as_stored: face)
    monkeypatch.setattr(FileTree, "read", lambda tree, name: b"")
    faces = load(REAL)
    counts = faces.counts()
    assert counts["Training"].tolist() == [3995, 436, 4097, 7215, 4830, 3171, 4965]
    assert counts.sum().tolist() == [28709, 3589, 3589]
    assert len(set(faces.names)) == len(faces)
    file_names = Counter(name.rpartition("/")[2] for name in faces.names)
    assert sorted(file_names.values())[-3:] == [1, 2, 2]


@needs_real_data
def test_real_images_are_gray_48x48(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_tree(REAL) as tree:
        sample = replace(tree, files=tree.files[::40])
        faces = load_class_folders(sample, problems=Problems("raise"), seed=0)
    assert len(faces) == 898
    assert (faces.provenance.grayed, faces.provenance.resized) == (0, 0)
    assert 100 < faces.images.mean() < 160
