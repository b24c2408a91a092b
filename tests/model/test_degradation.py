import cv2
import keras
import numpy as np
import pytest
from keras import ops
from numpy.typing import NDArray

from fer_utils.model.degradation import (
    RandomDegradation,
    blur,
    coarsen,
    compress,
    cosine_transform,
)

NOISE = np.random.default_rng(0).integers(0, 256, (64, 48, 48, 1)).astype("float32")
SMOOTH = np.stack([cv2.GaussianBlur(image, (0, 0), 2)[..., None] for image in NOISE])
STEP = np.zeros((1, 48, 48, 1), dtype="float32")
STEP[:, :, 24:] = 240


def degraded(share: float, images: NDArray = SMOOTH, **options: bool) -> NDArray[np.float32]:
    layer = RandomDegradation(share=share, seed=0)
    return ops.convert_to_numpy(layer(images, **{"training": True} | options))


def test_no_share_changes_nothing() -> None:
    np.testing.assert_array_equal(degraded(0.0), SMOOTH)


def test_it_is_inactive_outside_training() -> None:
    np.testing.assert_array_equal(degraded(1.0, training=False), SMOOTH)


def test_it_changes_about_the_asked_share_of_faces_in_four_ways() -> None:
    changed = np.abs(degraded(0.25, np.repeat(SMOOTH, 8, axis=0)) - np.repeat(SMOOTH, 8, axis=0))
    unchanged = (changed.max(axis=(1, 2, 3)) == 0).mean()
    assert unchanged == pytest.approx(0.75**4, abs=0.06)


def test_values_stay_gray_levels() -> None:
    changed = degraded(1.0, NOISE)
    assert changed.min() >= 0
    assert changed.max() <= 255


def test_faces_are_degraded_differently_and_the_same_for_the_same_seed() -> None:
    same_face = np.repeat(SMOOTH[:1], 64, axis=0)
    changed = degraded(1.0, same_face)
    assert len(np.unique(changed.mean(axis=(1, 2, 3)))) > 60
    np.testing.assert_array_equal(changed, degraded(1.0, same_face))


@pytest.mark.parametrize("side", [24, 12])
def test_a_coarse_image_has_the_detail_of_its_side(side: int) -> None:
    expected = np.stack(
        [
            cv2.resize(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), (48, 48))
            for image in NOISE
        ]
    )
    coarse = ops.convert_to_numpy(coarsen(NOISE, side))[..., 0]
    np.testing.assert_allclose(coarse, expected, atol=0.01)


def test_blur_spreads_an_edge_and_keeps_the_borders() -> None:
    row = ops.convert_to_numpy(blur(STEP, 1.5))[0, 24, :, 0]
    np.testing.assert_allclose(row[[0, 47]], [0, 240], atol=1e-3)
    np.testing.assert_allclose(row[23] + row[24], 240, atol=1e-3)
    assert 80 < row[23] < 120


@pytest.mark.parametrize(("factor", "quality"), [(1.0, 50), (5.0, 10)])
def test_compression_is_that_of_jpeg(factor: float, quality: int) -> None:
    images = np.rint(SMOOTH).astype(np.uint8)
    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    expected = np.stack(
        [
            cv2.imdecode(cv2.imencode(".jpg", image, options)[1], cv2.IMREAD_GRAYSCALE)
            for image in images
        ]
    )
    ours = ops.convert_to_numpy(compress(images.astype("float32"), factor))[..., 0]
    lost = np.abs(expected - images[..., 0].astype(float)).mean()
    assert np.abs(ours - expected).mean() < 0.3 * lost


def test_the_cosine_transform_is_orthonormal() -> None:
    matrix = cosine_transform(8)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(8), atol=1e-6)
    np.testing.assert_allclose(matrix[0], 8**-0.5, atol=1e-6)


def test_a_saved_layer_does_the_same_again() -> None:
    layer = RandomDegradation(share=0.5, seed=3)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    np.testing.assert_array_equal(
        ops.convert_to_numpy(again(SMOOTH, training=True)),
        ops.convert_to_numpy(layer(SMOOTH, training=True)),
    )
