"""Look again at possible faces, leveled and enlarged, to tell faces from the rest."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fer_utils.vision.blazeface import as_detected, suppress
from fer_utils.vision.close_up import close_up
from fer_utils.vision.face_network import FaceNetwork
from fer_utils.vision.landmarks import Landmarks
from fer_utils.vision.observation import DetectedFace, overlaps

# Pixels of a close-up, and its side as a multiple of the face's. To follow a face, it is wider.
_SIZE, _MARGIN, _MARGIN_TO_FOLLOW = 64, 1.6, 2.0
# Of a face in the close-up, and of its box with the place where it is expected.
_LEAST_SCORE, _LEAST_OVERLAP = 0.1, 0.4
_LEAST_SCORE_TO_FOLLOW, _LEAST_OVERLAP_TO_FOLLOW = 0.3, 0.3
# A logistic regression on the logits of three scores, fitted by benchmarks/finding.py: those at
# first and second sight, and that of the landmarks, which is asked only where there is doubt.
_BIAS, _FIRST, _SECOND, _LANDMARKS = 0.11, 0.55, 1.50, 0.51
_LEAST_PROBABILITY = 0.9
# Logits are clipped to this magnitude.
MOST_LOGIT = 6.0
# With less evidence, even the surest landmarks would not make it a face.
_DOUBT = (math.log(_LEAST_PROBABILITY / (1 - _LEAST_PROBABILITY)) - _LANDMARKS * MOST_LOGIT, 3.0)


class SecondLook:
    """Tell faces from what looks like one only at first sight."""

    def __init__(self) -> None:
        self._near = FaceNetwork("near")
        self._landmarks = Landmarks()

    def confirm(self, picture: NDArray[np.uint8], face: DetectedFace) -> DetectedFace | None:
        """Return a face with its exact place, or None if it is no face.

        Parameters
        ----------
        picture : ndarray of uint8, shape (h, w, 3)
            RGB.
        face : DetectedFace
            A possible face in this picture, with keypoints.

        Returns
        -------
        DetectedFace or None
            Its score is the probability that it is a face.
        """
        found = self.find(picture, face)
        if found is None:
            return None
        evidence = _BIAS + _FIRST * _logit(face.score) + _SECOND * _logit(found.score)
        if _DOUBT[0] < evidence < _DOUBT[1]:
            presence = self._landmarks.presence(picture, found)
            evidence += _LANDMARKS * _clipped(presence)
        probability = 1 / (1 + math.exp(-evidence))
        return replace(found, score=probability) if probability >= _LEAST_PROBABILITY else None

    def follow(self, picture: NDArray[np.uint8], face: DetectedFace) -> DetectedFace | None:
        """Return a face that is known from an earlier picture, or None if it is gone.

        Parameters
        ----------
        picture : ndarray of uint8, shape (h, w, 3)
            RGB.
        face : DetectedFace
            Where it was.
        """
        found = self.find(
            picture, face, margin=_MARGIN_TO_FOLLOW, least_overlap=_LEAST_OVERLAP_TO_FOLLOW
        )
        return found if found is not None and found.score >= _LEAST_SCORE_TO_FOLLOW else None

    def find(
        self,
        picture: NDArray[np.uint8],
        face: DetectedFace,
        *,
        margin: float = _MARGIN,
        least_overlap: float = _LEAST_OVERLAP,
    ) -> DetectedFace | None:
        """Return what looks most like a face at a place, or None if nothing does.

        Parameters
        ----------
        picture : ndarray of uint8, shape (h, w, 3)
            RGB.
        face : DetectedFace
            Where to look.
        margin : float
            Side of the close-up as a multiple of the face's.
        least_overlap : float
            Minimum intersection over union with the place, 0 to 1.
        """
        square, to_picture = close_up(picture, face, margin=margin, size=_SIZE)
        scores, places = self._near.run(square, least_score=_LEAST_SCORE)
        middle = _SIZE / 2 * (1 + np.array([[-1, -1, 1, 1]]) / margin)
        near = overlaps(middle, places[:, :2].reshape(-1, 4))[0] >= least_overlap
        if not near.any():
            return None
        score, place = next(suppress(scores[near], places[near]))
        return as_detected(score, _mapped(place, to_picture))


def _mapped(place: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """Map the points of a place; its box keeps its sides parallel to the picture's."""
    half = (place[1] - place[0]) / 2 * np.hypot(*matrix[:, 0])
    points = np.concatenate([place[:2].mean(axis=0, keepdims=True), place[2:]])
    points = points @ matrix[:, :2].T + matrix[:, 2]
    corners = [points[:1] - half, points[:1] + half, points[1:]]
    return np.concatenate(corners).astype(np.float32)


def _logit(score: float) -> float:
    return _clipped(math.log(score / max(1 - score, 1e-9)))


def _clipped(logit: float) -> float:
    return max(-MOST_LOGIT, min(logit, MOST_LOGIT))
