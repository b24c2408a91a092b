"""Explanations that need a model's answers alone."""

import numpy as np
import pytest
from numpy.typing import NDArray

from fer_utils.evaluation.occlusion import mean_maps, occlusion_maps, rank_correlation, surest_faces

HAPPY, SAD = 3, 4


class OnePixel:
    """Is 90% sure of happy where one pixel is bright, else 20%; the rest is for sad."""

    def __init__(self, row: int, column: int) -> None:
        self.row, self.column = row, column

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        said = np.zeros((len(images), 7), dtype=np.float32)
        said[:, HAPPY] = np.where(images[:, self.row, self.column] > 200, 0.9, 0.2)
        said[:, SAD] = 1 - said[:, HAPPY]
        return said


def bright_pixel(row: int, column: int) -> NDArray[np.uint8]:
    image = np.full((1, 48, 48), 100, dtype=np.uint8)
    image[0, row, column] = 255
    return image


def test_hiding_finds_the_only_pixel_that_matters() -> None:
    maps = occlusion_maps(
        OnePixel(14, 30), bright_pixel(14, 30), np.array([HAPPY]), patch=12, stride=12
    )
    expected = np.zeros((48, 48))
    expected[12:24, 24:36] = 0.7
    np.testing.assert_allclose(maps[0], expected, atol=1e-6)


def test_overlapping_squares_are_averaged() -> None:
    maps = occlusion_maps(
        OnePixel(0, 0), bright_pixel(0, 0), np.array([HAPPY]), patch=24, stride=12
    )
    # Squares start at 0, 12 and 24 of each side; only the first one hides the corner. A pixel
    # before 12 lies under one square of a side, one before 24 under two.
    side = np.zeros(48)
    side[:12], side[12:24] = 1, 1 / 2
    np.testing.assert_allclose(maps[0], 0.7 * np.outer(side, side), atol=1e-6)


def test_what_speaks_for_one_emotion_speaks_against_the_other() -> None:
    image = np.repeat(bright_pixel(20, 20), 2, axis=0)
    happy, sad = occlusion_maps(OnePixel(20, 20), image, np.array([HAPPY, SAD]))
    assert happy.max() > 0.5
    np.testing.assert_allclose(happy, -sad, atol=1e-6)


def test_the_square_has_the_mean_gray_of_the_face() -> None:
    class Recorder:
        def predict(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
            self.seen = images
            return np.zeros((len(images), 7), dtype=np.float32)

    image = np.zeros((1, 48, 48), dtype=np.uint8)
    image[0, :24] = 80
    recorder = Recorder()
    occlusion_maps(recorder, image, np.array([0]), patch=24, stride=24)
    assert recorder.seen.shape == (5, 48, 48)
    np.testing.assert_array_equal(recorder.seen[0], image[0])
    assert (recorder.seen[1, :24, :24] == 40).all()
    np.testing.assert_array_equal(recorder.seen[1, :, 24:], image[0, :, 24:])


@pytest.mark.parametrize(("patch", "stride"), [(12, 5), (12, 0), (0, 4), (49, 1)])
def test_squares_that_leave_a_part_out_are_refused(patch: int, stride: int) -> None:
    with pytest.raises(ValueError, match=f"{patch} pixels in steps of {stride} leaves a part"):
        occlusion_maps(
            OnePixel(0, 0), bright_pixel(0, 0), np.array([0]), patch=patch, stride=stride
        )


def test_each_face_needs_its_emotion() -> None:
    with pytest.raises(ValueError, match="an emotion for each of 1 faces, got 2"):
        occlusion_maps(OnePixel(0, 0), bright_pixel(0, 0), np.array([0, 1]))


SAID = np.array(
    [[0.6, 0.4, 0, 0], [0.9, 0.1, 0, 0], [0.7, 0.3, 0, 0], [0, 0, 0.2, 0.8], [0, 0, 0.1, 0.9]]
)


@pytest.mark.parametrize(("per_emotion", "expected"), [(1, [1, 4]), (2, [1, 2, 4, 3])])
def test_the_surest_faces_of_each_emotion_are_chosen(per_emotion: int, expected: list[int]) -> None:
    assert surest_faces(SAID, per_emotion=per_emotion).tolist() == expected


def test_maps_are_averaged_for_each_emotion_that_has_any() -> None:
    maps = np.array([1.0, 2.0, 4.0]).repeat(2304).reshape(3, 48, 48)
    means = mean_maps(maps, np.array([SAD, HAPPY, SAD]))
    assert list(means) == ["happy", "sad"]
    assert (means["happy"] == 2).all()
    assert (means["sad"] == 2.5).all()


def ramp() -> NDArray[np.float64]:
    return np.arange(2304.0).reshape(1, 48, 48)


@pytest.mark.parametrize(
    ("others", "expected"),
    [(ramp(), 1), (ramp() ** 3, 1), (-ramp(), -1), (np.zeros((1, 48, 48)), 0)],
)
def test_maps_agree_if_they_order_places_alike(
    others: NDArray[np.float64], expected: float
) -> None:
    assert rank_correlation(ramp(), others) == pytest.approx(expected)


def test_the_agreement_is_the_mean_over_the_faces() -> None:
    both = np.concatenate([ramp(), ramp()])
    assert rank_correlation(both, np.concatenate([ramp(), -ramp()])) == pytest.approx(0)


def test_maps_of_different_faces_are_refused() -> None:
    with pytest.raises(ValueError, match="maps of the same faces"):
        rank_correlation(ramp(), np.concatenate([ramp(), ramp()]))
