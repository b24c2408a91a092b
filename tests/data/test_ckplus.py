"""CK+ as a CSV and as the folders of CK+48."""

from pathlib import Path

import numpy as np
import pytest
from sample_sources import ckplus_files, full_rows, png, row, write_csv, write_folder, write_zip

from fer_utils.data.class_folders import load_class_folders
from fer_utils.data.faces import DataError, Faces
from fer_utils.data.fer2013 import read_table
from fer_utils.data.file_tree import open_tree
from fer_utils.data.provenance import Problems


def read(path: Path, *, on_error="raise") -> Faces:
    with path.open("rb") as stream:
        return read_table(stream, path.name, source="data", problems=Problems(on_error))


def load(path: Path, *, on_error="raise", seed=0) -> Faces:
    with open_tree(path) as tree:
        return load_class_folders(tree, problems=Problems(on_error), seed=seed)


def subject(name: str) -> str:
    return name.rpartition("/")[2].partition("_")[0]


def test_the_csv_keeps_its_usage_and_leaves_out_contempt(tmp_path: Path) -> None:
    rows = [row(7, value=99), *full_rows(), row(7, "PrivateTest", value=99)]
    path = write_csv(tmp_path / "ckextended.csv", rows)
    faces = read(path)
    np.testing.assert_array_equal(faces.images[:, 0, 0], np.arange(21))
    np.testing.assert_array_equal(faces.labels, np.repeat(np.arange(7), 3))
    assert (faces.counts().to_numpy() == 1).all()
    assert faces.names[0] == "ckextended.csv row 2"
    assert set(faces.origins) == {"ckplus"}
    provenance = faces.provenance
    assert (provenance.source, provenance.kind) == ("data", "CK+ CSV")
    assert provenance.left_out == {"contempt": 2}
    assert provenance.notes == (
        "the file does not name subjects: the same person may be in several splits",
    )


@pytest.mark.parametrize(
    ("name", "labels", "kind"),
    [
        ("faces.csv", [0] * 99 + [7], "CK+ CSV"),
        ("faces.csv", [0] * 100 + [7], "FER-2013 CSV"),
        ("faces.csv", [0] * 100, "FER-2013 CSV"),
        ("faces.csv", [], "FER-2013 CSV"),
        ("CK.csv", [0] * 100, "CK+ CSV"),
        ("ckextended.csv", [0] * 100, "CK+ CSV"),
        ("ckextended.csv", [], "CK+ CSV"),
    ],
)
def test_a_csv_is_recognized_by_name_or_by_contempt(tmp_path: Path, name, labels, kind) -> None:
    faces = read(write_csv(tmp_path / name, [row(label) for label in labels]), on_error="skip")
    assert faces.provenance.kind == kind


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["CK+48/anger/S010_004_00000017.png"], "too few subjects"),
        (
            ["anger/S010_004_00000017.png", "fear/S011_003_00000012.png", "fear/1.png"],
            "fear/1.png in data: expected a name such as",
        ),
        (["S010_004_00000017/anger.png"], "the folder 'S010_004_00000017' in data is not a class"),
    ],
)
def test_folders_are_recognized_by_most_file_names(tmp_path: Path, names, expected) -> None:
    with pytest.raises(DataError, match=expected):
        load(write_folder(tmp_path / "data", dict.fromkeys(names, png())))


@pytest.mark.parametrize(
    "names",
    [["anger/S010_004_00000017.png", "fear/1.png"], ["anger/Surprise_1_2.png"]],
)
def test_folders_with_few_such_names_are_other_class_folders(tmp_path: Path, names) -> None:
    faces = load(write_folder(tmp_path, dict.fromkeys(names, png())))
    assert faces.provenance.kind == "class folders"


def test_contempt_is_never_read(tmp_path: Path) -> None:
    bad = {"CK+48/Contempt/S010_001_00000001.png": b"no image"}
    faces = load(write_folder(tmp_path, ckplus_files(10) | bad))
    assert faces.provenance.left_out == {"contempt": 21}


@pytest.mark.parametrize("write", [write_folder, write_zip])
def test_no_subject_is_in_two_splits(tmp_path: Path, write) -> None:
    path = write(tmp_path / "ck.zip", ckplus_files(20))
    faces = load(path, seed=2)
    assert len(faces) == 20 * 6 * 2
    subjects = np.array([subject(name) for name in faces.names])
    per_split = {split: set(subjects[faces.splits == split]) for split in np.unique(faces.splits)}
    assert {split: len(people) for split, people in per_split.items()} == {
        "Training": 16,
        "PublicTest": 2,
        "PrivateTest": 2,
    }
    assert len(set.union(*per_split.values())) == 20
    assert (faces.splits != load(path, seed=3).splits).any()
    np.testing.assert_array_equal(faces.splits, load(path, seed=2).splits)


def test_folders_give_labels_by_name_and_leave_out_contempt(tmp_path: Path) -> None:
    faces = load(write_folder(tmp_path / "data", ckplus_files(10)))
    classes = [name.split("/")[1] for name in faces.names]
    labels = {"anger": 0, "disgust": 1, "fear": 2, "happy": 3, "sadness": 4, "surprise": 5}
    assert faces.labels.tolist() == [labels[name] for name in classes]
    numbers = [int(subject(name)[1:]) for name in faces.names]
    np.testing.assert_array_equal(faces.images[:, 0, 0], numbers)
    assert set(faces.origins) == {"ckplus"}
    provenance = faces.provenance
    assert (provenance.source, provenance.kind) == ("data", "CK+48 folders")
    assert provenance.left_out == {"contempt": 20}
    assert provenance.notes == (
        "split about 80/10/10 by subject, seed 0: no person is in two splits",
        "CK+48 has no neutral images",
    )


def test_an_image_without_a_subject_is_bad(tmp_path: Path) -> None:
    path = write_folder(tmp_path / "ck", ckplus_files(10) | {"CK+48/fear/me.png": png()})
    with pytest.raises(DataError, match=r"CK\+48/fear/me.png in ck: expected a name such as S010"):
        load(path)
    faces = load(path, on_error="skip")
    assert len(faces) == 120
    assert [skipped.item for skipped in faces.provenance.skipped] == ["CK+48/fear/me.png in ck"]


def test_an_unreadable_image_is_bad(tmp_path: Path) -> None:
    bad = {"CK+48/fear/S099_001_00000001.png": b"no image"}
    path = write_folder(tmp_path / "ck", ckplus_files(10) | bad)
    with pytest.raises(DataError, match=r"S099_001_00000001.png in ck: expected an image"):
        load(path)
    assert len(load(path, on_error="skip")) == 120


def test_an_empty_class_folder_is_an_error(tmp_path: Path) -> None:
    path = write_folder(tmp_path / "ck", ckplus_files(10) | {"CK+48/neutral/": b""})
    with pytest.raises(DataError, match=r"the class folder CK\+48/neutral in ck is empty"):
        load(path)


def test_two_subjects_are_too_few(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="ck has too few subjects: expected at least 3"):
        load(write_folder(tmp_path / "ck", ckplus_files(2)))
