"""Measure how much accuracy a model loses on faces as cameras and face detectors corrupt them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from fer_utils.data.faces import IMAGE_SIZE, Faces
from fer_utils.evaluation.evaluation import classifier_of, held_out
from fer_utils.model.classifier import AnyClassifier
from fer_utils.model.metrics import compute_metrics
from fer_utils.model.model_folder import ModelFolder

STRENGTHS = (1, 2, 3, 4, 5)

_Images = NDArray[np.uint8]
_SIZE = (IMAGE_SIZE, IMAGE_SIZE)
_CENTER = ((IMAGE_SIZE - 1) / 2, (IMAGE_SIZE - 1) / 2)
_LARGEST_SQUARE = 24  # Side of the largest occluding square, in pixels.


@dataclass(frozen=True)
class Corruption:
    """A way to corrupt images.

    Attributes
    ----------
    change : callable
        Takes images, an amount, and a random generator; returns new images.
    amounts : tuple of five floats
        Amount at strengths 1 to 5.
    unit : str
        Meaning of the amounts, for axis labels.
    """

    change: Callable[[_Images, float, np.random.Generator], _Images]
    amounts: tuple[float, float, float, float, float]
    unit: str


def corrupt(images: _Images, name: str, *, strength: int, seed: int = 0) -> _Images:
    """Return corrupted faces.

    Directions of shifts and rotations, positions of squares, and noise patterns are random. The
    same seed gives the same ones at every strength, so that only the amount differs.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, 48, 48)
        Gray faces.
    name : str
        A key of `CORRUPTIONS`.
    strength : int
        1 (slight) to 5 (severe).
    seed : int
        Seed of the random generator.

    Returns
    -------
    ndarray of uint8, shape (n, 48, 48)
        New images.

    Raises
    ------
    ValueError
        If the name or the strength is unknown.

    Examples
    --------
    >>> face = np.full((1, 48, 48), 100, dtype=np.uint8)
    >>> int(corrupt(face, "darker", strength=2).max())
    60
    """
    if name not in CORRUPTIONS:
        raise ValueError(f"unknown corruption {name!r}: expected one of {', '.join(CORRUPTIONS)}")
    if strength not in STRENGTHS:
        raise ValueError(f"expected a strength from 1 to 5, got {strength}")
    corruption, random = CORRUPTIONS[name], np.random.default_rng(seed)
    return corruption.change(images, float(corruption.amounts[strength - 1]), random)


def _blur(images: _Images, sigma: float, random: np.random.Generator) -> _Images:
    return _each(images, lambda image: cv2.GaussianBlur(image, (0, 0), sigma))


def _noise(images: _Images, deviation: float, random: np.random.Generator) -> _Images:
    return _as_gray(images + deviation * random.standard_normal(images.shape))


def _light(images: _Images, factor: float, random: np.random.Generator) -> _Images:
    return _as_gray(factor * images.astype(np.float32))


def _contrast(images: _Images, factor: float, random: np.random.Generator) -> _Images:
    means = images.mean(axis=(1, 2), keepdims=True)
    return _as_gray(means + factor * (images - means))


def _jpeg(images: _Images, quality: float, random: np.random.Generator) -> _Images:
    options = [cv2.IMWRITE_JPEG_QUALITY, int(quality)]

    def compress(image: _Images) -> NDArray:
        data = cv2.imencode(".jpg", image, options)[1]
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE))

    return _each(images, compress)


def _rotation(images: _Images, degrees: float, random: np.random.Generator) -> _Images:
    angles = degrees * random.choice([-1, 1], len(images))
    return _warp(images, [cv2.getRotationMatrix2D(_CENTER, angle, 1) for angle in angles])


def _occlusion(images: _Images, side: float, random: np.random.Generator) -> _Images:
    covered = images.copy()
    corners = random.integers(0, IMAGE_SIZE - _LARGEST_SQUARE + 1, (len(images), 2))
    # Squares of all strengths share their center.
    corners += (_LARGEST_SQUARE - int(side)) // 2
    for image, (top, left) in zip(covered, corners, strict=True):
        image[top : top + int(side), left : left + int(side)] = 127
    return covered


def _low_resolution(images: _Images, side: float, random: np.random.Generator) -> _Images:
    def coarsen(image: _Images) -> NDArray:
        small = cv2.resize(image, (int(side), int(side)), interpolation=cv2.INTER_AREA)
        return cv2.resize(small, _SIZE, interpolation=cv2.INTER_LINEAR)

    return _each(images, coarsen)


def _shift(images: _Images, pixels: float, random: np.random.Generator) -> _Images:
    directions = random.uniform(0, 2 * np.pi, len(images))
    shifts = pixels * np.stack([np.cos(directions), np.sin(directions)], axis=1)
    return _warp(images, [np.column_stack([np.eye(2), shift]) for shift in shifts])


def _scale(images: _Images, factor: float, random: np.random.Generator) -> _Images:
    # Half of the crops are too tight, the other half too wide.
    factors = factor ** random.choice([-1.0, 1.0], len(images))
    return _warp(images, [cv2.getRotationMatrix2D(_CENTER, 0, factor) for factor in factors])


CORRUPTIONS = {
    "blur": Corruption(_blur, (0.5, 1.0, 1.5, 2.0, 3.0), "Sigma (pixels)"),
    "noise": Corruption(_noise, (5, 10, 20, 30, 45), "Standard deviation (gray levels)"),
    "darker": Corruption(_light, (0.8, 0.6, 0.4, 0.25, 0.12), "Brightness factor"),
    "brighter": Corruption(_light, (1.25, 1.5, 2.0, 2.5, 3.5), "Brightness factor"),
    "contrast": Corruption(_contrast, (0.75, 0.5, 0.35, 0.2, 0.1), "Contrast factor"),
    "jpeg": Corruption(_jpeg, (50, 30, 20, 10, 5), "JPEG quality"),
    "rotation": Corruption(_rotation, (5, 10, 15, 20, 30), "Angle (degrees)"),
    "occlusion": Corruption(_occlusion, (8, 12, 16, 20, 24), "Side of the square (pixels)"),
    "low resolution": Corruption(_low_resolution, (36, 24, 18, 12, 9), "Resolution (pixels)"),
    "shift": Corruption(_shift, (1, 2, 4, 6, 9), "Distance (pixels)"),
    "scale": Corruption(_scale, (1.05, 1.1, 1.2, 1.3, 1.5), "Zoom factor"),
}


def measure_robustness(
    model: ModelFolder | AnyClassifier,
    faces: Faces,
    *,
    most: int = 500,
    corruptions: Sequence[str] = tuple(CORRUPTIONS),
    seed: int = 0,
) -> pd.DataFrame:
    """Score a model on clean faces and after each corruption at each strength.

    Parameters
    ----------
    model : ModelFolder or AnyClassifier
        The model.
    faces : Faces
        Cleaned faces; their PublicTest is used, or PrivateTest if PublicTest is empty.
    most : int
        Maximum number of faces, drawn at random.
    corruptions : sequence of str
        Keys of `CORRUPTIONS`.
    seed : int
        Seed of the sample and of the corruptions.

    Returns
    -------
    DataFrame
        One row per ``corruption`` and ``strength`` with its ``amount``: the ``accuracy``, 0 to 1,
        and its bootstrap 95% interval from ``low`` to ``high``; against the votes if the model
        learned from votes and the faces have some. The first row, ``none`` at strength 0, is the
        accuracy on clean faces.

    Raises
    ------
    DataError
        If all faces are in Training.
    ValueError
        If `most` is less than 1 or a corruption is unknown.
    """
    if most < 1:
        raise ValueError(f"expected to draw at least 1 face, got most={most}")
    if isinstance(model, ModelFolder):
        faces = model.relabel(faces)
    classifier, (sample, _) = classifier_of(model), held_out(faces)
    chosen = np.random.default_rng(seed).permutation(len(sample))[:most]
    sample = sample.select(np.sort(chosen))

    rows, cases = [], [("none", 0), *product(corruptions, STRENGTHS)]
    for name, strength in tqdm(cases, desc="Corrupting faces", unit="set", delay=5):
        images, amount = sample.images, 0.0
        if strength:
            images = corrupt(images, name, strength=strength, seed=seed)
            amount = CORRUPTIONS[name].amounts[strength - 1]
        predicted = classifier.predict(images).argmax(axis=1)
        accuracy = vars(compute_metrics(predicted, sample.labels).accuracy)
        rows.append({"corruption": name, "strength": strength, "amount": amount, **accuracy})
    return pd.DataFrame(rows).rename(columns={"value": "accuracy"})


def _each(images: _Images, change: Callable[..., NDArray], *others: Sequence[NDArray]) -> _Images:
    changed = [change(*each) for each in zip(images, *others, strict=True)]
    return np.array(changed, dtype=np.uint8).reshape(images.shape)


def _as_gray(values: NDArray) -> _Images:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _warp(images: _Images, matrices: Sequence[NDArray]) -> _Images:
    """Transform each image by its own affine matrix; replicate the edges outside the image."""

    def warp(image: _Images, matrix: NDArray) -> NDArray:
        return cv2.warpAffine(image, matrix, _SIZE, borderMode=cv2.BORDER_REPLICATE)

    return _each(images, warp, matrices)
