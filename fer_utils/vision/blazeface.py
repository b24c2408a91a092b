"""Find faces, with six points on each, with BlazeFace in about a millisecond.

Bazarevsky et al. 2019, "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs",
arXiv:1907.05047. Anchors, thresholds, and weighted suppression follow MediaPipe's graphs
``face_detection_short_range_common.pbtxt`` and ``face_detection_full_range_common.pbtxt``.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_utils.data.image_files import as_frame, halve
from fer_utils.litert import open_network
from fer_utils.vision.observation import DetectedFace, overlaps

Reach = Literal["near", "far"]

# Raw scores are clipped to this magnitude before the sigmoid, as in MediaPipe, to keep exp finite.
_LARGEST_SCORE = 100.0
# Boxes that overlap the best one by more (intersection over union) are the same face.
_SAME_FACE_OVERLAP = 0.3
_BOX_VALUES, _KEYPOINTS = 4, 6


@dataclass(frozen=True)
class _Network:
    """A detection network; `grids` holds (cells per side, anchors per cell) of each anchor grid."""

    file: str
    size: int
    grids: tuple[tuple[int, int], ...]
    least_score: float


_NETWORKS: dict[str, _Network] = {
    "near": _Network("face_detection_short_range.tflite", 128, ((16, 2), (8, 6)), 0.5),
    "far": _Network("face_detection_full_range_sparse.tflite", 192, ((48, 1),), 0.6),
}


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
        if reach not in _NETWORKS:
            raise ValueError(f"unknown reach {reach!r}: expected one of {', '.join(_NETWORKS)}")
        network = _NETWORKS[reach]
        self.reach: Reach = reach
        path = Path(__file__).with_name("networks") / network.file
        self._interpreter = open_network(path, threads=threads)
        self._input = self._interpreter.get_input_details()[0]["index"]
        # Per anchor, the scores have one value and the boxes with their points have sixteen.
        outputs = sorted(self._interpreter.get_output_details(), key=lambda part: part["shape"][2])
        self._scores, self._boxes = (part["index"] for part in outputs)
        self._anchors = make_anchors(network.grids)
        self._size, self._least_score = network.size, network.least_score

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
        tensor, scale, offset = letterbox(as_frame(frame), self._size)
        self._interpreter.set_tensor(self._input, tensor)
        self._interpreter.invoke()
        scores, places = decode_faces(
            self._interpreter.get_tensor(self._scores)[0, :, 0],
            self._interpreter.get_tensor(self._boxes)[0],
            self._anchors,
            size=self._size,
            least_score=self._least_score,
        )
        merged = suppress(scores, places)
        faces = [_as_face(score, (place - offset) / scale) for score, place in merged]
        return sorted(faces, key=lambda face: face.box[2] * face.box[3], reverse=True)


def make_anchors(grids: tuple[tuple[int, int], ...]) -> NDArray[np.float32]:
    """Return the points that boxes are relative to, as MediaPipe's SsdAnchorsCalculator does.

    Parameters
    ----------
    grids : tuple of (int, int)
        Cells per side and anchors per cell of each grid.

    Returns
    -------
    ndarray of float32, shape (n, 2)
        Centers (x, y) of the cells, row by row, as fractions of the network's input, each
        repeated for every anchor of its cell.

    Examples
    --------
    >>> make_anchors(((2, 1),)).tolist()
    [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]]
    """
    parts = []
    for cells, count in grids:
        centers = (np.arange(cells, dtype=np.float32) + 0.5) / cells
        grid = np.stack(np.meshgrid(centers, centers), axis=-1).reshape(-1, 2)
        parts.append(grid.repeat(count, axis=0))
    return np.concatenate(parts)


def letterbox(
    frame: NDArray[np.uint8], size: int
) -> tuple[NDArray[np.float32], float, NDArray[np.float32]]:
    """Fit a frame into the center of a black square.

    Parameters
    ----------
    frame : ndarray of uint8, shape (h, w, 3)
        RGB.
    size : int
        Side of the square in pixels.

    Returns
    -------
    tensor : ndarray of float32, shape (1, size, size, 3)
        -1 (black) to 1.
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
    tensor = np.full((1, size, size, 3), -1, dtype=np.float32)
    inside = tensor[0, top : top + fitted[1], left : left + fitted[0]]
    np.multiply(resized, np.float32(1 / 127.5), out=inside)
    inside -= 1
    return tensor, scale / 2**halvings, np.array([left, top], dtype=np.float32)


def decode_faces(
    raw_scores: NDArray[np.float32],
    raw_boxes: NDArray[np.float32],
    anchors: NDArray[np.float32],
    *,
    size: int,
    least_score: float,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Decode the outputs of the network and drop unlikely faces.

    Parameters
    ----------
    raw_scores : ndarray of float32, shape (n,)
        Scores before the sigmoid.
    raw_boxes : ndarray of float32, shape (n, 16)
        Center, size, and six keypoints (x, y each) in pixels of the input. All but the size are
        relative to the anchor.
    anchors : ndarray of float32, shape (n, 2)
        Output of `make_anchors`.
    size : int
        Side of the network's input in pixels.
    least_score : float
        Minimum score of a face, 0 to 1.

    Returns
    -------
    scores : ndarray of float32, shape (m,)
        0 to 1.
    places : ndarray of float32, shape (m, 8, 2)
        Points (x, y) in pixels of the input: top-left and bottom-right corner of the box, then
        six keypoints.
    """
    likely = raw_scores >= np.log(least_score / (1 - least_score))
    clipped = raw_scores[likely].clip(-_LARGEST_SCORE, _LARGEST_SCORE)
    scores = 1 / (1 + np.exp(-clipped, dtype=np.float64))
    places = raw_boxes[likely].reshape(-1, _BOX_VALUES // 2 + _KEYPOINTS, 2)
    half = places[:, 1] / 2
    center = places[:, 0] + anchors[likely] * size
    points = places[:, 2:] + anchors[likely, None] * size
    corners = np.stack([center - half, center + half], axis=1)
    return scores.astype(np.float32), np.concatenate([corners, points], axis=1)


def suppress(
    scores: NDArray[np.float32], places: NDArray[np.float32]
) -> list[tuple[float, NDArray[np.float32]]]:
    """Merge detections of the same face.

    BlazeFace replaces non-maximum suppression with a mean weighted by the scores, which jitters
    less from frame to frame.

    Parameters
    ----------
    scores : ndarray of float32, shape (m,)
        0 to 1.
    places : ndarray of float32, shape (m, 8, 2)
        Output of `decode_faces`.

    Returns
    -------
    list of (float, ndarray of float32 of shape (8, 2))
        Best score and mean place of each face, in descending order of score.
    """
    order = np.argsort(-scores, kind="stable")
    scores, places = scores[order], places[order]
    merged = []
    while len(scores):
        edges = places[:, :2].reshape(-1, 4)
        same = overlaps(edges[:1], edges)[0] > _SAME_FACE_OVERLAP
        # A box without area does not overlap even itself.
        same[0] = True
        mean = np.average(places[same], axis=0, weights=scores[same])
        merged.append((float(scores[0]), mean.astype(np.float32)))
        scores, places = scores[~same], places[~same]
    return merged


def _as_face(score: float, place: NDArray[np.float32]) -> DetectedFace:
    x, y = place[0].tolist()
    width, height = (place[1] - place[0]).tolist()
    return DetectedFace(box=(x, y, width, height), score=score, keypoints=place[2:])
