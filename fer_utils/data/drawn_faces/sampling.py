"""Draw a data set of random faces that needs no download and shows no real people."""

from dataclasses import fields
from itertools import count as count_from

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from fer_utils.data.drawn_faces.face import draw_face
from fer_utils.data.drawn_faces.parameters import (
    EXPRESSIONS,
    Expression,
    Hair,
    Identity,
    Occlusion,
    View,
)
from fer_utils.data.faces import IMAGE_SIZE, SPLITS, DataError, Faces
from fer_utils.data.provenance import Provenance
from fer_utils.emotions import EMOTIONS, emotion_index

_FER2013_TRAINING_COUNTS = np.array([3995, 436, 4097, 7215, 4830, 3171, 4965])
# An angry mouth is open, baring the teeth, nearly as often as it is tight.
_SHOUTING = Expression(
    brow_lower=1.0, lid_raise=0.6, lid_tighten=0.6, upper_lip_raise=0.4, lips_part=0.9, jaw_drop=0.4
)
_HAIRCUTS: tuple[Hair, ...] = ("short",) * 4 + ("long",) * 3 + ("fringe",) * 2 + ("bald",)
_OCCLUSIONS: tuple[Occlusion, ...] = ("hand", "hand", "bar", "strand", "strand")


def draw_faces(count: int = 6000, *, seed: int = 0) -> Faces:
    """Draw faces of all seven emotions.

    Expressions follow the facial action units; strength, people, pose, light, occlusion, and
    noise vary. The emotions are as frequent as in the Training split of FER-2013, and each is
    split 80/10/10 into Training, PublicTest, and PrivateTest.

    Parameters
    ----------
    count : int, default 6000
        The number of faces, at least 162.
    seed : int, default 0
        0 or more. The same seed gives the same bytes (with the same versions of NumPy and
        OpenCV); a face depends only on the seed, its position, and its emotion.

    Returns
    -------
    Faces
        Images (uint8, shape (count, 48, 48)), labels, splits, and names such as
        ``synthetic 00017``.

    Raises
    ------
    DataError
        If `count` is too small to have each emotion in each split, or `seed` is negative.

    References
    ----------
    P. Ekman and W. V. Friesen, *Facial Action Coding System*, Consulting Psychologists Press,
    1978. The action units of each emotion: P. Ekman, W. V. Friesen, and J. C. Hager, *Facial
    Action Coding System: The Manual*, Research Nexus, 2002.

    Examples
    --------
    >>> faces = draw_faces(200, seed=1)
    >>> faces.images.shape
    (200, 48, 48)
    >>> print(faces.names[17])
    synthetic 00017
    """
    if seed < 0:
        raise DataError(f"seed must be 0 or more, got {seed}")
    order_seed, *face_seeds = np.random.SeedSequence(seed).spawn(max(count, 0) + 1)
    labels, splits = _labels_and_splits(count, np.random.default_rng(order_seed))
    images = np.empty((count, IMAGE_SIZE, IMAGE_SIZE), dtype=np.uint8)
    for place in tqdm(range(count), desc="Drawing faces", mininterval=1, delay=1):
        random = np.random.default_rng(face_seeds[place])
        images[place] = draw_face(*sample_face(EMOTIONS[labels[place]], random))
    return Faces(
        images=images,
        labels=labels,
        splits=splits,
        names=np.array([f"synthetic {place:05d}" for place in range(count)]),
        origins=np.full(count, "synthetic"),
        provenance=Provenance(
            source="synthetic",
            kind="drawn faces",
            notes=(f"seed {seed}, {count} faces",),
            real_people=False,
        ),
    )


def sample_face(emotion: str, random: np.random.Generator) -> tuple[Expression, Identity, View]:
    """Sample the parameters of a random face with a given emotion, for `draw_face`.

    Parameters
    ----------
    emotion : str
        One of `fer_utils.emotions.EMOTIONS` or an alias.
    random : numpy.random.Generator
        The source of randomness.

    Returns
    -------
    expression, identity, view : tuple of Expression, Identity, and View
        The arguments of `draw_face`.

    Raises
    ------
    UnknownEmotionError
        If the emotion is not one of the seven.

    Examples
    --------
    >>> expression, identity, view = sample_face("happy", np.random.default_rng(0))
    >>> draw_face(expression, identity, view).shape
    (48, 48)
    """
    emotion = EMOTIONS[emotion_index(emotion)]
    return _sample_expression(emotion, random), _sample_identity(random), _sample_view(random)


def _sample_expression(emotion: str, random: np.random.Generator) -> Expression:
    """Sample an expression between barely visible and full, with each unit varied separately."""
    full = EXPRESSIONS[emotion]
    if emotion == "angry" and random.random() < 0.4:
        full = _SHOUTING
    # Most expressions are clear; a few are barely distinguishable from a face at rest.
    strength = 1.12 - 0.82 * random.random() ** 1.9
    units = {}
    for unit in fields(full):
        moved = strength * random.uniform(0.65, 1.15) * getattr(full, unit.name)
        # Faces also move for other reasons: people talk, chew, and blink.
        stray = random.uniform(0.0, 0.3) if random.random() < 0.05 else 0.0
        units[unit.name] = min(max(moved, stray), 1.0)
    return Expression(**units)


