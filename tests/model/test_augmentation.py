from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import ops
from numpy.typing import NDArray

from fer_utils.model.augmentation import RandomFraming, augment, build_augmentation
from fer_utils.model.recipes import Augmentation

NOISE = np.random.default_rng(0).integers(0, 256, (16, 48, 48, 1)).astype("float32")
NOTHING = Augmentation(flip=False)
EVERYTHING = Augmentation(shift=0.1, turn=10, zoom=0.1, light=0.2, erase=0.5, degrade=0.5)
EACH = [
    Augmentation(),
    replace(NOTHING, shift=0.1),
    replace(NOTHING, turn=10),
    replace(NOTHING, zoom=0.1),
    replace(NOTHING, light=0.2),
    replace(NOTHING, erase=0.5),
    replace(NOTHING, degrade=0.5),
]


def augmented(
    augmentation: Augmentation, images: NDArray = NOISE, *, seed: int = 0, training: bool = True
) -> NDArray[np.float32]:
    layers = build_augmentation(augmentation, seed=seed)
    return ops.convert_to_numpy(layers(images, training=training))


def dot_at(row: int, column: int) -> NDArray[np.float32]:
    """Return 64 black images with one white pixel."""
    images = np.zeros((64, 48, 48, 1), dtype="float32")
    images[:, row, column] = 255
    return images


