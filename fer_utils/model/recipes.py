"""Define recipes: how a network is built and trained."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, get_args

Target = Literal["labels", "votes"]


@dataclass(frozen=True)
class Augmentation:
    """Random changes to training faces, drawn again each time a face is shown.

    Attributes
    ----------
    flip : bool
        Whether to mirror every other face, left to right.
    shift : float
        Largest shift in both directions, as a share of the side.
    turn : float
        Largest rotation, in degrees.
    zoom : float
        Largest zoom in or out, as a share of the size.
    light : float
        Largest change of contrast, and of brightness as a share of white.
    erase : float
        Share of faces that get a gray rectangle, over at most a fifth of the image (Zhong et al.
        2020).
    degrade : float
        Share of faces that are darkened; the same share each is coarsened or blurred, gets noise,
        and is compressed.
    """

    flip: bool = True
    shift: float = 0.0
    turn: float = 0.0
    zoom: float = 0.0
    light: float = 0.0
    erase: float = 0.0
    degrade: float = 0.0


@dataclass(frozen=True)
class Recipe:
    """How a network is built and trained.

    Attributes
    ----------
    updates : int
        Number of gradient steps, if the data is large enough; see `passes`.
    passes : int
        The maximum number of times each face is shown: small data gets fewer updates.
    epochs : int
        Number of parts that the updates are divided into; PublicTest is scored after each.
    patience : int
        Training stops after this many epochs without a better PublicTest accuracy.
    batch_size : int
        Number of faces in an update.
    optimizer : str
        ``adamw`` (Loshchilov & Hutter 2019), or ``sgd`` with Nesterov momentum 0.9.
    learning_rate : float
        Peak learning rate, after a linear warm-up and before a cosine decay.
    weight_decay : float
        Decoupled weight decay: each update shrinks weights by this times the learning rate.
    label_smoothing : float
        Share of the target that is spread over all emotions, 0 to 1.
    augmentation : Augmentation
        Changes to training faces; stronger ones need more updates.
    widths : tuple of int
        Number of channels of each stage; every stage but the first halves the side of the image.
    blocks : tuple of int
        Number of residual blocks of each stage.
    first_stride : int
        Stride of the first convolution: 2 halves the side and takes a quarter of the time.
    dropout : float
        Share of features that are dropped before the last layer, 0 to 1.
    teacher_weight : float
        Weight of the teachers' opinions, 0 (labels only) to 1 (opinions only), if there are any.
    teacher_temperature : float
        Temperature of the teachers' opinions.
    balancing : str
        Default balancing strategy, one of `fer_utils.data.balancing.STRATEGIES`.
    target : {"labels", "votes"}
        What to learn from: the labels, or how many people voted for each emotion. For votes, the
        faces must come from `Faces.follow_votes`.
    logit_adjustment : float
        How strongly the loss compensates for the class frequencies in Training (tau of Menon et
        al. 2021): 0 not at all, 1 to optimize balanced accuracy.
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
    target: Target = "labels"
    logit_adjustment: float = 0.0

    def for_target(self, target: Target) -> "Recipe":
        """Return the recipe of the same profile that learns from a target.

        A recipe without a profile stays the same but for the target.

        Raises
        ------
        ValueError
            If the target is unknown.

        Examples
        --------
        >>> PROFILES["full"].for_target("votes").balancing
        'none'
        """
        profile = profile_of(self)
        if profile is not None:
            return find_recipe(profile, target)
        _require_known("target", target, get_args(Target))
        return replace(self, target=target)


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
    # As wide as a face detector's error, so that the network tolerates the crops it sees in use.
    augmentation=Augmentation(shift=0.1, turn=12, zoom=0.15, light=0.25, erase=0.5),
    widths=(48, 128, 256),
    blocks=(1, 1, 1),
    dropout=0.3,
    balancing="log_class_weight",
)

# The recipes by name: "quick" takes minutes, "full" hours on a CPU, and "gpu" is for a GPU.
PROFILES = {
    "quick": Recipe(updates=1800, passes=8, epochs=6, patience=6),
    "full": _FULL,
    # Full resolution in the first stage, almost twice the parameters, three times the updates.
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

# The same profiles, to learn from votes instead of labels.
VOTE_PROFILES: dict[str, Recipe] = {
    "quick": replace(PROFILES["quick"], target="votes"),
    # Votes are soft targets, which need no label smoothing.
    "full": replace(
        _FULL,
        updates=14_000,
        passes=200,
        epochs=50,
        patience=50,
        label_smoothing=0.0,
        augmentation=replace(_FULL.augmentation, degrade=0.15),
        widths=(16, 48, 128, 256),
        blocks=(0, 1, 1, 1),
        first_stride=1,
        balancing="none",
        target="votes",
    ),
    "gpu": replace(
        PROFILES["gpu"],
        label_smoothing=0.0,
        augmentation=replace(_FULL.augmentation, degrade=0.15),
        balancing="none",
        target="votes",
    ),
}


def find_recipe(profile: str, target: Target = "labels") -> Recipe:
    """Return the recipe of a profile.

    Parameters
    ----------
    profile : str
        One of `PROFILES`.
    target : {"labels", "votes"}, default "labels"
        What to learn from.

    Returns
    -------
    Recipe
        From `PROFILES`, or from `VOTE_PROFILES`.

    Raises
    ------
    ValueError
        If the profile or the target is unknown.

    Examples
    --------
    >>> find_recipe("full", "votes").target
    'votes'
    """
    _require_known("target", target, get_args(Target))
    profiles = PROFILES if target == "labels" else VOTE_PROFILES
    _require_known("profile", profile, profiles)
    return profiles[profile]


def profile_of(recipe: Recipe) -> str | None:
    """Return the name of the profile that a recipe belongs to, or None for a custom one."""
    named = (*PROFILES.items(), *VOTE_PROFILES.items())
    return next((name for name, profile in named if profile == recipe), None)


def _require_known(what: str, value: str, known: Iterable[str]) -> None:
    if value not in (names := list(known)):
        raise ValueError(f"unknown {what} {value!r}: expected one of {', '.join(names)}")
