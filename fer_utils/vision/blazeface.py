"""BlazeFace, run with LiteRT: faces and six points on each of them in about a millisecond.

Bazarevsky et al. 2019, "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs",
arXiv:1907.05047. Its anchors, thresholds and weighted suppression are those of MediaPipe's graphs
``face_detection_short_range_common.pbtxt`` and ``face_detection_full_range_common.pbtxt``.
"""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_utils.data.image_files import as_frame, halve
from fer_utils.vision.boxes import overlaps
from fer_utils.vision.networks import load_network
from fer_utils.vision.observation import DetectedFace

Reach = Literal["near", "far"]

# A raw score is cut to this size before the sigmoid, as in MediaPipe, so that exp stays finite.
_LARGEST_SCORE = 100.0
# Boxes that overlap the best one by more (intersection over union) are the same face.
_SAME_FACE_OVERLAP = 0.3
_BOX_VALUES, _KEYPOINTS = 4, 6


@dataclass(frozen=True)
class _Network:
    """One of the detection networks.

    `grids` holds (cells a side, anchors a cell) for each grid that anchors stand on.
    """

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
        of a webcam; "far" from about a sixteenth, such as groups, and takes three times as long.
    threads : int
        Threads that LiteRT may use.

    Attributes
    ----------
    reach : {"near", "far"}
        As given.

    Raises
    ------
    ValueError
        If `reach` is neither.
    DetectorMissingError
        If the package with the model files is not installed.
    """

    def __init__(self, reach: Reach = "near", *, threads: int = 1) -> None:
        if reach not in _NETWORKS:
            raise ValueError(f"unknown reach {reach!r}: expected one of {', '.join(_NETWORKS)}")
        network = _NETWORKS[reach]
        self.reach: Reach = reach
        self._interpreter = load_network(network.file, threads=threads)
        self._input = self._interpreter.get_input_details()[0]["index"]
        # The scores have one value for each anchor, the boxes with their points have sixteen.
        outputs = sorted(self._interpreter.get_output_details(), key=lambda part: part["shape"][2])
        self._scores, self._boxes = (part["index"] for part in outputs)
        self._anchors = anchors(network.grids)
        self._size, self._least_score = network.size, network.least_score

    def detect(self, frame: NDArray[np.uint8]) -> list[DetectedFace]:
        """Return the faces of a frame.

        Parameters
        ----------
        frame : ndarray of uint8, shape (h, w, 3)
            RGB, 0 to 255.

        Returns
        -------
        list of DetectedFace
            Largest first, with keypoints; empty where there is no face.

        Raises
        ------
        ValueError
            If the frame has another type or shape.
        """
        frame = as_frame(frame)
        tensor, scale, offset = letterbox(frame, self._size)
        self._interpreter.set_tensor(self._input, tensor)
        self._interpreter.invoke()
        scores, places = decode(
            self._interpreter.get_tensor(self._scores)[0, :, 0],
            self._interpreter.get_tensor(self._boxes)[0],
            self._anchors,
            size=self._size,
            least_score=self._least_score,
        )
        kept = suppress(scores, places)
        faces = [_face(score, (place - offset) / scale) for score, place in kept]
        return sorted(faces, key=lambda face: face.box[2] * face.box[3], reverse=True)


def anchors(grids: tuple[tuple[int, int], ...]) -> NDArray[np.float32]:
    """Return the points that boxes are relative to, as MediaPipe's SsdAnchorsCalculator does.

    Parameters
    ----------
    grids : tuple of (int, int)
        Cells a side and anchors a cell of each grid.

    Returns
    -------
    ndarray of float32, shape (n, 2)
        Centres (x, y) of the cells, row by row, as fractions of the network's input, each as
        often as its cell has anchors.

    Examples
    --------
    >>> anchors(((2, 1),)).tolist()
    [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]]
    """
    parts = []
    for cells, count in grids:
        centres = (np.arange(cells, dtype=np.float32) + 0.5) / cells
        points = np.stack(np.meshgrid(centres, centres), axis=-1).reshape(-1, 2)
        parts.append(points.repeat(count, axis=0))
    return np.concatenate(parts)


def letterbox(
    frame: NDArray[np.uint8], size: int
) -> tuple[NDArray[np.float32], float, NDArray[np.float32]]:
    """Fit a frame into the middle of a black square.

    Parameters
    ----------
    frame : ndarray of uint8, shape (h, w, 3)
        RGB.
    size : int
        The square's side in pixels.

    Returns
    -------
    tensor : ndarray of float32, shape (1, size, size, 3)
        Values from -1 (black) to 1.
    scale : float
        Pixels of the square for one of the frame.
    offset : ndarray of float32, shape (2,)
        Where the frame's left upper corner (x, y) is in the square, in its pixels.
    """
    # Bilinear sampling skips pixels where a frame shrinks to less than half.
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


def decode(
    raw_scores: NDArray[np.float32],
    raw_boxes: NDArray[np.float32],
    anchors: NDArray[np.float32],
    *,
    size: int,
    least_score: float,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Turn the network's numbers into scores and places, and drop what is hardly a face.

    Parameters
    ----------
    raw_scores : ndarray of float32, shape (n,)
        Scores before the sigmoid.
    raw_boxes : ndarray of float32, shape (n, 16)
        Centre, size and six keypoints (x, y each), in pixels of the input; all but the size are
        relative to the anchor.
    anchors : ndarray of float32, shape (n, 2)
        What `anchors` returned.
    size : int
        Side of the network's input in pixels.
    least_score : float
        What a face must reach, 0 to 1.

    Returns
    -------
    scores : ndarray of float32, shape (m,)
        0 to 1.
    places : ndarray of float32, shape (m, 8, 2)
        Points (x, y) in pixels of the input: a box's left upper and right lower corner, then six
        keypoints.
    """
    found = raw_scores >= np.log(least_score / (1 - least_score))
    clipped = raw_scores[found].clip(-_LARGEST_SCORE, _LARGEST_SCORE)
    scores = 1 / (1 + np.exp(-clipped, dtype=np.float64))
    places = raw_boxes[found].reshape(-1, _BOX_VALUES // 2 + _KEYPOINTS, 2)
    half = places[:, 1] / 2
    middle = places[:, 0] + anchors[found] * size
    points = places[:, 2:] + anchors[found, None] * size
    corners = np.stack([middle - half, middle + half], axis=1)
    return scores.astype(np.float32), np.concatenate([corners, points], axis=1)


def suppress(
    scores: NDArray[np.float32], places: NDArray[np.float32]
) -> list[tuple[float, NDArray[np.float32]]]:
    """Merge detections of the same face, the best score first.

    BlazeFace replaces non-maximum suppression by a mean weighted with the scores, which trembles
    less from frame to frame.

    Parameters
    ----------
    scores : ndarray of float32, shape (m,)
        0 to 1.
    places : ndarray of float32, shape (m, 8, 2)
        What `decode` returned.

    Returns
    -------
    list of (float, ndarray of float32 of shape (8, 2))
        The best score of each face and its mean place.
    """
    order = np.argsort(-scores, kind="stable")
    scores, places = scores[order], places[order]
    kept = []
    while len(scores):
        edges = places[:, :2].reshape(-1, 4)
        same = overlaps(edges[:1], edges)[0] > _SAME_FACE_OVERLAP
        # Also where a box without area does not overlap itself.
        same[0] = True
        mean = np.average(places[same], axis=0, weights=scores[same])
        kept.append((float(scores[0]), mean.astype(np.float32)))
        scores, places = scores[~same], places[~same]
    return kept


def _face(score: float, place: NDArray[np.float32]) -> DetectedFace:
    x, y = place[0].tolist()
    width, height = (place[1] - place[0]).tolist()
    return DetectedFace(box=(x, y, width, height), score=score, keypoints=place[2:])
