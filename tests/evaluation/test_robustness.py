"""Accuracy on faces that look worse."""

import numpy as np
import pytest
from numpy.typing import NDArray

from fer_utils.data.faces import DataError, Faces
from fer_utils.evaluation.robustness import draw_sample, measure_robustness


class LightMeter:
    """Takes faces brighter than 50 for happy ones, the others for sad ones."""

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        happy = images.mean(axis=(1, 2)) > 50
        return np.eye(7, dtype=np.float32)[np.where(happy, 3, 4)]


# Brightness 60, 100 and 200 are happy; "darker" leaves 80, 60, 40, 25 and 12 percent of it.
IMAGES = np.array([60, 100, 200], dtype=np.uint8).repeat(2304).reshape(3, 48, 48)
LABELS = np.array([3, 3, 3])


def test_each_strength_is_scored_after_the_clean_faces() -> None:
    table = measure_robustness(LightMeter(), IMAGES, LABELS, corruptions=["darker"])
    assert table["corruption"].tolist() == ["none"] + ["darker"] * 5
    assert table["strength"].tolist() == [0, 1, 2, 3, 4, 5]
    assert table["amount"].tolist() == [0, 0.8, 0.6, 0.4, 0.25, 0.12]
    # 60 stays above 50 as it is alone, 100 down to 60 percent, 200 down to 40 percent.
    assert table["accuracy"].tolist() == pytest.approx([1, 2 / 3, 2 / 3, 1 / 3, 0, 0])


def test_each_accuracy_has_its_interval() -> None:
    table = measure_robustness(LightMeter(), IMAGES, LABELS, corruptions=["darker"])
    assert table.loc[0, ["low", "high"]].tolist() == [1, 1]
    row = table.loc[1]
    assert row["low"] < row["accuracy"] < row["high"]


def test_all_eleven_corruptions_are_measured_by_default() -> None:
    table = measure_robustness(LightMeter(), IMAGES, LABELS)
    assert len(table) == 1 + 11 * 5
    assert table["corruption"].nunique() == 12


def test_nothing_to_score_is_an_error() -> None:
    with pytest.raises(DataError, match="nothing to evaluate"):
        measure_robustness(LightMeter(), IMAGES[:0], LABELS[:0])


def test_a_sample_is_a_random_part_in_its_order(faces: Faces) -> None:
    sample = draw_sample(faces, 20, seed=1)
    places = [int(name) for name in sample.names]
    assert len(set(places)) == 20
    assert places == sorted(places)
    assert places != list(range(20))
    assert draw_sample(faces, 20, seed=1).names.tolist() == sample.names.tolist()
    assert draw_sample(faces, 20, seed=2).names.tolist() != sample.names.tolist()


def test_few_faces_are_all_taken(faces: Faces) -> None:
    assert draw_sample(faces, len(faces)) is faces


def test_a_sample_of_nothing_is_refused(faces: Faces) -> None:
    with pytest.raises(ValueError, match="expected to draw 1 face or more, got 0"):
        draw_sample(faces, 0)
