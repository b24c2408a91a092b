"""Find faces, with six points on each, with BlazeFace in about a millisecond.

Bazarevsky et al. 2019, "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs",
arXiv:1907.05047. Weighted suppression follows MediaPipe's graphs
``face_detection_short_range_common.pbtxt`` and ``face_detection_full_range_common.pbtxt``.
"""

from collections.abc import Iterable, Iterator
from typing import get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_utils.data.image_files import as_frame, halve
from fer_utils.vision.face_network import FaceNetwork, Reach
from fer_utils.vision.observation import DetectedFace, overlaps

# Boxes that overlap the best one by more (intersection over union) are the same face.
SAME_FACE_OVERLAP = 0.3
# Steps per input pixel to which places are rounded, finer than the network can tell. Its sums
# differ by a hundred-thousandth of a pixel from one processor or browser to another, which would
# change some pixels of a crop.
_STEPS = 16


class BlazeFace:
    """Find faces with BlazeFace.

    Parameters
    ----------
    reach : {"near", "far"}
        "near" finds faces from about a ninth of the frame's longer side, such as people in front
        of a webcam. "far" finds faces from about a sixteenth, such as groups, and takes three
        times as long.
    threads : int
        Number of threads that LiteRT may use.

    Attributes
    ----------
    reach : {"near", "far"}
        As given.

    Raises
    ------
    ValueError
        If `reach` is unknown.
    """

    def __init__(self, reach: Reach = "near", *, threads: int = 1) -> None:
        if reach not in get_args(Reach):
            raise ValueError(
                f"unknown reach {reach!r}: expected one of {', '.join(get_args(Reach))}"
            )
        self._network = FaceNetwork(reach, threads=threads)
        self.reach: Reach = reach

    def detect(self, frame: NDArray[np.uint8]) -> list[DetectedFace]:
        """Find the faces in a frame.

        Parameters
        ----------
        frame : ndarray of uint8, shape (h, w, 3)
            RGB, 0 to 255.

        Returns
        -------
        list of DetectedFace
            Largest first, with keypoints; empty if there is no face.

        Raises
        ------
        ValueError
            If the frame has another dtype or shape.
        """
        square, scale, offset = letterbox(as_frame(frame), self._network.size)
        scores, places = self._network.run(square, least_score=self._network.least_score)
        merged = suppress(scores, places)
        return largest_first(
            as_detected(score, (_rounded(place) - offset) / scale) for score, place in merged
        )


def letterbox(
    frame: NDArray[np.uint8], size: int
) -> tuple[NDArray[np.uint8], float, NDArray[np.float32]]:
    """Fit a frame into the center of a black square.

    Parameters
    ----------
    frame : ndarray of uint8, shape (h, w, 3)
        RGB.
    size : int
        Side of the square in pixels.

    Returns
    -------
    square : ndarray of uint8, shape (size, size, 3)
        RGB.
    scale : float
        Pixels of the square per pixel of the frame.
    offset : ndarray of float32, shape (2,)
        Position (x, y) of the frame's top-left corner in the square, in pixels.
    """
    # Bilinear sampling skips pixels when a frame shrinks to less than half its size.
    halvings = 0
    while max(frame.shape[:2]) >= 2 * size and min(frame.shape[:2]) > 1:
        frame, halvings = halve(frame), halvings + 1
    height, width = frame.shape[:2]
    scale = size / max(height, width)
    fitted = max(1, round(width * scale)), max(1, round(height * scale))
    left, top = (size - fitted[0]) // 2, (size - fitted[1]) // 2
    resized = cv2.resize(frame, fitted, interpolation=cv2.INTER_LINEAR)
    square = np.zeros((size, size, 3), dtype=np.uint8)
    square[top : top + fitted[1], left : left + fitted[0]] = resized
    return square, scale / 2**halvings, np.array([left, top], dtype=np.float32)


def _rounded(place: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a place without the last digits, in which processors and browsers differ."""
    return np.round(place * _STEPS) / np.float32(_STEPS)


def suppress(
    scores: NDArray[np.float32], places: NDArray[np.float32]
) -> Iterator[tuple[float, NDArray[np.float32]]]:
    """Merge detections of the same face.

    BlazeFace replaces non-maximum suppression with a mean weighted by the scores, which jitters
    less from frame to frame.

    Parameters
    ----------
    scores : ndarray of float32, shape (m,)
        0 to 1.
    places : ndarray of float32, shape (m, 8, 2)
        Output of `decode_faces`.

    Yields
    ------
    score : float
        Best score of a face; faces come in descending order of it.
    place : ndarray of float32, shape (8, 2)
        Mean place of that face.
    """
    order = np.argsort(-scores, kind="stable")
    scores, places = scores[order], places[order]
    while len(scores):
        edges = places[:, :2].reshape(-1, 4)
        same = overlaps(edges[:1], edges)[0] > SAME_FACE_OVERLAP
        # A box without area does not overlap even itself.
        same[0] = True
        mean = np.average(places[same], axis=0, weights=scores[same])
        yield float(scores[0]), mean.astype(np.float32)
        scores, places = scores[~same], places[~same]


def as_detected(score: float, place: NDArray[np.float32]) -> DetectedFace:
    """Return a face from its score and its place, shape (8, 2), as `suppress` returns them."""
    x, y = place[0].tolist()
    width, height = (place[1] - place[0]).tolist()
    return DetectedFace(box=(x, y, width, height), score=score, keypoints=place[2:])


def largest_first(faces: Iterable[DetectedFace]) -> list[DetectedFace]:
    """Return faces sorted by the area of their boxes, the largest first."""
    return sorted(faces, key=lambda face: face.box[2] * face.box[3], reverse=True)
