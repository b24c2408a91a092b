"""Named ways to build and train a network."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """How a network is built and trained.

    Attributes
    ----------
    updates : int
        Gradient steps, if the data lasts for them; see `passes`.
    passes : int
        At most so often is each face shown: a small source gets fewer updates.
    epochs : int
        How many parts the updates are cut into; after each, PublicTest is scored.
    patience : int
        Training stops when so many epochs in a row brought no better PublicTest accuracy.
    batch_size : int
        Faces in one update.
    learning_rate : float
        The highest learning rate; a linear warm-up leads to it, a cosine away from it.
    weight_decay : float
        AdamW's (Loshchilov & Hutter 2019).
    label_smoothing : float
        Share of the target spread over all emotions, 0 to 1.
    augmentation : tuple of str
        Kinds given to `build_augmentation`; every one costs time and needs more updates.
    widths : tuple of int
        Channels given to `build_cnn`.
    dropout : float
        Dropout given to `build_cnn`.
    """

    updates: int
    passes: int
    epochs: int
    patience: int
    batch_size: int = 96
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2
    label_smoothing: float = 0.0
    augmentation: tuple[str, ...] = ("flip", "shift", "turn", "zoom", "light")
    widths: tuple[int, ...] = (32, 64, 128, 192)
    dropout: float = 0.2


PROFILES = {
    "quick": Recipe(updates=2600, passes=8, epochs=8, patience=8, augmentation=("flip", "shift")),
    "full": Recipe(updates=12_000, passes=60, epochs=40, patience=10, label_smoothing=0.1),
}
