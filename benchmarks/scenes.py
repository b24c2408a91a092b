"""Make pictures and clips that show faces of known place and size."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import skimage.data
from framing import BOX_CENTER, BOX_WIDTH
from numpy.typing import NDArray
from sklearn.datasets import load_sample_images

Picture = NDArray[np.uint8]

# Sides of faces in pixels, framed as in FER-2013.
SMALLEST, LARGEST = 16, 400
# Photographs without people that scikit-image bundles.
NAMES = (
    *("brick", "cell", "checkerboard", "chelsea", "clock", "coffee", "coins", "grass", "gravel"),
    *("horse", "hubble_deep_field", "immunohistochemistry", "moon", "page", "retina", "rocket"),
    "text",
)
# A face is enlarged to this side before it is pasted, and fades into the background.
_PASTED, _FADE = 192, 0.12
_TRIES = 60


@dataclass(frozen=True)
class Scene:
    """A picture with faces.

    Attributes
    ----------
    picture : ndarray of uint8, shape (h, w, 3)
        RGB.
    boxes : ndarray of float64, shape (n, 4)
        Edges (left, top, right, bottom) of the faces.
    sides : ndarray of float64, shape (n,)
        Sides of the faces in pixels, framed as in FER-2013.
    """

    picture: Picture
    boxes: NDArray[np.float64]
    sides: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Condition:
    """How a scene shows its faces; `blur` is in pixels, `noise` in gray levels."""

    rolls: tuple[float, ...] = (-10, -5, 0, 5, 10)
    light: float = 1.0
    noise: float = 0.0
    blur: float = 0.0


CONDITIONS = {
    "upright": Condition(),
    "rolled by 45°": Condition(rolls=(-45, 45)),
    "dark": Condition(light=0.35, noise=3),
    "blurred": Condition(blur=0.7),
}


def backgrounds() -> list[Picture]:
    """Return photographs without people."""
    pictures = [getattr(skimage.data, name)() for name in NAMES]
    pictures += [skimage.data.stereo_motorcycle()[0], *load_sample_images().images]
    scaled = [picture * np.uint8(255) if picture.dtype == bool else picture for picture in pictures]
    return [
        picture if picture.ndim == 3 else cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB)
        for picture in scaled
    ]


def empty_scenes(count: int, width: int, height: int, *, seed: int) -> Iterator[Scene]:
    """Yield random parts of the backgrounds, in turn, at random scales."""
    random = np.random.default_rng(seed)
    pictures = backgrounds()
    for number in range(count):
        picture = pictures[number % len(pictures)]
        scale = random.uniform(1, 1.6) * max(width / picture.shape[1], height / picture.shape[0])
        method = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
        scaled = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=method)
        top = random.integers(0, scaled.shape[0] - height + 1)
        left = random.integers(0, scaled.shape[1] - width + 1)
        part = scaled[top : top + height, left : left + width].astype(np.uint8, copy=True)
        yield Scene(part, np.empty((0, 4)), np.empty(0))


def make_scenes(
    faces: Picture,
    count: int,
    *,
    seed: int,
    condition: Condition = CONDITIONS["upright"],
    size: tuple[int, int] = (640, 480),
    per_scene: int = 10,
) -> Iterator[Scene]:
    """Yield scenes with faces of random sides, each equally likely on a logarithmic scale.

    Parameters
    ----------
    faces : ndarray of uint8, shape (n, 48, 48)
        Gray faces, framed as in FER-2013.
    count : int
        Number of scenes.
    seed : int
        Seed of everything random.
    condition : Condition
        How the faces are shown.
    size : tuple of int
        Width and height in pixels.
    per_scene : int
        Faces in a scene; fewer if they do not fit.
    """
    random = np.random.default_rng(seed)
    largest = min(LARGEST, 0.8 * min(size))
    for scene in empty_scenes(count, *size, seed=seed):
        picture = scene.picture.copy()
        wanted = np.exp(random.uniform(np.log(SMALLEST), np.log(largest), per_scene))
        boxes, sides = [], []
        for x, y, side in _spread(wanted, size, random):
            face = faces[random.integers(len(faces))]
            roll, tone = random.choice(condition.rolls), random.uniform(0.8, 1.1)
            boxes.append(paste(picture, face, (x, y), side, roll=roll, tone=tone))
            sides.append(side)
        if condition.blur:
            picture = cv2.GaussianBlur(picture, (0, 0), condition.blur)
        noise = random.normal(0, condition.noise, picture.shape) if condition.noise else 0
        shown = (condition.light * picture + noise).clip(0, 255).astype(np.uint8)
        yield Scene(shown, np.array(boxes), np.array(sides))


def make_clip(faces: Picture, frames: int, *, seed: int) -> Iterator[Scene]:
    """Yield the frames, 640x480, of a clip of twelve faces that wander about.

    Parameters
    ----------
    faces : ndarray of uint8, shape (n, 48, 48)
        Gray faces; twelve of them are shown, 30 to 60 pixels wide.
    frames : int
        Number of frames.
    seed : int
        Seed of everything random.
    """
    random = np.random.default_rng(seed)
    background = next(empty_scenes(1, 640, 480, seed=seed + 5)).picture
    chosen = faces[random.choice(len(faces), 12, replace=False)]
    sides, tones = random.uniform(30, 60, 12) / BOX_WIDTH, random.uniform(0.8, 1.1, 12)
    phases, speeds = random.uniform(0, 2 * np.pi, (2, 12, 2))
    middles = np.array(
        [(80 + 160 * column, 80 + 160 * row) for row in range(3) for column in range(4)]
    )
    for number in range(frames):
        picture = background.copy()
        places = middles + 35 * np.sin(phases + speeds * number / 50)
        boxes = [
            paste(picture, face, tuple(place), side, roll=0, tone=tone)
            for face, place, side, tone in zip(chosen, places, sides, tones, strict=True)
        ]
        yield Scene(picture, np.array(boxes), sides)


def paste(
    picture: Picture,
    face: Picture,
    center: tuple[float, float],
    side: float,
    *,
    roll: float,
    tone: float,
) -> NDArray[np.float64]:
    """Paste a gray face into a picture, in place, with soft edges, and return its box."""
    x = np.abs((np.arange(_PASTED) + 0.5) / _PASTED * 2 - 1)
    rim = (1 - (x[:, None] ** 4 + x**4) ** 0.25) / _FADE
    gray = cv2.resize(face, (_PASTED, _PASTED), interpolation=cv2.INTER_CUBIC)
    image = np.dstack([gray, 255 * rim.clip(0, 1)]).astype(np.float32)
    while len(image) > 2 * side:
        image = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    turn = np.exp(1j * np.radians(roll))
    linear = side * np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    matrix = np.column_stack([linear, center - linear @ (0.5, 0.5)])
    to_pixels = matrix / (len(image), len(image), 1)
    to_pixels[:, 2] += to_pixels[:, :2] @ (0.5, 0.5) - 0.5
    gray, opaque = np.split(cv2.warpAffine(image, to_pixels, picture.shape[1::-1]), 2, axis=2)
    skin = (tone * gray * (1.08, 0.95, 0.85)).clip(0, 255)
    picture[:] = picture + opaque / 255 * (skin - picture)
    middle = matrix @ (*BOX_CENTER, 1)
    return np.concatenate([middle - BOX_WIDTH * side / 2, middle + BOX_WIDTH * side / 2])


def _spread(
    sides: NDArray[np.float64], size: tuple[int, int], random: np.random.Generator
) -> list[tuple[float, float, float]]:
    """Return centers and sides of faces that do not touch each other, the largest first."""
    taken: list[tuple[float, float, float]] = []
    for side in sorted(sides, reverse=True):
        # A face that is rolled by 45° reaches this far.
        reach = min(0.75 * side, min(size) / 2 - 1)
        for _ in range(_TRIES):
            x, y = (random.uniform(reach, length - reach) for length in size)
            if all(max(abs(x - a), abs(y - b)) > 0.62 * (side + other) for a, b, other in taken):
                taken.append((x, y, side))
                break
    return taken
