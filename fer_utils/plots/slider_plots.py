"""Draw what a slider moves: a blend, a temperature, a corruption, or a crop, and its effect."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from fer_utils.emotions import COLORS, EMOTIONS
from fer_utils.evaluation.evaluation import Evaluation, classifier_of
from fer_utils.evaluation.robustness import corrupt
from fer_utils.model.calibration import mean_gap
from fer_utils.model.classifier import AnyClassifier
from fer_utils.model.model_folder import ModelFolder
from fer_utils.plots.axes import axes_or_new, finish
from fer_utils.plots.face_plots import plot_faces, sample_image
from fer_utils.plots.score_plots import plot_reliability
from fer_utils.vision.observation import DetectedFace
from fer_utils.vision.picture import Picture
from fer_utils.vision.recognizer import Recognizer


def plot_blend(
    face: NDArray[np.uint8],
    neighbor: NDArray[np.uint8],
    position: float = 0.5,
    ax: Axes | None = None,
) -> Axes:
    """Draw a SMOTE face between the two faces that it blends.

    Parameters
    ----------
    face, neighbor : ndarray of uint8, shape (48, 48)
        The two faces.
    position : float
        Where the SMOTE face is on the line between them, 0 (the face) to 1 (its neighbor).
    ax : Axes, optional
        Axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        One image of the face, the blend, and the neighbor.
    """
    step = position * (neighbor.astype(np.float32) - face)
    blend = np.rint(face + step).astype(np.uint8)
    titles = ["Face", f"{position:.0%} of the way", "Neighbor"]
    ax = axes_or_new(ax, (6, 2.3))
    return plot_faces(np.stack([face, blend, neighbor]), titles, columns=3, ax=ax)


def plot_temperature(
    evaluation: Evaluation, temperature: float = 1.0, ax: Axes | None = None
) -> Axes:
    """Plot the reliability of a model's probabilities at another temperature.

    Parameters
    ----------
    evaluation : Evaluation
        Output of `fer_utils.evaluate`.
    temperature : float
        Above 1 makes the probabilities milder, below 1 bolder.
    ax : Axes, optional
        Axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        The diagram of `plot_reliability`, with the calibration error as its title.
    """
    bins = evaluation.reliability(temperature=temperature)
    ax = plot_reliability(bins, ax)
    return finish(ax, title=f"Calibration error {mean_gap(bins):.1%}")


def plot_corrupted(
    model: ModelFolder | AnyClassifier,
    image: NDArray[np.uint8] | None = None,
    corruption: str = "blur",
    strength: int = 0,
    axes: NDArray[np.object_] | None = None,
) -> NDArray[np.object_]:
    """Draw a corrupted face and what a model says about it.

    Parameters
    ----------
    model : ModelFolder or AnyClassifier
        The model.
    image : ndarray of uint8, shape (48, 48), optional
        A face; a drawn one by default.
    corruption : str
        A key of `fer_utils.evaluation.robustness.CORRUPTIONS`.
    strength : int
        0 (none) to 5 (severe).
    axes : ndarray of two Axes, optional
        Axes to draw on; a new figure by default.

    Returns
    -------
    ndarray of Axes, shape (2,)
        The face, and a bar for the probability of each emotion.
    """
    images = (sample_image() if image is None else image)[None]
    if strength:
        images = corrupt(images, corruption, strength=strength)
    return _plot_answer(images[0], classifier_of(model).predict(images)[0], axes)


def plot_crop(
    recognizer: Recognizer,
    picture: Picture,
    face: DetectedFace,
    width: float = 1.0,
    shift: float = 0.0,
    axes: NDArray[np.object_] | None = None,
) -> NDArray[np.object_]:
    """Draw a wider and shifted crop of a face and what a recognizer says about it.

    Parameters
    ----------
    recognizer : Recognizer
        Crops and classifies the face.
    picture : str, Path, bytes, PIL image or ndarray of uint8
        See `Recognizer.recognize`.
    face : DetectedFace
        Output of `Recognizer.detect` for this picture; its keypoints are not used.
    width : float
        Width and height of the crop, as a multiple of the face's box.
    shift : float
        Shift to the right, as a share of the width of the face's box.
    axes : ndarray of two Axes, optional
        Axes to draw on; a new figure by default.

    Returns
    -------
    ndarray of Axes, shape (2,)
        The crop, and a bar for the probability of each emotion.
    """
    x, y, box_width, box_height = face.box
    left = x + box_width * (shift + (1 - width) / 2)
    box = (left, y + box_height * (1 - width) / 2, width * box_width, width * box_height)
    crops = recognizer.crop(picture, [replace(face, box=box, keypoints=None)])
    return _plot_answer(crops[0], recognizer.classify(crops)[0], axes)


def _plot_answer(
    image: NDArray[np.uint8],
    probabilities: NDArray[np.floating],
    axes: NDArray[np.object_] | None,
) -> NDArray[np.object_]:
    """Draw a face (48, 48) and the probabilities (7,) of its emotions."""
    if axes is None:
        size = (6, 2.6)
        axes = plt.subplots(1, 2, figsize=size, width_ratios=(1, 1.4), layout="constrained")[1]
    best = int(probabilities.argmax())
    plot_faces(image[None], ax=axes[0]).set_title(f"{EMOTIONS[best]} {probabilities[best]:.0%}")
    colors = [COLORS[emotion] for emotion in EMOTIONS]
    axes[1].barh(EMOTIONS, 100 * probabilities, color=colors)
    axes[1].invert_yaxis()
    finish(axes[1], xlim=(0, 100), xlabel="Probability (%)")
    return axes
