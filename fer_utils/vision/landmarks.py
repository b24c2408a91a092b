"""468 points on a face, to draw over it.

Kartynnik et al. 2019, "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs",
arXiv:1907.06724. What the network is shown follows MediaPipe's graph ``face_landmark_front_cpu``.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_utils.data.image_files import as_frame
from fer_utils.vision.networks import load_network
from fer_utils.vision.observation import DetectedFace

POINTS = 468

_SIZE = 192
# The network sees a square of so many times the box's longer side, turned so that the eyes are
# level.
_MARGIN = 1.5


class Landmarks:
    """Find 468 points on each face, in about a millisecond a face.

    Parameters
    ----------
    threads : int
        Threads that LiteRT may use.

    Raises
    ------
    DetectorMissingError
        If the package with the model file is not installed.
    """

    def __init__(self, *, threads: int = 1) -> None:
        self._interpreter = load_network("face_landmark.tflite", threads=threads)
        self._input = self._interpreter.get_input_details()[0]["index"]
        # Three coordinates for each point, and one score that says whether it is a face at all.
        outputs = sorted(self._interpreter.get_output_details(), key=lambda part: part["shape"][3])
        self._score, self._points = (part["index"] for part in outputs)

    def find(self, frame: NDArray[np.uint8], face: DetectedFace) -> NDArray[np.float32] | None:
        """Return the points of one face.

        Parameters
        ----------
        frame : ndarray of uint8, shape (h, w, 3)
            RGB, 0 to 255.
        face : DetectedFace
            As a detector found it in the frame.

        Returns
        -------
        ndarray of float32, shape (468, 2), or None
            Points (x, y) in the frame's pixels, in MediaPipe's order; None where the network sees
            no face.

        Raises
        ------
        ValueError
            If the frame has another type or shape.
        """
        frame = as_frame(frame)
        to_frame = _region(face)
        # Both sides count from the middle of their first pixel.
        to_pixels = to_frame.copy()
        to_pixels[:, 2] += to_pixels[:, :2] @ (0.5, 0.5) - 0.5
        shown = cv2.warpAffine(
            frame, to_pixels, (_SIZE, _SIZE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        )
        self._interpreter.set_tensor(self._input, shown[None] * np.float32(1 / 255))
        self._interpreter.invoke()
        # The score is before the sigmoid: 0 stands for one half.
        if self._interpreter.get_tensor(self._score).item() < 0:
            return None
        points = self._interpreter.get_tensor(self._points).reshape(POINTS, 3)[:, :2]
        return (points @ to_frame[:, :2].T + to_frame[:, 2]).astype(np.float32)


def _region(face: DetectedFace) -> NDArray[np.float64]:
    """Return the matrix, shape (2, 3), from the network's input to the frame, both in pixels."""
    x, y, width, height = face.box
    factor = complex(_MARGIN * max(width, height) / _SIZE)
    if face.keypoints is not None:
        across, down = (face.keypoints[1] - face.keypoints[0]).tolist()
        factor *= np.exp(1j * np.arctan2(down, across))
    linear = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    middle = np.array([x + width / 2, y + height / 2])
    return np.column_stack([linear, middle - linear @ (_SIZE / 2, _SIZE / 2)])
