"""Small changes to training faces that leave their expression what it is."""

import math
from typing import Any

import keras
from keras import layers, ops

from fer_utils.data.faces import IMAGE_SIZE
from fer_utils.model.recipes import Augmentation

_GRAY = (0, 255)


def build_augmentation(augmentation: Augmentation, *, seed: int = 0) -> keras.Sequential:
    """Build layers that change faces differently in every epoch.

    Parameters
    ----------
    augmentation : Augmentation
        How much.
    seed : int
        What the random choices start from.

    Returns
    -------
    keras.Sequential
        Layers for (n, 48, 48, 1) images with values 0 to 255; idle outside training.
    """
    chosen: list[keras.Layer] = [RandomFraming(augmentation, seed=seed)]
    if augmentation.light:
        chosen += [
            layers.RandomContrast(augmentation.light, value_range=_GRAY, seed=seed + 1),
            layers.RandomBrightness(augmentation.light, value_range=_GRAY, seed=seed + 2),
        ]
    if augmentation.erase:
        chosen.append(RandomGrayRectangle(augmentation.erase, seed=seed + 3))
    return keras.Sequential(
        [keras.Input((IMAGE_SIZE, IMAGE_SIZE, 1)), *chosen], name="augmentation"
    )


class RandomFraming(layers.Layer):
    """Flip, turn, zoom and shift in one go: pixels are interpolated once.

    Parameters
    ----------
    augmentation : Augmentation
        How much; pixels beyond the image take the value of its nearest edge.
    seed : int
        What the random choices start from.
    """

    def __init__(self, augmentation: Augmentation, *, seed: int) -> None:
        super().__init__(trainable=False, dtype="float32")
        self.augmentation = augmentation
        self._generator = keras.random.SeedGenerator(seed)

    def call(self, images: Any, training: bool = False) -> Any:
        """Return the images in another framing."""
        if not training:
            return images
        count, how = ops.shape(images)[0], self.augmentation
        turn = self._uniform(count, math.radians(how.turn))
        # A factor and its inverse are equally likely.
        zoom = ops.exp(self._uniform(count, math.log1p(how.zoom)))
        mirror = ops.where(self._uniform(count, 1) < 0, -1.0, 1.0) if how.flip else 1.0
        across, down = (self._uniform(count, how.shift * IMAGE_SIZE) for _ in range(2))
        cosine, sine = zoom * ops.cos(turn), zoom * ops.sin(turn)
        centre = (IMAGE_SIZE - 1) / 2
        # The rows of a matrix that takes a pixel's place to where its value comes from.
        rows = [
            (cosine * mirror, -sine, centre * (1 - cosine * mirror + sine) + across),
            (sine * mirror, cosine, centre * (1 - sine * mirror - cosine) + down),
        ]
        none = ops.zeros((count,))
        return ops.image.affine_transform(
            images, ops.stack([*rows[0], *rows[1], none, none], axis=1), fill_mode="nearest"
        )

    def _uniform(self, count: int, limit: float) -> Any:
        return keras.random.uniform((count,), -limit, limit, seed=self._generator)


class RandomGrayRectangle(layers.Layer):
    """Cover a part of some faces, so that the network learns to look at all of a face.

    Parameters
    ----------
    share : float
        How many of the faces, 0 to 1.
    seed : int
        What the random choices start from.
    """

    # The sides of the rectangle, as shares of the image's side: at most a fifth of its area.
    _SMALLEST, _LARGEST = 0.1, 0.45

    def __init__(self, share: float, *, seed: int) -> None:
        super().__init__(trainable=False, dtype="float32")
        self.share = share
        self._generator = keras.random.SeedGenerator(seed)

    def call(self, images: Any, training: bool = False) -> Any:
        """Return the images, some of them with a rectangle of middle gray."""
        if not training:
            return images
        count = ops.shape(images)[0]
        hidden = self._band(count)[:, :, None] & self._band(count)[:, None, :]
        chosen = self._uniform(count, 0, 1) < self.share
        hidden = (hidden & chosen[..., None])[..., None]
        return ops.where(hidden, sum(_GRAY) / 2, images)

    def _band(self, count: int) -> Any:
        """Return which rows, or columns, the rectangles cover: bool (n, 48)."""
        places = ops.arange(IMAGE_SIZE, dtype="float32") / IMAGE_SIZE
        size = self._uniform(count, self._SMALLEST, self._LARGEST)
        first = self._uniform(count, 0, 1) * (1 - size)
        return (places >= first) & (places < first + size)

    def _uniform(self, count: int, low: float, high: float) -> Any:
        return keras.random.uniform((count, 1), low, high, seed=self._generator)
