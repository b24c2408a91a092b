"""What is known about a face in a picture, step by step."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer_utils.emotions import EMOTIONS

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
        Of the emotions in the order of `fer_utils.emotions.EMOTIONS`; they sum to 1.
    emotion : str
        The likeliest emotion, or `UNCERTAIN`.
    """

    probabilities: NDArray[np.float32]
    emotion: str

    def to_dict(self) -> dict[str, Any]:
        """Return the face as plain values for JSON, probabilities by the emotion's name."""
        points = self.keypoints
        return {
            "box": [float(value) for value in self.box],
            "score": float(self.score),
            "emotion": self.emotion,
            "probabilities": dict(zip(EMOTIONS, self.probabilities.tolist(), strict=True)),
            "keypoints": None if points is None else points.tolist(),
        }


@dataclass(frozen=True, kw_only=True)
class TrackedFace(RecognizedFace):
    """A recognized face that keeps its number from frame to frame.

    Attributes
    ----------
    number : int
        Counts from 1; a face that comes back soon keeps it. Probabilities are smoothed over time.
    landmarks : ndarray of float32, shape (468, 2), or None
        As `fer_utils.vision.landmarks` finds them; None where nobody asked for them.
    """

    number: int
    landmarks: NDArray[np.float32] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the face as plain values for JSON, its number first."""
        return {"number": self.number, **super().to_dict()}


@dataclass(frozen=True)
class Observation:
    """The faces of one frame.

    Attributes
    ----------
    number : int
        The frame's number, as whoever takes the frames counts them.
    time : float
        When it was taken, in seconds since the camera was started or the clip began.
    width, height : int
        The frame's size in pixels; boxes and keypoints of `faces` are in them.
    faces : tuple of TrackedFace
        Largest first; empty when no face was found.
    """

    number: int
    time: float
    width: int
    height: int
    faces: tuple[TrackedFace, ...]
