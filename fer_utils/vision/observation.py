"""Describe what is known about the faces in a picture and their boxes, step by step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fer_utils.emotions import EMOTIONS

Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class DetectedFace:
    """A face found by a detector.

    Attributes
    ----------
    box : tuple of float
        Bounding box (x, y, width, height) in pixels of the frame; may extend beyond it.
    score : float
        Confidence of the detector, 0 to 1.
    keypoints : ndarray of float32, shape (6, 2), or None
        BlazeFace's points (x, y) in pixels of the frame: left eye, right eye, nose, mouth, left
        ear, right ear; left and right as seen in the frame. None if the detector has none.
    """

    box: Box
    score: float
    keypoints: NDArray[np.float32] | None = None

    def scaled(self, factor: float) -> Self:
        """Return the face in pixels of a frame that is this many times as large."""
        x, y, width, height = (factor * value for value in self.box)
        points = self.keypoints
        return replace(
            self,
            box=(x, y, width, height),
            keypoints=None if points is None else points * np.float32(factor),
        )


@dataclass(frozen=True, kw_only=True)
class RecognizedFace(DetectedFace):
    """A detected face with the model's prediction.

    Attributes
    ----------
    probabilities : ndarray of float32, shape (7,)
        Probabilities of the emotions, in the order of `fer_utils.emotions.EMOTIONS`; sum to 1.
    emotion : str
        The most likely emotion, or `UNCERTAIN`.
    is_small : bool
        Whether the face has too few pixels for the model; then it is uncertain.
    """

    probabilities: NDArray[np.float32]
    emotion: str
    is_small: bool = False

    @property
    def probability(self) -> float:
        """Probability of the most likely emotion, 0 to 1, also if the face is uncertain."""
        return float(self.probabilities.max())

    def numbered(self, number: int) -> "TrackedFace":
        """Return the face with a number."""
        return TrackedFace(**vars(self), number=number)

    def to_dict(self) -> dict[str, Any]:
        """Return the face as plain values for JSON, with probabilities by emotion."""
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
    """A recognized face that is followed from frame to frame; its probabilities are smoothed.

    Attributes
    ----------
    number : int
        Identifies the face, from 1; a face that reappears soon has the same number.
    landmarks : ndarray of float32, shape (468, 2), or None
        Output of `fer_utils.vision.landmarks.Landmarks`; None unless requested.
    """

    number: int
    landmarks: NDArray[np.float32] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the face as plain values for JSON, its number first."""
        return {"number": self.number, **super().to_dict()}


@dataclass(frozen=True)
class Observation:
    """The faces in one frame; iterate over it to get them.

    Attributes
    ----------
    number : int or None
        Index of the frame; None for a single picture.
    time : float or None
        When the frame was taken, in seconds from the start of the camera or clip; None for a
        single picture.
    width, height : int
        Size of the frame in pixels.
    faces : tuple of TrackedFace
        Largest first; empty if no face was found.
    """

    number: int | None
    time: float | None
    width: int
    height: int
    faces: tuple[TrackedFace, ...]

    def __iter__(self) -> Iterator[TrackedFace]:
        return iter(self.faces)

    def __len__(self) -> int:
        return len(self.faces)


def edges_of(faces: Sequence[DetectedFace]) -> NDArray[np.float64]:
    """Return the boxes of faces as edges (left, top, right, bottom), shape (n, 4)."""
    boxes = np.array([face.box for face in faces], dtype=np.float64).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    return boxes


def overlaps(
    boxes: NDArray[np.floating], others: NDArray[np.floating], *, of_smaller: bool = False
) -> NDArray[np.floating]:
    """Return the intersection over union of every pair of boxes.

    Parameters
    ----------
    boxes, others : ndarray of float, shapes (n, 4) and (m, 4)
        Edges (left, top, right, bottom).
    of_smaller : bool
        Whether to divide by the area of the smaller box instead of that of the union.

    Returns
    -------
    ndarray of float, shape (n, m)
        0 (disjoint, or without area) to 1 (equal, or one inside the other if `of_smaller`).

    Examples
    --------
    >>> overlaps(np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[1.0, 0.0, 3.0, 2.0]])).round(3)
    array([[0.333]])
    """
    first, second = boxes[:, None], others[None]
    sides = np.minimum(first, second)[..., 2:] - np.maximum(first, second)[..., :2]
    shared = sides.clip(min=0).prod(axis=-1)
    areas = [(one[..., 2:] - one[..., :2]).prod(axis=-1) for one in (first, second)]
    whole = np.minimum(*areas) if of_smaller else areas[0] + areas[1] - shared
    return np.divide(shared, whole, out=np.zeros_like(shared), where=whole > 0)
