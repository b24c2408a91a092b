"""Named ways to build and train a network."""

from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Augmentation:
    """How much training faces are changed at random, each time they are shown.

    Attributes
    ----------
    flip : bool
        Whether every other face is mirrored, left for right.
    shift : float
        At most, as a share of the side, both across and down.
    turn : float
        At most, in degrees.
    zoom : float
        At most, as a share of the size, both larger and smaller.
    light : float
        At most: the change of contrast, and of brightness as a share of white.
    erase : float
        Share of faces with a gray rectangle over up to a fifth of them (Zhong et al. 2020).
    """

    flip: bool = True
    shift: float = 0.0
    turn: float = 0.0
    zoom: float = 0.0
    light: float = 0.0
    erase: float = 0.0


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
    optimizer : str
        ``adamw`` (Loshchilov & Hutter 2019) or ``sgd``, with Nesterov momentum 0.9.
    learning_rate : float
        The highest learning rate; a linear warm-up leads to it, a cosine away from it.
    weight_decay : float
        Share of every weight taken off in an update, times the learning rate.
    label_smoothing : float
        Share of the target spread over all emotions, 0 to 1.
    augmentation : Augmentation
        How much faces are changed; the more, the more updates it needs.
    widths, blocks, first_stride, dropout : tuple of int, int, float
        Channels and residual blocks of each stage and the rest, given to `build_cnn`.
    teacher_weight : float
        How much the opinions of teachers count beside the labels, where there are teachers.
    teacher_temperature : float
        What their scores are divided by before they are asked.
    balancing : str
        One of `fer_utils.data.balancing.STRATEGIES`, unless another is asked for.
    logit_adjustment : float
        How strongly the loss makes up for the emotions' shares in Training (tau of Menon et al.
        2021); 0 for not at all, 1 for the error that counts every emotion alike.
    """

    updates: int
    passes: int
    epochs: int
    patience: int
    batch_size: int = 96
    optimizer: str = "adamw"
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2
    label_smoothing: float = 0.0
    augmentation: Augmentation = Augmentation(shift=0.08)
    widths: tuple[int, ...] = (24, 48, 96, 192)
    blocks: tuple[int, ...] = (0, 1, 1, 1)
    first_stride: int = 2
    dropout: float = 0.2
    teacher_weight: float = 0.9
    teacher_temperature: float = 2.0
    balancing: str = "smote"
    logit_adjustment: float = 0.0

    @property
    def architecture(self) -> dict[str, Any]:
        """The arguments of `build_cnn`, but for the seed."""
        names = ("widths", "blocks", "first_stride", "dropout")
        return {name: getattr(self, name) for name in names}


# As wide as a face detector scatters: the network then bears the crops it gets in use.
_FRAMING = Augmentation(shift=0.1, turn=12, zoom=0.15, light=0.25, erase=0.5)

_FULL = Recipe(
    updates=26_000,
    passes=120,
    epochs=52,
    patience=20,
    batch_size=128,
    optimizer="sgd",
    learning_rate=0.1,
    weight_decay=5e-3,
    label_smoothing=0.1,
    augmentation=_FRAMING,
    widths=(48, 128, 256),
    blocks=(1, 1, 1),
    dropout=0.3,
    balancing="log_class_weight",
)

PROFILES = {
    "quick": Recipe(updates=1800, passes=8, epochs=6, patience=6),
    "full": _FULL,
    # Whole images in the first stage too, almost twice the parameters, three times the updates.
    "gpu": replace(
        _FULL,
        updates=80_000,
        passes=400,
        epochs=80,
        patience=30,
        widths=(48, 96, 256, 256),
        blocks=(1, 1, 1, 1),
        first_stride=1,
        dropout=0.4,
    ),
}


def profile_of(recipe: Recipe) -> str | None:
    """Return the name of the profile that a recipe is, or None for one made by hand."""
    return next((name for name, profile in PROFILES.items() if profile == recipe), None)
