"""Small changes to training faces that leave their expression what it is."""

import keras
from keras import layers

from fer_utils.data.records import IMAGE_SIZE

AUGMENTATIONS = ("flip", "shift", "turn", "zoom", "light")


def build_augmentation(
    kinds: tuple[str, ...] = AUGMENTATIONS, *, seed: int = 0
) -> keras.Sequential:
    """Build layers that change faces differently in every epoch.

    Parameters
    ----------
    kinds : tuple of str
        Names of `AUGMENTATIONS`: ``flip`` left and right, ``shift`` by up to 8% of the side,
        ``turn`` by up to 8 degrees, ``zoom`` by up to 10%, and ``light``: contrast and
        brightness by up to 20%.
    seed : int
        What the random choices start from.

    Returns
    -------
    keras.Sequential
        Layers for (n, 48, 48, 1) images with values 0 to 255; idle outside training.

    Raises
    ------
    ValueError
        If a kind is unknown.
    """
    unknown = set(kinds) - set(AUGMENTATIONS)
    if unknown:
        raise ValueError(
            f"unknown augmentation {sorted(unknown)}: expected some of {', '.join(AUGMENTATIONS)}"
        )
    gray, turn = (0, 255), 8 / 360
    available = {
        "flip": [layers.RandomFlip("horizontal", seed=seed)],
        "shift": [layers.RandomTranslation(0.08, 0.08, fill_mode="nearest", seed=seed + 1)],
        "turn": [layers.RandomRotation(turn, fill_mode="nearest", seed=seed + 2)],
        "zoom": [layers.RandomZoom((-0.1, 0.1), fill_mode="nearest", seed=seed + 3)],
        "light": [
            layers.RandomContrast(0.2, value_range=gray, seed=seed + 4),
            layers.RandomBrightness(0.2, value_range=gray, seed=seed + 5),
        ],
    }
    chosen = [layer for kind in kinds for layer in available[kind]]
    inputs = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 1))
    # A Sequential without a layer cannot be called.
    return keras.Sequential([inputs, *(chosen or [layers.Identity()])], name="augmentation")