def _sample_identity(random: np.random.Generator) -> Identity:
    skin_tone = random.uniform(80, 215)
    dark_hair = random.uniform(12, 0.4 * skin_tone)
    light_hair = random.uniform(0.4, 0.95) * skin_tone
    bearded = random.random() < 0.2
    return Identity(
        skin_tone=skin_tone,
        hair_tone=dark_hair if random.random() < 0.7 else light_hair,
        iris_tone=random.uniform(10, 60),
        hair=_HAIRCUTS[random.integers(len(_HAIRCUTS))],
        hairline=random.uniform(0, 1),
        hair_parting=random.uniform(-1, 1),
        face_width=_near(random, 1, 0.05),
        jaw_width=_near(random, 1, 0.15),
        chin_length=_near(random, 1, 0.05),
        eye_distance=_near(random, 1, 0.04),
        eye_size=_near(random, 1, 0.09),
        eye_openness=_near(random, 1, 0.14),
        eye_tilt=_near(random, 0, 0.5),
        brow_thickness=_near(random, 1, 0.22),
        brow_height=_near(random, 0, 0.5),
        brow_tilt=_near(random, 0, 0.5),
        nose_length=_near(random, 1, 0.3),
        nose_width=_near(random, 1, 0.12),
        mouth_width=_near(random, 1, 0.1),
        lip_fullness=_near(random, 1, 0.22),
        mouth_curve=_near(random, 0, 0.5),
        age=random.uniform(0, 1),
        beard=random.uniform(0.3, 1) if bearded else 0.0,
        mustache=random.uniform(0.3, 1) if bearded or random.random() < 0.05 else 0.0,
        glasses=random.random() < 0.15,
        asymmetry=_near(random, 0, 0.4),
    )


def _sample_view(random: np.random.Generator) -> View:
    hidden = random.random() < 0.1
    return View(
        roll=_near(random, 0, 5),
        yaw=_near(random, 0, 8),
        pitch=_near(random, 0, 5),
        shift_x=_near(random, 0, 0.012),
        shift_y=_near(random, 0, 0.012),
        scale=_near(random, 1, 0.04),
        light_x=random.uniform(-1, 1),
        light_y=random.uniform(-0.8, 0.1),
        light_hardness=random.uniform(0.2, 0.75),
        background=random.uniform(25, 210),
        background_slope=_near(random, 0, 25),
        brightness=_near(random, 122, 18),
        contrast=random.uniform(38, 60),
        occlusion=_OCCLUSIONS[random.integers(len(_OCCLUSIONS))] if hidden else "none",
        occlusion_place=random.random(),
        blur=random.uniform(0.2, 0.65),
        noise=random.uniform(1, 5),
        grain_seed=int(random.integers(2**32)),
    )


def _near(random: np.random.Generator, middle: float, spread: float) -> float:
    """Sample a normal distribution clipped at 2.5 standard deviations."""
    return middle + spread * min(max(random.standard_normal(), -2.5), 2.5)


def _labels_and_splits(
    count: int, random: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.str_]]:
    """Return shuffled labels, distributed as in FER-2013, and stratified splits."""
    table = _counts(count)
    if table.min() < 1:
        smallest = next(size for size in count_from(1) if _counts(size).min() >= 1)
        raise DataError(
            f"{count} faces are too few to have each emotion in each split: "
            f"expected at least {smallest}"
        )
    cells = [(label, split) for label in range(len(EMOTIONS)) for split in range(len(SPLITS))]
    order = random.permutation(np.repeat(np.arange(len(cells)), table.ravel()))
    labels, splits = np.array(cells)[order].T
    return labels.astype(np.uint8), np.array(SPLITS)[splits]


def _counts(count: int) -> NDArray[np.intp]:
    """Return the number of faces of each emotion (rows) in each split (columns), shape (7, 3)."""
    emotions, held_out = _apportion(count), _apportion(count // 10)
    return np.stack([emotions - 2 * held_out, held_out, held_out], axis=1)


def _apportion(total: int) -> NDArray[np.intp]:
    """Distribute a total over the emotions as in FER-2013; integers of shape (7,).

    This is the Huntington-Hill method, which apportions the seats of the US House: one seat each,
    then the next one to the highest claim. A larger total never makes a part smaller.
    """
    held = np.arange(max(total, 0))
    claims = _FER2013_TRAINING_COUNTS[:, None] / np.sqrt(np.maximum(held * (held + 1), 1e-9))
    winners = np.argsort(-claims, axis=None, kind="stable")[: max(total, 0)]
    return np.bincount(winners // max(total, 1), minlength=len(EMOTIONS))
