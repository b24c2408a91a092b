import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from fer_utils.evaluation.explanation import (
    Explanation,
    NetworkClassifier,
    explain,
    grad_cam,
    occlusion_maps,
    shuffle_weights,
)
from fer_utils.litert import ModelError
from fer_utils.model.model_folder import ModelFolder

HAPPY, SAD = 3, 4
RAMP = np.arange(2304.0).reshape(1, 48, 48)
IMAGES = np.random.default_rng(0).integers(0, 256, (2, 48, 48), dtype=np.uint8)


class AlwaysSad:
    """Predicts sad for every face."""

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.tile(np.eye(7, dtype=np.float32)[SAD], (len(images), 1))


def test_occlusion_explains_the_predicted_emotions_by_default() -> None:
    explanation = explain(AlwaysSad(), IMAGES)
    assert explanation.emotions.tolist() == [SAD, SAD]
    assert explanation.names() == ["sad", "sad"]
    np.testing.assert_array_equal(explanation.maps, 0)


def test_occlusion_explains_a_model_folder_by_its_export(shipped_model: ModelFolder) -> None:
    emotions = np.array([HAPPY, SAD])
    explanation = explain(shipped_model, IMAGES, emotions)
    expected = occlusion_maps(shipped_model.open_classifier(threads=2), IMAGES, emotions)
    np.testing.assert_array_equal(explanation.maps, expected)
    assert explanation.names() == ["happy", "sad"]


@pytest.mark.parametrize("shuffled", [False, True])
def test_grad_cam_explains_the_network(shipped_model: ModelFolder, shuffled: bool) -> None:
    emotions, network = np.array([HAPPY, SAD]), shipped_model.network
    if shuffled:
        network = shuffle_weights(network, seed=5)
    explanation = explain(
        shipped_model, IMAGES, emotions, method="grad-cam", shuffled=shuffled, seed=5
    )
    np.testing.assert_array_equal(explanation.maps, grad_cam(network, IMAGES, emotions))


def test_occlusion_explains_a_shuffled_network(shipped_model: ModelFolder) -> None:
    emotions = np.array([HAPPY])
    shuffled = NetworkClassifier(shuffle_weights(shipped_model.network, seed=5))
    explanation = explain(shipped_model, IMAGES[:1], emotions, shuffled=True, seed=5)
    np.testing.assert_array_equal(explanation.maps, occlusion_maps(shuffled, IMAGES[:1], emotions))


@pytest.mark.parametrize("options", [{"method": "grad-cam"}, {"shuffled": True}])
def test_only_a_model_folder_has_a_network(options: dict) -> None:
    with pytest.raises(ModelError, match=r"expected a model folder.* got AlwaysSad"):
        explain(AlwaysSad(), IMAGES, **options)


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ValueError, match="expected method 'occlusion' or 'grad-cam', got 'lime'"):
        explain(AlwaysSad(), IMAGES, method="lime")  # type: ignore[arg-type]


def test_maps_are_averaged_for_each_emotion_that_has_any() -> None:
    maps = np.array([1.0, 2.0, 4.0], dtype=np.float32).repeat(2304).reshape(3, 48, 48)
    means = Explanation(maps, np.array([SAD, HAPPY, SAD])).mean_maps()
    assert list(means) == ["happy", "sad"]
    assert (means["happy"] == 2).all()
    assert (means["sad"] == 2.5).all()


def of(*maps: NDArray[np.floating]) -> Explanation:
    return Explanation(np.concatenate(maps), np.zeros(len(maps), dtype=int))


@pytest.mark.parametrize(
    ("other", "expected"),
    [(RAMP, 1), (RAMP**3, 1), (-RAMP, -1), (np.zeros((1, 48, 48)), 0)],
)
def test_maps_correlate_if_they_rank_pixels_alike(
    other: NDArray[np.float64], expected: float
) -> None:
    assert of(RAMP).correlation(of(other)) == pytest.approx(expected)


def test_the_correlation_is_the_mean_over_the_faces() -> None:
    assert of(RAMP, RAMP).correlation(of(RAMP, -RAMP)) == pytest.approx(0)


def test_each_face_is_compared_with_the_one_before_it() -> None:
    # Of the three pairs, two differ in sign.
    assert of(RAMP, RAMP, -RAMP).correlation_across_faces() == pytest.approx(-1 / 3)


def test_maps_of_different_faces_are_refused() -> None:
    with pytest.raises(ValueError, match="maps of the same faces"):
        of(RAMP).correlation(of(RAMP, RAMP))


def test_explaining_imports_no_keras() -> None:
    code = "import sys, fer_utils.evaluation.explanation; print('keras' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr


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
    (found,) = occlusion_maps(OnePixel(14, 30), bright_pixel(14, 30), np.array([HAPPY]))
    starts, pixels = np.arange(0, 37, 4)[:, None], np.arange(48)
    covers = (starts <= pixels) & (pixels < starts + 12)
    # Of the squares over a pixel, the share that also cover the one that matters.
    rows, columns = (covers[covers[:, each]].sum(axis=0) / covers.sum(axis=0) for each in (14, 30))
    np.testing.assert_allclose(found, 0.7 * np.outer(rows, columns), atol=1e-6)


def test_overlapping_squares_are_averaged() -> None:
    maps = occlusion_maps(OnePixel(0, 0), bright_pixel(0, 0), np.array([HAPPY]))
    # Squares of 12 pixels start at 0, 4, 8, ... along each side; only the first one occludes the
    # corner. A pixel before 4 is under one square along a side, before 8 under two, before 12
    # under three.
    side = np.zeros(48)
    side[:4], side[4:8], side[8:12] = 1, 1 / 2, 1 / 3
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
    occlusion_maps(recorder, image, np.array([0]))
    assert recorder.seen.shape == (101, 48, 48)
    np.testing.assert_array_equal(recorder.seen[0], image[0])
    assert (recorder.seen[1, :12, :12] == 40).all()
    np.testing.assert_array_equal(recorder.seen[1, :, 12:], image[0, :, 12:])


def test_each_face_needs_its_emotion() -> None:
    with pytest.raises(ValueError, match="one emotion per face, got 2 for 1"):
        occlusion_maps(OnePixel(0, 0), bright_pixel(0, 0), np.array([0, 1]))
