"""Small changes to training faces that leave their expression what it is."""

import keras
from keras import layers

from fer_utils.data.records import IMAGE_SIZE


def build_augmentation(strength: float = 1.0, *, seed: int = 0) -> keras.Sequential:
    """Build layers that flip, shift, turn, scale and light faces differently in every epoch.

    Parameters
    ----------
    strength : float
        0 leaves images as they are; 1 shifts by up to 8% of the side, turns by up to 8 degrees,
        scales by up to 10% and changes contrast and brightness by up to 20%.
    seed : int
        What the random choices start from.

    Returns
    -------
    keras.Sequential
        Layers for (n, 48, 48, 1) images with values 0 to 255; idle outside training.

    Raises
    ------
    ValueError
        If `strength` is negative.
    """
    if strength < 0:
        raise ValueError(f"strength must be 0 or more, not {strength}")
    inputs = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 1))
    if strength == 0:
        return keras.Sequential([inputs], name="augmentation")
    shift, turn, zoom, light = (strength * value for value in (0.08, 8 / 360, 0.1, 0.2))
    return keras.Sequential(
        [
            inputs,
            layers.RandomFlip("horizontal", seed=seed),
            layers.RandomTranslation(shift, shift, fill_mode="nearest", seed=seed + 1),
            layers.RandomRotation(turn, fill_mode="nearest", seed=seed + 2),
            layers.RandomZoom((-zoom, zoom), fill_mode="nearest", seed=seed + 3),
            layers.RandomContrast(light, value_range=(0, 255), seed=seed + 4),
            layers.RandomBrightness(light, value_range=(0, 255), seed=seed + 5),
        ],
        name="augmentation",
    )
