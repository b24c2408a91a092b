"""What is known about a face in a picture, step by step."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Stands for an emotion where the network is too unsure to name one.
UNCERTAIN = "uncertain"

Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class DetectedFace:
    """A face that a detector found.

    Attributes
    ----------
    box : tuple of float
        Bounding box (x, y, w, h) in the frame's pixels; may reach over its edge.
    score : float
        How sure the detector is, 0 to 1.
    keypoints : ndarray of float32, shape (6, 2), or None
        BlazeFace's points (x, y) in the frame's pixels: the eye that is left in the frame, the
        eye that is right in it, nose, mouth, left and right ear. None where a detector has none.
    """

    box: Box
    score: float
    keypoints: NDArray[np.float32] | None = None


@dataclass(frozen=True, kw_only=True)
class RecognizedFace(DetectedFace):
    """A detected face with the model's opinion.

    Attributes
    ----------
    probabilities : ndarray of float32, shape (7,)
        Of the emotions in the order of `fer_utils.labels.EMOTIONS`; they sum to 1.
    emotion : str
        The likeliest emotion, or `UNCERTAIN`.
    """

    probabilities: NDArray[np.float32]
    emotion: str


@dataclass(frozen=True, kw_only=True)
class TrackedFace(RecognizedFace):
    """A recognized face that keeps its number from frame to frame.

    Attributes
    ----------
    number : int
        Counts from 1; a face that comes back soon keeps it. Probabilities are smoothed over time.
    """

    number: int
