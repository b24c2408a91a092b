from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from fer_utils.data.faces import DataError, Faces, Provenance
from fer_utils.evaluation.robustness import measure_robustness


class LightMeter:
    """Predicts happy for faces brighter than 50, else sad."""

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        happy = images.mean(axis=(1, 2)) > 50
        return np.eye(7, dtype=np.float32)[np.where(happy, 3, 4)]


class Recorder:
    """Keeps the images of each call."""

    def __init__(self) -> None:
        self.calls: list[NDArray[np.uint8]] = []

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.calls.append(images)
        return np.zeros((len(images), 7), dtype=np.float32)


# Brightness 60, 100, and 200 are happy; "darker" leaves 80, 60, 40, 25, and 12 percent of it.
FACES = Faces(
    images=np.array([60, 100, 200], dtype=np.uint8).repeat(2304).reshape(3, 48, 48),
    labels=np.full(3, 3, dtype=np.uint8),
    splits=np.full(3, "PublicTest"),
    names=np.array(list("abc")),
    origins=np.full(3, "made"),
    provenance=Provenance("made", "up"),
)


def test_each_strength_is_scored_after_the_clean_faces() -> None:
    table = measure_robustness(LightMeter(), FACES, corruptions=["darker"])
    assert table.columns.tolist() == [
        "corruption",
        "strength",
        "amount",
        "accuracy",
        "low",
        "high",
    ]
    assert table["corruption"].tolist() == ["none"] + ["darker"] * 5
    assert table["strength"].tolist() == [0, 1, 2, 3, 4, 5]
    assert table["amount"].tolist() == [0, 0.8, 0.6, 0.4, 0.25, 0.12]
    # 60 is above 50 only when clean, 100 down to 60 percent, 200 down to 40 percent.
    assert table["accuracy"].tolist() == pytest.approx([1, 2 / 3, 2 / 3, 1 / 3, 0, 0])


def test_each_accuracy_has_its_interval() -> None:
    table = measure_robustness(LightMeter(), FACES, corruptions=["darker"])
    assert table.loc[0, ["low", "high"]].tolist() == [1, 1]
    row = table.loc[1]
    assert row["low"] < row["accuracy"] < row["high"]


def test_all_eleven_corruptions_are_measured_by_default() -> None:
    table = measure_robustness(LightMeter(), FACES)
    assert len(table) == 1 + 11 * 5
    assert table["corruption"].nunique() == 12


def test_faces_in_training_alone_are_an_error() -> None:
    training = replace(FACES, splits=np.full(3, "Training"))
    with pytest.raises(DataError, match="all 3 faces of made are in Training"):
        measure_robustness(LightMeter(), training)


def clean_images(faces: Faces, most: int, *, seed: int = 0) -> NDArray[np.uint8]:
    recorder = Recorder()
    measure_robustness(recorder, faces, most=most, seed=seed, corruptions=[])
    (images,) = recorder.calls
    return images


def test_a_sample_is_a_random_part_in_its_order(faces: Faces) -> None:
    public = [image.tobytes() for image in faces.of_split("PublicTest").images]
    sample = clean_images(faces, 15, seed=1)
    indices = [public.index(image.tobytes()) for image in sample]
    assert len(set(indices)) == 15
    assert indices == sorted(indices)
    assert indices != list(range(15))
    np.testing.assert_array_equal(clean_images(faces, 15, seed=1), sample)
    assert (clean_images(faces, 15, seed=2) != sample).any()


@pytest.mark.parametrize("most", [21, 500])
def test_few_faces_are_all_taken(faces: Faces, most: int) -> None:
    public = faces.of_split("PublicTest")
    np.testing.assert_array_equal(clean_images(faces, most), public.images)


def test_a_sample_of_nothing_is_refused(faces: Faces) -> None:
    with pytest.raises(ValueError, match="expected to draw at least 1 face, got most=0"):
        measure_robustness(LightMeter(), faces, most=0)
