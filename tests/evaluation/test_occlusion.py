import numpy as np
import pytest
from numpy.typing import NDArray

from fer_utils.evaluation.occlusion import occlusion_maps

HAPPY, SAD = 3, 4


class OnePixel:
    """Gives happy 90% if one pixel is bright, else 20%, and sad the rest."""

    def __init__(self, row: int, column: int) -> None:
        self.row, self.column = row, column

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        probabilities = np.zeros((len(images), 7), dtype=np.float32)
        probabilities[:, HAPPY] = np.where(images[:, self.row, self.column] > 200, 0.9, 0.2)
        probabilities[:, SAD] = 1 - probabilities[:, HAPPY]
        return probabilities


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
    # Squares start at 0, 12, and 24 along each side; only the first one occludes the corner. A
    # pixel before 12 is under one square along a side, a pixel before 24 under two.
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
    with pytest.raises(ValueError, match=f"got patch={patch} and stride={stride}"):
        occlusion_maps(
            OnePixel(0, 0), bright_pixel(0, 0), np.array([0]), patch=patch, stride=stride
        )


def test_each_face_needs_its_emotion() -> None:
    with pytest.raises(ValueError, match="one emotion per face, got 2 for 1"):
        occlusion_maps(OnePixel(0, 0), bright_pixel(0, 0), np.array([0, 1]))