def centers(images: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the center of the light, (row, column), relative to that of the image."""
    weights = images[..., 0] / images.sum(axis=(1, 2, 3))[:, None, None]
    places = np.arange(48) - 23.5
    return np.stack(
        [(weights.sum(axis=2) * places).sum(axis=1), (weights.sum(axis=1) * places).sum(axis=1)],
        axis=1,
    )


def test_nothing_asked_for_changes_nothing() -> None:
    np.testing.assert_allclose(augmented(NOTHING), NOISE, atol=1e-3)


def test_it_is_inactive_outside_training() -> None:
    np.testing.assert_array_equal(augmented(EVERYTHING, training=False), NOISE)


@pytest.mark.parametrize("augmentation", EACH)
def test_every_kind_changes_images_in_training(augmentation: Augmentation) -> None:
    assert np.abs(augmented(augmentation) - NOISE).max() > 1


def test_flip_mirrors_left_and_right_and_does_nothing_else() -> None:
    flipped = augmented(Augmentation())
    same = np.isclose(flipped, NOISE, atol=0.1).all(axis=(1, 2, 3))
    mirrored = np.isclose(flipped, NOISE[:, :, ::-1], atol=0.1).all(axis=(1, 2, 3))
    assert (same ^ mirrored).all()
    assert 0 < mirrored.sum() < len(NOISE)


def test_shift_moves_by_no_more_than_asked_across_and_down() -> None:
    moved = centers(augmented(replace(NOTHING, shift=0.1), dot_at(23, 23))) - (-0.5, -0.5)
    assert (np.abs(moved) <= 0.1 * 48 + 1e-3).all()
    assert (np.abs(moved).max(axis=0) > 0.08 * 48).all()


def test_turn_keeps_the_distance_from_the_middle() -> None:
    places = centers(augmented(replace(NOTHING, turn=30), dot_at(23, 40)))
    angles = np.degrees(np.arctan2(places[:, 0], places[:, 1]))
    np.testing.assert_allclose(np.hypot(*places.T), np.hypot(0.5, 16.5), atol=0.3)
    assert np.abs(angles).max() <= 30 + 3
    assert angles.min() < -25
    assert angles.max() > 25


def test_zoom_changes_the_distance_from_the_middle_both_ways() -> None:
    zoomed = centers(augmented(replace(NOTHING, zoom=0.25), dot_at(23, 40)))[:, 1] / 16.5
    assert zoomed.min() == pytest.approx(1 / 1.25, abs=0.04)
    assert zoomed.max() == pytest.approx(1.25, abs=0.04)


def test_erasing_covers_one_gray_rectangle_of_at_most_a_fifth() -> None:
    covered = augmented(replace(NOTHING, erase=1.0), np.zeros((64, 48, 48, 1), "float32")) > 1
    for image in covered[..., 0]:
        rows, columns = image.any(axis=1).sum(), image.any(axis=0).sum()
        assert image.sum() == rows * columns
        assert 0 < rows * columns <= 48 * 48 * 0.21


def test_erasing_leaves_the_other_faces_alone() -> None:
    changed = augmented(replace(NOTHING, erase=0.5), np.zeros((64, 48, 48, 1), "float32"))
    assert 16 < (changed.max(axis=(1, 2, 3)) > 1).sum() < 48


def test_every_call_changes_images_differently() -> None:
    layers = build_augmentation(EVERYTHING)
    first, second = (ops.convert_to_numpy(layers(NOISE, training=True)) for _ in range(2))
    assert not np.array_equal(first, second)


def test_images_of_a_batch_are_changed_differently() -> None:
    twins = augmented(EVERYTHING, np.repeat(NOISE[:1], 2, axis=0))
    assert not np.array_equal(twins[0], twins[1])


@pytest.mark.parametrize("extreme", [0, 255])
def test_pixels_stay_within_0_to_255(extreme: int) -> None:
    result = augmented(EVERYTHING, np.where(NOISE > 100, NOISE, np.float32(extreme)))
    assert result.min() >= 0
    assert result.max() <= 255


def test_the_same_seed_changes_images_the_same_way() -> None:
    np.testing.assert_array_equal(augmented(EVERYTHING, seed=4), augmented(EVERYTHING, seed=4))


def test_another_seed_changes_images_differently() -> None:
    assert not np.array_equal(augmented(EVERYTHING, seed=4), augmented(EVERYTHING, seed=40))


def test_erasing_fills_with_middle_gray() -> None:
    erased = augmented(replace(NOTHING, erase=1.0), np.zeros((8, 48, 48, 1), "float32"))
    assert set(np.unique(erased)) == {0.0, 127.5}


def test_erasing_covers_a_tenth_of_the_image_on_average() -> None:
    covered = augmented(replace(NOTHING, erase=1.0), np.zeros((256, 48, 48, 1), "float32")) > 1
    assert covered.mean() == pytest.approx(0.1, abs=0.01)


def test_layers_come_back_from_their_configuration() -> None:
    layers = build_augmentation(EVERYTHING, seed=3)
    again = keras.Sequential.from_config(layers.get_config())
    one, other = (ops.convert_to_numpy(copy(NOISE, training=True)) for copy in (layers, again))
    np.testing.assert_array_equal(one, other)


def test_the_framing_layer_is_registered() -> None:
    layer = RandomFraming(flip=False, shift=0.1, turn=5, zoom=0.2, seed=3)
    stored = keras.saving.serialize_keras_object(layer)
    assert stored["registered_name"] == "fer_utils>RandomFraming"
    again = keras.saving.deserialize_keras_object(stored)
    assert again.get_config() == layer.get_config()
    assert again.dtype_policy.name == "float32"


def test_whole_faces_are_augmented_for_a_lesson() -> None:
    faces = NOISE[..., 0].astype(np.uint8)
    changed = augment(faces, EVERYTHING, seed=2)
    assert (changed.dtype, changed.shape) == (np.uint8, faces.shape)
    np.testing.assert_array_equal(changed, np.rint(augmented(EVERYTHING, seed=2)[..., 0]))
    np.testing.assert_array_equal(changed, augment(faces, EVERYTHING, seed=2))


def test_augmenting_leaves_the_given_faces_alone() -> None:
    faces = NOISE[..., 0].astype(np.uint8)
    augment(faces, EVERYTHING)
    np.testing.assert_array_equal(faces, NOISE[..., 0])
