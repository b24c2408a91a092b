"""What the audit finds in hand-made faces, and what cleaning drops."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from fer_utils.data.audit import STATISTICS, Audit, audit, clean
from fer_utils.data.faces import SPLITS, Faces
from fer_utils.data.provenance import Provenance

# Each line: the picture (equal numbers are equal pixels, 0 is all black), label, split.
ROWS = [
    (1, 3, "Training"),  # 0: fine
    (2, 3, "Training"),  # 1: a copy in Training, of the same label
    (2, 3, "Training"),  # 2
    (3, 0, "Training"),  # 3: a copy in Training, of another label
    (3, 4, "Training"),  # 4
    (0, 5, "Training"),  # 5: constant
    (4, 6, "Training"),  # 6: a copy in PublicTest
    (5, 1, "Training"),  # 7: a copy in PrivateTest, of another label
    (6, 2, "Training"),  # 8: fine
    (4, 6, "PublicTest"),  # 9
    (7, 0, "PublicTest"),  # 10: a copy in PrivateTest, of the same label
    (8, 3, "PublicTest"),  # 11: a copy in PublicTest, of another label
    (8, 4, "PublicTest"),  # 12
    (9, 1, "PublicTest"),  # 13: fine
    (5, 2, "PrivateTest"),  # 14
    (7, 0, "PrivateTest"),  # 15
    (0, 5, "PrivateTest"),  # 16: constant, as is 5
    (10, 6, "PrivateTest"),  # 17: fine
]


def picture(number: int) -> np.ndarray:
    if number == 0:
        return np.zeros((48, 48), dtype=np.uint8)
    return np.random.default_rng(number).integers(0, 9, (48, 48), dtype=np.uint8)


def make_faces(images: list[np.ndarray], labels: list[int], splits: list[str]) -> Faces:
    return Faces(
        images=np.array(images, dtype=np.uint8).reshape(-1, 48, 48),
        labels=np.array(labels, dtype=np.uint8),
        splits=np.array(splits, dtype=np.str_),
        names=np.array([f"row {row}" for row in range(len(images))], dtype=np.str_),
        origins=np.full(len(images), "hand-made"),
        provenance=Provenance("hand-made", "numbers", left_out={"contempt": 18}),
    )


def rows(mask: np.ndarray) -> list[int]:
    return np.flatnonzero(mask).tolist()


def noise_of_splits(change: dict[str, str]) -> Faces:
    """Return 15 noise images a split; splits named in `change` are blurred or darkened."""
    images, splits = [], []
    for place, split in enumerate(SPLITS):
        random = np.random.default_rng(place)
        for image in random.integers(0, 256, (15, 48, 48), dtype=np.uint8):
            if change.get(split) == "blurred":
                blurred = cv2.GaussianBlur(image, (0, 0), 1.5).astype(np.float32)
                blurred = (blurred - blurred.mean()) / blurred.std() * image.std() + image.mean()
                image = blurred.clip(0, 255).astype(np.uint8)
            elif change.get(split) == "dark":
                image = image // 4
            images.append(image)
            splits.append(split)
    return make_faces(images, [0] * 45, splits)


@pytest.fixture
def faces() -> Faces:
    numbers, labels, splits = zip(*ROWS, strict=True)
    return make_faces([picture(number) for number in numbers], list(labels), list(splits))


@pytest.fixture
def findings(faces: Faces) -> Audit:
    return audit(faces)


def test_equal_images_have_equal_keys_and_others_not(findings: Audit) -> None:
    numbers = np.array([row[0] for row in ROWS])
    expected = numbers[:, None] == numbers[None, :]
    found = findings.image_keys[:, None] == findings.image_keys[None, :]
    np.testing.assert_array_equal(found, expected)


def test_one_pixel_makes_another_image() -> None:
    changed = picture(1)
    changed[47, 47] += 1
    findings = audit(make_faces([picture(1), changed], [0, 0], ["Training", "PublicTest"]))
    assert findings.duplicate_groups == 0
    assert not findings.training_copy.any()


def test_duplicate_groups_and_surplus_copies_are_counted(findings: Audit) -> None:
    assert findings.duplicate_groups == 7  # pictures 0, 2, 3, 4, 5, 7, 8
    assert findings.surplus_copies == 7


def test_an_image_that_occurs_three_times_is_one_group_with_two_surplus_copies() -> None:
    findings = audit(make_faces([picture(1)] * 3, [0] * 3, ["Training"] * 3))
    assert (findings.duplicate_groups, findings.surplus_copies) == (1, 2)


def test_conflicting_labels_are_found_within_and_across_splits(findings: Audit) -> None:
    assert rows(findings.conflicting) == [3, 4, 7, 11, 12, 14]
    assert findings.conflicting_groups == 3


def test_constant_images_are_found_in_every_split(findings: Audit) -> None:
    assert rows(findings.constant) == [5, 16]


def test_evaluation_images_with_a_copy_in_training_are_found(findings: Audit) -> None:
    assert rows(findings.training_copy) == [9, 14, 16]


def test_training_images_with_a_copy_in_an_evaluation_split_are_found(findings: Audit) -> None:
    assert rows(findings.evaluation_copy) == [5, 6, 7]


def test_the_table_counts_findings_for_each_split(findings: Audit) -> None:
    table = findings.table().drop(index="unlike the others")
    assert table.to_dict("index") == {
        "images": {"Training": 9, "PublicTest": 5, "PrivateTest": 4},
        "have a copy somewhere": {"Training": 7, "PublicTest": 4, "PrivateTest": 3},
        "have a copy in Training": {"Training": 0, "PublicTest": 1, "PrivateTest": 2},
        "have a copy in an evaluation split": {"Training": 3, "PublicTest": 0, "PrivateTest": 0},
        "conflicting labels": {"Training": 3, "PublicTest": 2, "PrivateTest": 1},
        "constant": {"Training": 1, "PublicTest": 0, "PrivateTest": 1},
    }


def test_statistics_are_those_of_each_image() -> None:
    stripes = np.zeros((48, 48), dtype=np.uint8)
    stripes[:, ::2] = 8
    flat = np.full((48, 48), 7, dtype=np.uint8)
    statistics = audit(make_faces([stripes, flat], [0, 1], ["Training", "PublicTest"])).statistics
    assert statistics["mean"].tolist() == [4, 7]
    assert statistics["standard deviation"].tolist() == [4, 0]
    # The Laplacian of stripes is -16 on the bright and 16 on the dark ones.
    assert statistics["sharpness"].tolist() == [16, 0]
    assert statistics["split"].tolist() == ["Training", "PublicTest"]


def test_alike_splits_give_no_warning() -> None:
    assert audit(noise_of_splits({})).warnings == ()


@pytest.mark.parametrize("split", SPLITS)
def test_a_blurred_split_gives_a_warning_that_names_it(split: str) -> None:
    (warning,) = audit(noise_of_splits({split: "blurred"})).warnings
    assert warning.startswith(f"{split} looks different: its median sharpness is ")
    assert "contact sheet" in warning


def test_a_dark_split_is_warned_of_in_every_statistic() -> None:
    warnings = audit(noise_of_splits({"PublicTest": "dark"})).warnings
    assert [warning.split(" is ")[0] for warning in warnings] == [
        f"PublicTest looks different: its median {name}" for name in STATISTICS
    ]


def test_alike_images_are_not_odd() -> None:
    assert rows(audit(noise_of_splits({})).odd) == []


@pytest.mark.parametrize("change", ["bright", "weak", "smooth"])
def test_an_image_unlike_its_split_is_odd(change: str) -> None:
    faces = noise_of_splits({})
    image = faces.images[20]
    ramp = np.linspace(0, 255, 48)[None, :].repeat(48, axis=0)
    changed = {"bright": 128 + image // 2, "weak": 96 + image // 4, "smooth": ramp}[change]
    faces.images[20] = changed
    findings = audit(faces)
    assert rows(findings.odd) == [20]
    assert findings.table().loc["unlike the others"].tolist() == [0, 1, 0]


def test_odd_is_measured_against_the_own_split() -> None:
    faces = noise_of_splits({"PublicTest": "dark"})
    faces.images[20] = faces.images[0]  # Usual in Training, not among the dark.
    assert rows(audit(faces).odd) == [20]


def test_the_audit_changes_nothing(faces: Faces) -> None:
    before = faces.fingerprint()
    audit(faces)
    assert faces.fingerprint() == before
    assert not faces.has_training_copy.any()


def test_cleaning_drops_exactly_the_training_rows_not_to_learn_from(
    faces: Faces, findings: Audit
) -> None:
    kept = clean(faces, findings).of_split("Training")
    assert kept.names.tolist() == ["row 0", "row 1", "row 2", "row 8"]


def test_copies_of_evaluation_images_can_be_kept_and_nothing_else(
    faces: Faces, findings: Audit
) -> None:
    """Row 5 is constant and row 7 in conflict, but both are copies of evaluation images."""
    cleaned = clean(faces, findings, keep_evaluation_copies=True)
    kept = cleaned.of_split("Training").names.tolist()
    assert kept == ["row 0", "row 1", "row 2", "row 5", "row 6", "row 7", "row 8"]
    assert cleaned.provenance.left_out == {"contempt": 18, "conflicting labels in Training": 2}


@pytest.mark.parametrize("split", ["PublicTest", "PrivateTest"])
def test_cleaning_leaves_evaluation_splits_whole(faces: Faces, findings: Audit, split: str) -> None:
    before, after = faces.of_split(split), clean(faces, findings).of_split(split)
    assert after.fingerprint() == before.fingerprint()
    assert after.names.tolist() == before.names.tolist()


def test_no_copy_of_an_evaluation_image_is_left_in_training(faces: Faces, findings: Audit) -> None:
    assert not audit(clean(faces, findings)).training_copy.any()


def test_cleaning_marks_evaluation_images_that_had_a_copy_in_training(
    faces: Faces, findings: Audit
) -> None:
    cleaned = clean(faces, findings)
    marked = cleaned.names[cleaned.has_training_copy]
    assert marked.tolist() == ["row 9", "row 14", "row 16"]


def test_cleaning_marks_faces_whose_copies_have_another_label(
    faces: Faces, findings: Audit
) -> None:
    cleaned = clean(faces, findings)
    # The copy of row 14 with another label stood in Training, and is gone.
    marked = cleaned.names[cleaned.has_conflicting_copy]
    assert marked.tolist() == ["row 11", "row 12", "row 14"]


def test_each_dropped_image_is_counted_once_next_to_earlier_counts(
    faces: Faces, findings: Audit
) -> None:
    assert clean(faces, findings).provenance.left_out == {
        "contempt": 18,
        "constant image in Training": 1,
        "conflicting labels in Training": 3,
        "copy of an evaluation image in Training": 1,
    }


def test_cleaning_leaves_the_faces_it_was_given_as_they_were(faces: Faces, findings: Audit) -> None:
    clean(faces, findings)
    assert len(faces) == 18
    assert not faces.has_training_copy.any()
    assert faces.provenance.left_out == {"contempt": 18}


def test_cleaning_clean_faces_only_keeps_them() -> None:
    faces = noise_of_splits({})
    cleaned = clean(faces, audit(faces))
    assert cleaned.fingerprint() == faces.fingerprint()
    assert cleaned.provenance == replace(faces.provenance, left_out={"contempt": 18})


def test_no_faces_have_no_findings() -> None:
    findings = audit(make_faces([], [], []))
    assert (findings.duplicate_groups, findings.surplus_copies) == (0, 0)
    assert findings.conflicting_groups == 0
    assert findings.warnings == ()
    assert findings.table().to_numpy().sum() == 0
