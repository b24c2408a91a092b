"""The record of faces: its checks, selections, counts and files."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sample_sources import assert_data_error

from fer_utils.data.faces import DataError, Faces, join_faces, read_arrays
from fer_utils.data.provenance import Provenance, Skipped

PROVENANCE = Provenance(
    source="faces.zip",
    kind="class folders",
    notes=("split made by seed 0", "one class is empty"),
    grayed=3,
    resized=2,
    left_out={"contempt": 18},
    skipped=(Skipped("a.png", "not an image"), Skipped("b.png", "empty")),
    real_people=False,
)
MARKS = ("has_training_copy", "has_conflicting_copy", "is_synthetic")
ARRAYS = ("images", "labels", "splits", "names", "origins", *MARKS, "weights", "votes")


def faces(**changes) -> Faces:
    """Return four faces whose pixels are 10, 20, 30 and 40, unless changed."""
    values = {
        "images": np.repeat(np.array([10, 20, 30, 40], dtype=np.uint8), 2304).reshape(4, 48, 48),
        "labels": np.array([3, 0, 3, 6], dtype=np.uint8),
        "splits": np.array(["Training", "PublicTest", "Training", "PrivateTest"]),
        "names": np.array(["row 1", "row 2", "row 3", "row 4"]),
        "origins": np.array(["a", "a", "b", "b"]),
        "provenance": PROVENANCE,
        "has_training_copy": np.array([False, True, False, True]),
        "has_conflicting_copy": np.array([True, True, False, False]),
        "is_synthetic": np.array([False, False, True, False]),
        "weights": np.array([0.5, 1, 2, 1], dtype=np.float32),
        "votes": np.arange(40, dtype=np.uint8).reshape(4, 10),
    }
    return Faces(**{**values, **changes})


def no_faces() -> Faces:
    return faces().select(np.zeros(4, dtype=bool))


def test_good_faces_are_taken_as_they_are() -> None:
    assert len(faces()) == 4


def test_no_faces_at_all_are_fine() -> None:
    assert len(no_faces()) == 0


@pytest.mark.parametrize("name", MARKS)
def test_marks_are_false_everywhere_by_default(name: str) -> None:
    marks = getattr(faces(**{name: np.zeros(0, dtype=bool)}), name)
    np.testing.assert_array_equal(marks, [False] * 4)


def test_weights_are_one_by_default() -> None:
    weights = faces(weights=np.zeros(0)).weights
    np.testing.assert_array_equal(weights, np.ones(4, dtype=np.float32), strict=True)


@pytest.mark.parametrize(
    ("images", "found"),
    [
        (np.zeros((4, 48, 48), dtype=np.float32), "float32 of shape (4, 48, 48)"),
        (np.zeros((4, 48, 47), dtype=np.uint8), "uint8 of shape (4, 48, 47)"),
        (np.zeros((4, 2304), dtype=np.uint8), "uint8 of shape (4, 2304)"),
        (np.zeros((4, 48, 48, 1), dtype=np.uint8), "uint8 of shape (4, 48, 48, 1)"),
    ],
)
def test_images_of_another_type_or_shape_are_refused(images: np.ndarray, found: str) -> None:
    with pytest.raises(DataError) as caught:
        faces(images=images)
    assert_data_error(caught, "must be uint8 of shape (4, 48, 48)", found)


@pytest.mark.parametrize("name", ARRAYS[1:])
def test_an_array_of_another_length_is_refused(name: str) -> None:
    with pytest.raises(DataError) as caught:
        faces(**{name: getattr(faces(), name)[:3]})
    assert_data_error(caught, f"{name} has shape (3,", "4 images")


@pytest.mark.parametrize(
    "labels", [np.array([0, 1, 2, 7], dtype=np.uint8), np.array([0, 1, 2, 3], dtype=np.int64)]
)
def test_labels_beyond_6_or_of_another_type_are_refused(labels: np.ndarray) -> None:
    with pytest.raises(DataError, match="labels must be uint8 from 0 to 6"):
        faces(labels=labels)


def test_an_unknown_split_is_refused_by_name() -> None:
    with pytest.raises(DataError) as caught:
        faces(splits=np.array(["Training", "PublicTest", "Training", "test"]))
    assert_data_error(caught, "['test']", "Training, PublicTest, PrivateTest")


@pytest.mark.parametrize("which", [np.array([False, True, False, True]), np.array([1, 3])])
def test_select_picks_the_same_faces_from_every_array(which: np.ndarray) -> None:
    picked = faces().select(which)
    np.testing.assert_array_equal(picked.images[:, 0, 0], [20, 40])
    np.testing.assert_array_equal(picked.labels, [0, 6])
    np.testing.assert_array_equal(picked.splits, ["PublicTest", "PrivateTest"])
    np.testing.assert_array_equal(picked.names, ["row 2", "row 4"])
    np.testing.assert_array_equal(picked.origins, ["a", "b"])
    np.testing.assert_array_equal(picked.has_training_copy, [True, True])
    np.testing.assert_array_equal(picked.has_conflicting_copy, [True, False])
    np.testing.assert_array_equal(picked.is_synthetic, [False, False])
    np.testing.assert_array_equal(picked.weights, [1, 1])
    assert picked.provenance == PROVENANCE


def test_select_keeps_the_order_of_indices() -> None:
    assert faces().select(np.array([2, 0])).names.tolist() == ["row 3", "row 1"]


@pytest.mark.parametrize(
    ("split", "names"),
    [("Training", ["row 1", "row 3"]), ("PublicTest", ["row 2"]), ("PrivateTest", ["row 4"])],
)
def test_of_split_picks_one_split(split: str, names: list[str]) -> None:
    assert faces().of_split(split).names.tolist() == names


def test_of_split_refuses_an_unknown_split() -> None:
    with pytest.raises(DataError) as caught:
        faces().of_split("training")
    assert_data_error(caught, "'training'", "Training, PublicTest, PrivateTest")


def test_counts_have_a_row_for_each_emotion_and_a_column_for_each_split() -> None:
    table = faces().counts()
    assert table.to_dict("list") == {
        "Training": [0, 0, 0, 2, 0, 0, 0],
        "PublicTest": [1, 0, 0, 0, 0, 0, 0],
        "PrivateTest": [0, 0, 0, 0, 0, 0, 1],
    }
    assert list(table.index) == ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]


def test_training_counts_tell_original_from_added_faces() -> None:
    table = faces().training_counts()
    assert table.to_dict("list") == {
        "original": [0, 0, 0, 1, 0, 0, 0],
        "added": [0, 0, 0, 1, 0, 0, 0],
    }
    assert list(table.index) == ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]


def test_load_data_gives_training_and_test_arrays_as_keras_does() -> None:
    (x_train, y_train), (x_test, y_test) = faces().load_data()
    assert (x_train.shape, x_train.dtype) == ((2, 48, 48), np.uint8)
    assert (x_train[:, 0, 0].tolist(), y_train.tolist()) == ([10, 30], [3, 3])
    assert (x_test[:, 0, 0].tolist(), y_test.tolist()) == ([40], [6])


def test_a_notebook_shows_counts_and_provenance_but_no_pixels() -> None:
    shown = faces(provenance=replace(PROVENANCE, source="<a> & b"))._repr_html_()
    assert shown.startswith("<p>4 faces<br>&lt;a&gt; &amp; b: class folders<br>split made by seed")
    assert "<th>PublicTest</th>" in shown
    assert "<th>surprise</th>" in shown
    assert "array" not in shown


def test_a_console_shows_one_line() -> None:
    expected = "<4 faces from faces.zip: Training 2, PublicTest 1, PrivateTest 1>"
    assert repr(faces()) == expected


def test_equal_data_have_the_same_fingerprint_under_any_names() -> None:
    renamed = faces(names=np.array(["w", "x", "y", "z"]), provenance=Provenance("other", "other"))
    assert renamed.fingerprint() == faces().fingerprint()
    assert len(faces().fingerprint()) == 64


def test_the_fingerprint_does_not_depend_on_the_layout_in_memory() -> None:
    turned = np.asfortranarray(faces().images)
    assert faces(images=turned).fingerprint() == faces().fingerprint()


def test_one_pixel_changes_the_fingerprint() -> None:
    images = faces().images.copy()
    images[3, 47, 47] += 1
    assert faces(images=images).fingerprint() != faces().fingerprint()


def test_one_label_changes_the_fingerprint() -> None:
    labels = np.array([3, 0, 3, 5], dtype=np.uint8)
    assert faces(labels=labels).fingerprint() != faces().fingerprint()


def test_one_split_changes_the_fingerprint() -> None:
    splits = np.array(["Training", "PublicTest", "Training", "PublicTest"])
    assert faces(splits=splits).fingerprint() != faces().fingerprint()


def test_the_order_changes_the_fingerprint() -> None:
    assert faces().select(np.array([1, 0, 2, 3])).fingerprint() != faces().fingerprint()


def test_saved_faces_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "processed" / "faces.npz"
    faces().save(path)
    loaded = Faces.load(path)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(loaded, name), getattr(faces(), name), strict=True)
    assert loaded.provenance == PROVENANCE
    assert list(path.parent.iterdir()) == [path]


def test_files_without_balancing_are_read_as_not_balanced(tmp_path: Path) -> None:
    path = tmp_path / "faces.npz"
    faces().save(path)
    arrays = read_arrays(path, made_by="a test")
    del arrays["is_synthetic"], arrays["weights"]
    record = json.loads(str(arrays.pop("provenance")))
    del record["balancing"]
    np.savez(path, **arrays, provenance=np.array(json.dumps(record)))
    loaded = Faces.load(path)
    assert loaded.provenance == PROVENANCE
    assert loaded.is_synthetic.tolist() == [False] * 4
    assert loaded.weights.tolist() == [1] * 4


def test_no_faces_come_back_as_no_faces(tmp_path: Path) -> None:
    no_faces().save(tmp_path / "faces.npz")
    assert len(Faces.load(tmp_path / "faces.npz")) == 0


def test_a_missing_file_is_reported_with_the_notebook_that_makes_it(tmp_path: Path) -> None:
    path = tmp_path / "faces.npz"
    with pytest.raises(FileNotFoundError) as caught:
        Faces.load(path)
    assert str(path) in str(caught.value)
    assert "notebooks/01_load_data.ipynb" in str(caught.value)
    assert "for balanced faces, also 02_balance_smote.ipynb" in str(caught.value)


def test_a_damaged_file_is_reported_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "faces.npz"
    faces().save(path)
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(DataError) as caught:
        Faces.load(path)
    assert_data_error(caught, str(path), "make it again with notebooks/01_load_data.ipynb")


@pytest.mark.parametrize("content", [b"", b"emotion,pixels,Usage\n"])
def test_a_file_that_is_no_npz_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "faces.npz"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        Faces.load(path)
    assert_data_error(caught, str(path))


def test_pickled_objects_are_never_loaded(tmp_path: Path) -> None:
    path = tmp_path / "faces.npz"
    np.savez(path, images=np.array([{"an": "object"}], dtype=object))
    with pytest.raises(DataError, match="allow_pickle"):
        Faces.load(path)


@pytest.mark.parametrize("missing", ["provenance", "labels"])
def test_an_npz_that_lacks_an_array_does_not_hold_faces(tmp_path: Path, missing: str) -> None:
    path = tmp_path / "faces.npz"
    faces().save(path)
    arrays = read_arrays(path, made_by="a test")
    del arrays[missing]
    np.savez(path, **arrays)
    with pytest.raises(DataError) as caught:
        Faces.load(path)
    assert_data_error(caught, str(path), "does not hold faces", missing)


def test_an_npz_with_another_array_does_not_hold_faces(tmp_path: Path) -> None:
    path = tmp_path / "faces.npz"
    faces().save(path)
    np.savez(path, **read_arrays(path, made_by="a test"), pixels=np.zeros(4))
    with pytest.raises(DataError) as caught:
        Faces.load(path)
    assert_data_error(caught, str(path), "does not hold faces", "pixels")


def test_joined_faces_follow_one_another_and_keep_their_origins() -> None:
    ours, theirs = faces().select(np.array([0, 1])), faces().select(np.array([3]))
    joined = join_faces([theirs, ours])
    np.testing.assert_array_equal(joined.images[:, 0, 0], [40, 10, 20])
    np.testing.assert_array_equal(joined.labels, [6, 3, 0])
    assert joined.splits.tolist() == ["PrivateTest", "Training", "PublicTest"]
    assert joined.names.tolist() == ["row 4", "row 1", "row 2"]
    assert joined.origins.tolist() == ["b", "a", "a"]
    assert joined.has_training_copy.tolist() == [True, False, True]
    assert joined.has_conflicting_copy.tolist() == [False, True, True]
    assert joined.is_synthetic.tolist() == [False, False, False]
    assert joined.weights.tolist() == [1, 0.5, 1]


def test_joined_provenance_adds_up() -> None:
    other = Provenance(
        source="CK+48",
        kind="CK+ folders",
        notes=("split by subject",),
        grayed=1,
        resized=5,
        left_out={"contempt": 2, "too small": 1},
        skipped=(Skipped("c.png", "empty"),),
        real_people=True,
    )
    assert join_faces([faces(), faces(provenance=other)]).provenance == Provenance(
        source="faces.zip + CK+48",
        kind="class folders + CK+ folders",
        notes=(
            "faces.zip: split made by seed 0",
            "faces.zip: one class is empty",
            "CK+48: split by subject",
        ),
        grayed=4,
        resized=7,
        left_out={"contempt": 20, "too small": 1},
        skipped=(*PROVENANCE.skipped, Skipped("c.png", "empty")),
        real_people=True,
    )


def test_joined_drawings_show_no_real_people() -> None:
    assert join_faces([faces(), faces()]).provenance.real_people is False


@pytest.mark.parametrize(
    ("records", "expected"), [(["none", "none"], "none"), (["smote", "none"], "smote + none")]
)
def test_joined_faces_are_balanced_if_one_source_is(records: list[str], expected: str) -> None:
    parts = [faces(provenance=replace(PROVENANCE, balancing=record)) for record in records]
    assert join_faces(parts).provenance.balancing == expected


def test_joining_nothing_is_refused() -> None:
    with pytest.raises(DataError, match="nothing to join"):
        join_faces([])


def voted(*rows: tuple[int, ...], splits: tuple[str, ...]) -> Faces:
    """Return faces with votes for neutral, happiness, and surprise."""
    votes = np.zeros((4, 10), dtype=np.uint8)
    votes[:, :3] = rows
    return faces(votes=votes, splits=np.array(splits))


def test_faces_without_votes_have_zeros() -> None:
    assert faces(votes=np.zeros(0)).votes.tolist() == [[0] * 10] * 4


def test_faces_that_follow_votes_have_the_labels_that_most_people_see() -> None:
    splits = ("Training", "Training", "PublicTest", "PrivateTest")
    given = voted((9, 1, 0), (5, 5, 0), (0, 3, 7), (2, 1, 0), splits=splits)
    assert given.follow_votes().labels.tolist() == [6, 3, 5, 6]


def test_faces_that_people_cannot_name_are_left_out_and_counted() -> None:
    splits = ("Training", "Training", "PublicTest", "PrivateTest")
    given = voted((2, 2, 0), (3, 2, 0), (5, 5, 0), (6, 4, 0), splits=splits)
    followed = given.follow_votes()
    assert followed.names.tolist() == ["row 2", "row 4"]
    assert followed.provenance.left_out == {
        "contempt": 18,
        "fewer than five votes for an emotion": 1,
        "no single winner of the votes in an evaluation split": 1,
    }


def test_without_votes_there_is_nothing_to_follow() -> None:
    with pytest.raises(DataError) as caught:
        faces(votes=np.zeros(0)).follow_votes()
    assert_data_error(caught, "faces.zip has no votes", "run `fer-utils data --get-votes`")
