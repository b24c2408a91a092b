"""Run the networks of BlazeFace and decode what they return.

Bazarevsky et al. 2019, "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs",
arXiv:1907.05047. Anchors and thresholds follow MediaPipe's graphs
``face_detection_short_range_common.pbtxt`` and ``face_detection_full_range_common.pbtxt``.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fer_utils.litert import open_network

Reach = Literal["near", "far"]
NetworkName = Literal["near", "near_8bit", "far"]

NETWORKS_FOLDER = Path(__file__).with_name("networks")

# Raw scores are clipped to this magnitude before the sigmoid, as in MediaPipe, to keep exp finite.
_LARGEST_SCORE = 100.0
_BOX_VALUES, _KEYPOINTS = 4, 6
# Both sides of the near network's input must be multiples of this.
_STRIDE = 16


@dataclass(frozen=True)
class _Layout:
    """A detection network; `grids` holds (pixels per cell, anchors per cell) of each grid."""

    file: str
    size: int
    grids: tuple[tuple[int, int], ...]
    least_score: float


_NEAR = _Layout("face_detection_short_range.tflite", 128, ((8, 2), (16, 6)), 0.5)
_LAYOUTS: dict[str, _Layout] = {
    "near": _NEAR,
    "near_8bit": replace(_NEAR, file="face_detection_short_range_8bit.tflite"),
    "far": _Layout("face_detection_full_range_sparse.tflite", 192, ((4, 1),), 0.6),
}


class FaceNetwork:
    """Find possible faces in pictures.

    Parameters
    ----------
    name : {"near", "near_8bit", "far"}
        Which network; see `fer_utils.vision.blazeface.BlazeFace`. That with 8 bits takes about
        two thirds of the time, but its boxes and points are less exact.
    threads : int
        Number of threads that LiteRT may use.

    Attributes
    ----------
    size : int
        Side of the square that the network was trained on, in pixels.
    least_score : float
        Minimum score of a face in such a square, 0 to 1.

    Raises
    ------
    ValueError
        If `name` is unknown.
    """

    def __init__(self, name: NetworkName, *, threads: int = 1) -> None:
        if name not in _LAYOUTS:
            raise ValueError(f"unknown network {name!r}: expected one of {', '.join(_LAYOUTS)}")
        layout = _LAYOUTS[name]
        self.size, self.least_score = layout.size, layout.least_score
        path = NETWORKS_FOLDER / layout.file
        self._interpreter = open_network(path, threads=threads)
        [given] = self._interpreter.get_input_details()
        self._input, self._dtype = given["index"], given["dtype"]
        # Per anchor, the scores have one value and the boxes with their points have sixteen.
        outputs = sorted(self._interpreter.get_output_details(), key=lambda part: part["shape"][2])
        self._scores, self._boxes = (part["index"] for part in outputs)
        self._grids = layout.grids
        self._resize(layout.size, layout.size)

    def run(
        self, picture: NDArray[np.uint8], *, least_score: float
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Find possible faces in one picture.

        Parameters
        ----------
        picture : ndarray of uint8, shape (h, w, 3)
            RGB. The near networks take any size, the far one only its own. Another size than last
            time takes some milliseconds more.
        least_score : float
            Minimum score, 0 to 1.

        Returns
        -------
        scores, places : ndarray of float32, shapes (m,) and (m, 8, 2)
            Output of `decode_faces`.
        """
        tensor = as_input(picture, self._dtype)
        height, width = tensor.shape[1:3]
        if (height, width) != self._shape:
            self._interpreter.resize_tensor_input(self._input, tensor.shape)
            self._interpreter.allocate_tensors()
            self._resize(height, width)
        self._interpreter.set_tensor(self._input, tensor)
        self._interpreter.invoke()
        return decode_faces(
            self._interpreter.get_tensor(self._scores)[0, :, 0],
            self._interpreter.get_tensor(self._boxes)[0],
            self._anchors,
            least_score=least_score,
        )

    def _resize(self, height: int, width: int) -> None:
        self._shape = height, width
        self._anchors = make_anchors(height, width, self._grids)


def as_input(picture: NDArray[np.uint8], dtype: DTypeLike = np.float32) -> NDArray[np.number]:
    """Return a picture of any size as the input of a network.

    Parameters
    ----------
    picture : ndarray of uint8, shape (h, w, 3)
        RGB.
    dtype : dtype
        What the network takes: float32, or int8 if it has 8 bits.

    Returns
    -------
    ndarray, shape (1, h, w, 3) with h and w rounded up to multiples of 16
        -1 (black, also in the rows and columns added) to 1 for float32, -128 to 127 for int8.
    """
    height, width = picture.shape[:2]
    rows, columns = (-(-side // _STRIDE) * _STRIDE for side in (height, width))
    padded = np.zeros((1, rows, columns, 3), dtype=np.uint8)
    padded[0, :height, :width] = picture
    if dtype == np.int8:
        # 0 to 255 and -128 to 127 differ in the first bit.
        padded ^= 128
        return padded.view(np.int8)
    tensor = padded * np.float32(1 / 127.5)
    tensor -= 1
    return tensor


def make_anchors(
    height: int, width: int, grids: tuple[tuple[int, int], ...]
) -> NDArray[np.float32]:
    """Return the points that boxes are relative to, as MediaPipe's SsdAnchorsCalculator does.

    Parameters
    ----------
    height, width : int
        Sides of the network's input in pixels.
    grids : tuple of (int, int)
        Pixels per cell and anchors per cell of each grid.

    Returns
    -------
    ndarray of float32, shape (n, 2)
        Centers (x, y) of the cells in pixels of the input, row by row, each repeated for every
        anchor of its cell.

    Examples
    --------
    >>> make_anchors(4, 8, ((4, 1),)).tolist()
    [[2.0, 2.0], [6.0, 2.0]]
    """
    parts = []
    for cell, count in grids:
        x, y = (np.arange(cell / 2, side, cell, dtype=np.float32) for side in (width, height))
        grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        parts.append(grid.repeat(count, axis=0))
    return np.concatenate(parts)


def decode_faces(
    raw_scores: NDArray[np.float32],
    raw_boxes: NDArray[np.float32],
    anchors: NDArray[np.float32],
    *,
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
    center = places[:, 0] + anchors[likely]
    points = places[:, 2:] + anchors[likely, None]
    corners = np.stack([center - half, center + half], axis=1)
    return scores.astype(np.float32), np.concatenate([corners, points], axis=1)
