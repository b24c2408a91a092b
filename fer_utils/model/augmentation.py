"""Change training faces at random in ways that preserve their expression."""

import math
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from fer_utils.data.faces import IMAGE_SIZE
from fer_utils.model.degradation import RandomDegradation
from fer_utils.model.recipes import Augmentation

_FRAMING = ("flip", "shift", "turn", "zoom")


def build_augmentation(augmentation: Augmentation, *, seed: int = 0) -> keras.Sequential:
    """Build layers that change faces differently each time they are shown.

    Parameters
    ----------
    augmentation : Augmentation
        Kinds and strengths of the changes.
    seed : int
        Seed of the random changes.

    Returns
    -------
    keras.Sequential
        Layers for (n, 48, 48, 1) images with values 0 to 255; inactive outside training.
    """
    framing = {name: getattr(augmentation, name) for name in _FRAMING}
    chosen: list[keras.Layer] = [RandomFraming(**framing, seed=seed)]
    if augmentation.light:
        chosen += [
            layers.RandomContrast(augmentation.light, seed=seed + 1),
            layers.RandomBrightness(augmentation.light, seed=seed + 2),
        ]
    if augmentation.erase:
        chosen.append(
            layers.RandomErasing(
                # A range of one value: the probability itself, not an upper limit for it.
                factor=(augmentation.erase, augmentation.erase),
                # Each side of the rectangle is between 0.1 and 0.45 of the image's side, so that
                # it covers at most a fifth of the image. Keras takes the squares of these.
                scale=(0.1**2, 0.45**2),
                fill_value=127.5,  # middle gray
                seed=seed + 3,
                dtype="float32",
            )
        )
    if augmentation.degrade:
        chosen.append(RandomDegradation(share=augmentation.degrade, seed=seed + 4))
    return keras.Sequential(
        [keras.Input((IMAGE_SIZE, IMAGE_SIZE, 1)), *chosen], name="augmentation"
    )


def augment(
    images: NDArray[np.uint8], augmentation: Augmentation, *, seed: int = 0
) -> NDArray[np.uint8]:
    """Change faces once, the way training does each time it shows them.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, 48, 48)
        Gray faces.
    augmentation : Augmentation
        Kinds and strengths of the changes, such as ``PROFILES["quick"].augmentation``.
    seed : int
        Seed of the random changes.

    Returns
    -------
    ndarray of uint8, shape (n, 48, 48)
        Changed copies.

    Examples
    --------
    >>> faces = np.zeros((2, 48, 48), dtype=np.uint8)
    >>> augment(faces, Augmentation(shift=0.1)).shape
    (2, 48, 48)
    """
    batch = images[..., None].astype(np.float32)
    changed = build_augmentation(augmentation, seed=seed)(batch, training=True)
    pixels = np.rint(ops.convert_to_numpy(changed)[..., 0])
    return pixels.clip(0, 255).astype(np.uint8)


@keras.saving.register_keras_serializable(package="fer_utils")
class RandomFraming(layers.Layer):
    """Flip, rotate, zoom, and shift at once, so that pixels are interpolated only once.

    Parameters
    ----------
    flip : bool
        Whether to mirror every other face, left to right.
    shift : float
        Largest shift in both directions, as a share of the image's side.
    turn : float
        Largest rotation, in degrees.
    zoom : float
        Largest zoom in or out, as a share of the size.
    seed : int
        Seed of the random changes.

    Notes
    -----
    Pixels from beyond the image take the value of the nearest edge.
    """

    def __init__(
        self, *, flip: bool, shift: float, turn: float, zoom: float, seed: int, **options: Any
    ) -> None:
        super().__init__(**{"trainable": False, "dtype": "float32"} | options)
        self.flip, self.shift, self.turn, self.zoom, self.seed = flip, shift, turn, zoom, seed
        self._generator = keras.random.SeedGenerator(seed)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that build the same layer again."""
        own = {name: getattr(self, name) for name in (*_FRAMING, "seed")}
        return {**super().get_config(), **own}

    def call(self, images: Any, training: bool = False) -> Any:
        """Return images in another framing; the images themselves outside training."""
        if not training:
            return images
        count = ops.shape(images)[0]
        turn = self._uniform(count, math.radians(self.turn))
        # A factor and its inverse are equally likely.
        zoom = ops.exp(self._uniform(count, math.log1p(self.zoom)))
        mirror = ops.where(self._uniform(count, 1) < 0, -1.0, 1.0) if self.flip else 1.0
        across, down = (self._uniform(count, self.shift * IMAGE_SIZE) for _ in range(2))
        cosine, sine = zoom * ops.cos(turn), zoom * ops.sin(turn)
        center = (IMAGE_SIZE - 1) / 2
        # Rows of the matrix that maps a pixel to the place in the original that it is read from.
        rows = [
            (cosine * mirror, -sine, center * (1 - cosine * mirror + sine) + across),
            (sine * mirror, cosine, center * (1 - sine * mirror - cosine) + down),
        ]
        zeros = ops.zeros((count,))
        return ops.image.affine_transform(
            images, ops.stack([*rows[0], *rows[1], zeros, zeros], axis=1), fill_mode="nearest"
        )

    def _uniform(self, count: int, limit: float) -> Any:
        return keras.random.uniform((count,), -limit, limit, seed=self._generator)
