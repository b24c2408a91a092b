"""Degrade training faces at random, the way webcams and video calls do."""

from typing import Any

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from fer_utils.data.faces import IMAGE_SIZE

_SIDES = (24, 16, 12)  # resolutions, in pixels; they divide the image's side
_SIGMAS = (0.75, 1.5)  # of the blur, in pixels
_DARKEST = 0.25  # factor of the light
_MOST_NOISE = 25.0  # standard deviation, in gray levels
_COARSEST = 5.0  # factor of the JPEG table; 1 is quality 50, 5 is quality 10

_BLOCK = 8
# Step of each frequency of JPEG's luminance at quality 50 (ITU-T T.81, table K.1).
_STEPS = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    dtype=np.float32,
)


@keras.saving.register_keras_serializable(package="fer_utils")
class RandomDegradation(layers.Layer):
    """Darken, coarsen or blur, add noise, and compress, each for its own share of the faces.

    Parameters
    ----------
    share : float
        Share of the faces that each of the four happens to, 0 to 1.
    seed : int
        Seed of the random changes.
    """

    def __init__(self, *, share: float, seed: int, **options: Any) -> None:
        super().__init__(**{"trainable": False, "dtype": "float32"} | options)
        self.share, self.seed = share, seed
        self._generator = keras.random.SeedGenerator(seed)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that build the same layer again."""
        return {**super().get_config(), "share": self.share, "seed": self.seed}

    def call(self, images: Any, training: bool = False) -> Any:
        """Return degraded images, 0 to 255; the images themselves outside training."""
        if not training:
            return images
        for change in (self._darken, self._coarsen, self._add_noise, self._compress):
            is_chosen = self._uniform(images, 0, 1) < self.share
            images = ops.where(is_chosen, change(images), images)
        return ops.clip(images, 0, 255)

    def _darken(self, images: Any) -> Any:
        return images * ops.exp(self._uniform(images, float(np.log(_DARKEST)), 0))

    def _coarsen(self, images: Any) -> Any:
        """Return each image at one of a few resolutions, or blurred."""
        views = [coarsen(images, side) for side in _SIDES] + [blur(images, s) for s in _SIGMAS]
        chosen = ops.floor(self._uniform(images, 0, len(views)))
        return sum(ops.where(chosen == k, view, 0.0) for k, view in enumerate(views))

    def _add_noise(self, images: Any) -> Any:
        noise = keras.random.normal(ops.shape(images), seed=self._generator)
        return images + noise * self._uniform(images, 0, _MOST_NOISE)

    def _compress(self, images: Any) -> Any:
        return compress(images, self._uniform(images, 1, _COARSEST))

    def _uniform(self, images: Any, low: float, high: float) -> Any:
        """Return a random number for each image, shape (n, 1, 1, 1)."""
        shape = (ops.shape(images)[0], 1, 1, 1)
        return keras.random.uniform(shape, low, high, seed=self._generator)


def coarsen(images: Any, side: int) -> Any:
    """Return images (n, 48, 48, 1) as they look at a lower resolution that divides 48."""
    small = ops.average_pool(images, IMAGE_SIZE // side)
    return ops.image.resize(small, (IMAGE_SIZE, IMAGE_SIZE), interpolation="bilinear")


def blur(images: Any, sigma: float) -> Any:
    """Return images (n, 48, 48, 1) after a Gaussian blur of some pixels."""
    reach = int(np.ceil(2 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2).astype(np.float32)
    kernel /= kernel.sum()
    edges = ((0, 0), (reach, reach), (reach, reach), (0, 0))
    padded = ops.pad(images, edges, mode="symmetric")
    across = ops.conv(padded, kernel.reshape(1, -1, 1, 1))
    return ops.conv(across, kernel.reshape(-1, 1, 1, 1))


def compress(images: Any, factor: Any) -> Any:
    """Return images (n, 48, 48, 1) after the lossy part of JPEG.

    Parameters
    ----------
    images : tensor of float32, shape (n, 48, 48, 1)
        Values 0 to 255.
    factor : tensor of float32, shape (n, 1, 1, 1), or float
        Factor of the steps that frequencies are rounded to; the higher, the coarser.

    Returns
    -------
    tensor of float32, shape (n, 48, 48, 1)
        Values that may leave 0 to 255 a little.
    """
    count, transform = IMAGE_SIZE // _BLOCK, cosine_transform(_BLOCK)
    blocks = ops.reshape(images - 128, (-1, count, _BLOCK, count, _BLOCK))
    blocks = ops.transpose(blocks, (0, 1, 3, 2, 4))
    steps = _STEPS * ops.reshape(factor, (-1, 1, 1, 1, 1))
    frequencies = ops.round(transform @ blocks @ transform.T / steps) * steps
    blocks = ops.transpose(transform.T @ frequencies @ transform, (0, 1, 3, 2, 4))
    return ops.reshape(blocks, (-1, IMAGE_SIZE, IMAGE_SIZE, 1)) + 128


def cosine_transform(size: int) -> NDArray[np.float32]:
    """Return the orthonormal matrix of the discrete cosine transform (type II)."""
    frequency, place = np.mgrid[:size, :size]
    matrix = np.cos(np.pi * (place + 0.5) * frequency / size) * np.sqrt(2 / size)
    matrix[0] /= np.sqrt(2)
    return matrix.astype(np.float32)
