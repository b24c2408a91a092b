"""Augmentation."""

import numpy as np
import pytest
from keras import ops
from numpy.typing import NDArray

from fer_utils.model.augmentation import AUGMENTATIONS, build_augmentation

NOISE = np.random.default_rng(0).integers(0, 256, (16, 48, 48, 1)).astype("float32")


def augmented(
    *kinds: str, images: NDArray = NOISE, seed: int = 0, training: bool = True
) -> NDArray[np.float32]:
    layers = build_augmentation(kinds or AUGMENTATIONS, seed=seed)
    return ops.convert_to_numpy(layers(images, training=training))


def test_no_kind_changes_nothing() -> None:
    layers = build_augmentation(())
    np.testing.assert_array_equal(ops.convert_to_numpy(layers(NOISE, training=True)), NOISE)


def test_it_is_idle_outside_training() -> None:
    np.testing.assert_array_equal(augmented(training=False), NOISE)


@pytest.mark.parametrize("kind", AUGMENTATIONS)
def test_every_kind_changes_images_in_training(kind: str) -> None:
    assert not np.array_equal(augmented(kind), NOISE)


def test_all_kinds_together_change_every_image() -> None:
    assert (np.abs(augmented() - NOISE).mean(axis=(1, 2, 3)) > 1).all()


def test_flip_mirrors_left_and_right_and_does_nothing_else() -> None:
    flipped = augmented("flip")
    same = (flipped == NOISE).all(axis=(1, 2, 3))
    mirrored = (flipped == NOISE[:, :, ::-1]).all(axis=(1, 2, 3))
    assert (same ^ mirrored).all()
    assert 0 < mirrored.sum() < len(NOISE)


def test_every_call_changes_images_differently() -> None:
    layers = build_augmentation()
    first, second = (ops.convert_to_numpy(layers(NOISE, training=True)) for _ in range(2))
    assert not np.array_equal(first, second)


def test_images_of_a_batch_are_changed_differently() -> None:
    twins = augmented(images=np.repeat(NOISE[:1], 2, axis=0))
    assert not np.array_equal(twins[0], twins[1])


@pytest.mark.parametrize("extreme", [0, 255])
def test_pixels_stay_within_0_to_255(extreme: int) -> None:
    result = augmented(images=np.where(NOISE > 100, NOISE, np.float32(extreme)))
    assert result.min() >= 0
    assert result.max() <= 255


def test_the_same_seed_changes_images_alike() -> None:
    np.testing.assert_array_equal(augmented(seed=4), augmented(seed=4))


def test_another_seed_changes_images_differently() -> None:
    assert not np.array_equal(augmented(seed=4), augmented(seed=40))


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown augmentation \['blur'\]: expected some of flip"):
        build_augmentation(("flip", "blur"))
